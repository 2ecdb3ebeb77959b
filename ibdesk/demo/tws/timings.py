"""How often the demo TWS looks and tells, real by default, shortened by tests. All in seconds of `ticks`."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsTimings:
    """`pulse` is how often all clients are served; the others are multiples of it in effect (tws-api.md 1.7, 2, 5.5).
    """

    pulse: float = 0.1
    quotes: float = 0.25
    pnl: float = 1.0
    #: account values and portfolio rows: every three minutes, or after a trade
    updates: float = 180.0
    #: how long a client whose id is taken stays connected after it was told
    refusal: float = 0.7
    #: the loss of the broker is told again and again
    lost: float = 4.0

    @classmethod
    def quick(cls) -> Self:
        """For tests: nothing waits longer than a blink."""
        return cls(pulse=0.01, quotes=0.01, pnl=0.01, updates=0.05, refusal=0.02, lost=0.05)
