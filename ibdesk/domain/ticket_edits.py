"""What a person's clicks and choices make of an order ticket: each edit gives a new one, whole and consistent.

A leg picked twice on the same side counts twice, on the other side it goes away. A choice of another kind of order
drops the prices that kind does not have, so that nothing unseen is sent along.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.orders import NEEDS_LIMIT, NEEDS_STOP, Leg, OrderTicket, OrderType, Side

#: The desk's own limit: a ticket is a stock order or a position of one to four legs.
MOST_LEGS = 4

_SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})
_WITHOUT_EXITS = frozenset({OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE})


def why_not(legs: tuple[Leg, ...], instrument: Instrument) -> str:
    """Why this cannot become a leg beside these; empty when it can."""
    known = {leg.instrument.conid for leg in legs}
    if instrument.conid not in known and len(legs) >= MOST_LEGS:
        return f"A ticket takes {MOST_LEGS} legs at most; remove one first."
    if any(leg.instrument.currency != instrument.currency for leg in legs):
        return f"{instrument.label} trades in {instrument.currency}; all legs of a ticket must be in one currency."
    if any(leg.instrument.symbol != instrument.symbol for leg in legs):
        return f"All legs of a ticket must be on {legs[0].instrument.symbol}; clear it to begin another."
    return ""


def with_leg(legs: tuple[Leg, ...], instrument: Instrument, side: Side) -> tuple[Leg, ...]:
    """Pick an instrument: again on the same side raises its ratio, on the other side takes it away."""
    known = _find(legs, instrument.conid)
    if known is None:
        return (*legs, Leg(instrument=instrument, side=side, ratio=_first_ratio(legs, instrument)))
    if known.side is not side:
        return without_leg(legs, instrument.conid)
    return with_ratio(legs, instrument.conid, known.ratio + _first_ratio(legs, instrument))


def without_leg(legs: tuple[Leg, ...], conid: Conid) -> tuple[Leg, ...]:
    return tuple(leg for leg in legs if leg.instrument.conid != conid)


def with_ratio(legs: tuple[Leg, ...], conid: Conid, ratio: int) -> tuple[Leg, ...]:
    """ValueError for a ratio below 1."""
    return tuple(replace(leg, ratio=ratio) if leg.instrument.conid == conid else leg for leg in legs)


def flipped(legs: tuple[Leg, ...], conid: Conid) -> tuple[Leg, ...]:
    """Buy instead of sell, or the other way round, of one leg."""
    return tuple(replace(leg, side=leg.side.opposite) if leg.instrument.conid == conid else leg for leg in legs)


def with_legs(ticket: OrderTicket, legs: Iterable[Leg]) -> OrderTicket:
    """Other legs make it another order: its prices are no longer those of these legs."""
    return replace(ticket, legs=tuple(legs), limit=None, stop=None, exits=None, other=None)


def with_type(ticket: OrderTicket, order_type: OrderType) -> OrderTicket:
    """Another kind of order, without the prices it does not have."""
    return replace(
        ticket, order_type=order_type, limit=ticket.limit if order_type in NEEDS_LIMIT else None,
        stop=ticket.stop if order_type in NEEDS_STOP else None,
        trail=ticket.trail if order_type is OrderType.TRAILING else None,
        exits=None if order_type in _WITHOUT_EXITS else ticket.exits,
        other=ticket.other if order_type is OrderType.LIMIT else None,
    )  # fmt: skip


def exit_faults(ticket: OrderTicket, met: Decimal | None = None) -> dict[str, str]:
    """What is wrong with exits beside the price they follow, by `target` and `loss`; empty sentences where nothing is.

    That price is the limit, else the stop that sets the order off, else `met`: what a market order meets at once. A
    unit that is bought gains when it is worth more; so does a combination, whose credit is negative.
    """
    faults, exits = {"target": "", "loss": ""}, ticket.exits
    entry, name = next(
        ((price, name) for price, name in ((ticket.limit, "limit"), (ticket.stop, "stop"), (met, "market"))
         if price is not None), (None, "")
    )  # fmt: skip
    if exits is None or entry is None or not ticket.legs:
        return faults
    way = 1 if ticket.is_combo else ticket.legs[0].side.sign
    if exits.take_profit is not None and (exits.take_profit - entry) * way <= 0:
        faults["target"] = f"The profit target is no better than the {name}; at this price it would gain nothing."
    if exits.stop_loss is not None and (exits.stop_loss - entry) * way >= 0:
        faults["loss"] = f"The stop loss is no worse than the {name}; it would close the position at once."
    return faults


def _find(legs: tuple[Leg, ...], conid: Conid) -> Leg | None:
    return next((leg for leg in legs if leg.instrument.conid == conid), None)


def _first_ratio(legs: tuple[Leg, ...], instrument: Instrument) -> int:
    """Shares beside options come in what one contract delivers, else one by one."""
    if instrument.asset_class not in _SHARES:
        return 1
    sizes = {leg.instrument.multiplier for leg in legs if leg.instrument.option is not None}
    return int(max(sizes, default=Decimal(1)))
