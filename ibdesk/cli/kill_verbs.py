"""What `kill` does: it locks from the command's own thread at once, and has the rest done where the broker is spoken
to."""

import argparse

from ibdesk.cli.door import not_connected
from ibdesk.cli.order_consent import Asker, check_mode, mean_live
from ibdesk.cli.talk import Talk
from ibdesk.domain.accounts import AccountId, masked
from ibdesk.domain.errors import DeskError
from ibdesk.domain.modes import Mode, face_of
from ibdesk.services.desk import Desk
from ibdesk.services.kill_switch import KillReport, KillSwitch

REASON = "pressed on the command line"
#: Orders may still work: nobody has to do anything wrong for it, so it may be tried again.
NOT_ALL = 4


async def lock(desk: Desk, args: argparse.Namespace, talk: Talk) -> None:
    """Before the window comes to anything: no order opens a position from now on."""
    if args.lift or desk.kill_switch is None:
        return
    check_mode(desk.mode, args)
    await desk.kill_switch.lock_now(args.reason or REASON)
    talk.notice("Trading is locked.")


async def kill(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Cancel everything that works and lock; with `--flatten` close what is held; with `--lift` unlock."""
    check_mode(desk.mode, args)
    switch = _switch(desk)
    if args.lift:
        await mean_live(desk.mode, args, await _named(desk, args), talk)
        await switch.lift()
        talk.tell({"status": "lifted", "locked": False}, ["Trading may go on."])
        return 0
    if args.flatten:
        await mean_live(desk.mode, args, await _named(desk, args), talk)
    await _look(desk)
    asker = Asker(args, talk)
    report = await switch.press(args.reason or REASON, flatten=args.flatten, ask=asker)
    return _tell(report, desk.mode, args, asker, talk)


def _switch(desk: Desk) -> KillSwitch:
    if desk.kill_switch is None:
        raise not_connected(desk)
    return desk.kill_switch


async def _named(desk: Desk, args: argparse.Namespace) -> AccountId:
    """The account whose id has to be typed: the one that was named, else the first."""
    known = await desk.book.accounts()
    return AccountId(args.account or (known[0].id if known else ""))


async def _look(desk: Desk) -> None:
    """A session that was never asked for may be ready; the switch is pressed whatever it says."""
    if desk.session is None or desk.session.session.is_ready:
        return
    try:
        await desk.session.refresh()
    except DeskError:
        return


def _tell(report: KillReport, mode: Mode, args: argparse.Namespace, asker: Asker, talk: Talk) -> int:
    meant = "" if args.mode is None else f" --mode {mode}"
    failed = [{"account": account, "message": why} for account, why in report.uncancelled]
    left = [{"position": label, "message": why} for label, why in report.not_closed]
    is_whole = not failed and not left and report.unwritten is None and report.takes_orders
    talk.tell(
        {
            "status": "success" if is_whole else "partial", "locked": True, "mode": mode.value,
            "reason": report.lock.reason, "at": report.lock.at, "kept": report.unwritten is None,
            "cancelled": list(report.cancelled), "not_cancelled": failed, "closing": list(report.closing),
            "not_closed": left, "questions": [{"id": each.id, "text": each.text} for each in asker.open],
        },
        [
            f"Trading is locked in {face_of(mode).word}: only orders that lower risk leave. "
            f"To go on: ibdesk kill{meant} --lift",
            *([] if report.takes_orders else ["This desk sends no orders, so it cancelled none: look at the broker."]),
            *([] if report.unwritten is None else [f"The lock ends with this desk: {report.unwritten.message}"]),
            *(f"{masked(account)}: every working order is to be cancelled." for account in report.cancelled),
            *(f"{masked(account)}: NOT cancelled: {why} Repeat: ibdesk kill" for account, why in report.uncancelled),
            *(f"closing order {ref}" for ref in report.closing),
            *(f"{label}: NOT closed: {why}" for label, why in report.not_closed),
        ],
    )  # fmt: skip
    return 0 if is_whole else NOT_ALL
