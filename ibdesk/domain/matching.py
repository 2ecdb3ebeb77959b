"""What a resting order gets from a market that shows this: prints and the order after them, never worse than asked.

Paper trading and the demo share it. It knows nothing of accounts, cash or of what an order is for; whoever runs it
looks at the market now and then and hands over what it shows. Rules, each the cautious reading:

- A marketable order takes the other side's price, up to the size shown; the rest waits for the next look.
- A resting limit is also filled, at its limit, when the last trade between bid and ask went through it.
- A stop fires on the last trade (else on the touch it would trade against) and is then a market or limit order.
- At the close (and at the open for OPG) the whole order trades at the last price, or is cancelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.orders import OrderState, OrderType, Side, TimeInForce, Trail

ZERO = Decimal(0)


class Phase(StrEnum):
    """What the venue is doing at the moment of a look."""

    CLOSED = "closed"
    OPENING = "opening auction"
    OPEN = "open"
    CLOSING = "closing auction"
    EXTENDED = "outside regular hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """What is displayed: prices per unit, sizes in units of the order's quantity. None: nobody is there."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    bid_size: Decimal = ZERO
    ask_size: Decimal = ZERO

    def against(self, side: Side) -> tuple[Decimal | None, Decimal]:
        """Price and size an order of that side would trade against."""
        return (self.ask, self.ask_size) if side is Side.BUY else (self.bid, self.bid_size)

    @property
    def traded_inside(self) -> Decimal | None:
        """The last price, where it lies between bid and ask: an older one says nothing about now."""
        if self.last is None or self.bid is None or self.ask is None:
            return None
        return self.last if self.bid <= self.last <= self.ask else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """An order at the venue. `stop` moves with the market for a trailing stop (None until the first look).

    `good_until`: when it is cancelled by itself (a DAY order's session end); None: never. `is_triggered`: its stop has
    fired. `limit`, `stop` and `trail` are per unit, positive or (combos) negative; `quantity` and `filled` in units.
    """

    side: Side
    order_type: OrderType
    quantity: Decimal
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Trail | None = None
    tif: TimeInForce = TimeInForce.DAY
    outside_hours: bool = False
    good_until: datetime | None = None
    filled: Decimal = ZERO
    is_triggered: bool = False
    state: OrderState = OrderState.HELD

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def is_over(self) -> bool:
        return self.state in (OrderState.FILLED, OrderState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """So many units at this price per unit."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """An order after one look, and what was traded at it."""

    order: Resting
    prints: tuple[Print, ...] = ()


_AT_CLOSE = frozenset({OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE})
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING})
_LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_ON_CLOSE})


def match(order: Resting, touch: Touch, at: datetime, phase: Phase) -> Matched:
    """The order after one look at the market. An order that is over stays as it is."""
    if order.is_over:
        return Matched(order=order)
    if order.good_until is not None and at >= order.good_until and phase is not Phase.CLOSING:
        return Matched(order=replace(order, state=OrderState.CANCELLED))
    if order.order_type in _AT_CLOSE or order.tif is TimeInForce.OPG:
        return _auction(order, touch, phase)
    if not _trades_in(order, phase):
        return _waiting(order)
    return _continuous(_moved(order, touch), touch)


def net_touch(legs: Sequence[tuple[int, Touch]]) -> Touch:
    """What one unit of a combination costs (ask) and brings (bid), by its legs' signed ratios; negative is a credit.

    A side is there only when every leg can be traded; its size is the number of whole units all legs allow.
    """
    bid, bid_size = _net(legs, Side.SELL)
    ask, ask_size = _net(legs, Side.BUY)
    lasts = [touch.last for _, touch in legs]
    known = [price * ratio for price, (ratio, _) in zip(lasts, legs, strict=True) if price is not None]
    last = sum(known, ZERO) if legs and len(known) == len(legs) else None
    return Touch(bid=bid, ask=ask, last=last, bid_size=bid_size, ask_size=ask_size)


def leg_prices(legs: Sequence[tuple[int, Touch]], side: Side, net: Decimal) -> tuple[Decimal, ...] | None:
    """A price for each leg so that one unit costs exactly `net`: each at its touch, and what was improved is given to
    the first leg with a ratio of one (else to the first that divides it without rest). None where a leg has no price.
    """
    prices: list[Decimal] = []
    for ratio, touch in legs:
        price, _ = touch.against(_leg_side(ratio, side))
        if price is None:
            return None
        prices.append(price)
    better = net - sum((price * ratio for price, (ratio, _) in zip(prices, legs, strict=True)), ZERO)
    order = sorted(range(len(legs)), key=lambda number: (abs(legs[number][0]), -prices[number]))
    for number in order:
        price = prices[number] + better / legs[number][0]
        if price > 0 and price * legs[number][0] - prices[number] * legs[number][0] == better:
            prices[number] = price
            return tuple(prices)
    return None


def trailing_stop(side: Side, trail: Trail, stop: Decimal | None, last: Decimal) -> Decimal:
    """Where a trailing stop stands after a trade at `last`: it follows the market one way and never goes back."""
    distance = abs(last) * trail.amount / 100 if trail.is_percent else trail.amount
    place = last + distance if side is Side.BUY else last - distance
    if stop is None:
        return place
    return min(stop, place) if side is Side.BUY else max(stop, place)


def _net(legs: Sequence[tuple[int, Touch]], side: Side) -> tuple[Decimal | None, Decimal]:
    price, sizes = ZERO, []
    for ratio, touch in legs:
        one, size = touch.against(_leg_side(ratio, side))
        if one is None:
            return None, ZERO
        price += one * ratio
        sizes.append(size // abs(ratio))
    return (price, min(sizes)) if sizes else (None, ZERO)


def _leg_side(ratio: int, side: Side) -> Side:
    return side if ratio > 0 else side.opposite


def _trades_in(order: Resting, phase: Phase) -> bool:
    return (phase is Phase.EXTENDED and order.outside_hours) or phase in (Phase.OPEN, Phase.OPENING, Phase.CLOSING)


def _waiting(order: Resting) -> Matched:
    """Held while the venue is closed; an order that will not wait is cancelled."""
    state = OrderState.CANCELLED if order.tif is TimeInForce.IOC else OrderState.HELD
    return Matched(order=replace(order, state=state))


def _auction(order: Resting, touch: Touch, phase: Phase) -> Matched:
    wanted = Phase.OPENING if order.tif is TimeInForce.OPG else Phase.CLOSING
    if phase is not wanted:
        return Matched(order=replace(order, state=OrderState.HELD))
    if touch.last is None or not _is_within(order, touch.last):
        return Matched(order=replace(order, state=OrderState.CANCELLED))
    return _filled(order, touch.last, order.remaining)


def _moved(order: Resting, touch: Touch) -> Resting:
    """The order with its stop where the market put it, fired if it was reached."""
    if order.order_type not in _STOPS or order.is_triggered:
        return order
    seen = touch.last if touch.last is not None else touch.against(order.side)[0]
    if seen is None:
        return order
    if order.trail is not None and order.order_type is OrderType.TRAILING:
        order = replace(order, stop=trailing_stop(order.side, order.trail, order.stop, seen))
    if order.stop is None:
        return order
    is_reached = seen >= order.stop if order.side is Side.BUY else seen <= order.stop
    return replace(order, is_triggered=is_reached)


def _continuous(order: Resting, touch: Touch) -> Matched:
    if order.order_type in _STOPS and not order.is_triggered:
        return _waiting(order)
    price, size = touch.against(order.side)
    if price is not None and _is_within(order, price):
        done = _filled(order, price, min(order.remaining, size))
    elif _went_through(order, touch) and order.limit is not None:
        done = _filled(order, order.limit, min(order.remaining, size))
    else:
        done = Matched(order=replace(order, state=OrderState.WORKING))
    if order.tif is TimeInForce.IOC and not done.order.is_over:
        return replace(done, order=replace(done.order, state=OrderState.CANCELLED))
    return done


def _is_within(order: Resting, price: Decimal) -> bool:
    """Whether the order takes this price."""
    if order.order_type not in _LIMITED and not (order.tif is TimeInForce.OPG and order.limit is not None):
        return True
    if order.limit is None:
        return False
    return price <= order.limit if order.side is Side.BUY else price >= order.limit


def _went_through(order: Resting, touch: Touch) -> bool:
    last = touch.traded_inside
    if order.order_type not in _LIMITED or order.limit is None or last is None:
        return False
    return last < order.limit if order.side is Side.BUY else last > order.limit


def _filled(order: Resting, price: Decimal, quantity: Decimal) -> Matched:
    if quantity <= 0:
        return Matched(order=replace(order, state=OrderState.WORKING))
    filled = order.filled + quantity
    state = OrderState.FILLED if filled >= order.quantity else OrderState.WORKING
    after = replace(order, filled=filled, state=state)
    return Matched(order=after, prints=(Print(price=price, quantity=quantity),))
