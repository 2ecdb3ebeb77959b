"""Local Paper: a broker of our own that borrows another one's market data and session, and nothing else of it.

Charter. What: the account is a value (`domain.paper`); `engine` holds it, lets it meet the market and hands it to
`save` before anything is told. Why: whoever keeps the book decides where it lies, and a crash between a fill and its
telling loses nothing: the book knows both. Local Paper never touches the other broker's orders or accounts.
Tried: matching inside the stream alone (a desk whose stream is down could not even cancel). Would change our mind: a
second account; then the engine becomes one for each.
"""
