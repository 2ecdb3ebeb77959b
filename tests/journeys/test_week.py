"""A trader leaves ibdesk open for a week in which everything goes wrong that can, and nothing is lost.

The whole desk runs in simulated time: its own vault, the real wire, the broker's own limits, midnights that end the
session, nightly resets, and a person who signs in when asked. A seed gives the same week again.
"""

import asyncio
import gc
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest

from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.timings import DemoTimings
from ibdesk.domain.calls import RateState
from ibdesk.domain.events import RateChanged
from ibdesk.domain.session import TICKLE_LATE
from tests.demo.door import shared_identity
from tests.journeys.simulated import Time, World, run_simulated, simulated_desk
from tests.journeys.troubles import TROUBLES, Recovery, check_doings, check_stored, heal, own_log, person, settle

NEW_YORK = ZoneInfo("America/New_York")
#: Reset every night from a quarter to midnight to half past (domain/maintenance.py); the session ends within it.
RESET_BEGINS, RESET_LASTS = time(23, 45), timedelta(minutes=45)
#: A person takes up to 8 minutes, the penalty box 15, the sync comes every 15; at night the reset comes first.
RECOVERS_WITHIN, AT_NIGHT = timedelta(minutes=45), timedelta(minutes=120)
#: Rows that a week is meant to add: what was done and heard, one line each; everything else is as large as on day 1.
GROWING = frozenset({
    "ibkr_trading_activity_log", "ibkr_sync_log", "ibkr_session_tracking", "equity_history", "vault_dates",
})


async def nights(time: Time, gateway: DemoGateway) -> None:
    """The broker's reset, every night; what of it this computer sleeps through has passed when it wakes up."""
    while True:
        now = time.true().astimezone(NEW_YORK)
        begins = datetime.combine(now.date(), RESET_BEGINS, NEW_YORK)
        if begins <= now:
            begins += timedelta(days=1)
        await time.until(begins)
        left = begins + RESET_LASTS - time.true()
        if left > timedelta():
            gateway.maintain(left.total_seconds())


def is_night(world: World) -> bool:
    now = world.gateway.clock.now().astimezone(NEW_YORK).time()
    return now >= time(22, 30) or now < time(1, 30)


async def tickles(world: World, late: list[str]) -> None:
    """Notes every keep-alive that came too late while the session was ready and nothing else was wrong. A sleeping
    computer sends none, nor does a desk that was locked out."""
    last, known, before = world.time.ticks(), None, 0.0
    heard = deque([RateState(per_second=0, limit=0)], maxlen=1)
    world.desk.hub.subscribe(RateChanged, lambda event: heard.append(event.rate))
    while True:
        await world.time.pass_by(timedelta(seconds=30))
        session = world.desk.session.session if world.desk.session is not None else None
        slept, boxed = world.time.world_ticks() - world.time.ticks(), heard[0].boxed_until
        is_boxed = boxed is not None and world.time.ours() < boxed + timedelta(seconds=60)
        is_excused = is_boxed or world.is_troubled or slept != before
        if session is None or not session.is_ready or session.last_tickle != known or is_excused:
            known, last, before = session and session.last_tickle, world.time.ticks(), slept
        elif world.time.ticks() - last > TICKLE_LATE.total_seconds():
            late.append(f"{world.time.true()}: none since {known}")
            last = world.time.ticks()


@dataclass(frozen=True, slots=True)
class Size:
    """What a desk takes: objects that Python keeps, bytes of the process, rows of the vault."""

    objects: int
    bytes: int
    rows: Mapping[str, int] = field(repr=False)


async def size_of(world: World) -> Size:
    gc.collect()
    return Size(
        objects=len(gc.get_objects()),
        bytes=psutil.Process().memory_info().rss,
        rows=(await world.desk.activity.check()).rows,
    )


async def one_trouble(world: World, chance: random.Random, diary: list[str]) -> None:
    """Something happens, lasts, ends; and then all has to be well again."""
    name = chance.choice(tuple(TROUBLES))
    lasts = timedelta(minutes=chance.uniform(0.2, 40))
    diary.append(f"{world.time.true():%a %H:%M:%S} {name} for {lasts}")
    world.is_troubled = True
    await TROUBLES[name].hurts(world, chance)
    await world.time.pass_by(lasts)
    await check_stored(world, figures=False)
    await heal(world)
    limit = AT_NIGHT if is_night(world) else RECOVERS_WITHIN
    told = world.desk.session
    assert await Recovery(world).within(limit), (world.time.true(), world.gateway.login.stage, told and told.session)
    world.is_troubled = False
    await check_stored(world)


async def days(world: World, chance: random.Random, count: int, diary: list[str]) -> list[Size]:
    """So many days of troubles, and how large the desk was at the end of each."""
    sizes: list[Size] = []
    for day in range(count):
        ends = world.time.world_ticks() + 86_400
        while world.time.world_ticks() < ends:
            await world.time.pass_by(timedelta(minutes=chance.uniform(20, 120)))
            await one_trouble(world, chance, diary)
        diary.append(f"day {day + 1} is over")
        sizes.append(await size_of(world))
    return sizes


def live_through(seed: int, count: int, folder: Path) -> list[Size]:
    """Days of the seed's troubles with all that must hold."""
    diary: list[str] = []

    async def journey(time: Time) -> list[Size]:
        random.seed(seed)  # the jitter of those who come back
        late: list[str] = []
        async with simulated_desk(time, folder, settings={"sync_interval": "900"}) as world:
            beside = [asyncio.create_task(work) for work in (  # noqa: TID251 - the test holds them
                person(world, random.Random(seed)), nights(time, world.gateway), tickles(world, late))]  # fmt: skip
            try:
                await settle(world)
                sizes = await days(world, random.Random(seed), count, diary)
                await check_doings(world, log)
                assert not late, late
                assert not [task for task in beside if task.done()]
                report = await world.desk.activity.check()
                assert report.findings == ()
                return sizes
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.wait(beside)

    try:
        with own_log() as log:
            return run_simulated(journey)
    except BaseException:
        print(f"seed {seed}:", *diary, sep="\n  ")  # noqa: T201 - pytest shows it with the failure
        raise


def test_the_broker_s_night_does_not_wait_for_a_computer_that_sleeps() -> None:
    async def journey(when: Time) -> None:
        gateway = DemoGateway(
            clock=DemoClock(when.true(), ticks=when.world_ticks), ticks=when.world_ticks, identity=shared_identity(),
            timings=DemoTimings(idle=1e9, session_life=1e9, region=""),
        )
        passing = asyncio.create_task(nights(when, gateway))  # noqa: TID251 - the test holds it
        await when.pass_by(timedelta(hours=1))
        when.sleep(timedelta(hours=10))  # to 23:48 in New York
        await when.pass_by(timedelta(seconds=1))
        assert gateway.login.stage is Stage.MAINTENANCE
        await when.pass_by(timedelta(minutes=42))
        assert gateway.login.stage is Stage.READY
        when.sleep(timedelta(hours=24))  # past the next one
        await when.pass_by(timedelta(seconds=1))
        assert gateway.login.stage is Stage.READY
        passing.cancel()

    run_simulated(journey)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_of_troubles_is_lived_through(seed: int, tmp_path: Path) -> None:
    live_through(seed, 1, tmp_path)


@pytest.mark.timeout(900)
def test_a_week_of_troubles_is_lived_through_and_the_desk_stays_its_size(tmp_path: Path) -> None:
    sizes = live_through(2026, 7, tmp_path)
    first, last = sizes[0], sizes[-1]
    assert last.objects < first.objects * 1.10 + 2000, [size.objects for size in sizes]
    assert last.bytes < first.bytes * 1.10 + 16_000_000, [size.bytes for size in sizes]
    grown = {name for name, rows in last.rows.items() if rows > first.rows[name]}
    assert grown <= GROWING, {name: (first.rows[name], last.rows[name]) for name in grown - GROWING}
