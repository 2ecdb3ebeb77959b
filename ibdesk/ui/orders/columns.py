"""What a table of orders can show: every column with its text, its sort value and its width."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.orders import OrderState
from ibdesk.domain.pairs import group_of
from ibdesk.ui import format as fmt
from ibdesk.ui.orders import words
from ibdesk.ui.orders.rows import OrderRow, is_from_elsewhere

ELSEWHERE, HERE = "elsewhere", "ibdesk"


class Kind(StrEnum):
    """How a cell is drawn."""

    ORDER = "order"
    STATUS = "status"
    TEXT = "text"
    NUMBER = "number"
    ACTS = "acts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A row with what the market and the clock say."""

    row: OrderRow
    price: Decimal | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `value` is sorted and exported, `text` is shown. `keep` is how long it stays when there is no room:
    the lowest goes first. `width` in logical pixels."""

    key: str
    title: str
    kind: Kind
    width: int
    value: Callable[[Seen], Any]
    text: Callable[[Seen], str]
    tip: str = ""
    keep: int = 9

    @property
    def is_right(self) -> bool:
        return self.kind in (Kind.NUMBER, Kind.STATUS, Kind.ACTS)


def order_words(seen: Seen) -> str:
    """The whole order: "Sell 10 × SPY Dec 18 600/610 C"."""
    order = seen.row.order
    if not order.legs:
        return f"{fmt.quantity(order.quantity)} × {order.label or 'a contract that is not known here yet'}"
    return words.describe(order.legs, order.quantity, today=seen.now.astimezone(NEW_YORK).date())


def status_words(seen: Seen) -> str:
    """Its state; what was asked of the broker at this window is told before the broker answers."""
    order = seen.row.order
    return words.state_words(replace(order, state=OrderState.CANCELLING) if seen.row.is_cancelling else order)


def status_tone(seen: Seen) -> str:
    return "warn" if seen.row.is_cancelling else words.state_tone(seen.row.order)


def limit_words(seen: Seen) -> str:
    """The price it waits for: its limit, else its stop, else the word for its type."""
    order = seen.row.order
    is_combo = len(order.legs) > 1
    if order.limit is not None:
        return words.price_words(order.limit, is_combo=is_combo)
    if order.stop is not None:
        return f"stop {words.price_words(order.stop, is_combo=is_combo)}"
    return words.type_words(order) if order.order_type is not None else fmt.UNKNOWN


def source_words(seen: Seen) -> str:
    return ELSEWHERE if is_from_elsewhere(seen.row.order) else HERE


def mark_words(seen: Seen) -> str:
    """What stands in a chip behind the order: where it came from, that it closes another one, or that another one
    cancels it; else nothing."""
    order = seen.row.order
    if is_from_elsewhere(order):
        return ELSEWHERE
    if order.parent is not None:
        return "exit"
    return "OCO" if group_of(order) is not None else ""


def _price(pick: Callable[[Seen], Decimal | None]) -> Callable[[Seen], str]:
    return lambda seen: words.price_words(pick(seen), is_combo=len(seen.row.order.legs) > 1)


def _paid(seen: Seen) -> str:
    paid = seen.row.paid
    return fmt.UNKNOWN if paid is None else fmt.money(paid.amount, paid.currency)


def _stands(seen: Seen) -> str:
    return words.age_words(seen.row.order.at, seen.now)


ORDER = Column(
    key="order", title="Order", kind=Kind.ORDER, width=250, value=order_words, text=order_words,
    tip="What is bought or sold. Orders that were not placed with ibdesk are marked.")
ACCOUNT = Column(
    key="account", title="Account", kind=Kind.TEXT, width=104, value=lambda seen: seen.row.order.account,
    text=lambda seen: seen.row.order.account, tip="The account it is for.", keep=6)
STATUS = Column(
    key="status", title="Status", kind=Kind.STATUS, width=136, value=status_words, text=status_words,
    tip="Where it is, as far as the broker has told.")
FILLED = Column(
    key="filled", title="Filled", kind=Kind.NUMBER, width=80, value=lambda seen: seen.row.order.filled,
    text=lambda seen: words.filled_words(seen.row.order), tip="Traded so far, of what was ordered.")
LIMIT = Column(
    key="limit", title="Limit", kind=Kind.NUMBER, width=94,
    value=lambda seen: seen.row.order.limit if seen.row.order.limit is not None else seen.row.order.stop,
    text=limit_words, tip="The price it waits for: cr is received, db is paid.")
LAST = Column(
    key="last", title="Last", kind=Kind.NUMBER, width=78, value=lambda seen: seen.price,
    text=_price(lambda seen: seen.price), tip="The last price; of several legs the net of their middles.",
    keep=8)
AVERAGE = Column(
    key="average", title="Avg price", kind=Kind.NUMBER, width=84, value=lambda seen: seen.row.order.average_price,
    text=_price(lambda seen: seen.row.order.average_price), tip="The average price of what was filled.", keep=5)
TIF = Column(
    key="tif", title="TIF", kind=Kind.TEXT, width=50,
    value=lambda seen: seen.row.order.tif.value if seen.row.order.tif is not None else "",
    text=lambda seen: seen.row.order.tif.value if seen.row.order.tif is not None else fmt.UNKNOWN,
    tip="How long it stands: for the day, until cancelled (GTC), at once (IOC), at the opening (OPG).", keep=4)
COMMISSION = Column(
    key="commission", title="Commission", kind=Kind.NUMBER, width=92,
    value=lambda seen: None if seen.row.paid is None else seen.row.paid.amount, text=_paid,
    tip="What its prints cost so far, as the broker told.", keep=3)
SOURCE = Column(
    key="source", title="Placed with", kind=Kind.TEXT, width=86,
    value=source_words, text=source_words,
    tip="ibdesk, or elsewhere: the broker’s own programs, another computer.", keep=2)
AGE = Column(
    key="age", title="Age", kind=Kind.NUMBER, width=52, value=lambda seen: seen.now - seen.row.order.at, text=_stands,
    tip="How long ago it was placed.", keep=7)
ACTS = Column(
    key="acts", title="", kind=Kind.ACTS, width=70, value=lambda _seen: "", text=lambda _seen: "")

COMPACT = (ORDER, STATUS, FILLED, LIMIT, LAST, AGE, ACTS)
FULL = (ORDER, ACCOUNT, STATUS, FILLED, LIMIT, LAST, AVERAGE, TIF, COMMISSION, SOURCE, AGE, ACTS)
