"""placeOrder read field by field: optional blocks make every index uncertain, so all are walked (tws-api.md 1.8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ibdesk.demo.tws.contracts import Asked, read_contract
from ibdesk.demo.tws.wire import Reader

#: Order types as clients spell them -> as the demo's tickets do.
TYPES: Mapping[str, str] = {
    "LMT": "LMT", "MKT": "MKT", "STP": "STP", "STP LMT": "STOP_LIMIT", "STPLMT": "STOP_LIMIT", "TRAIL": "TRAIL",
    "MOC": "MOC", "LOC": "LOC",
}

@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLeg:
    conid: int
    ratio: int
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOrder:
    """What of a placeOrder the demo looks at. Prices are None where the client left them unset."""

    order_id: int
    contract: Asked
    action: str
    quantity: Decimal
    order_type: str
    limit: Decimal | None
    aux: Decimal | None
    tif: str
    group: str
    account: str
    order_ref: str
    transmits: bool
    parent: int
    outside_hours: bool
    trail_stop: Decimal | None
    trail_percent: Decimal | None
    is_preview: bool
    has_conditions: bool
    legs: tuple[AskedLeg, ...] = field(default=())


def read_order(reader: Reader, version: int) -> AskedOrder:
    """The whole message behind its id. Raises WireError where it is too short or a number is none."""
    order_id, contract = reader.whole(), read_contract(reader)
    reader.skip(2)  # the security's other id
    action, quantity, order_type = reader.text(), reader.number() or Decimal(0), reader.text()
    limit, aux, tif, group, account = reader.number(), reader.number(), reader.text(), reader.text(), reader.text()
    reader.skip(2)
    order_ref, transmits, parent = reader.text(), reader.flag(), reader.whole()
    reader.skip(4)
    outside = reader.flag()
    reader.skip(1)
    legs = _legs(reader) if contract.sec_type == "BAG" else ()
    reader.skip(30 if version < 177 else 29)  # allocation to model code, then up to the volatility's type
    if reader.text():
        reader.skip(1 + 8)
    else:
        reader.skip(1)
    reader.skip(2)
    trail_stop, trail_percent = reader.number(), reader.number()
    is_preview = _is_preview(reader)
    reader.skip(4)
    has_conditions = order_type.upper() in TYPES and reader.whole() > 0
    return AskedOrder(
        order_id=order_id, contract=contract, action=action.upper(), quantity=quantity, order_type=order_type.upper(),
        limit=limit, aux=aux, tif=tif.upper() or "DAY", group=group, account=account, order_ref=order_ref,
        transmits=transmits, parent=parent, outside_hours=outside, trail_stop=trail_stop,
        trail_percent=trail_percent, is_preview=is_preview, has_conditions=has_conditions, legs=legs,
    )


def _legs(reader: Reader) -> tuple[AskedLeg, ...]:
    """The legs of a combination, their prices and the smart parameters."""
    legs = []
    for _ in range(reader.whole()):
        legs.append(AskedLeg(conid=reader.whole(), ratio=reader.whole(), action=reader.text().upper()))
        reader.skip(5)
    reader.skip(reader.whole())
    reader.skip(2 * reader.whole())
    return tuple(legs)


def _is_preview(reader: Reader) -> bool:
    """From the scale's first size on to what-if; of what follows only the number of conditions is of interest."""
    reader.skip(2)
    increment = reader.number()
    if increment is not None and increment > 0:
        reader.skip(7)
    reader.skip(3)
    if reader.text():
        reader.skip(1)
    reader.skip(4)
    if reader.flag():
        reader.skip(3)
    if reader.text():
        reader.skip(2 * reader.whole())
    reader.skip(1)
    return reader.flag()
