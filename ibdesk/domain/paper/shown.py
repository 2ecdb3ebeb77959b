"""What the market shows of an instrument to an account that may have taken some of it a moment ago."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.matching import Touch
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Side
from ibdesk.domain.paper.book import Taken
from ibdesk.domain.paper.sessions import Spans

#: A size that was taken is shown again after this long, though price and size stand as they did.
REFILLED = timedelta(seconds=5)
_STANDING = frozenset({Delay.FROZEN, Delay.FROZEN_DELAYED, Delay.NOT_SUBSCRIBED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of one instrument, and when it trades; without a touch that moves nothing is filled."""

    spans: Spans = ()
    touch: Touch = field(default_factory=Touch)
    is_moving: bool = False


def shown(quote: Quote | None, spans: Spans) -> Shown:
    """What a quote shows. A size the broker does not tell is taken for large enough."""
    if quote is None or quote.is_halted or quote.delay in _STANDING:
        return Shown(spans=spans)
    return Shown(spans=spans, is_moving=True, touch=Touch(
        bid=_price(quote.bid), ask=_price(quote.ask), last=None if quote.is_close else quote.last,
        bid_size=_size(quote.bid_size), ask_size=_size(quote.ask_size),
    ))  # fmt: skip


def left(known: tuple[Taken, ...], conid: Conid, touch: Touch, now: datetime) -> Touch:
    """What is shown, less what the account itself took of it."""
    return replace(
        touch, ask_size=max(ZERO, touch.ask_size - _gone(known, conid, Side.BUY, touch, now)),
        bid_size=max(ZERO, touch.bid_size - _gone(known, conid, Side.SELL, touch, now)),
    )  # fmt: skip


def taken(
    known: tuple[Taken, ...], conid: Conid, side: Side, rest: Touch, quantity: Decimal, now: datetime
) -> tuple[Taken, ...]:
    """With so many more taken; `rest` is what `left` told."""
    price, size = rest.against(side)
    if price is None:
        return known
    others = tuple(each for each in known if (each.conid, each.side) != (conid, side) and now - each.at < REFILLED)
    mine = next((each for each in known if (each.conid, each.side) == (conid, side)), None)
    whole, gone, at = size, ZERO, now
    if mine is not None and mine.price == price and size + mine.quantity == mine.size:
        whole, gone, at = mine.size, mine.quantity, mine.at
    new = Taken(conid=conid, side=side, price=price, size=whole, quantity=gone + quantity, at=at)
    return (*others, new)


def _gone(known: tuple[Taken, ...], conid: Conid, side: Side, touch: Touch, now: datetime) -> Decimal:
    price, size = touch.against(side)
    return next((
        each.quantity for each in known
        if (each.conid, each.side) == (conid, side) and (each.price, each.size) == (price, size)
        and timedelta() <= now - each.at < REFILLED
    ), ZERO)  # fmt: skip


def _price(price: Decimal | None) -> Decimal | None:
    return price if price is not None and price.is_finite() and price > 0 else None


def _size(size: Decimal | None) -> Decimal:
    return Decimal(1_000_000) if size is None else max(ZERO, size)
