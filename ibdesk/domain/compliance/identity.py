"""Whether this desk may send this ticket at all: mode, account, session, locks, the kill switch and the broker's hours.

Nothing here looks at prices or positions. The kill switch lets an order pass that lowers risk, and then also where live
orders were not unlocked: whoever stops everything must be able to close what is held.
"""

from collections.abc import Iterator

from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.case import said
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.modes import belongs, face_of
from ibdesk.domain.orders import OrderRoute, OrderTicket
from ibdesk.domain.session import SessionState

_WHY = {
    SessionState.UNKNOWN: "has not been asked yet",
    SessionState.OFFLINE: "is offline: the gateway does not answer",
    SessionState.SIGNED_OUT: "is signed out",
    SessionState.BROKERAGE_LOST: "lost its brokerage part",
    SessionState.CONNECTING: "is still connecting",
    SessionState.COMPETING: "is taken by another program with the same user name",
}


_FINE = (said(Code.SESSION, Severity.PASS, "Mode, account and session are those of this ticket."),)


def check_identity(ticket: OrderTicket, context: Context, *, lowers_risk: bool) -> tuple[Finding, ...]:
    """All that stands between this desk and the broker."""
    found = (*_belonging(ticket, context), *_doors(context, lowers_risk), *_killed(context, lowers_risk))
    return found or _FINE


def _belonging(ticket: OrderTicket, context: Context) -> Iterator[Finding]:
    word = face_of(context.desk.mode).word
    if ticket.mode is not context.desk.mode:
        yield said(
            Code.MODE, Severity.BLOCK,
            f"This ticket was opened for {face_of(ticket.mode).word}; the desk is in {word}.",
            "Open a new ticket in this mode.",
        )  # fmt: skip
    if ticket.account != context.account.id:
        yield said(
            Code.MODE, Severity.BLOCK, f"This ticket is for {ticket.account}; the desk is on {context.account.id}.",
            "Choose the ticket's account, or open a new ticket.",
        )  # fmt: skip
    if not belongs(face_of(ticket.mode).environment, context.account):
        kind = "paper" if _is_live(ticket) else "live"
        yield said(
            Code.MODE, Severity.BLOCK, f"{context.account.id} is a {kind} account and cannot trade in {word}.",
            "Sign in with the user name that belongs to this mode.",
        )  # fmt: skip


def _doors(context: Context, lowers_risk: bool) -> Iterator[Finding]:
    desk = context.desk
    is_live = face_of(desk.mode).environment is Environment.LIVE
    if desk.session is not None and not desk.session.is_ready:
        yield said(
            Code.SESSION, Severity.BLOCK, f"The brokerage session {_WHY.get(desk.session.state, 'is not ready')}.",
            "Sign in, then check the ticket again.",
        )  # fmt: skip
    if desk.is_locked:
        yield said(Code.SESSION, Severity.BLOCK, "The desk is locked.", "Unlock it first.")
    if desk.obstacle is not None:
        yield said(Code.SESSION, Severity.BLOCK, *desk.obstacle)
    if desk.is_read_only and (is_live or desk.route is OrderRoute.TWS):
        which = "live order leaves" if is_live else "order leaves over TWS"
        yield said(
            Code.READ_ONLY, Severity.BLOCK, f"The desk is read only: no {which}.",
            "Turn read only off in Settings.", source=Source.SETTING,
        )  # fmt: skip
    if is_live and not desk.is_armed and desk.killed and lowers_risk:  # unlocking is for what opens
        yield said(
            Code.MODE, Severity.NOTE, "Live trading is not unlocked; under the kill switch an order that lowers risk "
            "leaves all the same.",
        )  # fmt: skip
    elif is_live and not desk.is_armed:
        yield said(
            Code.MODE, Severity.BLOCK, "Live trading is not unlocked.", "Go through the going-live checklist first."
        )
    if desk.outage is not None:
        until = desk.outage.ends.astimezone(NEW_YORK)
        yield said(
            Code.MAINTENANCE_WINDOW, Severity.CONFIRM,
            f"This is the broker's time for {desk.outage.name}, until {until:%H:%M} New York: answers may come late.",
            "Wait until it is over, if it can wait.", source=Source.RULE,
        )  # fmt: skip


def _killed(context: Context, lowers_risk: bool) -> Iterator[Finding]:
    if not context.desk.killed:
        return
    yield said(
        Code.KILL_SWITCH, Severity.NOTE if lowers_risk else Severity.BLOCK,
        f"The kill switch is on ({context.desk.killed}): only orders that lower risk leave.",
        "" if lowers_risk else "Reset the kill switch when you are ready.",
    )  # fmt: skip


def _is_live(ticket: OrderTicket) -> bool:
    return face_of(ticket.mode).environment is Environment.LIVE
