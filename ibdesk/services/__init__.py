"""The journeys: when something happens and in which order, on one asyncio loop, without Qt.

Charter. A service is a plain object that is given its port, database, hub, tasks, clock and wait; it builds nothing.
It publishes what happened as values and never calls a view. Loops wait through an argument (`waiting.Wait`), so a test
dials the time instead of sleeping.
Tried and dropped: one task per account and sync (the request budget is one, so parallel syncs only queue up in it).
Left for later: a command that finds the vault held by an open desk is refused; it does not hand its verb over yet.
What would change our mind: a second gateway beside the first; then session and sync become one pair per gateway.
"""
