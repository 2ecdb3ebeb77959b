"""What one socket hears of orders and executions: a full picture at first, then only what changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.exchange import DemoOrder
from ibdesk.demo.fills import Fill
from ibdesk.demo.portal.calls import Json, whole
from ibdesk.demo.portal.order_rows import happened_since, live_row, trade_row
from ibdesk.demo.portal.state import PortalState


class OrderFeed:
    """The topics `sor` and `str` of one socket."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self._wants_orders = False
        self._wants_trades = False
        self._heard = 0
        self._sent: dict[int, dict[str, Json]] = {}

    def hear(self, topic: str, arguments: Mapping[str, Json]) -> list[dict[str, Json]]:
        """Begin or end a topic; what is there already is the answer."""
        state = self._state
        match topic:
            case "sor":
                messages = self.updates()  # nothing that happened before may come after the full picture
                self._wants_orders = True
                orders = happened_since(list(state.exchange.orders.values()), start_of_day(state.now))
                self._sent = {one.number: live_row(one) for one in orders}
                return [*messages, {"topic": "sor", "args": [dict(row) for row in self._sent.values()]}]
            case "str":
                messages = self.updates()
                self._wants_trades = True
                days = whole(arguments.get("days", 1), 1)
                is_news_only = arguments.get("realtimeUpdatesOnly") is True
                fills = [] if is_news_only else trades_since(state, max(1, days))
                return [*messages, {"topic": "str", "args": [trade_row(one, streamed=True) for one in fills]}]
            case "uor":
                self._wants_orders = False
            case _:
                self._wants_trades = False
        return []

    def updates(self) -> list[dict[str, Json]]:
        """Everything since the last time."""
        state = self._state
        state.exchange.run(state.now)
        news = state.exchange.news[self._heard:]
        orders = [one for one in news if isinstance(one, DemoOrder)]
        if state.faults.backward_news > 0 and self._wants_orders and orders:
            if len(orders) < 2:
                return []  # there is no order to turn around yet
            state.faults.backward_news -= 1
            orders.reverse()
        self._heard += len(news)
        messages: list[dict[str, Json]] = []
        if self._wants_orders and not state.warm.is_muted:
            messages += [{"topic": "sor", "args": [self._changes(one)]} for one in orders]
        if self._wants_trades:
            for one in news:
                if isinstance(one, Fill) and one.account == state.selected:
                    row = trade_row(one, streamed=True)
                    messages.append({"topic": "str", "args": [row] * self._copies()})
        return messages

    def _changes(self, order: DemoOrder) -> dict[str, Json]:
        """What is new in an order's row; all of it for an order nobody was told of."""
        row = live_row(order)
        known = self._sent.get(order.number)
        self._sent[order.number] = row
        if known is None:
            return row
        head = {"acct": row["acct"], "orderId": row["orderId"]}
        return head | {key: value for key, value in row.items() if known.get(key) != value}

    def _copies(self) -> int:
        if self._state.faults.doubled_executions > 0:
            self._state.faults.doubled_executions -= 1
            return 2
        return 1


def start_of_day(now: datetime) -> datetime:
    """Midnight in New York."""
    return now.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)


def trades_since(state: PortalState, days: int) -> tuple[Fill, ...]:
    """The selected account's executions of today and the days before, at most a week."""
    start = start_of_day(state.now) - timedelta(days=min(days, 7) - 1)
    return state.account.blotter.since(state.selected, start)
