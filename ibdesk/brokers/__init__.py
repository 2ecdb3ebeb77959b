"""Everything that speaks to a broker's wire.

What: one port (`base`), and adapters that know nothing of each other, of our disk or of any view.
Why: a broker's spelling, pace and moods stop here; above, an account is an account wherever it was read.
Also tried: one client class with a method per endpoint, shared by all callers (budgets and warm-ups leaked upwards).
Would change our mind: a broker whose own library kept its promises well enough to be the port.
"""
