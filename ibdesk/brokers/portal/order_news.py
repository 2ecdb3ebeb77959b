"""What a push about orders means, given all that was pushed before: the stream tells of an order only what changed."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ibdesk.brokers.base import OrderNews
from ibdesk.brokers.portal.parse import orders as parse
from ibdesk.brokers.portal.parse import trades as parse_trades
from ibdesk.brokers.portal.parse.stream import OrdersNews, TradesNews
from ibdesk.brokers.portal.parse.wire import plain
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.orders import Order, OrderRef


class OrderRows:
    """The orders of one socket, row by row. `known` are the instruments that can be named without asking."""

    def __init__(self, known: Mapping[Conid, Instrument]) -> None:
        self._known = known
        self._rows: dict[str, dict[str, msgspec.Raw]] = {}
        self._refs: dict[str, OrderRef] = {}

    def forget(self) -> None:
        """A new socket tells everything anew."""
        self._rows.clear()
        self._refs.clear()

    def hear(self, news: OrdersNews | TradesNews, at: datetime) -> OrderNews:
        """The orders or executions as far as they can be told."""
        if isinstance(news, TradesNews):
            fills = [parse_trades.fill(row, self._known) for row in news.rows]
            return OrderNews(at=at, fills=tuple(each for each in fills if each is not None), is_whole=None not in fills)
        told = [self._order(changes, at) for changes in news.rows]
        return OrderNews(
            at=at, orders=tuple(order for order, _ in told if order is not None),
            is_whole=all(is_whole for _, is_whole in told),
        )

    def _order(self, changes: Mapping[str, msgspec.Raw], at: datetime) -> tuple[Order | None, bool]:
        """The order, and whether that is all of it. A change of an order nobody was told of cannot be read alone."""
        number = plain(changes["orderId"]) if "orderId" in changes else ""
        if not number:
            return None, False
        known = self._rows[number] = {**self._rows.get(number, {}), **changes}
        row = parse.whole(known)
        if row is None:
            return None, False
        if row.order_ref:
            self._refs[number] = OrderRef(str(row.order_ref))
        order = parse.order(row, self._known, self._refs, at)
        return order, order is not None and (bool(order.legs) or not parse.conids_of(row))
