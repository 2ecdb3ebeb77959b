"""A pretend outside world, shipped: a market, two accounts and a Client Portal Gateway on loopback.

What: real HTTPS and WebSocket servers over one account book and one seeded market on a dial-able clock.
Why: a new user has a working desk in ten seconds, and every adapter is tested over the wire it really speaks.
Also tried: replayed answers (they cannot move or fail) and a fake broker class (it tests nothing of the wire).
Would change our mind: a broker-run sandbox that needs no account and answers offline.
"""
