"""How orders are spelled on the socket, both ways: types, states, sides, combinations, exits, previews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ibdesk.brokers.tws import seam
from ibdesk.brokers.tws.convert import conid_of, number, order_id, positive, ref_of, side_of, size, tidy
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.orders import (
    NEEDS_LIMIT,
    Impact,
    Leg,
    Order,
    OrderRef,
    OrderState,
    OrderTicket,
    OrderType,
    Question,
    Side,
    TimeInForce,
    Trail,
    WhatIf,
)

_TYPES = {
    OrderType.MARKET: "MKT", OrderType.LIMIT: "LMT", OrderType.STOP: "STP", OrderType.STOP_LIMIT: "STP LMT",
    OrderType.TRAILING: "TRAIL", OrderType.MARKET_ON_CLOSE: "MOC", OrderType.LIMIT_ON_CLOSE: "LOC",
}
#: Without blanks: order types of contract details have none either.
_TYPES_TOLD = {spelled.replace(" ", ""): kind for kind, spelled in _TYPES.items()}
_TIFS = {each.value: each for each in TimeInForce}
#: reference/tws-api.md 3.3: two more names are only the library's (ValidationError, ApiUpdate) and say nothing.
_STATES = {
    "PendingSubmit": OrderState.PENDING, "ApiPending": OrderState.PENDING, "PreSubmitted": OrderState.HELD,
    "Submitted": OrderState.WORKING, "PendingCancel": OrderState.CANCELLING, "ApiCancelled": OrderState.CANCELLED,
    "Cancelled": OrderState.CANCELLED, "Filled": OrderState.FILLED, "Inactive": OrderState.INACTIVE,
}


def type_of(text: str) -> OrderType | None:
    """None for a type the desk does not know."""
    return _TYPES_TOLD.get(text.upper().replace(" ", ""))


def tif_of(text: str) -> TimeInForce | None:
    return _TIFS.get(text.upper())


def state_of(text: str) -> OrderState | None:
    """None for what is no status of the broker's: the one before it holds."""
    return _STATES.get(text)


# --- from the wire -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an order's frame says, and what the order itself cannot hold: whose number it has."""

    order: Order
    client_id: int
    number: int
    parent_number: int
    is_whole: bool


def told(
    order_number: int, contract: Any, wire: Any, state: Any, instruments: Mapping[Conid, Instrument], at: datetime
) -> Told | None:
    """An order as a frame tells it; its legs are empty where a contract is not known yet. None without an account."""
    if not wire.account:
        return None
    ratios, side = legs_of(contract), side_of(wire.action)
    sign = -1 if side is Side.SELL and contract.secType == "BAG" else 1
    kind = type_of(wire.orderType)
    filled = size(getattr(wire, "filledQuantity", None)) or ZERO
    quantity = size(wire.totalQuantity) or filled
    limit, stop, trail = _prices(wire, kind, sign)
    found = legs(contract, wire.action, instruments)
    return Told(
        order=Order(
            account=AccountId(wire.account), state=state_of(state.status) or OrderState.UNKNOWN, legs=found,
            quantity=quantity, order_type=kind, tif=tif_of(wire.tif), at=at, updated_at=at, ref=ref_of(wire.orderRef),
            id=order_id(wire.permId), limit=limit, stop=stop, trail=trail, outside_hours=bool(wire.outsideRth),
            filled=min(filled, quantity), label=label_of(contract, wire),
        ),
        client_id=wire.clientId, number=order_number, parent_number=wire.parentId or 0,
        is_whole=bool(found) or not ratios,
    )  # fmt: skip


def conids_of(contract: Any) -> tuple[Conid, ...]:
    """The contracts of an order's legs."""
    return tuple(conid for conid, _ in legs_of(contract))


def legs_of(contract: Any) -> tuple[tuple[Conid, int], ...]:
    """Each leg's contract and signed ratio, as for a bought unit; empty where they are not told."""
    if contract.secType != "BAG":
        conid = conid_of(contract)
        return () if conid is None else ((conid, 1),)
    found = [(each.conId, each.ratio, side_of(each.action)) for each in contract.comboLegs or ()]
    if any(side is None or ratio <= 0 or conid <= 0 for conid, ratio, side in found):
        return ()
    return tuple((Conid(conid), ratio * side.sign) for conid, ratio, side in found if side is not None)


def legs(contract: Any, action: str, instruments: Mapping[Conid, Instrument]) -> tuple[Leg, ...]:
    """What an order moves; empty while one of its contracts is not known."""
    ratios, side = legs_of(contract), side_of(action)
    if side is None or not all(conid in instruments for conid, _ in ratios):
        return ()
    return tuple(
        Leg(instrument=instruments[conid], side=side if ratio > 0 else side.opposite, ratio=abs(ratio))
        for conid, ratio in ratios
    )


def _prices(wire: Any, kind: OrderType | None, sign: int) -> tuple[Decimal | None, Decimal | None, Trail | None]:
    """Limit, stop and trail. Prices a type does not use come as 0 or unset."""
    limit, aux = number(wire.lmtPrice), number(wire.auxPrice)
    match kind:
        case OrderType.STOP:
            return None, _signed(aux, sign), None
        case OrderType.STOP_LIMIT:
            return _signed(limit, sign), _signed(aux, sign), None
        case OrderType.TRAILING:
            percent = positive(wire.trailingPercent)
            trail = Trail(amount=percent, is_percent=True) if percent is not None else None
            if trail is None and aux:
                trail = Trail(amount=tidy(aux))
            return None, _signed(number(wire.trailStopPrice), sign), trail
        case _ if kind is None or kind in NEEDS_LIMIT:
            return _signed(limit, sign) if kind is not None or limit else None, None, None
    return None, None, None


def _signed(price: Decimal | None, sign: int) -> Decimal | None:
    return None if price is None else tidy(price * sign)


def label_of(contract: Any, wire: Any) -> str:
    """How to name it to a person where its legs are not known: `BUY 2 AAPL`."""
    words = (wire.action, format(size(wire.totalQuantity) or ZERO, "f"), contract.localSymbol or contract.symbol)
    return " ".join(word for word in words if word)


# --- to the wire -------------------------------------------------------------------------------------------------


def placing(ticket: OrderTicket, ref: OrderRef | None) -> dict[str, Any]:
    """What an order says besides its contract. The time in force is always named: without it presets of TWS step in,
    and their note (10349) makes libraries believe the order dead. Raises Refused for what is no number."""
    buys = ticket.is_combo or ticket.legs[0].side is Side.BUY
    ratio = 1 if ticket.is_combo else ticket.legs[0].ratio
    fields: dict[str, Any] = {
        "account": ticket.account, "action": "BUY" if buys else "SELL",
        "totalQuantity": _plain(ticket.quantity * ratio), "orderType": _TYPES[ticket.order_type],
        "tif": ticket.tif.value, "outsideRth": ticket.outside_hours, "orderRef": ref or "", "transmit": True,
    }
    if ticket.order_type in NEEDS_LIMIT and ticket.limit is not None:
        fields["lmtPrice"] = _plain(ticket.limit)
    if ticket.order_type in (OrderType.STOP, OrderType.STOP_LIMIT) and ticket.stop is not None:
        fields["auxPrice"] = _plain(ticket.stop)
    if ticket.order_type is OrderType.TRAILING and ticket.trail is not None:
        fields["trailingPercent" if ticket.trail.is_percent else "auxPrice"] = _plain(ticket.trail.amount)
        if ticket.stop is not None:
            fields["trailStopPrice"] = _plain(ticket.stop)
    return fields


def combination(ticket: OrderTicket, contracts: Sequence[Any]) -> Any:
    """The contract of several legs: always bought, the legs say what is sold; a credit is a negative price."""
    legs = [
        seam.combo_leg(conId=leg.instrument.conid, ratio=leg.ratio, action=leg.side.value, exchange=each.exchange)
        for leg, each in zip(ticket.legs, contracts, strict=True)
    ]
    venues = {each.exchange for each in contracts}
    first = ticket.legs[0].instrument
    return seam.contract(
        symbol=contracts[0].symbol, secType="BAG", currency=first.currency,
        exchange=venues.pop() if len(venues) == 1 else "SMART", comboLegs=legs,
    )


def _plain(value: Decimal) -> Decimal:
    """The same number without an exponent. Raises Refused for what is none."""
    if not value.is_finite():
        raise Refused(
            f"{value} is not a number.", remedy="Enter the quantity and the prices again.", cause=Cause.ORDER_REFUSED
        )
    return tidy(value)


def is_like(shown: Any, wanted: Any) -> bool:
    """Whether a frame shows the order as it was sent."""
    return all(
        number(getattr(shown, name)) == number(getattr(wanted, name))
        for name in ("totalQuantity", "lmtPrice", "auxPrice")
        if number(getattr(wanted, name)) is not None
    )


# --- previews ----------------------------------------------------------------------------------------------------


def is_preview_told(state: Any) -> bool:
    """Whether the margin is told: the first answer may hold sentinels only (tws-api.md 3.3)."""
    return number(_text(state.initMarginAfter)) is not None or number(_text(state.initMarginChange)) is not None


def preview(state: Any, at: datetime) -> WhatIf:
    """The broker's preview. Margins come as text, commission as one figure or as a range."""
    single = number(state.commission)
    low, high = number(state.minCommission), number(state.maxCommission)
    warning = (state.warningText or "").strip()
    return WhatIf(
        at=at, equity=_impact(state, "equityWithLoan"), initial_margin=_impact(state, "initMargin"),
        maintenance_margin=_impact(state, "maintMargin"), commission_from=low if single is None else single,
        commission_to=high if single is None else single,
        currency=Currency(state.commissionCurrency) if state.commissionCurrency else None,
        warnings=(Question(id="", text=warning),) if warning else (),
    )


def _impact(state: Any, name: str) -> Impact:
    return Impact(
        current=number(_text(getattr(state, f"{name}Before"))), change=number(_text(getattr(state, f"{name}Change"))),
        after=number(_text(getattr(state, f"{name}After"))),
    )


def _text(value: object) -> str:
    return str(value).strip()

