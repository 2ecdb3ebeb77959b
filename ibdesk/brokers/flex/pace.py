"""How often one token may be used: once a second and ten times a minute, over both calls (acceptance F3)."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256

Pause = Callable[[float], Awaitable[None]]

#: The broker counts when calls arrive, we when they leave; a tenth of a second covers ordinary jitter.
_APART, _MINUTE, _A_MINUTE = 1.1, 60.5, 10


class Pace:
    """One token's turns. `used` are the seconds of earlier calls, by the same `ticks`, oldest first."""

    def __init__(self, *, ticks: Callable[[], float], pause: Pause, used: Sequence[float] = ()) -> None:
        self._ticks, self._pause = ticks, pause
        self._used: deque[float] = deque(used, maxlen=_A_MINUTE)
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until the next call may be sent, and count it."""
        async with self._lock:
            while (wait := self._wait()) > 0:
                await self._pause(wait)
            self._used.append(self._ticks())

    def _wait(self) -> float:
        now = self._ticks()
        last = self._used[-1] + _APART - now if self._used else 0.0
        full = self._used[0] + _MINUTE - now if len(self._used) == _A_MINUTE else 0.0
        return max(last, full)


class Paces:
    """A pace for each token, kept as long as the desk is open. `ages` are the seconds since calls of earlier runs;
    they count for every token, because the audit does not know whose they were."""

    def __init__(
        self, *, ticks: Callable[[], float] = time.monotonic, pause: Pause = asyncio.sleep, ages: Sequence[float] = ()
    ) -> None:
        self._ticks, self._pause = ticks, pause
        now = ticks()
        self._earlier = sorted(now - age for age in ages if 0 <= age < _MINUTE)
        self._known: dict[bytes, Pace] = {}

    def of(self, token: str) -> Pace:
        key = sha256(token.encode()).digest()
        if key not in self._known:
            self._known[key] = Pace(ticks=self._ticks, pause=self._pause, used=self._earlier)
        return self._known[key]
