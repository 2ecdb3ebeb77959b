"""An order as a client sends it, read into what it asks for; or the reason why it makes no sense."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ibdesk.demo.catalogue import Catalogue, Listing
from ibdesk.domain.orders import NEEDS_LIMIT, NEEDS_STOP, OrderType, Side, TimeInForce, Trail

#: Order types as the wire spells them, and the two ways live orders and descriptions do.
TYPES: Mapping[str, tuple[OrderType, str, str]] = {
    "LMT": (OrderType.LIMIT, "LIMIT", "Limit"),
    "MKT": (OrderType.MARKET, "MARKET", "Market"),
    "STP": (OrderType.STOP, "STOP", "Stop"),
    "STOP_LIMIT": (OrderType.STOP_LIMIT, "STOP_LIMIT", "Stop Limit"),
    "TRAIL": (OrderType.TRAILING, "TRAILING_STOP", "Trailing Stop"),
    "MOC": (OrderType.MARKET_ON_CLOSE, "MARKETONCLOSE", "Market on Close"),
    "LOC": (OrderType.LIMIT_ON_CLOSE, "LIMITONCLOSE", "Limit on Close"),
}
ON_CLOSE = frozenset({OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE})
#: The contract that stands for any combination in US dollars (reference/client-portal-api.md 7.3).
SPREAD = 28812380
COMBO = re.compile(r"(\d+)(?:@\w+)?;;;(.+)")
LEG = re.compile(r"(\d+)/([+-]?\d+)")
#: Beyond this nobody means it.
MOST = Decimal(10_000_000)


class BadTicketError(Exception):
    """An order that cannot be read; the text is for the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLeg:
    """One contract of a ticket; the ratio's sign is its side within a bought unit."""

    listing: Listing
    ratio: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a client asks for. `limit` and `stop` are per unit; `ref` is the client's own id, `parent` its parent's."""

    account: str
    legs: tuple[DemoLeg, ...]
    conidex: str
    side: Side
    wire_type: str
    quantity: Decimal
    limit: Decimal | None
    stop: Decimal | None
    trail: Trail | None
    tif: TimeInForce
    outside_hours: bool
    ref: str
    parent: str
    is_group: bool
    is_manual: bool

    @property
    def kind(self) -> OrderType:
        return TYPES[self.wire_type][0]

    @property
    def is_combo(self) -> bool:
        return len(self.legs) > 1

    @property
    def first(self) -> Listing:
        return self.legs[0].listing

    @property
    def needs_manual(self) -> bool:
        """US futures and their options: who sends it, a person or a program, must be said (CME Rule 536-B)."""
        return any(leg.listing.asset_class in ("FUT", "FOP") for leg in self.legs)


def read_ticket(body: Mapping[str, Any], account: str, catalogue: Catalogue) -> Ticket:
    """A ticket from the decoded JSON of one order. Raises BadTicketError."""
    wire_type = str(body.get("orderType", "")).upper()
    if wire_type not in TYPES:
        raise BadTicketError(f"Order type {wire_type or 'missing'} is not supported")
    try:
        side = Side(str(body.get("side", "")).upper())
        tif = TimeInForce(str(body.get("tif", "DAY")).upper())
    except ValueError as error:
        raise BadTicketError(f"Invalid order parameter: {error}") from None
    legs, conidex = _legs(body, catalogue)
    price, aux = _number(body.get("price")), _number(body.get("auxPrice"))
    kind = TYPES[wire_type][0]
    limit = price if kind in NEEDS_LIMIT else None
    stop = aux if kind is OrderType.STOP_LIMIT else (price if price is not None else aux) if _stops(kind) else None
    ticket = Ticket(
        account=account, legs=legs, conidex=conidex, side=side, wire_type=wire_type,
        quantity=_quantity(body.get("quantity")), limit=limit, stop=stop, trail=_trail(body, kind), tif=tif,
        outside_hours=body.get("outsideRTH") is True, ref=str(body.get("cOID") or ""),
        parent=str(body.get("parentId") or ""), is_group=body.get("isSingleGroup") is True,
        is_manual=isinstance(body.get("manualIndicator"), bool),
    )
    _check_prices(ticket)
    return ticket


def _legs(body: Mapping[str, Any], catalogue: Catalogue) -> tuple[tuple[DemoLeg, ...], str]:
    conid, conidex = body.get("conid"), str(body.get("conidex") or "")
    if (conid is None) == (not conidex):
        raise BadTicketError("Either conid or conidex must be given")
    combo = COMBO.fullmatch(conidex)
    if combo is not None:
        if int(combo[1]) != SPREAD:
            raise BadTicketError(f"{combo[1]} is not a spread contract")
        return tuple(_leg(text, catalogue) for text in combo[2].split(",")), conidex
    text = (conidex or str(conid)).partition("@")[0]
    return (DemoLeg(listing=_listing(text, catalogue)),), conidex or text


def _leg(text: str, catalogue: Catalogue) -> DemoLeg:
    found = LEG.fullmatch(text.strip())
    if found is None or not int(found[2]):
        raise BadTicketError(f"Leg {text} is not valid")
    return DemoLeg(listing=_listing(found[1], catalogue), ratio=int(found[2]))


def _listing(text: str, catalogue: Catalogue) -> Listing:
    listing = catalogue.find(int(text)) if text.isdigit() else None
    if listing is None or listing.asset_class == "IND":
        raise BadTicketError(f"Contract {text} cannot be traded")
    return listing


def _quantity(value: object) -> Decimal:
    quantity = _number(value)
    if quantity is None or not 0 < quantity <= MOST:
        raise BadTicketError("Order quantity is not valid")
    return quantity


def _number(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadTicketError(f"{value} is not a number") from None
    if not number.is_finite():
        raise BadTicketError(f"{value} is not a number")
    return number


def _trail(body: Mapping[str, Any], kind: OrderType) -> Trail | None:
    if kind is not OrderType.TRAILING:
        return None
    amount = _number(body.get("trailingAmt"))
    if amount is None or amount <= 0 or body.get("trailingType") not in ("amt", "%"):
        raise BadTicketError("trailingType and trailingAmt are required")
    return Trail(amount=amount, is_percent=body.get("trailingType") == "%")


def _stops(kind: OrderType) -> bool:
    return kind in NEEDS_STOP or kind is OrderType.TRAILING


def _check_prices(ticket: Ticket) -> None:
    if ticket.kind in NEEDS_LIMIT and ticket.limit is None:
        raise BadTicketError("price is required for this order type")
    if ticket.kind in NEEDS_STOP and ticket.stop is None:
        raise BadTicketError("Both prices are required for this order type" if ticket.limit else "price is required")
    for price in (ticket.limit, ticket.stop):
        if price is not None and (abs(price) > MOST or (price <= 0 and not ticket.is_combo)):
            raise BadTicketError("Invalid price")
    if ticket.is_combo and ticket.kind in ON_CLOSE:
        raise BadTicketError("This order type is not supported for combination orders")
