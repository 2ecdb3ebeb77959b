"""What stands in the way of a whole ticket where orders go over the socket of TWS."""

from ibdesk.domain.errors import Cause
from ibdesk.domain.orders import OrderRoute
from ibdesk.services.desk import Desk
from ibdesk.ui.ticket.form import Obstacle


def is_over_socket(desk: Desk) -> bool:
    """Whether a new order goes over TWS; no session at the gateway is needed for it then."""
    return desk.orders is not None and desk.orders.route is OrderRoute.TWS


def no_way(desk: Desk) -> Obstacle | None:
    """Why none can, with the one step that helps; None where one can, or goes another way."""
    if desk.orders is None or not is_over_socket(desk):
        return None
    if desk.preferences.settings.read_only:
        return Obstacle(
            text="Read only is on: no order leaves over TWS.",
            detail="The ticket is kept. Turn it off in Settings when you mean to trade.", action="Read only…",
            command="setting:read_only",
        )  # fmt: skip
    why = desk.orders.obstacle
    if why is None:
        return None
    is_ours = why.cause is Cause.ORDER_REFUSED  # our own setting, and not what TWS says
    return Obstacle(
        text=why.message, detail=why.remedy, action="Settings…" if is_ours else "",
        command="setting:tws_enabled" if is_ours else "",
    )
