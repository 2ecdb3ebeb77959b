"""How an order is written for the Portal: one contract or a combination, a price per type, a bracket, a pair.

A combination is always bought; the signs of its legs say what is sold, and a credit is a negative price
(reference/client-portal-api.md 7.3).
"""

from decimal import Decimal

import msgspec

from ibdesk.brokers.portal.parse.words import ORDER_TYPES
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.orders import NEEDS_LIMIT, Leg, OrderRef, OrderTicket, OrderType, Side, TimeInForce
from ibdesk.domain.pairs import halves, other_ref

#: The contract that stands for a combination in each currency (reference/client-portal-api.md 7.3); the euro's is not
#: published.
SPREADS = {
    "USD": 28812380, "GBP": 58666491, "CHF": 61227087, "CAD": 61227082, "AUD": 61227077, "HKD": 61227072,
    "JPY": 61227069, "SEK": 136000429, "CNH": 136000441, "INR": 136000444, "KRW": 136000424, "MXN": 136000449,
    "SGD": 426116555,
}
#: What must say whether a person or a program enters it (CME Rule 536-B, for US futures and options on them; other
#: venues ignore it).
_TAGGED = (AssetClass.FUTURE, AssetClass.FUTURE_OPTION)
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Value = str | int | bool | Decimal
Fields = dict[str, Value]


def placing(ticket: OrderTicket, ref: OrderRef | None, operator: str = "") -> bytes:
    """The body that places or previews it: the order, then its exits or its other half, all in one. Raises
    Refused(ORDER_REFUSED)."""
    if ticket.other is not None and ref is not None:
        return _ENCODER.encode({"orders": _pair(ticket, ref, operator)})
    parent = _order(ticket, operator)
    if ref is not None:
        parent["cOID"] = ref
    return _ENCODER.encode({"orders": [parent, *_exits(ticket, ref, operator)]})


def changing(ticket: OrderTicket, operator: str = "") -> bytes:
    """The body that changes an order into the ticket: bare, unlike the one that places it."""
    return _ENCODER.encode(_order(ticket, operator))


def tags(operator: str = "") -> dict[str, str]:
    """What a cancel says in its query: futures are not cancelled without it, others ignore it."""
    return {"manualIndicator": "true"} | ({"extOperator": operator} if operator else {})


def exits_of(ticket: OrderTicket) -> tuple[OrderTicket, ...]:
    """The orders that close what the ticket opens, as tickets of their own: the target first, then the stop."""
    if ticket.exits is None:
        return ()
    legs = tuple(
        Leg(instrument=leg.instrument, side=leg.side.opposite, ratio=leg.ratio) for leg in ticket.legs
    )
    sign = -1 if ticket.is_combo else 1  # a combination turned around is paid for where it was sold for
    target, stop = ticket.exits.take_profit, ticket.exits.stop_loss
    found = []
    if target is not None:
        found.append(_exit(ticket, legs, OrderType.LIMIT, limit=target * sign))
    if stop is not None:
        found.append(_exit(ticket, legs, OrderType.STOP, stop=stop * sign))
    return tuple(found)


def _exit(
    ticket: OrderTicket, legs: tuple[Leg, ...], kind: OrderType, *, limit: Decimal | None = None,
    stop: Decimal | None = None,
) -> OrderTicket:  # fmt: skip
    """An exit is good for as long as its order; of an order for now or for an opening, for the day."""
    tif = ticket.tif if ticket.tif in (TimeInForce.DAY, TimeInForce.GTC) else TimeInForce.DAY
    return OrderTicket(
        account=ticket.account, mode=ticket.mode, legs=legs, quantity=ticket.quantity, order_type=kind, limit=limit,
        stop=stop, tif=tif, outside_hours=ticket.outside_hours and kind is OrderType.LIMIT,
    )


def _pair(ticket: OrderTicket, ref: OrderRef, operator: str) -> list[Fields]:
    """Two orders of one group, each with an id of its own (reference/client-portal-api.md 7.2)."""
    refs = (ref, other_ref(ref) or ref)
    return [
        _order(half, operator) | {"cOID": own, "isSingleGroup": True}
        for half, own in zip(halves(ticket), refs, strict=True)
    ]


def _exits(ticket: OrderTicket, ref: OrderRef | None, operator: str) -> list[Fields]:
    children = [_order(each, operator) for each in exits_of(ticket)]
    for child in children:
        if ref is not None:
            child["parentId"] = ref
    return children


def _order(ticket: OrderTicket, operator: str) -> Fields:
    fields: Fields = {"acctId": ticket.account}
    if ticket.is_combo:
        fields |= {"conidex": combination(ticket.legs), "side": Side.BUY.value, "quantity": _plain(ticket.quantity)}
    elif ticket.legs:
        leg = ticket.legs[0]
        fields |= {
            "conid": leg.instrument.conid, "side": leg.side.value, "quantity": _plain(ticket.quantity * leg.ratio),
        }
    else:
        raise _refused("The order names nothing to buy or sell.", "Choose a contract.")
    fields |= {"orderType": ORDER_TYPES[ticket.order_type], "tif": ticket.tif.value, "outsideRTH": ticket.outside_hours}
    fields |= _prices(ticket)
    if any(leg.instrument.asset_class in _TAGGED for leg in ticket.legs):
        fields["manualIndicator"] = True
        if operator:
            fields["extOperator"] = operator
    return fields


def _prices(ticket: OrderTicket) -> Fields:
    """`price` is the limit, or the stop of what has no limit; `auxPrice` is the stop beside a limit."""
    fields: Fields = {}
    price = ticket.limit if ticket.order_type in NEEDS_LIMIT else None
    if ticket.order_type in (OrderType.STOP, OrderType.TRAILING):
        price = ticket.stop
    if price is not None:
        fields["price"] = _plain(price)
    if ticket.order_type is OrderType.STOP_LIMIT and ticket.stop is not None:
        fields["auxPrice"] = _plain(ticket.stop)
    if ticket.order_type is OrderType.TRAILING and ticket.trail is not None:
        fields |= {
            "trailingType": "%" if ticket.trail.is_percent else "amt", "trailingAmt": _plain(ticket.trail.amount),
        }
    return fields


def combination(legs: tuple[Leg, ...]) -> str:
    """`28812380;;;783941066/-2,783634289/1`. Raises Refused for a currency without a spread contract."""
    currency = legs[0].instrument.currency
    spread = SPREADS.get(currency)
    if spread is None:
        raise _refused(
            f"The broker takes no combinations in {currency} this way.", "Send the legs one by one, or use TWS."
        )
    parts = ",".join(f"{leg.instrument.conid}/{leg.ratio * leg.side.sign}" for leg in legs)
    return f"{spread}{_venue(legs[0].instrument)};;;{parts}"


def _venue(instrument: Instrument) -> str:
    """Outside the United States the venue is named."""
    return "" if instrument.currency == "USD" or not instrument.exchange else f"@{instrument.exchange}"


def _plain(number: Decimal) -> Decimal:
    """The same number without an exponent and without zeros that say nothing. Raises Refused for what is none."""
    if not number.is_finite():
        raise _refused(f"{number} is not a number.", "Enter the quantity and the prices again.")
    return Decimal(format(number.normalize(), "f"))


def _refused(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.ORDER_REFUSED)
