"""Orders from the socket: placed, changed, previewed, cancelled, exercised and asked for.

The broker's precautions (size and value limits that a person would be asked about) do not stop an order here, as when
they are bypassed for the API.
"""

from dataclasses import replace

from ibdesk.demo.exchange import DemoOrder, Status
from ibdesk.demo.questions import Scene, refusal
from ibdesk.demo.tickets import SPREAD, BadTicketError, Ticket, read_ticket
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contract_messages import NONE_FOUND
from ibdesk.demo.tws.contracts import matching
from ibdesk.demo.tws.execution_messages import follow
from ibdesk.demo.tws.faults import LOST
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.order_reader import TYPES, AskedOrder, read_order
from ibdesk.demo.tws.order_rows import MARGINS, State, completed_order, preview, tell_state
from ibdesk.demo.tws.orders import Owner, Wanted
from ibdesk.demo.tws.wire import UNSET, Reader, plain

GRID = "The price does not conform to the minimum price variation for this contract."


class RefusedError(Exception):
    """An order that is not taken: the broker's code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def place(floor: Floor, client: Client, reader: Reader) -> None:
    """A new order, a changed one, or a preview."""
    asked = read_order(reader, client.version)
    try:
        _place(floor, client, asked)
    except RefusedError as error:
        client.error(asked.order_id, error.code, str(error))
        return
    floor.tape.run(floor.now)
    follow(floor, client)


def cancel(floor: Floor, client: Client, reader: Reader) -> None:
    """Ask for an order's end: 10147 where there is none, 10148 where it has ended, 161 while the broker is lost."""
    reader.skip(1)
    order_id = reader.whole()
    if floor.orders.held.pop((client.id, order_id), None) is not None:
        client.error(order_id, 202, "Order Canceled - reason:")
        return
    order = _order(floor, client, order_id)
    if order is None:
        client.error(order_id, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")
        return
    floor.tape.run(floor.now)
    order = floor.exchange.orders[order.number]
    if order.is_over or order.status is Status.PENDING_CANCEL:
        state = "Filled" if order.status is Status.FILLED else order.status.value
        client.error(order_id, 10148,
                     f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {state}.")
    elif floor.is_cut_off:
        client.error(order_id, 161, "Cancel attempted when order is not in a cancellable state")
    else:
        floor.exchange.cancel(order.number, floor.now)
        floor.tape.run(floor.now)
        follow(floor, client)


def cancel_all(floor: Floor, client: Client, _reader: Reader) -> None:
    """Every order of every account and client, whoever placed it."""
    if floor.is_cut_off:
        client.error(-1, floor.faults.lost_code, LOST)
        return
    floor.tape.run(floor.now)
    for account in floor.account.ids:
        for order in floor.exchange.open_orders(account):
            if order.status is not Status.PENDING_CANCEL:
                floor.exchange.cancel(order.number, floor.now)
    floor.tape.run(floor.now)
    follow(floor, client)


def open_orders(floor: Floor, client: Client, _reader: Reader) -> None:
    """The client's own open orders; client 0 also binds those of nobody, where it asked to."""
    _tell_open(floor, client, is_all=False)


def all_open_orders(floor: Floor, client: Client, _reader: Reader) -> None:
    """Everybody's open orders, once."""
    _tell_open(floor, client, is_all=True)


def bind(_floor: Floor, client: Client, reader: Reader) -> None:
    """Client 0 takes the orders of nobody from now on."""
    reader.skip(1)
    is_on = reader.flag()
    if client.id != 0:
        client.error(-1, 321, "Error validating request.-'demo' : cause - Only client 0 can bind orders")
        return
    client.binds = is_on


def completed(floor: Floor, client: Client, reader: Reader) -> None:
    """Orders that ended today; with the flag, only those that came over this socket."""
    only_api = reader.flag()
    floor.tape.run(floor.now)
    since = floor.start_of_day()
    for order in floor.exchange.orders.values():
        owner = floor.orders.owner(order.number)
        if order.is_over and order.changed_at >= since and (owner.wanted is not None or not only_api):
            client.send(*completed_order(order, owner, client.version, floor.zone))
    if "completed" not in floor.faults.lost_ends:
        client.send(102)


def _place(floor: Floor, client: Client, asked: AskedOrder) -> None:
    floor.tape.run(floor.now)
    known = _order(floor, client, asked.order_id)
    if known is None and asked.order_id < 1:
        raise RefusedError(105, "Order being modified does not match original order")
    wanted = _wanted(floor, client, asked)
    if floor.is_cut_off:
        raise RefusedError(201, "Order rejected - reason:No connection to the broker")
    if wanted.is_preview:
        _preview(floor, client, wanted)
        return
    if floor.faults.rejections:
        raise RefusedError(201, floor.faults.rejections.pop(0))
    if known is not None:
        _change(floor, known, wanted)
    else:
        _send(floor, client, wanted)
    for word in floor.faults.words:
        client.error(asked.order_id, word.code, word.text)
    floor.faults.words.clear()


def _wanted(floor: Floor, client: Client, asked: AskedOrder) -> Wanted:
    """The order as the demo's ticket. Raises RefusedError."""
    if asked.account and asked.account not in floor.account.books:
        raise RefusedError(321, f"Error validating request.-'bI' : cause - Invalid account code '{asked.account}'")
    if not asked.account and len(floor.account.ids) > 1:
        raise RefusedError(435, "You must specify an account.")
    if asked.order_type not in TYPES or asked.has_conditions:
        raise RefusedError(387, "Unsupported order type for this exchange and security type.")
    ref = asked.order_ref or f"tws{client.id}.{asked.order_id}"
    try:
        ticket = read_ticket(_body(floor, asked, ref), asked.account or floor.account.ids[0], floor.catalogue)
    except BadTicketError as error:
        raise RefusedError(201, f"Order rejected - reason:{error}") from None
    return Wanted(
        order_id=asked.order_id, ticket=ticket, order_ref=asked.order_ref, order_type=asked.order_type,
        parent=asked.parent, group=asked.group, transmits=asked.transmits, is_preview=asked.is_preview,
    )


def _body(floor: Floor, asked: AskedOrder, ref: str) -> dict[str, object]:
    """The order in the words of the portal, whose rules both share."""
    body: dict[str, object] = {
        "orderType": TYPES[asked.order_type], "side": asked.action, "quantity": str(asked.quantity), "tif": asked.tif,
        "outsideRTH": asked.outside_hours, "cOID": ref, "manualIndicator": True,
    }
    if asked.legs:
        signed = (f"{leg.conid}/{leg.ratio if leg.action == 'BUY' else -leg.ratio}" for leg in asked.legs)
        body["conidex"] = f"{SPREAD};;;{','.join(signed)}"
    else:
        found = matching(asked.contract, floor.chains, floor.catalogue, floor.now)
        if len(found) != 1:
            raise RefusedError(200, NONE_FOUND if not found else "The contract description specified is ambiguous")
        body["conid"] = found[0].conid
    match asked.order_type:
        case "STP":
            body["price"] = asked.aux
        case "TRAIL":
            is_percent = bool(asked.trail_percent)
            body |= {"trailingType": "%" if is_percent else "amt", "price": asked.trail_stop or None,
                     "trailingAmt": asked.trail_percent if is_percent else asked.aux}
        case _:
            body |= {"price": asked.limit, "auxPrice": asked.aux or None}
    return body


def _check(floor: Floor, ticket: Ticket, *, is_preview: bool = False) -> None:
    """Raises RefusedError where the broker would not take it."""
    words = refusal(Scene(ticket=ticket, account=floor.account, now=floor.now), is_preview=is_preview)
    if "minimum price variation" in words:
        raise RefusedError(110, GRID)
    if words:
        raise RefusedError(201, f"Order rejected - reason:{words}")


def _send(floor: Floor, client: Client, wanted: Wanted) -> None:
    """Place an order with all that waited for it, or let it wait itself."""
    if wanted.order_id < floor.orders.next_id(client.id) and (client.id, wanted.order_id) not in floor.orders.held:
        raise RefusedError(103, "Duplicate order id")
    floor.orders.use(client.id, wanted.order_id)
    if wanted.parent and not _is_known(floor, client, wanted.parent):
        raise RefusedError(135, "Can't find order with ID =" + str(wanted.parent))
    if not wanted.transmits:
        _check(floor, _with_parent(floor, client, wanted).ticket)
        floor.orders.held[client.id, wanted.order_id] = wanted
        return
    family = sorted(floor.orders.family(client.id, wanted), key=lambda one: one.order_id)
    for one in family:
        _check(floor, _with_parent(floor, client, one).ticket)
    now = floor.now
    tickets = [_with_parent(floor, client, one, family).ticket for one in family]
    for one, order in zip(family, floor.exchange.place(tickets, now), strict=True):
        floor.orders.own(order.number, client.id, one)
        if one.group:
            floor.exchange.join(order.number, f"oca.{order.account}.{one.group}")


def _with_parent(floor: Floor, client: Client, wanted: Wanted, family: list[Wanted] | None = None) -> Wanted:
    """The order naming its parent as tickets do."""
    if not wanted.parent:
        return wanted
    order = _order(floor, client, wanted.parent)
    held = floor.orders.held.get((client.id, wanted.parent))
    near = next((one for one in family or () if one.order_id == wanted.parent), held)
    ref = order.ticket.ref if order is not None else near.ticket.ref if near is not None else ""
    return replace(wanted, ticket=replace(wanted.ticket, parent=ref))


def _change(floor: Floor, order: DemoOrder, wanted: Wanted) -> None:
    """A placeOrder under a known id: the order as it should be now."""
    if order.is_over:
        code, state = (104, "filled") if order.status is Status.FILLED else (161, "cancelled")
        raise RefusedError(code, f"Cannot modify a {state} order.")
    ticket = wanted.ticket
    if (ticket.legs, ticket.side, ticket.account) != (order.ticket.legs, order.ticket.side, order.account):
        raise RefusedError(105, "Order being modified does not match original order")
    if ticket.quantity <= order.resting.filled:
        raise RefusedError(201, "Order rejected - reason:The quantity cannot be below what has been filled")
    _check(floor, replace(ticket, parent=order.ticket.parent))
    floor.orders.change(order.number, wanted)
    floor.exchange.modify(order.number, ticket, floor.now)


def _preview(floor: Floor, client: Client, wanted: Wanted) -> None:
    """What the order would cost and tie up, as an openOrder with its margins filled in."""
    owner = Owner(client=client.id, order_id=wanted.order_id, wanted=wanted)
    _check(floor, wanted.ticket, is_preview=True)
    if floor.faults.take("sentinel_what_if"):
        client.send(*preview(owner, wanted.ticket, client.version, State(status="PreSubmitted")))
    scene = Scene(ticket=wanted.ticket, account=floor.account, now=floor.now)
    before, after = scene.before_and_after()
    old = before.initial_margin, before.maintenance_margin, before.net_liquidation
    new = after.initial_margin, after.maintenance_margin, after.net_liquidation
    margins = (*old, *(late - early for early, late in zip(old, new, strict=True)), *new)
    fee = scene.commission
    is_range = wanted.ticket.first.is_option
    fees = (UNSET, plain(fee), plain(fee + fee / 10)) if is_range else (plain(fee), UNSET, UNSET)
    state = State(
        status="PreSubmitted", margins=tuple(plain(one) for one in margins)[:MARGINS], commission=fees,
        currency=wanted.ticket.first.currency,
    )
    client.send(*preview(owner, wanted.ticket, client.version, state))


def _tell_open(floor: Floor, client: Client, *, is_all: bool) -> None:
    floor.tape.run(floor.now)
    if not floor.is_cut_off:
        follow(floor, client)
    for account in floor.account.ids:
        for order in floor.exchange.open_orders(account):
            owner = floor.orders.owner(order.number)
            if is_all or owner.client == client.id:
                tell_state(floor, client, order)
    if "orders" not in floor.faults.lost_ends:
        client.send(53, 1)


def _order(floor: Floor, client: Client, order_id: int) -> DemoOrder | None:
    """A client's order by its own id."""
    number = floor.orders.number(client.id, order_id)
    return None if number is None else floor.exchange.orders.get(number)


def _is_known(floor: Floor, client: Client, order_id: int) -> bool:
    return (client.id, order_id) in floor.orders.held or floor.orders.number(client.id, order_id) is not None
