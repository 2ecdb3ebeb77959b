"""The modes as a person sees them: which there are, how one is changed, and the way to real money.

Charter. What: the mode button's panel, the badge, the questions and the dialogs on the way from paper to live. Why a
room of its own: no other part of the window decides who receives orders. The application changes the mode
(`mode_door`); nothing here closes or opens a desk.
"""
