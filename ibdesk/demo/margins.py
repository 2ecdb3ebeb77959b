"""What must be set aside for a position: shares by class, traded options by what they can lose together.

The two seeded accounts keep the flat rates they always had; options that were traded here are margined as strategies,
so that a spread needs its width and not the sum of its legs. An approximation of the broker's rules, not a copy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ibdesk.demo.catalogue import Listing

ZERO = Decimal(0)
#: Share of market value that must be covered: at the open of a trade, and while it is held.
MARGINS: Mapping[str, tuple[Decimal, Decimal]] = {
    "STK": (Decimal("0.50"), Decimal("0.25")),
    "FUND": (Decimal("0.50"), Decimal("0.25")),
    "BOND": (Decimal("0.10"), Decimal("0.08")),
    "CFD": (Decimal("0.20"), Decimal("0.15")),
    "CRYPTO": (Decimal(1), Decimal(1)),
    "OPT": (Decimal("1.6"), Decimal("1.4")),
    "FOP": (Decimal(1), Decimal("0.9")),
    "FUT": (Decimal("0.052"), Decimal("0.047")),
    "CASH": (Decimal("0.03"), Decimal("0.03")),
}
#: A naked short option: this share of the underlying less what it is out of the money, at least the second share.
NAKED: Mapping[str, tuple[Decimal, Decimal]] = {
    "OPT": (Decimal("0.20"), Decimal("0.10")),
    "FOP": (Decimal("0.08"), Decimal("0.04")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """So many options at a price per unit; a short position is negative."""

    listing: Listing
    quantity: Decimal
    price: Decimal

    @property
    def units(self) -> Decimal:
        return self.quantity * self.listing.multiplier

    @property
    def value(self) -> Decimal:
        return self.units * self.price


def strategy_margin(options: Sequence[Held], spot: Decimal, shares: Decimal) -> Decimal:
    """What options on one underlying tie up of net liquidation, in their currency: what they could lose from their
    present value at expiry, or the rule for naked options where that is less."""
    alone = sum((_naked(one, spot) if one.quantity < 0 else one.value for one in options), ZERO)
    covered = _covered(options, shares)
    naked, together = _capped(covered, spot)
    worst = min(_payoffs(together, spot), default=ZERO)
    return max(ZERO, min(alone, naked + sum((one.value for one in together), ZERO) - worst))


def _naked(one: Held, spot: Decimal) -> Decimal:
    listing = one.listing
    share, least = NAKED[listing.asset_class]
    away = max(ZERO, listing.strike - spot if listing.right == "C" else spot - listing.strike)
    base = spot if listing.right == "C" else listing.strike
    return abs(one.units) * max(share * spot - away, least * base)


def _covered(options: Sequence[Held], shares: Decimal) -> list[Held]:
    """Without the short calls that held shares stand for."""
    free = max(ZERO, shares)
    left: list[Held] = []
    for one in options:
        if one.quantity < 0 and one.listing.right == "C" and one.listing.asset_class == "OPT":
            by_shares = min(abs(one.quantity), free // one.listing.multiplier)
            free -= by_shares * one.listing.multiplier
            one = Held(listing=one.listing, quantity=one.quantity + by_shares, price=one.price)
        if one.quantity:
            left.append(one)
    return left


def _capped(options: Sequence[Held], spot: Decimal) -> tuple[Decimal, list[Held]]:
    """The naked rule for calls nothing stands behind, and the position as if that many were bought."""
    useful = list(_useful(options))
    short = -sum((one.quantity for one in useful if one.listing.right == "C"), ZERO)
    calls = [one for one in useful if one.listing.right == "C" and one.quantity < 0]
    if short <= 0 or not calls:
        return ZERO, useful
    worst = min(calls, key=lambda one: one.listing.strike)
    cap = Held(listing=worst.listing, quantity=short, price=worst.price)
    return _naked(cap, spot), [*useful, cap]


def _useful(options: Sequence[Held]) -> Iterable[Held]:
    """Bought options that end before a sold one do not stand behind it."""
    ends = [one.listing.expiry for one in options if one.quantity < 0 and one.listing.expiry is not None]
    latest = max(ends, default=None)
    for one in options:
        expiry = one.listing.expiry
        if one.quantity < 0 or latest is None or (expiry is not None and expiry >= latest):
            yield one
        else:
            yield Held(listing=one.listing, quantity=ZERO, price=one.price)


def _payoffs(options: Sequence[Held], spot: Decimal) -> Iterable[Decimal]:
    """What exercising all brings at each price where that can turn."""
    corners = {ZERO, spot, *(one.listing.strike for one in options)}
    corners.add(2 * max(corners))
    for price in corners:
        yield sum((one.units * _intrinsic(one.listing, price) for one in options), ZERO)


def _intrinsic(listing: Listing, price: Decimal) -> Decimal:
    return max(ZERO, price - listing.strike if listing.right == "C" else listing.strike - price)
