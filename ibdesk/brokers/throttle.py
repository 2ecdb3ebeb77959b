"""When the next request may leave: the broker's budget in total and per endpoint, and its penalty box.

A budget of `limit` per `window` is kept exactly where it is counted, at the broker's end: a request counts there at
some instant between its departure and its answer, so it holds its place until a whole window after the answer.
(A refilled bucket lets twice the limit through around a pause; counting departures does the same whenever a busy
window holds written requests back.) Nothing runs in the background: whoever waits holds a future, and each departure,
answer or timer looks through the line once.
"""

import asyncio
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ibdesk.brokers.base import RateSink
from ibdesk.domain.calls import ApiCall, RateState
from ibdesk.domain.errors import Cause, Unavailable

Clock = Callable[[], datetime]

#: The broker's clock and ours do not run at quite the same speed.
_SLACK = 1.05
#: Documents say 15 minutes, newer text says 10: the longer one is safe (reference/client-portal-api.md section 10).
PENALTY = timedelta(minutes=15)
#: The status by which the broker says so.
TOO_MANY = 429
#: A gateway that is well answers long before; it is only said, and nothing is given up (seconds).
OVERDUE = 5.0
#: A caller waits this long for an endpoint's own budget; a longer wait is an answer of its own.
_PATIENCE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `requests` per `seconds` to paths that start with `prefix`."""

    prefix: str
    requests: int
    seconds: float


class Cancellable(Protocol):
    """A timer that can be called off."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Cancellable]


class Bucket:
    """The requests of one budget: how many are under way and when the latest were answered.

    Times are seconds of any monotonic clock.
    """

    def __init__(self, requests: int, seconds: float) -> None:
        self._requests, self._seconds = requests, seconds
        self._under_way = 0
        self._answered: deque[float] = deque(maxlen=requests)

    def ready_at(self, now: float) -> float | None:
        """When the next may leave; None while that depends on an answer still to come."""
        free = self._requests - self._under_way
        if free <= 0:
            return None
        if len(self._answered) < free:
            return now
        return max(now, self._answered[-free] + self._seconds)

    def leave(self) -> None:
        """A request leaves."""
        self._under_way += 1

    def answer(self, now: float) -> None:
        """A request that left was answered, or given up."""
        self._under_way -= 1
        self._answered.append(now)

    def recall(self, at: float) -> None:
        """A request of an earlier process was answered at this instant; to be told in their order."""
        self._answered.append(at)


class Pace:
    """At most `requests` per `seconds` of what gets no answer, counted as it leaves."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._seconds = seconds
        self._sent: deque[float] = deque(maxlen=requests)

    def ready_at(self, now: float) -> float:
        """When the next may leave."""
        return now if len(self._sent) < (self._sent.maxlen or 1) else max(now, self._sent[0] + self._seconds)

    def take(self, now: float) -> None:
        """One leaves."""
        self._sent.append(now)


class Budget:
    """What one gateway lets us send, and the penalty box. Everyone who talks to that gateway shares it."""

    def __init__(self, *, per_second: int, limits: Sequence[Limit]) -> None:
        self.per_second = per_second
        self.total = Bucket(per_second, _SLACK)
        self.boxed_until: datetime | None = None
        self.lines: set[Throttle] = set()  # those in which somebody waits
        self._is_used = False
        self._limits = tuple((each.prefix, Bucket(each.requests, each.seconds * _SLACK)) for each in limits)
        self._prefixes = tuple(each.prefix for each in limits)

    def bucket_of(self, path: str) -> Bucket | None:
        """The endpoint's own budget: the first prefix that fits."""
        if not path.startswith(self._prefixes):
            return None
        return next((bucket for prefix, bucket in self._limits if path.startswith(prefix)), None)

    def recall(self, calls: Iterable[ApiCall], *, base: str, now: datetime, ticks: float) -> None:
        """Count what an earlier process sent, as the audit tells it: the broker counts on, and its penalty box stays
        shut, whoever starts anew. `base` is what the audit has before our paths; `now` and `ticks` are one instant.
        A budget that was used already knows, and is left as it is."""
        if self._is_used:
            return
        self._is_used = True
        ended = ((call.at + timedelta(milliseconds=call.milliseconds), call) for call in calls)
        for at, call in sorted(((at, call) for at, call in ended if at - now < PENALTY), key=lambda each: each[0]):
            ended_at = min(ticks - (now - at).total_seconds(), ticks)  # a clock that was set back does not stretch it
            self.total.recall(ended_at)
            bucket = self.bucket_of(call.path.removeprefix(base))
            if bucket is not None:
                bucket.recall(ended_at)
            if call.status == TOO_MANY and now < at + PENALTY:
                self.boxed_until = min(at, now) + PENALTY

    def use(self) -> None:
        """Somebody spends from it now."""
        self._is_used = True

    def look(self) -> None:
        """An answer made room: whoever shares this budget may go on."""
        for line in tuple(self.lines):
            line.look()


@dataclass(slots=True, eq=False)
class _Waiter:
    order: tuple[int, int]
    bucket: Bucket | None
    turn: "asyncio.Future[None]"


class Throttle:
    """The line of one connection's calls in front of its budget."""

    def __init__(
        self,
        budget: Budget,
        *,
        clock: Clock,
        on_rate: RateSink,
        in_flight: int = 5,
        ticks: Callable[[], float] = time.monotonic,
        later: Later | None = None,
    ) -> None:
        self._budget = budget
        self._clock, self._on_rate, self._ticks, self._later = clock, on_rate, ticks, later
        self._free = in_flight
        self._line: list[_Waiter] = []
        self._count = 0
        self._timer: Cancellable | None = None
        self._told: datetime | None = None
        self._departures: deque[float] = deque(maxlen=256)
        self._asked: dict[Turn, float] = {}  # calls under way and when they left, the oldest first
        self._watch: Cancellable | None = None
        self._unanswered_since: datetime | None = None

    def turn(self, path: str, *, urgent: bool = False) -> "Turn":
        """Wait for our turn and hold one of the places in flight. `urgent` goes before everything that waits.

        Raises Unavailable at once: PENALTY_BOX in the penalty box, RATE_LIMITED when this endpoint's turn is far off.
        """
        return Turn(self, path, urgent)

    async def enter(self, path: str, urgent: bool) -> Bucket | None:
        """The waiting half of `turn`; what it returns belongs to `leave`."""
        self._budget.use()
        self._refuse_in_box()
        bucket, now = self._budget.bucket_of(path), self._ticks()
        if bucket is not None:
            self._refuse_far_off(path, bucket, now)
        if not self._line and self._may_leave(bucket, now):
            self._leave(bucket, now)
        else:
            await self._wait(bucket, urgent)
        return bucket

    def leave(self, bucket: Bucket | None) -> None:
        """The request was answered, or given up: its place is free."""
        now = self._ticks()
        self._free += 1
        self._budget.total.answer(now)
        if bucket is not None:
            bucket.answer(now)
        self._budget.look()

    def depart(self, turn: "Turn") -> None:
        """A call is on its way; when its answer is overdue, that is told."""
        self._asked[turn] = self._ticks()
        if self._watch is None:
            self._watch_in(OVERDUE)

    def arrive(self, turn: "Turn") -> None:
        """It was answered, or given up."""
        del self._asked[turn]
        if self._asked and self._unanswered_since is None:
            return  # the timer looks again
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        was_overdue, self._unanswered_since = self._unanswered_since is not None, None
        if self._asked:
            self._look_for_overdue()
        if was_overdue and self._unanswered_since is None:
            self.report(None)

    def _watch_in(self, seconds: float) -> None:
        later = self._later or asyncio.get_running_loop().call_later
        self._watch = later(max(seconds, 0.001), self._look_for_overdue)

    def _look_for_overdue(self) -> None:
        self._watch = None
        if not self._asked:
            return
        age = self._ticks() - next(iter(self._asked.values()))
        if age < OVERDUE:
            self._watch_in(OVERDUE - age)
            return
        self._unanswered_since = self._clock() - timedelta(seconds=age)
        self.report(None)

    def punish(self, retry_after: timedelta | None) -> Unavailable:
        """The broker said "too many": shut the box, send everyone in the line away, and return the error to raise."""
        until = self._clock() + max(PENALTY, retry_after or PENALTY)
        self._budget.boxed_until = max(until, self._budget.boxed_until or until)
        line, self._line = self._line, []
        self._budget.lines.discard(self)
        for waiter in line:
            if not waiter.turn.done():
                waiter.turn.set_exception(self._boxed())
        self.report(None)
        return self._boxed()

    def report(self, latency_ms: float | None) -> None:
        """Publish how the budget stands."""
        now = self._ticks()
        self._told = self._budget.boxed_until
        while self._departures and now - self._departures[0] >= 1.0:
            self._departures.popleft()
        self._on_rate(
            RateState(
                per_second=float(len(self._departures)), limit=self._budget.per_second, waiting=len(self._line),
                boxed_until=self._budget.boxed_until, latency_ms=latency_ms,
                unanswered_since=self._unanswered_since,
            )
        )

    async def _wait(self, bucket: Bucket | None, urgent: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        waiter = _Waiter(order=(0 if urgent else 1, self._count), bucket=bucket, turn=turn)
        insort(self._line, waiter, key=lambda each: each.order)
        self.look()
        try:
            await turn
        except asyncio.CancelledError:
            self._give_back(waiter)
            raise

    def _give_back(self, waiter: _Waiter) -> None:
        """Cancelled: leave the line, or free the place that was granted in the same breath."""
        if waiter in self._line:
            self._line.remove(waiter)
        elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
            self.leave(waiter.bucket)
            return
        self.look()

    def look(self) -> None:
        """Let go whoever may go now, first come first served, and set one timer for the next."""
        now = self._ticks()
        for waiter in tuple(self._line):
            if self._free == 0 or not _is_ready(self._budget.total, now):
                break
            if waiter.turn.done():
                self._line.remove(waiter)
            elif self._may_leave(waiter.bucket, now):
                self._line.remove(waiter)
                self._leave(waiter.bucket, now)
                waiter.turn.set_result(None)
        (self._budget.lines.add if self._line else self._budget.lines.discard)(self)
        self._set_timer(now)

    def _may_leave(self, bucket: Bucket | None, now: float) -> bool:
        if self._free == 0 or not _is_ready(self._budget.total, now):
            return False
        return bucket is None or _is_ready(bucket, now)

    def _leave(self, bucket: Bucket | None, now: float) -> None:
        self._free -= 1
        self._budget.total.leave()
        self._departures.append(now)
        if bucket is not None:
            bucket.leave()

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._line or self._free == 0:
            return
        total = self._budget.total.ready_at(now)
        own = [each.bucket.ready_at(now) if each.bucket is not None else now for each in self._line]
        known = [at for at in own if at is not None]
        if total is None or not known:
            return  # an answer will look again
        later = self._later or asyncio.get_running_loop().call_later
        self._timer = later(max(max(total, min(known)) - now, 0.001), self.look)

    def _refuse_far_off(self, path: str, bucket: Bucket, now: float) -> None:
        ready_at = bucket.ready_at(now)
        wait = 0.0 if ready_at is None else ready_at - now
        if wait > _PATIENCE:
            raise Unavailable(
                f"The broker answers {path} only once in a while, and it was asked a moment ago.",
                remedy="What is stored stays on screen; it is read again by itself.",
                cause=Cause.RATE_LIMITED, retry_at=self._clock() + timedelta(seconds=wait),
            )

    def _refuse_in_box(self) -> None:
        if self._budget.boxed_until is None:
            return
        if self._clock() < self._budget.boxed_until:
            if self._told != self._budget.boxed_until:
                self.report(None)  # shut by an earlier process or another line: this one's listener has not heard
            raise self._boxed()
        self._budget.boxed_until = None

    def _boxed(self) -> Unavailable:
        return Unavailable(
            "The broker has locked us out for sending too many requests.",
            remedy="Wait until the countdown ends; nothing is sent before.",
            cause=Cause.PENALTY_BOX, retry_at=self._budget.boxed_until,
        )


class Turn:
    """One request's turn, as a context. (By hand: as a generator it took twice the time.)"""

    __slots__ = ("_bucket", "_path", "_throttle", "_urgent")

    def __init__(self, throttle: Throttle, path: str, urgent: bool) -> None:
        self._throttle, self._path, self._urgent = throttle, path, urgent
        self._bucket: Bucket | None = None

    async def __aenter__(self) -> None:
        self._bucket = await self._throttle.enter(self._path, self._urgent)
        self._throttle.depart(self)

    async def __aexit__(self, *_: object) -> None:
        self._throttle.arrive(self)
        self._throttle.leave(self._bucket)


def _is_ready(bucket: Bucket, now: float) -> bool:
    at = bucket.ready_at(now)
    return at is not None and at <= now
