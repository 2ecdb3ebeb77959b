"""The Client Portal Gateway as a broker.

What: sessions, accounts, snapshots, market data, option chains, orders and the live stream, over the gateway's own
HTTPS and WebSocket.
Why: `endpoints` knows paths and budgets, `answers` what a refusal means, `parse` shapes, `calls` the warm-ups, and
`session`, `market`, `chains`, `book`, `trading`, `broker` and `stream` only the order of calls, so a surprise of the
wire has one place to go. An order is sent once: `trading` says what is unknown, `replies` whose turn it is to send.
Also tried: one generic client generated from the published schema (it and the recordings contradict each other).
Would change our mind: the broker offering tokens to individuals; then the gateway and its quirks could go.
"""
