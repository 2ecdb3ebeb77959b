"""An account of our own: what it holds, how its orders meet the market, and what expiry, fees and margin do to it.

Charter. What: the book is one frozen value; each thing that can happen is a pure step from a book to the next one and
to what has to be told of it. Why: a step is saved before it is told, so an account survives a crash at any instant, and
what a fill did can be computed again from the fills alone. Nobody here knows a broker, a disk or a clock.
Tried: books that change in place, as the demo's exchange has; they cannot be saved between two instants.
Would change our mind: books of many thousand orders, where copying a tuple would be felt.
"""
