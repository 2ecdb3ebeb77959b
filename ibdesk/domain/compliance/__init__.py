"""Rules that decide what a person must know or may do before trading; each rule is dated data and a small function.

`policy` holds the rows with their dates and citations, `verdict` what a rule answers. A rule takes plain values and a
context, and returns findings: it never asks a clock, a broker or a setting. All rules are asked, not only up to the
first that blocks. An order that only closes, or was proved to lower risk, is warned or asked by the rules on day
trading, margin, permissions and settlement, and never blocked. A broker's own figure beats ours wherever it is told,
and every finding says whose word it is. Thresholds are rows with dates and not settings, because a record has to say
which law held on the day of its order.

`context` is all a check is given, `case` one ticket in it, `engine` the rules in their order. An order that lowers risk
(proved on the position that results) is stopped only by who may send it, the contracts, the price steps, a duplicate
and the hard collar; every other rule asks at most. What is unknown or too old is never taken for zero: it is asked
about. A rule that fails is an answer as well: it blocks what opens and asks before what closes. The engine therefore
catches the faults pure code can have, by name, and nothing else. What would change our mind on a limit of the desk's
own is a setting; what would on a rule is a new row in `policy`.
"""
