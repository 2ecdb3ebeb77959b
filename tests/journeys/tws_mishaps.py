"""Everything that may go wrong at a TWS, by name, and how a day of it is lived through."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from ibdesk.demo.tws.faults import TimeStyle
from tests.journeys.tws_days import AWAKE, OURS, QUIET, Days

Mishap = Callable[[Days], Awaitable[None]]


def _said(work: Callable[[Days], None]) -> Mishap:
    async def happens(days: Days) -> None:
        work(days)

    return happens


async def _nightly_restart(days: Days) -> None:
    await days.service.faults.nightly_restart(days.chance.uniform(20, 180))


async def _dies(days: Days) -> None:
    await days.service.kill()


async def _broker_comes_back(days: Days) -> None:
    """Gone for a while, traded meanwhile, and back with subscriptions kept or lost."""
    faults, chance = days.service.faults, days.chance
    faults.broker_lost(chance.choice((1100, 2110)))
    await days.time.pass_by(timedelta(seconds=chance.uniform(1, 120)))
    if days.is_open:
        days.trade()
    faults.broker_back(lost=chance.random() < 0.5)


async def _half_open_for_good(days: Days) -> None:
    days.service.faults.half_open()
    days.is_held_for_good = True


async def _reborn(days: Days) -> None:
    await days.reborn()


async def _drip(days: Days) -> None:
    days.service.faults.slow_drip(0.002)
    if days.chance.random() < 0.5:
        await days.service.kill()
        await days.service.start()
    await days.time.pass_by(timedelta(seconds=20))
    days.service.faults.slow_drip(0)


def _doubled(days: Days) -> None:
    days.service.faults.double_executions(3)
    days.service.faults.double_commissions(3)


def _corrected(days: Days) -> None:
    """One of today's, and nobody's of another day: those are not told any more."""
    today = [
        each for each in days.service.executions
        if each.fill.order_id and not each.is_combo and each.fill.at >= days.service.floor.start_of_day()
    ]
    if today:
        chosen = days.chance.choice(today)
        cents = Decimal(days.chance.randint(-300, 300)) / 100
        days.service.faults.correct_execution(str(chosen.fill.price + cents), chosen.base)


def _bad_frames(days: Days) -> None:
    faults = days.service.faults
    for frame in days.chance.sample((faults.unknown_message, faults.short_frame, faults.word_for_number), 2):
        frame()


def _refused(days: Days) -> None:
    """Our number is said to be in use when we come back."""
    days.service.faults.refuse_client_id(OURS)
    days.service.faults.drop_mid_message()


def _paced_out(days: Days) -> None:
    """TWS finds that we ask too much."""
    for client in days.service.clients:
        client.error(-1, 100, "Max rate of messages per second has been exceeded")
        client.outlet.flush()


MISHAPS: Mapping[str, Mishap] = {
    "cut politely": _said(lambda days: days.service.faults.drop_mid_message()),
    "cut rudely": _said(lambda days: days.service.faults.drop_mid_message(rude=True)),
    "half open": _said(lambda days: days.service.faults.half_open(keeps=days.chance.uniform(10, 200))),
    "half open for good": _half_open_for_good,
    "broker lost": _said(lambda days: days.service.faults.broker_lost(days.chance.choice((1100, 2110)))),
    "broker back": _broker_comes_back,
    "nightly restart": _nightly_restart,
    "killed server": _dies,
    "drip": _drip,
    "bursts": _said(lambda days: days.service.faults.big_bursts()),
    "pacing": _said(_paced_out),
    "commissions late": _said(lambda days: days.service.faults.late_commissions(days.chance.uniform(1, 240))),
    "commissions first": _said(lambda days: days.service.faults.commissions_first(3)),
    "commissions before the end": _said(lambda days: days.service.faults.commissions_before_end()),
    "doubled": _said(_doubled),
    "orphans": _said(lambda days: days.service.faults.orphan_executions(3)),
    "correction": _said(_corrected),
    "sentinels": _said(lambda days: days.service.faults.sentinel_pnl()),
    "nan": _said(lambda days: days.service.faults.nan_pnl()),
    "wide numbers": _said(lambda days: days.service.faults.wide_numbers()),
    "spelling of time": _said(lambda days: days.service.faults.write_times(days.chance.choice(list(TimeStyle)))),
    "bad frames": _said(_bad_frames),
    "refused client id": _said(_refused),
    "hangs": _said(lambda days: (days.service.faults.accept_and_hang(), days.service.faults.drop_mid_message())[0]),
    "closes at once": _said(
        lambda days: (days.service.faults.accept_and_close(), days.service.faults.drop_mid_message())[0]),
    "no end of executions": _said(lambda days: days.service.faults.lose_end("executions")),
    "our process is killed": _reborn,
}


async def one_trouble(days: Days) -> None:
    """Two or three things go wrong over each other while somebody trades; it ends, and then all has to agree."""
    chance, floor = days.chance, days.service.floor
    floor.timings = AWAKE
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(tuple(MISHAPS))
        days.note(name)
        await MISHAPS[name](days)
        for _ in range(chance.randint(0, 3)):
            if days.is_open:
                days.trade()
            await days.time.pass_by(timedelta(seconds=chance.uniform(0, 40)))
    await days.heal()
    await days.agrees()
    floor.timings = QUIET


async def one_day(days: Days, troubles: int) -> None:
    """From where it is to a day later, with so many troubles; most of them while stocks trade."""
    ends = days.time.true() + timedelta(days=1)
    for _ in range(troubles):
        await days.time.pass_by(timedelta(minutes=days.chance.uniform(5, 30) if days.is_open else 120))
        await one_trouble(days)
    await days.time.until(ends)
    days.service.floor.timings = AWAKE
    await days.agrees()
    await days.pictures_agree()
    days.service.floor.timings = QUIET
    days.note("the day is over and everything agrees")
