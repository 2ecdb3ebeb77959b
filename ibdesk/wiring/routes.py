"""How the two ways of orders are put together for one mode, and what stands in the way of the socket."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import Account, Environment, looks_paper
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.line import LineState
from ibdesk.domain.modes import Mode, belongs, face_of
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Order, OrderRoute
from ibdesk.services.socket_health import broker_lost

if TYPE_CHECKING:
    from ibdesk.brokers.base import Broker
    from ibdesk.services.routes import Routes
    from ibdesk.store.database import Database
    from ibdesk.wiring.tws import TwsDesk


def routes_for(
    portal: "Broker | None", tws: "Callable[[], TwsDesk | None]", *, mode: Mode, chosen: Callable[[], OrderRoute],
    working: Callable[[], Iterable[Order]], database: "Database",
) -> "Routes":  # fmt: skip
    """The ways of a mode; what is behind each is looked up when it is needed."""
    from ibdesk.services.routes import Routes

    def over_the_socket() -> DeskError | None:
        found = tws()
        return None if found is None else obstacle_of(found, face_of(mode).environment)

    return Routes(
        {
            OrderRoute.PORTAL: lambda: None if portal is None else portal.trading,
            OrderRoute.TWS: lambda: None if (found := tws()) is None else found.broker.trading,
        },
        mode=mode, chosen=chosen, working=working, database=database,
        stands_in_the_way=lambda route: over_the_socket() if route is OrderRoute.TWS else None,
    )  # fmt: skip


def obstacle_of(tws: "TwsDesk", environment: Environment) -> DeskError | None:
    """Why no order can leave over this socket, with the next step. A line that nobody follows is opened when it is
    needed, and is no obstacle."""
    seen = tws.health.known()
    for account in seen.accounts:
        held = Account(id=account, title="", currency=USD, is_paper=looks_paper(account))
        if not belongs(environment, held):
            kind, wanted = ("paper", "live") if environment is Environment.LIVE else ("live", "paper")
            return Refused(
                f"TWS is signed in with the {kind} account {account}, and this desk trades {wanted} accounts.",
                remedy=f"Sign in at TWS with the {wanted} user name, or change the port in Settings.",
                cause=Cause.WRONG_ENVIRONMENT,
            )
    if seen.line.state is LineState.DOWN:
        return Unavailable(
            seen.line.reason or "TWS is not connected.",
            remedy="The desk connects again by itself; look whether TWS or IB Gateway runs.", cause=Cause.TWS_GONE,
        )
    return broker_lost(seen.line)
