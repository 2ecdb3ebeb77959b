"""The request budget with a dialled clock: what leaves when, and what the penalty box does."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ibdesk.brokers.throttle import Budget, Limit, Pace, Throttle
from ibdesk.domain.calls import ApiCall, RateState
from ibdesk.domain.errors import Cause, Unavailable
from tests.brokers.door import Dial


@dataclass
class Timer:
    at: float
    call: Callable[[], None]
    is_off: bool = False

    def cancel(self) -> None:
        self.is_off = True


@dataclass
class Bench:
    """A throttle on a dial; `run_until` turns it from timer to timer."""

    per_second: int = 10
    limits: tuple[Limit, ...] = ()
    in_flight: int = 5
    dial: Dial = field(default_factory=Dial)
    timers: list[Timer] = field(default_factory=list)
    rates: list[RateState] = field(default_factory=list)
    left: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.budget = Budget(per_second=self.per_second, limits=self.limits)
        self.throttle = self.another()

    def another(self) -> Throttle:
        return Throttle(
            self.budget, clock=self.dial.clock, on_rate=self.rates.append, in_flight=self.in_flight,
            ticks=self.dial.ticks, later=self._later,
        )

    def _later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self.dial.seconds + seconds, call)
        self.timers.append(timer)
        return timer

    async def send(self, path: str, *, urgent: bool = False, until: asyncio.Event | None = None) -> None:
        async with self.throttle.turn(path, urgent=urgent):
            self.left.append((round(self.dial.seconds, 3), path))
            if until is not None:
                await until.wait()

    async def run_until(self, seconds: float) -> None:
        await _settle()
        while due := [timer for timer in self.timers if not timer.is_off and timer.at <= seconds]:
            timer = min(due, key=lambda each: each.at)
            self.timers.remove(timer)
            self.dial.turn(max(0.0, timer.at - self.dial.seconds))
            timer.call()
            await _settle()
        self.dial.turn(seconds - self.dial.seconds)


def start(work: Coroutine[object, object, None]) -> "asyncio.Task[None]":
    return asyncio.get_running_loop().create_task(work)


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_no_second_sees_more_than_the_budget() -> None:
    async def scene() -> list[float]:
        bench = Bench(in_flight=100)
        sending = [start(bench.send(f"/p/{number}")) for number in range(35)]
        await bench.run_until(10)
        await asyncio.gather(*sending)
        return [at for at, _ in bench.left]

    times = asyncio.run(scene())

    assert len(times) == 35
    assert times[9] == 0.0
    assert all(later - earlier > 1.0 for earlier, later in zip(times, times[10:], strict=False))
    assert times[-1] < 3.5


def test_an_endpoint_has_a_budget_of_its_own_and_holds_up_nobody_else() -> None:
    async def scene() -> list[tuple[float, str]]:
        bench = Bench(limits=(Limit(prefix="/accounts", requests=1, seconds=5),))
        sending = [start(bench.send(path)) for path in ("/accounts", "/accounts", "/other")]
        await bench.run_until(10)
        await asyncio.gather(*sending)
        return bench.left

    assert asyncio.run(scene()) == [(0.0, "/accounts"), (0.0, "/other"), (5.25, "/accounts")]


def test_at_most_five_are_in_flight_and_the_sixth_goes_when_one_is_back() -> None:
    async def scene() -> tuple[int, int]:
        bench, back = Bench(), asyncio.Event()
        sending = [start(bench.send(f"/p/{number}", until=back)) for number in range(6)]
        await _settle()
        before = len(bench.left)
        back.set()
        await asyncio.gather(*sending)
        return before, len(bench.left)

    assert asyncio.run(scene()) == (5, 6)


def test_the_keep_alive_goes_before_bulk_reads_that_wait() -> None:
    async def scene() -> list[str]:
        bench = Bench(per_second=1)
        sending = [start(bench.send(f"/bulk/{number}")) for number in range(3)]
        await _settle()
        sending.append(start(bench.send("/tickle", urgent=True)))
        await bench.run_until(10)
        await asyncio.gather(*sending)
        return [path for _, path in bench.left]

    assert asyncio.run(scene()) == ["/bulk/0", "/tickle", "/bulk/1", "/bulk/2"]


def test_whoever_gives_up_waiting_frees_its_place() -> None:
    async def scene() -> list[str]:
        bench, back = Bench(in_flight=1), asyncio.Event()
        first = start(bench.send("/first", until=back))
        await _settle()
        second, third = (start(bench.send(path)) for path in ("/second", "/third"))
        await _settle()
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        back.set()
        await asyncio.gather(first, third)
        return [path for _, path in bench.left]

    assert asyncio.run(scene()) == ["/first", "/third"]


def test_whoever_is_called_off_in_the_moment_of_its_turn_gives_the_place_back() -> None:
    async def scene() -> list[str]:
        bench = Bench(in_flight=1)
        async with bench.throttle.turn("/first"):
            second = start(bench.send("/second"))
            await _settle()
        second.cancel()  # its turn has just been granted, and it has not run since
        await asyncio.gather(second, return_exceptions=True)
        async with asyncio.timeout(20):
            await bench.send("/third")
        return [path for _, path in bench.left]

    assert asyncio.run(scene()) == ["/third"]


def test_a_429_shuts_everything_for_fifteen_minutes_and_says_until_when() -> None:
    async def scene() -> None:
        bench = Bench()
        error = bench.throttle.punish(None)
        assert error.cause is Cause.PENALTY_BOX
        assert error.retry_at == bench.dial.at + timedelta(minutes=15)
        assert bench.rates[-1].boxed_until == error.retry_at

        bench.dial.turn(15 * 60 - 1)
        with pytest.raises(Unavailable) as still:
            await bench.send("/tickle", urgent=True)
        assert still.value.retry_at == error.retry_at
        assert bench.left == []

        bench.dial.turn(1)
        await bench.send("/tickle")
        bench.throttle.report(None)
        assert bench.rates[-1].boxed_until is None
        assert [path for _, path in bench.left] == ["/tickle"]

    asyncio.run(scene())


def test_a_longer_wish_of_the_broker_is_respected_and_a_shorter_one_is_not() -> None:
    bench = Bench()

    assert bench.throttle.punish(timedelta(minutes=1)).retry_at == bench.dial.at + timedelta(minutes=15)
    assert bench.throttle.punish(timedelta(minutes=40)).retry_at == bench.dial.at + timedelta(minutes=40)


def test_those_already_waiting_are_sent_away_when_the_box_shuts() -> None:
    async def scene() -> list[object]:
        bench = Bench(per_second=1)
        sending = [start(bench.send(f"/p/{number}")) for number in range(3)]
        await _settle()
        bench.throttle.punish(None)
        return await asyncio.gather(*sending, return_exceptions=True)

    went, *refused = asyncio.run(scene())

    assert went is None
    assert [error.cause for error in refused if isinstance(error, Unavailable)] == [Cause.PENALTY_BOX] * 2


def test_two_connections_to_one_gateway_share_its_budget_and_its_box() -> None:
    async def scene() -> None:
        bench = Bench(limits=(Limit(prefix="/validate", requests=1, seconds=60),))
        await bench.send("/validate")
        other = bench.another()
        with pytest.raises(Unavailable):
            async with other.turn("/validate"):
                raise AssertionError("it went")
        bench.throttle.punish(None)
        with pytest.raises(Unavailable) as boxed:
            async with other.turn("/anything"):
                raise AssertionError("it went")
        assert boxed.value.cause is Cause.PENALTY_BOX

    asyncio.run(scene())


def test_an_endpoint_far_from_its_turn_is_an_answer_and_not_a_long_wait() -> None:
    async def scene() -> None:
        bench = Bench(limits=(Limit(prefix="/pa", requests=1, seconds=900),))
        await bench.send("/pa")
        with pytest.raises(Unavailable) as later:
            await bench.send("/pa")
        assert later.value.cause is Cause.RATE_LIMITED
        assert later.value.retry_at is not None
        assert later.value.retry_at > bench.dial.at + timedelta(minutes=15)

    asyncio.run(scene())


def test_the_rate_counts_the_last_second() -> None:
    async def scene() -> None:
        bench = Bench()
        for number in range(4):
            await bench.send(f"/p/{number}")
        bench.throttle.report(12.5)
        bench.dial.turn(2)
        bench.throttle.report(None)
        first, second = bench.rates
        assert (first.per_second, first.limit, first.latency_ms) == (4.0, 10, 12.5)
        assert second.per_second == 0.0

    asyncio.run(scene())


def test_a_bucket_is_full_until_its_oldest_departure_is_old_enough() -> None:
    bucket = Pace(2, 1.0)
    bucket.take(0.0)
    assert bucket.ready_at(0.1) == 0.1
    bucket.take(0.1)
    assert bucket.ready_at(0.5) == 1.0
    assert bucket.ready_at(1.5) == 1.5


def test_a_request_held_back_on_its_way_counts_where_it_arrives() -> None:
    """A window too busy to write its sockets: ten leave at 0 and arrive, at the latest, with their answers at 0.3."""

    async def scene() -> list[float]:
        bench = Bench(in_flight=20)
        answered = asyncio.Event()
        first = [start(bench.send("/a", until=answered)) for _ in range(10)]
        rest = [start(bench.send("/b")) for _ in range(10)]
        await bench.run_until(0.3)
        answered.set()
        await bench.run_until(5)
        await asyncio.gather(*first, *rest)
        return [at for at, path in bench.left if path == "/b"]

    assert asyncio.run(scene()) == [1.35] * 10


def test_an_answer_to_one_connection_makes_room_for_another_that_shares_its_budget() -> None:
    async def scene() -> int:
        bench = Bench(per_second=1, in_flight=1)
        other, answered = bench.another(), asyncio.Event()
        first = start(bench.send("/a", until=answered))
        await bench.run_until(0.1)
        bench.throttle = other
        second = start(bench.send("/b"))
        await bench.run_until(3)
        assert len(bench.left) == 1  # the first is still under way: nobody knows when it counts
        answered.set()
        await bench.run_until(10)
        await asyncio.gather(first, second)
        return len(bench.left)

    assert asyncio.run(scene()) == 2


def _past(bench: Bench, path: str, ago: float, *, status: int = 200) -> ApiCall:
    at = bench.dial.clock() - timedelta(seconds=ago)
    return ApiCall(
        at=at, channel="rest", method="GET", path=f"/v1/api{path}", status=status, outcome="ok", milliseconds=0,
        bytes_out=0, bytes_in=0,
    )


def _recall(bench: Bench, *calls: ApiCall) -> None:
    bench.budget.recall(calls, base="/v1/api", now=bench.dial.clock(), ticks=bench.dial.ticks())


def test_what_an_earlier_process_sent_still_counts() -> None:
    async def scene() -> list[tuple[float, str]]:
        bench = Bench(limits=(Limit(prefix="/slow", requests=1, seconds=5),))
        _recall(bench, _past(bench, "/slow?x=1", 2.0), _past(bench, "/quick", 0.5))
        work = [start(bench.send("/slow")), start(bench.send("/quick"))]
        await bench.run_until(10)
        await asyncio.gather(*work)
        return bench.left

    assert asyncio.run(scene()) == [(0.0, "/quick"), (3.25, "/slow")]


def test_the_whole_budget_spent_by_an_earlier_process_is_waited_out() -> None:
    async def scene() -> list[tuple[float, str]]:
        bench = Bench(per_second=2)
        _recall(bench, _past(bench, "/b", 0.25), _past(bench, "/a", 0.75))
        work = [start(bench.send("/c")), start(bench.send("/d"))]
        await bench.run_until(10)
        await asyncio.gather(*work)
        return bench.left

    assert asyncio.run(scene()) == [(0.3, "/c"), (0.8, "/d")]


def test_the_penalty_box_stays_shut_for_the_next_process() -> None:
    async def scene() -> None:
        bench = Bench()
        _recall(bench, _past(bench, "/a", 60, status=429), _past(bench, "/b", 30))
        with pytest.raises(Unavailable) as refused:
            await bench.send("/a")
        assert refused.value.cause is Cause.PENALTY_BOX
        assert refused.value.retry_at == bench.dial.clock() + timedelta(minutes=14)
        assert [rate.boxed_until for rate in bench.rates] == [refused.value.retry_at]
        bench.dial.turn(14 * 60)
        await bench.send("/a")

    asyncio.run(scene())


def test_a_clock_set_back_does_not_lengthen_the_box() -> None:
    async def scene() -> None:
        bench = Bench(limits=(Limit(prefix="/slow", requests=1, seconds=5),))
        soon, tomorrow = _past(bench, "/a", -600, status=429), _past(bench, "/b", -86400, status=429)
        _recall(bench, soon, _past(bench, "/slow", -600), tomorrow)
        assert bench.budget.boxed_until == bench.dial.clock() + timedelta(minutes=15)
        bench.dial.turn(15 * 60)
        await bench.send("/slow")

    asyncio.run(scene())


def test_a_budget_in_use_is_not_told_what_it_knows() -> None:
    async def scene() -> None:
        bench = Bench(limits=(Limit(prefix="/slow", requests=1, seconds=5),))
        await bench.send("/quick")
        _recall(bench, _past(bench, "/slow", 1.0), _past(bench, "/a", 1.0, status=429))
        await bench.send("/slow")
        assert bench.left == [(0.0, "/quick"), (0.0, "/slow")]

    asyncio.run(scene())


def test_an_overdue_answer_is_told_once_with_its_departure_and_taken_back_when_it_comes() -> None:
    async def scene() -> None:
        bench, answered, others = Bench(), asyncio.Event(), asyncio.Event()
        left = bench.dial.clock()
        asked = start(bench.send("/slow", until=answered))
        await bench.run_until(2)
        later = start(bench.send("/slower", until=others))
        await bench.run_until(4.9)
        assert bench.rates == []
        await bench.run_until(6)
        assert [rate.unanswered_since for rate in bench.rates] == [left]
        answered.set()
        await asked
        assert bench.rates[-1].unanswered_since is None
        await bench.run_until(7.5)
        assert bench.rates[-1].unanswered_since == left + timedelta(seconds=2)
        others.set()
        await later
        assert [rate.unanswered_since is None for rate in bench.rates] == [False, True, False, True]
        assert all(timer.is_off for timer in bench.timers)

    asyncio.run(scene())


def test_calls_that_are_answered_in_time_tell_nothing_of_overdue_answers() -> None:
    async def scene() -> None:
        bench = Bench()
        for second in range(20):
            await bench.send(f"/{second}")
            await bench.run_until(second)
        assert bench.rates == [] and all(timer.is_off for timer in bench.timers)

    asyncio.run(scene())
