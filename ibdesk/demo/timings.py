"""How patient the demo gateway is: socket timers and rate limits, real by default, shortened by tests."""

import re
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTimings:
    """All in seconds of `ticks`, which the dial does not move (reference/client-portal-api.md 2.2, 9).

    `region` is the time zone whose midnight on the dial ends a session; empty: none does.
    """

    heartbeat: float = 10.0
    idle: float = 360.0
    session_life: float = 86_400.0
    region: str = "America/New_York"
    handshake: float = 3.0
    self_logout: float = 30.0
    #: the gateway's cookie jar carries `api=` only after its own first tickle
    jar_delay: float = 30.0
    #: how long a page of positions may be out of date
    position_cache: float = 10.0
    stream: float = 0.5
    ledger: float = 10.0
    stream_life: float = 600.0
    penalty_box: float = 600.0
    #: how long the broker takes to act on an order or a cancel
    order: float = 0.25

    @classmethod
    def quick(cls) -> Self:
        """Timers for tests: nothing takes longer than a blink, except what ends a session."""
        return cls(
            heartbeat=0.2, handshake=0.05, jar_delay=0.0, position_cache=0.0, stream=0.05, ledger=0.1,
            penalty_box=0.5, region="", order=0.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `calls` within `window` seconds on paths that match."""

    path: re.Pattern[str]
    calls: int
    window: float


def _limit(path: str, calls: int, window: float) -> Limit:
    return Limit(path=re.compile(path), calls=calls, window=window)


#: reference/client-portal-api.md section 10; paths without their /v1/api prefix.
TABLE: tuple[Limit, ...] = (
    _limit(r"iserver/marketdata/snapshot", 10, 1.0),
    _limit(r"iserver/marketdata/history", 50, 60.0),
    _limit(r"iserver/account/orders", 1, 5.0),
    _limit(r"iserver/account/trades", 1, 5.0),
    _limit(r"iserver/account/pnl/partitioned", 1, 5.0),
    _limit(r"portfolio/accounts", 1, 5.0),
    _limit(r"portfolio/subaccounts", 1, 5.0),
    _limit(r"iserver/scanner/params", 1, 900.0),
    _limit(r"iserver/scanner/run", 1, 1.0),
    _limit(r"pa/performance", 1, 900.0),
    _limit(r"pa/summary", 1, 900.0),
    _limit(r"pa/transactions", 1, 900.0),
    _limit(r"tickle", 1, 1.0),
    _limit(r"sso/validate", 1, 60.0),
    _limit(r"fyi/\w+", 1, 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLimits:
    """The total per second, the table per path, and how many breaches within a minute lead to the penalty box."""

    per_second: int = 10
    table: tuple[Limit, ...] = TABLE
    breaches: int = 5

    @classmethod
    def off(cls) -> Self:
        """No limit but the five calls in flight: for load tests."""
        return replace(cls(), per_second=1_000_000, table=())
