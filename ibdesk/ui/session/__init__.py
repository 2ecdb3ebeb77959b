"""The broker's session in the window: what stands, what ends, what broke, and what was missed.

The services keep the session and decide what is true (`domain.truth`); here it is worded and shown. One source of time:
`bridge.second`, which passes only while the desk is on screen. `SessionFace` holds the parts together; each part can be
shown a value by hand and needs no desk.
"""
