"""One position at an instant, as it was from the beginning or as trades have changed it, and what positions tie up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ibdesk.demo.catalogue import Listing
from ibdesk.demo.fills import ZERO, Fill, Standing, cents, fold
from ibdesk.demo.margins import MARGINS, Held, strategy_margin
from ibdesk.demo.market import Market

EIGHT_PLACES = Decimal("0.00000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One position at an instant, in its own currency. `value` is what it adds to net liquidation; `is_traded`: since
    the demo began."""

    listing: Listing
    quantity: Decimal
    average_price: Decimal
    price: Decimal
    market_value: Decimal
    value: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal
    is_traded: bool = False


def standing(old: Holding | None) -> Standing:
    """What fills start from."""
    if old is None:
        return Standing()
    cost = old.quantity * old.average_price * old.listing.multiplier
    return Standing(quantity=old.quantity, cost=cost, realized=old.realized)


def traded(old: Holding | None, fills: Sequence[Fill], market: Market, now: datetime) -> Holding:
    """A position after its fills; it stays as a row of zero once it is closed."""
    listing = fills[0].listing
    size = listing.multiplier
    stand = fold(standing(old), fills)
    price = market.price(listing.conid, now)
    market_value = cents(stand.quantity * price * size)
    unrealized = cents(stand.quantity * price * size - stand.cost)
    average = average_price(stand, size)
    return Holding(
        listing=listing, quantity=stand.quantity, average_price=average, price=price, market_value=market_value,
        value=value_of(listing, market_value, unrealized), unrealized=unrealized, realized=stand.realized,
        daily=_daily(old, fills, market, now), is_traded=True,
    )


def average_price(stand: Standing, multiplier: Decimal) -> Decimal:
    """Cost per unit of a position, commissions included; 0 once it is closed."""
    return (stand.cost / (stand.quantity * multiplier)).quantize(EIGHT_PLACES) if stand.quantity else ZERO


def _daily(old: Holding | None, fills: Sequence[Fill], market: Market, now: datetime) -> Decimal:
    """Today's gain: of what was held before, as ever; of each of today's fills, from its price on."""
    listing = fills[0].listing
    today, price = market.session_day(listing.conid, now), market.price(listing.conid, now)
    prior = market.prior_close(listing.conid, now)
    gain = old.daily if old is not None else ZERO
    for fill in fills:
        is_today = market.session_day(listing.conid, fill.at) == today
        gain += cents(fill.quantity * (price - (fill.price if is_today else prior)) * listing.multiplier)
        gain -= fill.commission if is_today else ZERO
    return gain


def cash_of(old: Holding | None, fills: Sequence[Fill], market: Market, now: datetime) -> Decimal:
    """What fills of one contract did to cash by now, with the variation of a future."""
    listing = fills[0].listing
    amount = fold(standing(old), fills).cash
    if listing.asset_class == "FUT":
        price = market.price(listing.conid, now)
        amount += sum((cents(one.quantity * (price - one.price) * listing.multiplier) for one in fills), ZERO)
    return amount


def value_of(listing: Listing, market_value: Decimal, unrealized: Decimal) -> Decimal:
    """A future's gain is already cash and a CFD is worth its gain; everything else is worth its price."""
    if listing.asset_class == "FUT":
        return ZERO
    return unrealized if listing.asset_class == "CFD" else market_value


def margin(
    holdings: Iterable[Holding], rates: Mapping[str, Decimal], kind: int, market: Market, now: datetime
) -> Decimal:
    """What all positions tie up in the base currency: to open (kind 0) or to hold them (1)."""
    held = tuple(holdings)
    strategies: dict[int, list[Holding]] = {}
    for one in held:
        if one.is_traded and one.listing.is_option:
            strategies.setdefault(one.listing.underlying, []).append(one)
    total = flat_margin((one for one in held if not (one.is_traded and one.listing.is_option)), rates, kind)
    for conid, options in strategies.items():
        shares = sum((one.quantity for one in held if one.listing.conid == conid), ZERO)
        parts = [Held(listing=one.listing, quantity=one.quantity, price=one.price) for one in options]
        needed = strategy_margin(parts, market.price(conid, now), shares)
        total += cents(needed * rates[options[0].listing.currency])
    return total


def flat_margin(holdings: Iterable[Holding], rates: Mapping[str, Decimal], kind: int) -> Decimal:
    """The flat share of each position's market value, in the base currency."""
    return cents(
        sum(
            (abs(one.market_value) * rates[one.listing.currency] * MARGINS[one.listing.asset_class][kind]
             for one in holdings),
            ZERO,
        )
    )
