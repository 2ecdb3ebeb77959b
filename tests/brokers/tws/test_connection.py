"""Opening one connection: each way it fails is a sentence with the next step, and a refusal is heard at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from ibdesk.brokers.base import ClientIdTaken, StreamDown, StreamUp, TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.brokers.tws.connection import Pulse, TwsTimings, restoring_pace, skew_of
from ibdesk.demo.tws.timings import TwsTimings as DemoTimings
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from tests.brokers.door import LUNCH, free_port, raw
from tests.brokers.tws.door import MAIN, QUICK, Scene, Watch, at_other, at_tws, place_of, watching

PATIENT = TwsTimings(open_within=40.0, answer_within=20.0)
HASTY = TwsTimings(open_within=0.2, answer_within=0.3)


def play(scene: Callable[[Scene], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        async with at_tws(**options) as stage:  # type: ignore[arg-type]
            await scene(stage)

    asyncio.run(run())


async def failure(broker: TwsBroker) -> DeskError:
    with pytest.raises(DeskError) as caught:
        await broker.accounts()
    return caught.value


def at(port: int, *, timings: TwsTimings = PATIENT, **more: object) -> TwsBroker:
    return TwsBroker(TwsPlace(port=port, **more), clock=lambda: LUNCH, timings=timings)  # type: ignore[arg-type]


def test_nothing_listens_and_the_remedy_has_the_documents_order() -> None:
    async def run() -> None:
        problem = await failure(at(await free_port()))
        assert problem.cause is Cause.TWS_REFUSED
        steps = ("signed in", "host and port", "Socket Clients", "trusted IP", "firewall")
        places = [problem.remedy.index(step) for step in steps]
        assert places == sorted(places)

    asyncio.run(run())


def test_a_port_that_is_usual_is_named() -> None:
    from ibdesk.brokers.tws.failures import where

    assert where(TwsPlace(port=4001)) == "127.0.0.1:4001 (IB Gateway, live)"
    assert where(TwsPlace(port=5555)) == "127.0.0.1:5555"


def test_a_taken_client_id_is_told_at_once_with_a_free_one() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.refuse_client_id(1)
        stage.service.faults.refuse_client_id(3)
        began = time.monotonic()
        problem = await failure(stage.broker)
        assert time.monotonic() - began < 20  # neither until TWS hangs up nor, as the library alone, its time out
        assert isinstance(problem, ClientIdTaken)
        assert (problem.cause, problem.client_id, problem.free) == (Cause.CLIENT_ID_IN_USE, 1, 5)
        assert "Use client id 5" in problem.remedy

    play(scene, timings=PATIENT, server=DemoTimings(refusal=30.0))


def test_the_number_another_program_holds_is_not_taken_from_it() -> None:
    async def scene(stage: Scene) -> None:
        async with at_other(stage) as other:
            await other.accounts()
            second = TwsBroker(place_of(stage.service, client_id=11), clock=lambda: LUNCH, timings=QUICK)
            assert isinstance(await failure(second), ClientIdTaken)
            assert await other.accounts()
            await second.close()

    play(scene)


def test_a_tws_that_takes_the_connection_and_says_nothing_may_be_asking_somebody() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.accept_and_hang()
        problem = await failure(stage.broker)
        assert problem.cause is Cause.TWS_SILENT
        assert "trusted IP" in problem.remedy and "sign-in" in problem.remedy

    play(scene, timings=HASTY)


def test_a_connection_that_is_closed_before_a_word_is_noticed_at_once() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.accept_and_close()
        began = time.monotonic()
        assert (await failure(stage.broker)).cause is Cause.TWS_SILENT
        assert time.monotonic() - began < 20

    play(scene, timings=PATIENT)


def test_a_server_that_is_too_old_is_named_so() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.answer_version(150)
        problem = await failure(stage.broker)
        assert problem.cause is Cause.TWS_TOO_OLD and "Update" in problem.remedy

    play(scene, timings=PATIENT)


def test_what_speaks_something_else_is_no_tws() -> None:
    async def run() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            await reader.read()

        async with raw(talk) as port:
            assert (await failure(at(port, timings=HASTY))).cause is Cause.TWS_SILENT

    asyncio.run(run())


def test_a_host_nobody_knows_is_said_by_name() -> None:
    from ibdesk.brokers.tws.failures import refused

    problem = refused(TwsPlace(host="no-such-host"), OSError(-2, "Name or service not known"))
    assert "no-such-host" in problem.message and "host" in problem.remedy


def test_after_a_failure_the_next_attempt_is_a_fresh_one() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.accept_and_hang()
        assert (await failure(stage.broker)).cause is Cause.TWS_SILENT
        stage.service.faults.heal()
        assert (await stage.broker.accounts())[0].id == MAIN

    play(scene, timings=HASTY)


def test_many_callers_open_one_connection() -> None:
    async def scene(stage: Scene) -> None:
        await asyncio.gather(*(stage.broker.accounts() for _ in range(5)))
        assert len(stage.service.clients) == 1

    play(scene)


def test_a_request_that_waits_ends_when_the_line_does() -> None:
    async def scene(stage: Scene) -> None:
        await stage.broker.accounts()
        stage.service.faults.half_open()
        waiting = asyncio.create_task(stage.broker.accounts())  # noqa: TID251
        await asyncio.sleep(0.05)
        await stage.service.kill()
        with pytest.raises(Unavailable) as caught:
            await waiting
        assert caught.value.cause is Cause.TWS_GONE

    play(scene, timings=PATIENT)


def test_a_request_nobody_answers_is_late_and_not_for_ever() -> None:
    async def scene(stage: Scene) -> None:
        await stage.broker.accounts()
        stage.service.faults.half_open()
        with pytest.raises(Unavailable) as caught:
            await stage.broker.accounts()
        assert caught.value.cause is Cause.TIMED_OUT

    play(scene, timings=HASTY)


def test_an_unknown_account_is_refused() -> None:
    async def scene(stage: Scene) -> None:
        with pytest.raises(Refused) as caught:
            await stage.broker.select("U1")  # type: ignore[arg-type]
        assert caught.value.cause is Cause.UNKNOWN_ACCOUNT
        await stage.broker.select(MAIN)

    play(scene)


@pytest.mark.parametrize("version", [157, 163, 164, 170, 176, 178])
def test_every_server_version_gives_the_same_picture(version: int) -> None:
    async def scene(stage: Scene) -> None:
        picture = await stage.broker.snapshot(MAIN)
        assert len(picture.positions) > 15 and not picture.skipped
        assert stage.broker.book is not None
        assert len(await stage.broker.book.executions(MAIN, LUNCH - timedelta(days=1))) > 0

    play(scene, version=version)


def test_a_closed_broker_opens_nothing_again() -> None:
    async def scene(stage: Scene) -> None:
        await stage.broker.accounts()
        await stage.broker.close()
        assert (await failure(stage.broker)).cause is Cause.TWS_GONE

    play(scene)


def test_nothing_of_an_account_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: Scene) -> None:
        with caplog.at_level(0):
            await stage.broker.snapshot(MAIN)
            stage.service.faults.short_frame()
            stage.service.faults.word_for_number()
            await stage.broker.accounts()
        ours = [each for each in caplog.records if not each.name.startswith("ibdesk.demo")]
        assert ours and not [each for each in ours if MAIN in each.getMessage()]
        assert {each.name.partition(".")[0] for each in ours} <= {"ibdesk", "asyncio"}

    play(scene)


def test_the_skew_is_told_from_whole_seconds() -> None:
    now = datetime(2026, 11, 18, 17, 48, 0, 500_000, tzinfo=UTC)
    assert skew_of(int(now.timestamp()), now) == timedelta(0)
    assert skew_of(int(now.timestamp()) + 90, now) == timedelta(seconds=90)


class Quiet:
    """A line on which nothing is ever heard."""

    def __init__(self, waiting: int) -> None:
        self.wire = SimpleNamespace(waiting=waiting)
        self.ears = SimpleNamespace(heard_at=0.0)
        self.asked = 0

    def send(self, request: object) -> None:
        self.asked += 1


def test_a_question_that_waits_for_its_turn_is_not_missed() -> None:
    busy, idle = Quiet(waiting=3), Quiet(waiting=0)
    pulse = Pulse(15.0, 1.0)
    for now in range(1, 200):
        pulse.beat(busy, float(now))  # type: ignore[arg-type]
    assert busy.asked == 0
    pulse = Pulse(15.0, 1.0)
    with pytest.raises(Unavailable):
        for now in range(1, 200):
            pulse.beat(idle, float(now))  # type: ignore[arg-type]
    assert (idle.asked, now) == (2, 31)


def test_restoring_leaves_room_for_everything_else() -> None:
    assert restoring_pace(TwsTimings()) == 35


def test_positions_without_an_end_mark_are_not_believed() -> None:
    async def scene(stage: Scene) -> None:
        assert stage.broker.stream is not None
        stage.service.faults.lose_end("positions")
        watch = Watch(stage.broker.stream)
        reading = asyncio.create_task(watch.read())  # noqa: TID251 - ends here
        await watch.until(lambda: bool(watch.of(StreamDown)))
        assert not watch.of(StreamUp)
        stage.service.faults.heal()
        await watch.until(lambda: watch.is_up)
        reading.cancel()
        await asyncio.wait((reading,))

    play(scene, timings=TwsTimings(open_within=1.0, answer_within=0.3, download_within=0.3))


def test_executions_without_an_end_mark_are_taken_as_they_came() -> None:
    async def scene(stage: Scene) -> None:
        stage.service.faults.lose_end("executions")
        async with watching(stage.broker) as watch:
            assert watch.fills

    play(scene, timings=HASTY)


def test_nothing_is_written_to_a_socket_that_is_closing_already() -> None:
    async def scene(stage: Scene) -> None:
        await stage.broker.accounts()
        line = stage.broker._main.line
        assert line is not None and not line.is_over
        line.wire.hang_up(at_once=True)  # the library hears of it in the loop's next round
        written: list[object] = []
        with pytest.raises(Unavailable) as caught:
            line.send(written.append)
        assert caught.value.cause is Cause.TWS_GONE and not written

    play(scene)
