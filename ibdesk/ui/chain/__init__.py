"""The option chain: what a trader sees of an underlying and its options, and how a press becomes a leg.

Charter. What: `ChainView` composes the bar (search, price, expiries), the table and the picker of strategies; the
loader decides what is asked when; the model shows quotes at reading speed. Why: the chain knows nothing of the ticket:
legs go out as signals and come back to be outlined, so either can be used alone. Tried: one model for all expiries (its
reset on each choice is what a fresh model costs anyway). Would change our mind: a matrix of expiries side by side.
"""

from ibdesk.ui.chain.view import ChainView

__all__ = ["ChainView"]
