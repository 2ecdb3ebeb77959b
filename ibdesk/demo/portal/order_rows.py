"""Orders, executions and previews as the wire writes them, with all its spellings of one thing."""

from datetime import UTC, datetime
from decimal import Decimal

from ibdesk.demo.account import ZERO
from ibdesk.demo.book import USER
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.exchange import OVER, DemoOrder, Status
from ibdesk.demo.faults import WhatIfFault
from ibdesk.demo.fills import Fill
from ibdesk.demo.portal.calls import Json
from ibdesk.demo.portal.state import epoch_ms
from ibdesk.demo.questions import QUESTIONS, Scene, refusal
from ibdesk.demo.tickets import SPREAD, TYPES, Ticket
from ibdesk.domain.orders import OrderType, Side, TimeInForce

#: reference/client-portal-api.md 7.10: the code beside the status.
CODES = {
    Status.PRE_SUBMITTED: "0", Status.SUBMITTED: "0", Status.FILLED: "2", Status.PENDING_CANCEL: "3",
    Status.CANCELLED: "4", Status.INACTIVE: "5",
}
COLOURS = {
    Status.FILLED: "#000000", Status.SUBMITTED: "#00F000", Status.CANCELLED: "#FF0000", Status.INACTIVE: "#FF0000"
}
UNSET = "1.7976931348623157E308"


def live_row(order: DemoOrder) -> dict[str, Json]:
    """A row of live orders; prices are text, empty where there is none."""
    ticket, rest = order.ticket, order.resting
    first = ticket.first
    row: dict[str, Json] = {
        "acct": order.account, "conidex": ticket.conidex, "conid": SPREAD if ticket.is_combo else first.conid,
        "account": order.account, "orderId": order.number, "cashCcy": first.currency,
        "sizeAndFills": _size_and_fills(order), "orderDesc": describe(order), "description1": first.symbol,
        "ticker": first.symbol, "secType": "BAG" if ticket.is_combo else first.asset_class,
        "listingExchange": first.exchange, "remainingQuantity": float(_left(order)),
        "filledQuantity": float(rest.filled), "totalSize": float(rest.quantity), "companyName": first.name,
        "status": order.status.value, "order_ccp_status": order.status.value, "avgPrice": text(order.average_price),
        "origOrderType": TYPES[ticket.wire_type][1], "supportsTaxOpt": "1",
        "lastExecutionTime": f"{order.changed_at.astimezone(UTC):%y%m%d%H%M%S}",
        "orderType": TYPES[ticket.wire_type][2], "bgColor": "#FFFFFF",
        "fgColor": COLOURS.get(order.status, "#0000CC"), "isEventTrading": "0", "price": text(rest.limit),
        # a day order is called by when it ends
        "timeInForce": "CLOSE" if ticket.tif is TimeInForce.DAY else ticket.tif.value,
        "lastExecutionTime_r": epoch_ms(order.changed_at), "side": ticket.side.value,
    }
    if rest.stop is not None:
        row["auxPrice"] = text(rest.stop)
    if ticket.ref:
        row["order_ref"] = ticket.ref
    if order.parent is not None:
        row["parentId"] = order.parent
    if second := _second_line(ticket):
        row["description2"] = second
    return row


def status_row(order: DemoOrder) -> dict[str, Json]:
    """order/status: snake case, one-letter sides, the size that is left."""
    ticket, rest = order.ticket, order.resting
    first = ticket.first
    is_done = order.status in OVER
    return {
        "sub_type": None, "request_id": "209", "server_id": "0", "order_id": order.number, "conidex": ticket.conidex,
        "conid": SPREAD if ticket.is_combo else first.conid, "symbol": first.symbol, "side": ticket.side.value[0],
        "contract_description_1": first.symbol, "contract_description_2": _second_line(ticket),
        "listing_exchange": first.exchange, "company_name": first.name, "size": text(_left(order)),
        "total_size": text(rest.quantity), "currency": first.currency, "account": order.account,
        "order_type": TYPES[ticket.wire_type][1], "limit_price": text(rest.limit), "stop_price": text(rest.stop),
        "cum_fill": text(rest.filled), "order_status": order.status.value, "order_ccp_status": CODES[order.status],
        "order_status_description": order.reason or order.status.value, "tif": ticket.tif.value,
        "fg_color": "#FFFFFF", "bg_color": "#000000", "order_not_editable": is_done,
        "editable_fields": "" if is_done else "\x1e", "cannot_cancel_order": is_done, "deactivate_order": False,
        "sec_type": "BAG" if ticket.is_combo else first.asset_class, "order_description": describe(order),
        "order_description_with_contract": f"{describe(order)} {first.description}".strip(), "alert_active": 1,
        "child_order_type": "0" if order.parent is None else "A", "order_clearing_account": order.account,
        "size_and_fills": _size_and_fills(order), "exit_strategy_display_price": text(rest.limit),
        "average_price": text(order.average_price), "allowed_duplicate_opposite": "0",
        "order_time": f"{order.at.astimezone(UTC):%y%m%d%H%M%S}",
    } | ({"order_ref": ticket.ref} if ticket.ref else {})


def trade_row(fill: Fill, *, streamed: bool = False) -> dict[str, Json]:
    """One execution. The legs of a combination come one by one."""
    listing = fill.listing
    is_sale = fill.quantity < 0
    size = abs(fill.quantity)
    row: dict[str, Json] = {
        "execution_id": fill.exec_id, "symbol": listing.symbol, "supports_tax_opt": "1",
        "side": "S" if is_sale else "B",
        "order_description": f"{'Sold' if is_sale else 'Bought'} {text(size)} @ {text(fill.price)} on {fill.exchange}",
        "trade_time": f"{fill.at.astimezone(UTC):%Y%m%d-%H:%M:%S}", "trade_time_r": epoch_ms(fill.at),
        "size": float(size), "price": text(fill.price), "submitter": USER, "exchange": fill.exchange,
        "commission": text(fill.commission), "net_amount": float(abs(fill.paid)), "account": fill.account,
        "accountCode": fill.account, "account_allocation_name": fill.account, "company_name": listing.name,
        "contract_description_1": listing.symbol, "sec_type": listing.asset_class,
        "listing_exchange": listing.exchange, "conid": listing.conid, "conidEx": str(listing.conid),
        "clearing_id": "IB", "clearing_name": "IB", "liquidation_trade": "0", "is_event_trading": "0",
        "order_id": fill.order_id,
    }
    if fill.ref:
        row["order_ref"] = fill.ref
    if listing.is_option:
        row["contract_description_2"] = _terms(listing)
    return row | ({"open_close": "???"} if streamed else {})


def preview(scene: Scene, fault: WhatIfFault | None) -> dict[str, Json]:
    """whatif: every figure is text with separators and currency."""
    before, after = scene.before_and_after()
    ticket, first = scene.ticket, scene.ticket.first
    words = refusal(scene, is_preview=True)
    amount = scene.price * ticket.quantity * first.multiplier
    fee = scene.commission
    units = "Shares" if first.asset_class == "STK" else "Contracts"
    body: dict[str, Json] = {
        "amount": {
            "amount": f"{amount:,.2f} {first.currency} ({text(ticket.quantity)} {units})",
            "commission": _fee(fee, first), "total": f"{amount + fee * ticket.side.sign:,.2f} {first.currency}",
        },
        "equity": _change(before.net_liquidation, after.net_liquidation),
        "initial": _change(before.initial_margin, after.initial_margin),
        "maintenance": _change(before.maintenance_margin, after.maintenance_margin),
        "warn": f"21/{QUESTIONS['o354'][1](scene)}" if QUESTIONS["o354"][0](scene) else None,
        "error": words or None,
    }
    if not ticket.is_combo:
        held = next((one.quantity for one in before.holdings if one.listing.conid == first.conid), ZERO)
        body["position"] = _change(held, held + ticket.quantity * ticket.side.sign)
    return _spoiled(body, fault)


def _spoiled(body: dict[str, Json], fault: WhatIfFault | None) -> dict[str, Json]:
    match fault:
        case WhatIfFault.SENTINEL:
            unset = {"current": UNSET, "change": UNSET, "after": UNSET}
            fees = {**body["amount"], "commission": f"{UNSET} USD", "total": f"{UNSET} USD"}
            return body | {"amount": fees, "equity": unset, "initial": unset, "maintenance": unset}
        case WhatIfFault.WARNING:
            return body | {"warn": "21/Your account is being reviewed; figures may be out of date."}
        case WhatIfFault.ERROR:
            return {"amount": None, "equity": None, "initial": None, "maintenance": None, "warn": None,
                    "error": "The preview is not available at this time."}
    return body


def describe(order: DemoOrder) -> str:
    """`Bought 1 SPY Market, Day`, or `Sell 100 Limit 372.00 GTC` while it works."""
    ticket, rest = order.ticket, order.resting
    kind = TYPES[ticket.wire_type][2]
    price = f" {rest.limit}" if rest.limit is not None else ""
    stop = f" Stop {rest.stop}" if rest.stop is not None and ticket.kind is not OrderType.STOP else ""
    if ticket.kind is OrderType.STOP:
        price = f" {rest.stop}"
    if order.status is Status.FILLED:
        verb = "Bought" if ticket.side is Side.BUY else "Sold"
        return f"{verb} {text(rest.quantity)} {ticket.first.symbol} {kind}{price}{stop}, {ticket.tif.value.title()}"
    return f"{ticket.side.value.title()} {text(rest.quantity)} {kind}{price}{stop} {ticket.tif.value.title()}"


def text(number: Decimal | None) -> str:
    """A number without needless zeros; empty for none."""
    if number is None:
        return ""
    return format(round(number, 8).normalize() + ZERO, "f")


def _left(order: DemoOrder) -> Decimal:
    return ZERO if order.status is Status.CANCELLED else order.resting.remaining


def _size_and_fills(order: DemoOrder) -> str:
    rest = order.resting
    return text(rest.quantity) if order.status is Status.FILLED else f"{text(rest.filled)}/{text(rest.quantity)}"


def _second_line(ticket: Ticket) -> str:
    if ticket.is_combo:
        return " ".join(f"{leg.ratio:+d} {_terms(leg.listing)}" for leg in ticket.legs)
    return _terms(ticket.first) if ticket.first.is_option else ""


def _terms(listing: Listing) -> str:
    if listing.expiry is None or not listing.is_option:
        return listing.symbol
    right = "Call" if listing.right == "C" else "Put"
    return f"{listing.expiry:%b %d '%y}".upper() + f" {text(listing.strike)} {right}"


def _change(before: Decimal, after: Decimal) -> dict[str, str]:
    return {"current": f"{before:,.0f}", "change": f"{after - before:,.0f}", "after": f"{after:,.0f}"}


def _fee(fee: Decimal, listing: Listing) -> str:
    """Options name a range, for what the venue adds or gives back."""
    if listing.is_option:
        return f"{text(fee)} ... {text(fee + fee / 10)} {listing.currency}"
    return f"{text(fee)} {listing.currency}"


def happened_since(orders: list[DemoOrder], start: datetime) -> list[DemoOrder]:
    """Still working, or changed since then."""
    return [one for one in orders if not one.is_over or one.changed_at >= start]
