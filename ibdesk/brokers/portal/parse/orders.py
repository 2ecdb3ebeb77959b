"""The shapes of orders and executions on the Portal's wire: three answers to an order, live rows, deltas, prints."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.accounts import base_account
from ibdesk.brokers.portal.parse.words import order_type_of, short_instant, side_of, state_of, tif_of
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import NEEDS_LIMIT, Leg, Order, OrderId, OrderRef, OrderState, OrderType, Side

#: `28812380@SMART;;;783941066/-2,783634289/+1`
_COMBO = re.compile(r"\d+(?:@\w*)?;;;(?P<legs>.+)")
_LEG = re.compile(r"(?P<conid>\d+)/(?P<ratio>[+-]?\d+)")


class Row(msgspec.Struct, rename="camel"):
    """A live order, whole or what changed of it. Everything may be missing."""

    acct: str | None = None
    account: str | None = None
    conid: int | None = None
    conidex: str | None = None
    order_id: wire.Text = None
    size_and_fills: wire.Text = None
    order_desc: str | None = None
    description1: str | None = None
    description2: str | None = None
    ticker: str | None = None
    sec_type: str | None = None
    remaining_quantity: wire.Written = wire.NOTHING
    filled_quantity: wire.Written = wire.NOTHING
    total_size: wire.Written = wire.NOTHING
    status: str | None = None
    avg_price: wire.Written = wire.NOTHING
    orig_order_type: str | None = None
    order_type: str | None = None
    price: wire.Written = wire.NOTHING
    aux_price: wire.Written = wire.NOTHING
    time_in_force: str | None = None
    last_execution_time: wire.Text = None
    last_execution_time_r: Decimal | None = msgspec.field(default=None, name="lastExecutionTime_r")
    side: str | None = None
    order_ref: wire.Text = msgspec.field(default=None, name="order_ref")
    parent_id: wire.Text = None
    outside_rth: bool | None = msgspec.field(default=None, name="outsideRTH")


class _Live(msgspec.Struct):
    orders: list[msgspec.Raw] | None = None


def live(body: bytes) -> tuple[Row, ...]:
    """The rows of live orders; those that are no order are left out. Raises BadData."""
    raws = wire.decode(body, _Live, "the orders").orders or []
    rows = (wire.row(raw, Row) for raw in raws)
    return tuple(row for row in rows if isinstance(row, Row) and row.order_id)


def whole(fields: Mapping[str, msgspec.Raw]) -> Row | None:
    """The row that what was told so far adds up to. None when it is no order."""
    row = wire.row(msgspec.Raw(msgspec.json.encode(fields)), Row)
    return row if isinstance(row, Row) and row.order_id else None


def account_of(row: Row) -> AccountId | None:
    """Whose it is, without the letter of a segment."""
    name = row.acct or row.account
    return base_account(name) if name else None


def conids_of(row: Row) -> tuple[Conid, ...]:
    """The contracts of its legs; empty when they are not told."""
    return tuple(conid for conid, _ in _ratios(row))


def order(
    row: Row, instruments: Mapping[Conid, Instrument], parents: Mapping[str, OrderRef], at: datetime
) -> Order | None:
    """What a row says. `instruments` by conid (legs stay empty when one is missing), `parents` our ids by the broker's;
    `at` is taken where it tells no time. None when it does not even say whose it is or how large."""
    account, quantity, filled = account_of(row), *_sizes(row)
    if account is None or quantity is None:
        return None
    legs, sign = _legs(row, instruments)
    state = state_of(row.status)
    told = wire.instant(row.last_execution_time_r) or short_instant(row.last_execution_time) or at
    kind = order_type_of(row.orig_order_type) or order_type_of(row.order_type)
    limit, stop = _prices(row, kind, sign)
    return Order(
        account=account, state=state or OrderState.UNKNOWN, legs=legs, quantity=quantity, order_type=kind,
        tif=tif_of(row.time_in_force), at=told, updated_at=told, ref=_ref(row.order_ref), id=OrderId(str(row.order_id)),
        parent=_parent(row.parent_id, parents), limit=limit, stop=stop, outside_hours=bool(row.outside_rth),
        filled=filled, average_price=_signed(wire.figure(row.avg_price), sign), label=_label(row),
        message="" if state is not None else f"The broker says “{row.status or 'nothing'}” of it.",
    )


def _ref(text: wire.Text) -> OrderRef | None:
    return OrderRef(str(text)) if text else None


def _parent(text: wire.Text, parents: Mapping[str, OrderRef]) -> OrderRef | None:
    """Our id of the parent, whether the row names it by the broker's id or by ours."""
    name = str(text or "")
    return parents.get(name) or next((ref for ref in parents.values() if ref == name), None)


def _label(row: Row) -> str:
    names = " ".join(part.strip() for part in (row.description1, row.description2) if part and part.strip())
    return names or row.order_desc or row.ticker or ""


def _ratios(row: Row) -> tuple[tuple[Conid, int], ...]:
    """Each leg's contract and signed ratio, as for a bought unit."""
    combo = _COMBO.fullmatch(row.conidex or "")
    if combo is not None:
        found = [_LEG.fullmatch(part.strip()) for part in combo["legs"].split(",")]
        legs = tuple((Conid(int(each["conid"])), int(each["ratio"])) for each in found if each is not None)
        return legs if len(legs) == len(found) and all(ratio for _, ratio in legs) else ()
    if row.sec_type == "BAG" or not row.conid or row.conid < 0:
        return ()
    return ((Conid(row.conid), 1),)


def _legs(row: Row, instruments: Mapping[Conid, Instrument]) -> tuple[tuple[Leg, ...], int]:
    """The legs, and -1 where its prices have to be turned: a sold combination is ours bought the other way round."""
    side, ratios = side_of(row.side), _ratios(row)
    sign = -1 if side is Side.SELL and (len(ratios) > 1 or row.sec_type == "BAG") else 1
    if side is None or not all(conid in instruments for conid, _ in ratios):
        return (), sign
    return tuple(
        Leg(instrument=instruments[conid], side=side if ratio > 0 else side.opposite, ratio=abs(ratio))
        for conid, ratio in ratios
    ), sign


def _prices(row: Row, kind: OrderType | None, sign: int) -> tuple[Decimal | None, Decimal | None]:
    """Limit and stop: what has no limit has its stop in `price`, or beside it."""
    price, aux = _signed(wire.figure(row.price), sign), _signed(wire.figure(row.aux_price), sign)
    match kind:
        case OrderType.STOP | OrderType.TRAILING:
            return None, price if aux is None else aux
        case OrderType.STOP_LIMIT:
            return price, aux
        case _ if kind is None or kind in NEEDS_LIMIT:
            return price, None
    return None, None


def _signed(price: Decimal | None, sign: int) -> Decimal | None:
    return None if price is None else price * sign


def _sizes(row: Row) -> tuple[Decimal | None, Decimal]:
    """Ordered and filled. The two numbers of `sizeAndFills` are filled and ordered, or filled and left: the explicit
    figures win, and tell which (reference/client-portal-api.md 7.9, open question of section 15)."""
    left, filled, total = (
        wire.figure(each) for each in (row.remaining_quantity, row.filled_quantity, row.total_size)
    )
    first, second = _pair(row.size_and_fills)
    if filled is None:
        filled = first if second is not None else (first if row.status == "Filled" else None)
    if total is None and filled is not None and left is not None:
        total = filled + left
    if total is None and filled is not None and second is not None:
        total = filled + second if filled > second else second
    if total is None:
        total = first if second is None else second
    return None if total is None else wire.tidy(total), wire.tidy(filled or ZERO)


def _pair(text: wire.Text) -> tuple[Decimal | None, Decimal | None]:
    first, _, second = str(text or "").partition("/")
    return wire.number(first), wire.number(second)
