"""Why there are no orders to show, or no newer ones, in words and with the one command that helps."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson
from ibdesk.domain.orders import OrderRoute
from ibdesk.ui.orders.rows import Show

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk

_HELP = {
    Cause.NOT_AUTHENTICATED: ("Sign in", "sign-in"), Cause.BROKERAGE_LOST: ("Reconnect", "reconnect"),
    Cause.COMPETING_SESSION: ("Take over…", "take-over"),
}
TRY = ("Try now", "try-now")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is missing and why; `action` and `command` are empty where nothing a person does would help."""

    title: str
    why: str
    action: str = ""
    command: str = ""


EMPTY: dict[Show, Trouble] = {
    Show.WORKING: Trouble(
        title="No working orders", why="What you send in Trade works here until it is filled or cancelled. Orders that "
        "were placed elsewhere appear too.", action="New order", command="room:trade",
    ),
    Show.FILLED: Trouble(title="Nothing filled today", why="Orders that were filled, wholly or in part, appear here."),
    Show.TODAY: Trouble(
        title="No orders today", why="Every order of today appears here, with what became of it.", action="New order",
        command="room:trade",
    ),
}


def why_no_book(desk: "Desk") -> Trouble | None:
    """Why this desk has no order book at all; None where it has one."""
    if desk.order_book is not None:
        return None
    if desk.session is None:
        return Trouble(
            title="No account connected", why="Connect Interactive Brokers to see the orders of your account.",
            action="Connect IBKR Account", command="connect",
        )
    return Trouble(title="No orders here", why="This connection does not tell of orders.")


def why_read_only(desk: "Desk") -> str:
    """Why orders may only be looked at; empty where the desk trades."""
    if desk.orders is not None:
        return ""
    if desk.environment is Environment.LIVE:
        return "“Read only” is on in Settings: orders are shown, and none is sent, changed or cancelled."
    return "This connection does not trade: orders are shown, and none is sent, changed or cancelled."


def why_not_told(desk: "Desk") -> Trouble | None:
    """Why nothing new of the orders is heard at present; None while it is."""
    orders, session = desk.orders, desk.session
    if orders is not None and orders.route is OrderRoute.TWS:
        why = orders.obstacle
        return None if why is None else Trouble(
            title=why.message, why=why.remedy, action="Portfolio", command="room:portfolio"
        )
    if session is None or session.session.is_ready:
        return None
    problem = session.problem
    action, command = _help(problem)
    message = problem.message if problem is not None else "The session is not ready."
    remedy = problem.remedy if problem is not None else "The order book is read as soon as it is."
    return Trouble(title=message, why=remedy, action=action, command=command)


def _help(problem: DeskError | None) -> tuple[str, str]:
    if problem is None:
        return "", ""
    return _HELP.get(problem.cause, ("", "") if isinstance(problem, NeedsPerson) else TRY)
