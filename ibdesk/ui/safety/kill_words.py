"""What the window says of the kill switch: pure, so that every sentence has a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.records import TradingLock
from ibdesk.ui import format as fmt
from ibdesk.ui.widgets import Check

if TYPE_CHECKING:
    from ibdesk.services.kill_switch import KillReport

#: Why, when a person pressed it here; the checks before an order say it too.
BY_HAND = "you pressed it in the window"
KEYS = "Ctrl+Shift+K"
PRESS = "Stop trading"
TIP = f"{PRESS}: cancel all working orders and lock, at once ({KEYS})"
SCOPE = "No order may open a position, in any account of this desk. Orders that are proved to lower risk may leave."
#: More accounts than this are counted.
NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence, what stands below it, and how it ended."""

    check: Check
    title: str
    detail: str = ""


def headline(lock: TradingLock, now: datetime) -> str:
    """What the banner says first."""
    at = lock.at.astimezone(NEW_YORK)
    day = "" if at.date() == now.astimezone(NEW_YORK).date() else f"{at.day} {at:%b} "
    return f"Trading is stopped since {day}{at:%H:%M} New York: {lock.reason}."


def ending(lock: TradingLock, now: datetime) -> str:
    """The reset rule."""
    if lock.until is None:
        return "It stays on until you lift it, also when ibdesk is closed and opened again."
    at = lock.until.astimezone(NEW_YORK)
    when = "midnight" if (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
    return f"It ends by itself at {when} in New York, in {fmt.countdown(lock.until - now)}."


def detail(lock: TradingLock, report: "KillReport | None", now: datetime) -> str:
    """Scope, what became of the orders, and how it ends."""
    parts = [SCOPE]
    if report is not None:
        said = orders_said(report)
        has_more = bool(said.detail) and said.check is not Check.GOOD
        parts.append(f"{said.title}: {said.detail}" if has_more else f"{said.title}.")
        if report.unwritten is not None:
            parts.append(written_said(report).detail)
    return " ".join((*parts, ending(lock, now)))


def orders_said(report: "KillReport | None") -> Said:
    """What became of the working orders; None: the lock was taken up from an earlier day."""
    if report is None:
        return Said(check=Check.PENDING, title="Working orders were cancelled when it was pressed",
                    detail="That was before this desk was opened. Cancel again if any are working now.")
    if not report.takes_orders:
        return Said(
            check=Check.WARN, title="No order was cancelled",
            detail="This desk sends no orders, so there was none it could cancel: it only locks. What you placed "
            "elsewhere goes on; cancel it there.",
        )
    if report.is_cancelling:
        return Said(check=Check.PENDING, title="Working orders are being cancelled",
                    detail="Every order of every account, resting ones too.")
    if report.uncancelled:
        reasons = "; ".join(f"{account or 'the accounts'}: {why}" for account, why in report.uncancelled)
        others = f" Cancelled in {accounts(report.cancelled)}." if report.cancelled else ""
        return Said(
            check=Check.BAD, title="Orders may still be working",
            detail=f"{reasons}{others} It is asked again as soon as the connection is back.",
        )
    if not report.cancelled:
        return Said(check=Check.GOOD, title="There was no account with orders to cancel")
    return Said(
        check=Check.GOOD, title="Working orders are cancelled",
        detail=f"In {accounts(report.cancelled)}. A fill may have been quicker than the cancellation: look at Orders.",
    )


def written_said(report: "KillReport | None") -> Said:
    """Whether it outlives the desk."""
    if report is not None and report.unwritten is not None:
        error = report.unwritten
        return Said(
            check=Check.BAD, title="It could not be written down",
            detail=f"{error.message} {error.remedy} Until then the lock holds only as long as ibdesk is open.",
        )
    if report is not None and report.is_cancelling:
        return Said(check=Check.PENDING, title="It is being written down")
    return Said(check=Check.GOOD, title="It is written down",
                detail="In the vault, with its receipt. It outlives ibdesk and the computer.")


def positions_said(count: int | None, report: "KillReport | None", *, is_closing: bool) -> Said:
    """What is held, and what was done about it when it was asked for. `count` None: not read yet."""
    if is_closing:
        return Said(check=Check.PENDING, title="Positions are being closed",
                    detail="One market order each, through the same checks as any order.")
    closing, left = (report.closing, report.not_closed) if report is not None else ((), ())
    if left:
        failed = "; ".join(f"{name}: {why}" for name, why in left)
        return Said(check=Check.BAD, title=f"{counted(len(left), 'position')} could not be closed",
                    detail=f"{failed} {_sent(len(closing))}".strip())
    if closing:
        return Said(check=Check.GOOD, title=_sent(len(closing)).rstrip("."),
                    detail="Follow them in Orders: an order that was sent is not yet filled.")
    if count is None:
        return Said(check=Check.PENDING, title="Positions")
    if count == 0:
        return Said(check=Check.GOOD, title="No position is open")
    stay = "stays as it is" if count == 1 else "stay as they are"
    return Said(check=Check.WARN, title=f"{counted(count, 'position')} {stay}",
                detail="Cancelling orders closes nothing. Protective orders are gone too.")


def accounts(named: Sequence[AccountId]) -> str:
    """Accounts in a sentence."""
    if len(named) > NAMED:
        return f"{len(named)} accounts"
    return " and ".join((", ".join(named[:-1]), named[-1])) if len(named) > 1 else "".join(named)


def counted(count: int, word: str) -> str:
    """A count with its noun."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _sent(count: int) -> str:
    return f"{counted(count, 'closing order')} {'was' if count == 1 else 'were'} sent." if count else ""
