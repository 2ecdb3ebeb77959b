"""The broker's Flex Web Service: finished statements, made from a query a person saved in the portal.

What: two calls (SendRequest, GetStatement), the published table of codes as data, and a plan that waits politely.
Why: HTTP 200 carries its refusals, its codes have no retry contract, and its token is in the address of every call;
so hosts, pace, audit and redaction sit in one small wire that nothing goes around.
Also tried: one retry loop for every code (a dead token was asked for again and again; a slow statement gave up early).
Would change our mind: a documented retry contract.
"""
