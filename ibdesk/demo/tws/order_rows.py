"""An order as the socket tells it: openOrder with its hundred fields, orderStatus, and orders that are over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.demo.exchange import DemoOrder, Status
from ibdesk.demo.tickets import SPREAD, Ticket
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contracts import class_of, local_symbol, multiplier_of, strike_of, symbol_of
from ibdesk.demo.tws.orders import Owner
from ibdesk.demo.tws.wire import UNSET, UNSET_INT, Field, day_text, plain, zoned
from ibdesk.domain.orders import NEEDS_LIMIT, OrderType, Side

if TYPE_CHECKING:
    from ibdesk.demo.tws.floor import Floor

#: How the socket spells what the demo's tickets are (tws-api.md 1.8).
TYPES: Mapping[OrderType, str] = {
    OrderType.LIMIT: "LMT", OrderType.MARKET: "MKT", OrderType.STOP: "STP", OrderType.STOP_LIMIT: "STP LMT",
    OrderType.TRAILING: "TRAIL", OrderType.MARKET_ON_CLOSE: "MOC", OrderType.LIMIT_ON_CLOSE: "LOC",
}
LONG_UNSET = "9223372036854775807"
CANCELLED_WORDS = "Order Canceled - reason:"
MARGINS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The order state of an openOrder: nine margin figures, commission or its range, and a warning."""

    status: str
    margins: tuple[str, ...] = (UNSET,) * MARGINS
    commission: tuple[str, str, str] = (UNSET, UNSET, UNSET)
    currency: str = ""
    warning: str = ""


def tell_order(floor: "Floor", client: Client, order: DemoOrder) -> None:
    """openOrder and orderStatus as they always come together; 202 with an end, on the side a fault says."""
    owner = _owner(floor, client, order)
    is_cancelled = order.status is Status.CANCELLED and client.id == owner.client
    if is_cancelled and floor.faults.is_error_first:
        client.error(owner.order_id, 202, CANCELLED_WORDS)
    if order.status is Status.INACTIVE and client.id == owner.client:
        client.error(owner.order_id, 201, f"Order rejected - reason:{order.reason}")
    charged = _charged(floor, order)
    if not order.is_over or order.status is Status.FILLED:
        client.send(*open_order(order, owner, client.version, State(status=order.status.value)))
    client.send(*status(order, owner))
    if charged is not None:
        client.send(*open_order(order, owner, client.version, charged))
    if is_cancelled and not floor.faults.is_error_first:
        client.error(owner.order_id, 202, CANCELLED_WORDS)


def tell_state(floor: "Floor", client: Client, order: DemoOrder) -> None:
    """The same in answer to a question for open orders."""
    owner = _owner(floor, client, order)
    client.send(*open_order(order, owner, client.version, State(status=order.status.value)))
    client.send(*status(order, owner))


def status(order: DemoOrder, owner: Owner) -> tuple[Field, ...]:
    """orderStatus."""
    rest = order.resting
    left = rest.remaining if order.status is not Status.CANCELLED else rest.quantity - rest.filled
    average = plain(round(order.average_price, 8)) if order.average_price is not None else "0"
    parent = owner.wanted.parent if owner.wanted is not None else 0
    return (3, owner.order_id, order.status.value, plain(rest.filled), plain(left), average, order.number, parent,
            average, owner.client, "", "0")


def open_order(order: DemoOrder, owner: Owner, version: int, state: State) -> tuple[Field, ...]:
    """openOrder."""
    return (5, *_open_order(order, owner, version, state))


def preview(wanted: Owner, ticket: Ticket, version: int, state: State) -> tuple[Field, ...]:
    """openOrder of an order that was only asked about."""
    return (5, *_fields(_Shown(ticket=ticket, owner=wanted, is_preview=True), version, state))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    ticket: Ticket
    owner: Owner
    number: int = 0
    quantity: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    is_preview: bool = False


def _open_order(order: DemoOrder, owner: Owner, version: int, state: State) -> Iterator[Field]:
    rest = order.resting
    shown = _Shown(ticket=order.ticket, owner=owner, number=order.number, quantity=rest.quantity, limit=rest.limit,
                   stop=rest.stop)
    yield from _fields(shown, version, state)


def _contract(ticket: Ticket) -> tuple[Field, ...]:
    """Eleven fields; there is no primary exchange."""
    one = ticket.first
    if ticket.is_combo:
        return (SPREAD, one.symbol, "BAG", "", "0", "?", "", "SMART", one.currency, one.symbol, "COMB")
    return (one.conid, symbol_of(one), one.asset_class, day_text(one.expiry), strike_of(one).replace("0.0", "0"),
            one.right or "?", multiplier_of(one), "SMART" if one.asset_class in ("STK", "OPT") else one.exchange,
            one.currency, local_symbol(one), class_of(one))


def _prices(shown: _Shown) -> tuple[str, str, str, str]:
    """Limit, auxiliary, trailing stop and trailing percent."""
    ticket = shown.ticket
    limit = shown.limit if shown.limit is not None else ticket.limit
    stop = shown.stop if shown.stop is not None else ticket.stop
    trail = ticket.trail
    if trail is not None:
        return ("0.0", "0.0" if trail.is_percent else plain(trail.amount), plain(stop) if stop is not None else UNSET,
                plain(trail.amount) if trail.is_percent else UNSET)
    has_limit = limit is not None and ticket.kind in NEEDS_LIMIT
    return (plain(limit) if has_limit else "0.0", plain(stop) if stop is not None else "0.0", UNSET, UNSET)


def _fields(shown: _Shown, version: int, state: State) -> Iterator[Field]:
    ticket, owner = shown.ticket, shown.owner
    wanted = owner.wanted
    limit, aux, trail_stop, trail_percent = _prices(shown)
    quantity = shown.quantity if shown.quantity is not None else ticket.quantity
    yield owner.order_id
    yield from _contract(ticket)
    yield from (ticket.side.value, plain(quantity), TYPES[ticket.kind], limit, aux, ticket.tif.value)
    group = wanted.group if wanted is not None else ""
    ref = wanted.order_ref if wanted is not None else ticket.ref
    yield from (group, ticket.account, "?", 0, ref, owner.client, shown.number)
    yield from (int(ticket.outside_hours), 0, 0, "", "", "", "", "")
    if version < 177:
        yield ""
    yield from ("", "", "", "", "", 0, "", -1, 0, "", "", "", "", "", UNSET_INT, 0, 0, 0, UNSET_INT, 3, 0, 0, "")
    yield from (wanted.parent if wanted is not None else 0, 0, "", 0, "None", "", 0, "", "", "", "?", 0, 0, "")
    yield from (0, 0, trail_stop, trail_percent, "", "")
    yield from _legs(ticket)
    yield from (UNSET_INT, UNSET_INT, "", "", 0, ticket.account, "IB", 0, 0, "", 0, int(shown.is_preview))
    yield from (state.status, *state.margins, *state.commission, state.currency, state.warning)
    yield from (0, 0, 0, "None", UNSET, trail_stop, UNSET, UNSET, UNSET, UNSET, 0, "", "", "", UNSET, 0, 0, 0, 0)
    yield from _since_159(version)


def _since_159(version: int) -> Iterator[Field]:
    """Duration, postToAts, autoCancelParent, then what pegs to the best price."""
    if version >= 159:
        yield UNSET_INT
    if version >= 160:
        yield UNSET_INT
    if version >= 162:
        yield 0
    if version >= 170:
        yield from (UNSET_INT, UNSET_INT, UNSET, UNSET, UNSET)


def _legs(ticket: Ticket) -> Iterator[Field]:
    """The description and the legs of a combination, without prices of their own or smart parameters."""
    if not ticket.is_combo:
        yield from ("", 0, 0, 0)
        return
    yield ",".join(f"{leg.listing.conid}|{leg.ratio}" for leg in ticket.legs)
    yield len(ticket.legs)
    for leg in ticket.legs:
        side = Side.BUY if leg.ratio > 0 else Side.SELL
        yield from (leg.listing.conid, abs(leg.ratio), side.value, "SMART", 0, 0, "", -1)
    yield from (0, 0)


def completed_order(order: DemoOrder, owner: Owner, version: int, zone: str) -> Iterator[Field]:
    """completedOrder: an order that is over, without order id and client id."""
    ticket, rest = order.ticket, order.resting
    shown = _Shown(ticket=ticket, owner=owner, number=order.number, quantity=rest.quantity, limit=rest.limit,
                   stop=rest.stop)
    limit, aux, trail_stop, trail_percent = _prices(shown)
    ref = owner.wanted.order_ref if owner.wanted is not None else ticket.ref
    yield 101
    yield from _contract(ticket)
    yield from (ticket.side.value, plain(rest.quantity), TYPES[ticket.kind], limit, aux, ticket.tif.value)
    yield from (owner.wanted.group if owner.wanted is not None else "", ticket.account, "?", 0, ref, order.number)
    yield from (int(ticket.outside_hours), 0, 0, "", "", "", "")
    if version < 177:
        yield ""
    yield from ("", "", "", "", "", 0, "", -1, "", "", "", "", "", UNSET_INT, 0, 0, UNSET_INT, 3, 0, "", 0, "None", "")
    yield from (0, 0, 0, "", 0, 0, trail_stop, trail_percent)
    yield from _legs(ticket)
    yield from (UNSET_INT, UNSET_INT, "", "", ticket.account, "IB", 0, 0, "", 0, order.status.value, 0, 0, 0)
    yield from (trail_stop, UNSET, UNSET, 0, 0, "", plain(rest.filled), UNSET_INT, 0, "", 0, 0, LONG_UNSET)
    yield zoned(order.changed_at, zone)
    yield f"Filled Size: {plain(rest.filled)}" if rest.filled else order.reason or "Cancelled"
    if version >= 170:
        yield from (UNSET_INT, UNSET_INT, UNSET, UNSET, UNSET)


def _owner(floor: "Floor", client: Client, order: DemoOrder) -> Owner:
    """Who an order belongs to; client 0 takes what belongs to nobody, once it asked to."""
    return floor.orders.bind(order.number) if client.id == 0 and client.binds else floor.orders.owner(order.number)


def _charged(floor: "Floor", order: DemoOrder) -> State | None:
    """After the last fill the order is told once more, with its commission."""
    if order.status is not Status.FILLED:
        return None
    total = plain(sum((one.fill.commission for one in floor.tape.of_order(order.number)), Decimal(0)))
    return State(status=order.status.value, commission=(total, UNSET, UNSET), currency=order.ticket.first.currency)
