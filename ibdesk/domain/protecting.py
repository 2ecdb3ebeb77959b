"""Where the two orders begin that protect a position: at which target and which stop, by the market and its cost.

A share is given a twentieth of its price to move, an option a fifth. What the position cost is taken instead where it
lies about there: a stop that ends without a loss, or a target that gets the money back.
"""

from dataclasses import dataclass
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderTicket, OrderType, OtherHalf, Side, TimeInForce, Trail
from ibdesk.domain.ticket_prices import Grid

_ROOM, _ROOM_OF_AN_OPTION = Decimal("0.05"), Decimal("0.20")
#: The cost counts from half as far away as the plain proposal to twice as far.
_NEAR, _FAR = Decimal("0.5"), Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Prices on the grid; None where nobody shows a price, or none is left on that side of the market."""

    target: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None


def proposed(
    instrument: Instrument, side: Side, *, bid: Decimal | None, ask: Decimal | None, last: Decimal | None = None,
    cost: Decimal | None = None, grid: Grid | None = None,
) -> Proposed:  # fmt: skip
    """For an order of this side that closes. What it would get at once counts, else what is known of the price; `cost`
    is the average price that was paid or received."""
    grid = grid or Grid()
    shown = (bid, ask) if side is Side.SELL else (ask, bid)
    market = next((each for each in (*shown, last) if each is not None and each > 0), None)
    if market is None:
        return Proposed()
    room = market * (_ROOM if instrument.option is None else _ROOM_OF_AN_OPTION)
    better = -side.sign
    target = grid.nearest(_at(market, better, room, cost))
    stop = grid.nearest(_at(market, -better, room, cost))
    return Proposed(
        target=target if target > 0 and (target - market) * better > 0 else None,
        stop=stop if stop > 0 and (stop - market) * better < 0 else None,
        trail=max(grid.nearest(room), grid.step_at(room)),
    )  # fmt: skip


def protecting_ticket(
    account: AccountId, mode: Mode, instrument: Instrument, held: Decimal, *, quote: Quote | None = None,
    last: Decimal | None = None, cost: Decimal | None = None,
) -> OrderTicket:  # fmt: skip
    """A pair for the whole position, good until cancelled. ValueError when nothing is held."""
    if held == 0:
        raise ValueError("there is nothing to protect")
    side = Side.SELL if held > 0 else Side.BUY
    found = proposed(
        instrument, side, bid=None if quote is None else quote.bid, ask=None if quote is None else quote.ask,
        last=last if quote is None or quote.last is None else quote.last, cost=cost,
    )  # fmt: skip
    return OrderTicket(
        account=account, mode=mode, legs=(Leg(instrument=instrument, side=side),), quantity=abs(held),
        tif=TimeInForce.GTC, limit=found.target, other=OtherHalf(stop=found.stop),
    )  # fmt: skip


def as_kind(order_type: OrderType, found: Proposed) -> OtherHalf:
    """The other half as a stop or as a trailing stop, where it is proposed."""
    if order_type is OrderType.TRAILING:
        return OtherHalf(order_type=order_type, trail=None if found.trail is None else Trail(amount=found.trail))
    return OtherHalf(stop=found.stop)


def _at(market: Decimal, way: int, room: Decimal, cost: Decimal | None) -> Decimal:
    """So far from the market, or at the cost where that is about as far."""
    away = None if cost is None else (cost - market) * way
    is_about_there = away is not None and room * _NEAR <= away <= room * _FAR
    return cost if cost is not None and is_about_there else market + way * room
