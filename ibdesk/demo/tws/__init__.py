"""A TWS with nobody's money behind it: the socket wire of TWS and IB Gateway on loopback, over the demo's one account.

What: length-prefixed frames as the broker's own clients write and read them, at every server version from 157 to 178.
Why: the adapter, ib_insync, ib_async and the official client all have to be satisfied by one server nobody wrote for
them; each fault a real gateway shows has a name here and can be had on demand.
How: one asyncio protocol per client and one pulse for all of them; no task, no await per message. What clients share
is the `Floor`; what one client asked for is its `Client`; messages are plain functions of the two.
Also tried: stream readers and writers with a task per client (an await per message, and tasks to be held).
Would change our mind: a protobuf-only gateway (server versions above 200), which needs another wire.
"""
