"""Who called too often: sliding windows per path, and the penalty box."""

from collections import deque
from collections.abc import Callable
from enum import StrEnum

from ibdesk.demo.timings import DemoLimits, DemoTimings, Limit


class Pace(StrEnum):
    """What the budget says to a call."""

    OK = "ok"
    TOO_FAST = "Too many requests"
    IN_BOX = "Too many requests: this address is in the penalty box"


class Budget:
    """Counts calls. `ticks` gives seconds that only ever grow."""

    def __init__(self, limits: DemoLimits, timings: DemoTimings, ticks: Callable[[], float]) -> None:
        self._limits = limits
        self._timings = timings
        self._ticks = ticks
        self._all: deque[float] = deque()
        self._by_limit: dict[int, deque[float]] = {}
        self._breaches: deque[float] = deque()
        self._box_until = float("-inf")
        self.calls = 0
        #: how many came faster than allowed, whatever was said to them later
        self.too_fast = 0

    def admit(self, path: str) -> Pace:
        """Whether a call to `path` (without /v1/api/) may go on; a refused call counts as a breach."""
        now = self._ticks()
        self.calls += 1
        if now < self._box_until:
            return Pace.IN_BOX
        if self._fits(path, now):
            return Pace.OK
        self._breach(now)
        return Pace.TOO_FAST

    def close_box(self) -> None:
        """Put the caller into the penalty box from now on."""
        self._box_until = self._ticks() + self._timings.penalty_box

    def open_box(self) -> None:
        """Let the caller out."""
        self._box_until = float("-inf")
        self._breaches.clear()

    def _fits(self, path: str, now: float) -> bool:
        windows = [(self._all, self._limits.per_second, 1.0)]
        for number, limit in enumerate(self._limits.table):
            if limit.path.fullmatch(path):
                windows.append(self._window(number, limit))
        for calls, _, window in windows:
            while calls and calls[0] <= now - window:
                calls.popleft()
        if any(len(calls) >= count for calls, count, _ in windows):
            return False
        for calls, _, _ in windows:
            calls.append(now)
        return True

    def _window(self, number: int, limit: Limit) -> tuple[deque[float], int, float]:
        return self._by_limit.setdefault(number, deque()), limit.calls, limit.window

    def _breach(self, now: float) -> None:
        self.too_fast += 1
        self._breaches.append(now)
        while self._breaches[0] <= now - 60.0:
            self._breaches.popleft()
        if len(self._breaches) >= self._limits.breaches:
            self.close_box()
