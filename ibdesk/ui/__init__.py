"""How the desk looks and feels: Qt widgets that draw values and send back what a person did.

Charter.
- What: rooms (`pages`) in one window (`main_window`, `frame`); tables are models over tuples of frozen rows (`models`),
  pictures are `charts`, the pieces of both `widgets`. Services are reached through `bridge` alone, the one crossing.
- Why: shape belongs to models and meaning to the domain, so that a widget stays small enough to be seen at a glance.
- Also tried: a signal for every cell and re-sorting with every quote (10 to 300 times slower; performance.md).
- Would change our mind: a touch version; then the rooms would be QML over the same models.
"""
