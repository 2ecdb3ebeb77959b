"""Outages from beginning to end, over the wire: told at once, asked at a decent pace, made up for on return."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ibdesk.demo.gateway import sign_in
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    ConnectionRestored,
    LinkChanged,
    Notice,
    SessionChanged,
    StreamChanged,
    SyncChanged,
    TimeJumped,
    WentAway,
)
from ibdesk.domain.positions import Source
from ibdesk.domain.session import NextStep, SessionState
from ibdesk.domain.settings import Settings
from ibdesk.domain.truth import Lamp, Light
from ibdesk.services.live import Live
from ibdesk.services.reconnect import Reconnect
from ibdesk.services.waking import BEAT, Waking
from tests.services.workshop import LIVELY, MAIN, SECOND, Heard, Workshop, eventually, workshop

NIGHT = datetime(2026, 11, 20, 4, 50, tzinfo=UTC)  # 23:50 in New York
MORNING = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)


@dataclass
class Scene:
    """A desk at work and all that was said of its connection."""

    shop: Workshop
    live: Live
    link: Reconnect
    waking: Waking
    heard: Heard

    def said(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.heard.events if isinstance(event, kind)]

    async def until(self, kind: type[Any], is_it: Callable[[Any], bool] = lambda event: True) -> Any:
        return await self.heard.until(lambda event: isinstance(event, kind) and is_it(event))

    async def settled(self) -> None:
        """Nothing is under way any more, and everybody waits for the clock."""
        for _ in range(3):
            await eventually(lambda: not self.shop.sync.running)
            await asyncio.sleep(0.03)

    async def let_pass(self, total: timedelta, step: timedelta = timedelta(seconds=3)) -> None:
        ends = self.shop.dial.passed + total
        while self.shop.dial.passed < ends:
            self.shop.dial.advance(step)
            await asyncio.sleep(0.02)
            await eventually(lambda: not self.shop.sync.running)  # a slow computer does not make a picture older
        await self.settled()

    async def pass_until(self, is_so: Callable[[], bool], step: timedelta = timedelta(seconds=3)) -> None:
        async with asyncio.timeout(20):
            while not is_so():
                self.shop.dial.advance(step)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def connected(
    folder: Path, *, at: datetime | None = None, earlier: timedelta = timedelta(), **options: Any
) -> AsyncIterator[Scene]:
    """Everything is running, synced and streaming; what was said until then is forgotten. `at` is the desk's wall
    clock, `earlier` sets the broker's day back."""
    async with workshop(folder, **options) as shop:
        shop.gateway.clock.set(shop.gateway.clock.now() - earlier)
        if at is not None:
            shop.dial.instant = at
        assert shop.broker.stream is not None
        live = Live(
            shop.broker.stream, session=shop.session, hub=shop.hub, tasks=shop.tasks, database=shop.database,
            clock=shop.dial, wait=shop.dial.wait,
        )
        link = Reconnect(
            source=shop.broker.name, session=shop.session, sync=shop.sync, pages=shop.book.pages, hub=shop.hub,
            tasks=shop.tasks, settings=lambda: shop.settings, clock=shop.dial, ticks=shop.dial.ticks,
        )
        waking = Waking(hub=shop.hub, tasks=shop.tasks, clock=shop.dial, wait=shop.dial.wait, ticks=shop.dial.ticks)
        heard = Heard(shop.hub, ConnectionLost, ConnectionRestored, LinkChanged, WentAway, SessionChanged,
                      StreamChanged, AccountChanged, TimeJumped, Notice)  # fmt: skip
        scene = Scene(shop, live, link, waking, heard)
        for service in (link, shop.session, shop.sync, live):
            service.start()
        await scene.until(StreamChanged, lambda event: event.state.is_up)
        await scene.until(AccountChanged, lambda event: event.account == SECOND)
        await scene.settled()
        heard.events.clear()
        yield scene


def test_the_first_connection_is_said_and_is_no_return_from_anywhere(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            assert scene.link.state is not None and scene.link.state.is_up
            assert scene.link.last_report is None and scene.said(WentAway) == []

    asyncio.run(run())


def test_a_dead_gateway_makes_everything_stale_at_once_and_says_so_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            died = scene.shop.dial.instant
            await scene.shop.gateway.kill()
            lost = await scene.until(ConnectionLost)
            assert (lost.source, lost.since) == ("Client Portal", died) and lost.reason
            assert scene.shop.dial.instant == died  # no sync and no tickle had to come first
            await scene.let_pass(timedelta(minutes=2))
            assert len(scene.said(ConnectionLost)) == 1 and not scene.said(ConnectionRestored)

    asyncio.run(run())


def test_another_window_onto_the_same_account_neither_loses_nor_finds_the_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            now = scene.shop.dial()
            error = Unavailable("Silence.", remedy="Look.", cause=Cause.TIMED_OUT)
            failed = SyncChanged(account=MAIN, started_at=now, finished_at=now, error=error)
            scene.shop.hub.publish(replace(failed, source=Source.TWS))
            assert not scene.said(ConnectionLost)
            scene.shop.hub.publish(failed)
            assert scene.said(ConnectionLost)
            scene.shop.hub.publish(AccountChanged(account=MAIN, as_of=now, source=Source.TWS))
            await scene.settled()
            assert not scene.said(ConnectionRestored)
            scene.shop.hub.publish(AccountChanged(account=MAIN, as_of=now))
            await scene.until(ConnectionRestored)

    asyncio.run(run())


def test_the_lost_gateway_is_asked_rarer_and_rarer_up_to_once_a_minute(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            dial = scene.shop.dial
            await scene.shop.gateway.kill()
            await eventually(lambda: scene.shop.session.session.state is SessionState.OFFLINE)
            await scene.settled()
            rests: list[float] = []
            for _ in range(7):
                state = scene.link.state
                assert state is not None and state.next_try is not None and not state.is_up
                rests.append((state.next_try - dial.instant).total_seconds())
                tries = state.attempts
                dial.advance(state.next_try - dial.instant)
                await eventually(lambda tries=tries: scene.link.state.attempts > tries)  # type: ignore[union-attr,misc]
                await scene.settled()
            assert rests == [3, 6, 12, 24, 48, 60, 60]

    asyncio.run(run())


def test_on_return_the_status_comes_first_then_stream_and_pictures_and_then_it_counts_as_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            await shop.gateway.kill()
            await scene.until(ConnectionLost)
            await scene.let_pass(timedelta(minutes=41), step=timedelta(seconds=20))
            before = len(shop.gateway.calls)
            await shop.gateway.start()
            await scene.link.try_now()
            back_at = shop.dial.instant
            report = (await scene.until(WentAway)).report
            assert shop.dial.instant == back_at  # nothing of it waits for a clock
            calls = [path.removeprefix("/v1/api") for _, path in shop.gateway.calls[before:]]
            assert calls[0] == "/iserver/auth/status"
            assert sum("/invalidate" in path for path in calls) == 2
            assert len(calls) <= 22  # at 10 requests per second a little over two seconds
            order = [type(event) for event in scene.heard.events]
            pictures = [i for i, kind in enumerate(order) if kind is AccountChanged]
            assert order.index(ConnectionRestored) > pictures[1] and order.index(WentAway) > pictures[1]
            assert scene.link.state is not None and scene.link.state.is_up
            assert scene.link.last_report == report
            assert report.until - report.since >= timedelta(minutes=41)
            assert report.as_of is not None
            assert any("equity curve has no points between 17:48 and 18:29 UTC" in line for line in report.unknown)
            assert any("Fills of that time are in Orders" in line for line in report.unknown)
            await eventually(lambda: scene.live.state.is_up)

    asyncio.run(run())


def test_while_you_were_away_says_which_holdings_and_figures_changed(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path, earlier=timedelta(hours=3)) as scene:
            shop = scene.shop
            await shop.gateway.kill()
            await scene.until(ConnectionLost)
            await scene.settled()
            shop.gateway.clock.set(shop.gateway.clock.now() + timedelta(hours=3))
            await shop.gateway.start()
            await scene.link.try_now()
            report = (await scene.until(WentAway)).report  # a short outage, but a holding changed
            assert report.until - report.since < timedelta(minutes=1)
            assert [change.account for change in report.holdings] == [MAIN]
            assert report.holdings[0].after == 0 != report.holdings[0].before
            assert {change.name for change in report.figures} >= {"Net liquidation"}

    asyncio.run(run())


def test_a_short_break_that_hid_nothing_is_not_worth_a_word(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            await scene.shop.gateway.kill()
            await scene.until(ConnectionLost)
            await scene.shop.gateway.start()
            await scene.link.try_now()
            await scene.until(ConnectionRestored)
            await scene.settled()
            assert scene.said(WentAway) == []

    asyncio.run(run())


def test_a_gateway_that_hangs_is_lost_with_the_first_call_that_is_not_answered(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path, patience=0.5) as scene:
            shop = scene.shop
            shop.gateway.hang()
            before = len(shop.calls)
            shop.dial.advance(timedelta(seconds=30))
            lost = await scene.until(ConnectionLost)
            failed = [call.outcome for call in shop.calls[before:] if call.outcome != "ok"]
            assert failed == [Cause.TIMED_OUT] and lost.reason
            await eventually(lambda: shop.session.session.state is SessionState.OFFLINE)
            shop.gateway.hang(False)
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)))

    asyncio.run(run())


def test_a_stream_that_falls_silent_makes_everything_stale_before_any_call_fails(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path, stream=replace(LIVELY, silence_means_death=500)) as scene:
            scene.shop.gateway.silence_sockets()
            lost = await scene.until(ConnectionLost)
            assert "silent" in lost.reason
            await scene.until(ConnectionRestored)  # the gateway answers: the pictures are fresh again
            scene.shop.gateway.heal()
            await eventually(lambda: scene.live.state.is_up)

    asyncio.run(run())


def test_an_expired_sign_in_is_lost_and_the_next_one_is_noticed_by_itself(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            shop.gateway.expire_session()
            await scene.pass_until(lambda: bool(scene.said(ConnectionLost)))
            await eventually(lambda: shop.session.session.state is SessionState.SIGNED_OUT)
            assert shop.session.truth().action is NextStep.SIGN_IN
            shown: list[str] = []
            shop.session.sign_in(shown.append)
            assert shown == [shop.session.sign_in_page]
            await sign_in(shop.gateway.url)
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)))
            assert shop.session.session.is_ready

    asyncio.run(run())


def test_a_competing_login_is_an_outage_with_a_question_and_is_left_alone(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            shop.gateway.compete()
            await scene.pass_until(lambda: bool(scene.said(ConnectionLost)))
            await eventually(lambda: shop.session.session.state is SessionState.COMPETING)
            await scene.let_pass(timedelta(seconds=60))
            assert shop.session.truth().action is NextStep.ASK_TAKE_OVER
            assert shop.asked("ssodh/init") == 0
            await shop.session.open_brokerage(take_over=True)
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)))

    asyncio.run(run())


def test_a_lost_brokerage_session_is_mended_and_the_pictures_are_read_anew(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            shop.gateway.lose_brokerage()
            await scene.until(ConnectionLost)  # the stream says it first
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)))
            assert shop.asked("ssodh/init") == 1
            restored = scene.said(ConnectionRestored)[0]
            changed = [i for i, event in enumerate(scene.heard.events) if isinstance(event, AccountChanged)]
            assert len([i for i in changed if i < scene.heard.events.index(restored)]) >= 2

    asyncio.run(run())


def test_in_the_nightly_maintenance_the_outage_is_expected_nobody_is_called_and_it_resumes(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path, at=NIGHT) as scene:
            shop = scene.shop
            shop.gateway.maintain(1.0)
            await scene.pass_until(lambda: bool(scene.said(ConnectionLost)))
            await eventually(lambda: not shop.session.session.is_ready)
            await scene.settled()
            link, problem = scene.link.state, shop.session.problem
            assert link is not None and link.expected_until == MORNING
            assert problem is not None and problem.cause is Cause.MAINTENANCE
            assert "expected until 00:30 New York time" in problem.message
            truth = shop.session.truth()
            lights = {lamp.lamp: lamp.light for lamp in truth.lamps}
            assert lights[Lamp.BROKERAGE] is Light.EXPECTED and Light.BAD not in lights.values()
            assert truth.action is NextStep.WAIT
            assert shop.session.next_look == shop.dial.instant + timedelta(seconds=60)
            assert scene.said(Notice) == []
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)), timedelta(seconds=20))
            assert shop.dial.instant < MORNING

    asyncio.run(run())


def test_a_maintenance_the_gateway_itself_announces_is_expected_at_any_hour_with_its_end(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            ends = shop.dial.instant + timedelta(seconds=120)
            shop.gateway.maintain(120.0)
            await scene.until(LinkChanged, lambda event: not event.is_up)
            await scene.settled()
            told = [event.expected_until for event in scene.said(LinkChanged)]
            assert set(told[1:]) == {ends}  # before the first the session had not been asked yet
            problem, truth = shop.session.problem, shop.session.truth()
            assert problem is not None and problem.cause is Cause.MAINTENANCE
            assert truth.headline == "Interactive Brokers is in its maintenance" and truth.action is NextStep.WAIT
            assert Light.BAD not in {lamp.light for lamp in truth.lamps}
            assert scene.said(Notice) == []
            shop.gateway.heal()
            shop.gateway.login.recover()
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)), timedelta(seconds=20))
            assert shop.session.outage is None

    asyncio.run(run())


def test_a_gateway_that_is_away_in_the_maintenance_is_looked_for_again_when_it_ends(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path, at=MORNING - timedelta(seconds=20)) as scene:
            shop = scene.shop
            await shop.gateway.kill()
            await eventually(lambda: shop.session.session.state is SessionState.OFFLINE)
            await scene.settled()
            assert scene.link.state is not None and scene.link.state.expected_until == MORNING
            assert shop.session.next_look == MORNING + timedelta(seconds=5)  # with the whole of its spread
            shop.dial.advance(timedelta(seconds=25))
            await eventually(lambda: scene.link.state is not None and scene.link.state.expected_until is None)
            assert shop.session.problem is not None and shop.session.problem.cause is Cause.GATEWAY_NOT_RUNNING

    asyncio.run(run())


def test_after_an_hour_s_sleep_all_is_stale_since_before_it_and_everything_is_asked_anew(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop, fell_asleep = scene.shop, scene.shop.dial.instant
            scene.waking.start()
            await scene.settled()
            sockets = shop.asked("/ws")
            shop.dial.instant += timedelta(hours=1)  # the wall clock went on, the loop stood still
            shop.dial.advance(BEAT)
            assert (await scene.until(TimeJumped)).slept
            lost = await scene.until(ConnectionLost)
            assert lost.since == fell_asleep and "slept" in lost.reason
            report = (await scene.until(WentAway)).report
            assert report.until - report.since >= timedelta(hours=1)
            assert shop.session.session.last_tickle == shop.dial.instant
            await eventually(lambda: scene.live.state.is_up and shop.asked("/ws") == sockets + 1)

    asyncio.run(run())


def test_a_clock_set_back_two_hours_neither_stops_the_keep_alive_nor_the_pictures(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            scene.waking.start()
            await scene.settled()
            ended = shop.session.session.ends_at
            shop.dial.instant -= timedelta(hours=2)
            shop.dial.advance(BEAT)
            jumped = await scene.until(TimeJumped)
            assert (jumped.by, jumped.slept) == (timedelta(hours=-2), False)
            await scene.let_pass(timedelta(seconds=10), BEAT)
            session = shop.session.session
            assert session.last_tickle is not None and session.last_tickle <= shop.dial.instant
            assert session.ends_at == ended  # the same midnight
            tickles = shop.asked("/tickle")
            await scene.let_pass(timedelta(seconds=250), BEAT)
            assert shop.asked("/tickle") == tickles + 1
            page = await shop.book.page(MAIN)
            assert page is not None and shop.dial.instant - page.received_at <= timedelta(seconds=30)
            assert shop.session.next_look is not None
            assert shop.session.next_look - shop.dial.instant <= timedelta(seconds=60)

    asyncio.run(run())


def test_in_the_penalty_box_nothing_is_sent_and_the_sync_goes_on_when_it_opens(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            shop.gateway.limit()
            shop.dial.advance(timedelta(seconds=30))
            await eventually(lambda: shop.session.truth().lamps[0].light is Light.WARN)
            await scene.settled()
            lamp = shop.session.truth().lamps[0]
            assert lamp.action is NextStep.WAIT and lamp.deadline is not None
            asked = len(shop.gateway.calls)
            await scene.let_pass(timedelta(minutes=5), timedelta(seconds=20))
            assert len(shop.gateway.calls) == asked
            shop.gateway.heal()
            scene.heard.events.clear()
            await scene.pass_until(lambda: bool(scene.said(AccountChanged)), timedelta(seconds=20))

    asyncio.run(run())


def test_a_gateway_that_dies_in_the_penalty_box_is_told_and_nothing_is_asked_before_it_opens(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as scene:
            shop = scene.shop
            shop.gateway.limit()
            await shop.session.look()
            until = shop.session.boxed_until
            assert until == shop.dial.instant + timedelta(minutes=15)
            await shop.gateway.kill()
            await scene.until(ConnectionLost)
            await scene.settled()
            calls = len(shop.calls)
            await scene.let_pass(timedelta(minutes=5), timedelta(seconds=20))
            assert scene.link.state is not None and not scene.link.state.is_up
            assert scene.link.state.next_try is not None and scene.link.state.next_try >= until
            assert not [call for call in shop.calls[calls:] if call.channel == "rest"]
            await shop.gateway.restore()
            await scene.pass_until(lambda: bool(scene.said(ConnectionRestored)), timedelta(seconds=20))
            assert shop.session.boxed_until is None

    asyncio.run(run())


def test_with_syncing_by_itself_off_coming_back_reads_one_picture_before_it_counts_as_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, settings=Settings(auto_sync=False)) as shop:
            link = Reconnect(
                source=shop.broker.name, session=shop.session, sync=shop.sync, pages=shop.book.pages, hub=shop.hub,
                tasks=shop.tasks, settings=lambda: shop.settings, clock=shop.dial, ticks=shop.dial.ticks,
            )
            heard = Heard(shop.hub, ConnectionRestored, ConnectionLost, AccountChanged)
            link.start()
            shop.sync.start()
            await shop.session.refresh()
            assert shop.asked("/portfolio/") == 0
            await shop.gateway.kill()
            await shop.session.refresh()
            await shop.gateway.start()
            shop.gateway.lose_reply("portfolio", times=99)
            await shop.session.refresh()
            await eventually(lambda: shop.sync.last is not None and not shop.sync.running)
            assert link.state is not None and not link.state.is_up  # nothing was read: what is shown stays stale
            shop.gateway.heal()
            shop.dial.advance(timedelta(seconds=60))
            await shop.session.look()
            await eventually(lambda: link.state is not None and link.state.is_up)
            assert [type(event) for event in heard.events] == [
                ConnectionRestored, ConnectionLost, AccountChanged, AccountChanged, ConnectionRestored]
            assert {event.account for event in heard.events if isinstance(event, AccountChanged)} == {MAIN, SECOND}

    asyncio.run(run())
