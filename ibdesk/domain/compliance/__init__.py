"""Rules that decide what a person must know or may do before trading; each rule is dated data and a small function.

`policy` holds the rows with their dates and citations, `verdict` what a rule answers. A rule takes plain values and a
context, and returns findings: it never asks a clock, a broker or a setting. All rules are asked, not only up to the
first that blocks. An order that only closes, or was proved to lower risk, is warned or asked by the rules on day
trading, margin, permissions and settlement, and never blocked. A broker's own figure beats ours wherever it is told,
and every finding says whose word it is. Thresholds are rows with dates and not settings, because a record has to say
which law held on the day of its order.
"""
