"""The Live view of Portfolio: what moves, how old it is and why, from TWS or IB Gateway as the broker tells it.

Decision: a view of its own beside the table of positions, not the same table with other figures. Positions are one
source's picture of the account, polled; the live book is another's, streamed, and the two are never mixed in a sum.
Every figure is the broker's; sums alone are ours, and each says what it is made of.
"""
