"""What a position must have behind it by the published formulas: an estimate, to explain and to fail early.

The broker's preview always beats it (reference/compliance.md 2.1). Amounts are in the instrument's currency, for whole
positions unless a line says per share. Portfolio margin, futures and adjusted contracts are not estimated.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.exposure import Legs, Outcome
from ibdesk.domain.compliance.policy import MarginRules, Policies
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.occ import is_nonstandard
from ibdesk.domain.strategies import Part, Recognition, Strategy, StrategyLeg


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must be there to open and to keep; together they add up part by part."""

    initial: Decimal = ZERO
    maintenance: Decimal = ZERO

    def __add__(self, other: "Requirement") -> "Requirement":
        return Requirement(self.initial + other.initial, self.maintenance + other.maintenance)

    def __sub__(self, other: "Requirement") -> "Requirement":
        return Requirement(self.initial - other.initial, self.maintenance - other.maintenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What the formulas read: a price per conid, and the factor of leveraged funds (3 for a threefold one)."""

    marks: Mapping[Conid, Decimal]
    factors: Mapping[Conid, Decimal] | None = None

    def of(self, instrument: Instrument) -> Decimal:
        """The price; `Unpriced` when it is missing or absurd."""
        price = self.marks.get(instrument.conid)
        if price is None or not price.is_finite() or price < 0:
            raise Unpriced(f"no price for {instrument.label}")
        return price

    def factor(self, instrument: Instrument) -> Decimal:
        return Decimal(1) if self.factors is None else self.factors.get(instrument.conid, Decimal(1))


class Unpriced(Exception):  # noqa: N818  # never leaves this file: it becomes the estimate's `why_not`
    """Why a part cannot be estimated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an order changes. `effect` is what it takes from available funds, None with the reason in `why_not`.

    `premium` is paid (positive) or received for options, fees included. `borrows`: it needs a margin account's credit.
    """

    effect: Decimal | None
    change: Requirement = Requirement()
    premium: Decimal = ZERO
    borrows: bool = False
    why_not: str = ""


def stock(quantity: Decimal, price: Decimal, rules: MarginRules, factor: Decimal = Decimal(1)) -> Requirement:
    """Shares held (positive) or short; a leveraged fund needs its factor times the maintenance (2.3)."""
    value = abs(quantity) * price
    if quantity >= 0:
        keep = min(Decimal(1), rules.long_maintenance * factor) * value
        return Requirement(max(rules.stock_initial * value, keep), keep)
    is_low = price < rules.low_price
    share, floor = (rules.low_maintenance, rules.low_floor) if is_low else (rules.short_maintenance, rules.short_floor)
    keep = max(share * factor * value, floor * abs(quantity))
    return Requirement(max(rules.short_initial * value, keep if factor > 1 else ZERO), keep)


def uncovered(terms: OptionTerms, underlying: Decimal, mark: Decimal, share: Decimal, rules: MarginRules) -> Decimal:
    """One short option with nothing behind it, per share: the premium and a part of the underlying, less out of the
    money, at least a tenth of the underlying (call) or of the strike (put)."""
    base = underlying if terms.right is Right.CALL else terms.strike
    return mark + max(share * underlying - out_of_the_money(terms, underlying), rules.option_floor * base)


def out_of_the_money(terms: OptionTerms, underlying: Decimal) -> Decimal:
    """Per share, zero when it is in the money."""
    away = terms.strike - underlying
    return max(ZERO, away if terms.right is Right.CALL else -away)


def in_the_money(terms: OptionTerms, underlying: Decimal) -> Decimal:
    """Per share, zero when it is out of the money."""
    away = underlying - terms.strike
    return max(ZERO, away if terms.right is Right.CALL else -away)


def worst_loss(legs: Iterable[StrategyLeg]) -> Decimal:
    """The most options of one expiry, every short covered, can be worth to others at expiry; premiums left out."""
    rows = [(leg.terms, leg.quantity * leg.instrument.multiplier) for leg in legs if leg.terms is not None]
    points = {terms.strike for terms, _ in rows}
    values = [sum((in_the_money(terms, point) * quantity for terms, quantity in rows), ZERO) for point in points]
    return max(ZERO, -min(values, default=ZERO))


def required(
    recognised: Iterable[Recognition], prices: Prices, policies: Policies, margin_type: MarginType = MarginType.MARGIN
) -> Requirement:
    """Everything these underlyings need. Raises `Unpriced` where a formula has nothing to read."""
    total = Requirement()
    for each in recognised:
        inputs = _Inputs(_spot(each, prices), prices, policies, margin_type is MarginType.CASH)
        for part in each.parts:
            _must_be_known(part)
            total += _of_part(part, inputs)
    return total


def estimate(
    legs: Legs,
    outcome: Outcome,
    prices: Prices,
    policies: Policies,
    *,
    margin_type: MarginType = MarginType.MARGIN,
    paid: Decimal | None = None,
    fees: Decimal = ZERO,
) -> Estimate:
    """An order's effect: the requirement it adds, and the premium it pays or brings.

    `paid` is what all option legs together cost (negative is received) when the order has a price of its own; else the
    marks tell. Stock changes nothing but the requirement: cash becomes shares of the same worth.
    """
    if margin_type is MarginType.PORTFOLIO_MARGIN:
        return Estimate(effect=None, why_not="portfolio margin is not estimated here")
    try:
        before = required(_beside(outcome.before, outcome.after), prices, policies, margin_type)
        after = required(_beside(outcome.after, outcome.before), prices, policies, margin_type)
        premium = fees + (_premium(legs, prices) if paid is None else _finite(paid))
    except Unpriced as why:
        return Estimate(effect=None, why_not=str(why), borrows=_borrows(outcome))
    change = after - before
    return Estimate(effect=change.initial + premium, change=change, premium=premium, borrows=_borrows(outcome))


def _beside(ours: tuple[Recognition, ...], theirs: tuple[Recognition, ...]) -> Iterator[Recognition]:
    """What is in the first and not in the second: parts an order leaves alone need no price to tell its effect."""
    known = Counter(_key(part) for each in theirs for part in each.parts)
    for each in ours:
        parts = []
        for part in each.parts:
            key = _key(part)
            if known[key]:
                known[key] -= 1
            else:
                parts.append(part)
        if parts:
            yield Recognition(symbol=each.symbol, underlying=each.underlying, parts=tuple(parts))


def _key(part: Part) -> tuple[object, ...]:
    return (part.strategy, part.units, *(leg.instrument.conid for leg in part.legs))


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What every part's formula reads. `spot` fails only when a formula asks for it."""

    spot: Callable[[], Decimal]
    prices: Prices
    policies: Policies
    is_cash: bool

    @property
    def rules(self) -> MarginRules:
        return self.policies.margin

    def mark(self, leg: StrategyLeg) -> Decimal:
        return self.prices.of(leg.instrument)

    def shares(self, quantity: Decimal, instrument: Instrument) -> Requirement:
        """A cash account pays shares in full."""
        price = self.prices.of(instrument)
        if self.is_cash and quantity > 0:
            return Requirement(quantity * price, quantity * price)
        return stock(quantity, price, self.rules, self.prices.factor(instrument))

    def share_of(self, instrument: Instrument) -> Decimal:
        """The part of the underlying a naked option needs: less on a broad index."""
        is_broad = instrument.symbol in self.rules.broad
        return self.rules.broad_share if is_broad else self.rules.option_share


_VERTICALS = frozenset({
    Strategy.DEBIT_CALL_SPREAD, Strategy.DEBIT_PUT_SPREAD, Strategy.CREDIT_CALL_SPREAD, Strategy.CREDIT_PUT_SPREAD,
})  # fmt: skip
_FUTURES = frozenset({AssetClass.FUTURE, AssetClass.FUTURE_OPTION})
_PAID_OPTIONS = frozenset({Strategy.LONG_CALL, Strategy.LONG_PUT, Strategy.LONG_STRADDLE, Strategy.LONG_STRANGLE})
_BOTH_NAKED = frozenset({Strategy.SHORT_STRADDLE, Strategy.SHORT_STRANGLE})
_TWO_SIDED = frozenset({Strategy.SHORT_IRON_CONDOR, Strategy.SHORT_IRON_BUTTERFLY})


def _must_be_known(part: Part) -> None:
    """Only shares and plain options on them have a formula here; long options of any kind need nothing."""
    for leg in part.legs:
        if leg.instrument.asset_class in _FUTURES and part.strategy not in _PAID_OPTIONS:
            raise Unpriced(f"the exchange sets the margin of {leg.instrument.label}")
        if leg.terms is not None and is_nonstandard(leg.instrument):
            raise Unpriced(f"{leg.instrument.label} does not deliver 100 shares")


def _of_part(part: Part, inputs: _Inputs) -> Requirement:
    if not part.pieces:
        return _of_basic(part, inputs)
    if part.strategy is Strategy.SHORT_BOX:
        return _short_box(part, inputs)
    if all(piece.strategy in _VERTICALS for piece in part.pieces):
        return _of_verticals(part, inputs)
    pieces = [_of_part(piece, inputs) for piece in part.pieces]
    if part.strategy in _BOTH_NAKED and not inputs.is_cash:
        return _both_naked(part, pieces, inputs)
    return sum(pieces, Requirement())


def _of_basic(part: Part, inputs: _Inputs) -> Requirement:
    leg = part.legs[-1]
    match part.strategy:
        case Strategy.LONG_CALL | Strategy.LONG_PUT:
            return Requirement()
        case Strategy.LONG_UNDERLYING | Strategy.SHORT_UNDERLYING:
            return inputs.shares(leg.quantity, leg.instrument)
        case Strategy.SHORT_CALL | Strategy.SHORT_PUT:
            return _naked(leg, inputs)
        case Strategy.COVERED_CALL:
            return _covered_call(part, inputs)
        case Strategy.COVERED_PUT:
            return _covered_put(part, inputs)
        case Strategy.PROTECTIVE_PUT | Strategy.PROTECTIVE_CALL:
            return _protected(part, inputs)
        case _:
            return _both(sum(part.widths, ZERO) * leg.instrument.multiplier * part.units)


def _both(amount: Decimal) -> Requirement:
    return Requirement(amount, amount)


def _naked(leg: StrategyLeg, inputs: _Inputs) -> Requirement:
    terms, size = _terms(leg), -leg.quantity * leg.instrument.multiplier
    if inputs.is_cash and terms.right is Right.PUT:
        return _both(terms.strike * size)
    share = inputs.share_of(leg.instrument)
    return _both(size * uncovered(terms, inputs.spot(), inputs.mark(leg), share, inputs.rules))


def _both_naked(part: Part, pieces: list[Requirement], inputs: _Inputs) -> Requirement:
    """The greater of the two, and the premium of the other (2.4)."""
    first, second = pieces[0].initial, pieces[1].initial
    lesser = part.pieces[1] if first >= second else part.pieces[0]
    leg = lesser.legs[0]
    return _both(max(first, second) + inputs.mark(leg) * -leg.quantity * leg.instrument.multiplier)


def _covered_call(part: Part, inputs: _Inputs) -> Requirement:
    """Opening needs the shares alone. Keeping needs, as the broker publishes, the larger of: in the money and the
    shares valued at the strike at most; the shares' need or the call's value, at most the shares' value (2.4)."""
    share, call = part.legs
    plain = inputs.shares(share.quantity, share.instrument)
    if inputs.is_cash:
        return plain
    price, size = inputs.prices.of(share.instrument), share.quantity
    terms = _terms(call)
    capped = stock(size, min(price, terms.strike), inputs.rules, inputs.prices.factor(share.instrument)).maintenance
    deep = in_the_money(terms, price) * size + capped
    value = min(price * size, max(inputs.mark(call) * size, plain.maintenance))
    return Requirement(max(plain.initial, inputs.mark(call) * size), max(deep, value))


def _covered_put(part: Part, inputs: _Inputs) -> Requirement:
    share, put = part.legs
    inside = in_the_money(_terms(put), inputs.prices.of(share.instrument)) * -share.quantity
    return inputs.shares(share.quantity, share.instrument) + _both(inside)


def _protected(part: Part, inputs: _Inputs) -> Requirement:
    """Keeping needs a tenth of the strike and what the option is out of the money, never more than the shares."""
    share, option = part.legs
    plain = inputs.shares(share.quantity, share.instrument)
    if inputs.is_cash:
        return plain
    terms = _terms(option)
    away = out_of_the_money(terms, inputs.prices.of(share.instrument))
    least = (inputs.rules.protective_share * terms.strike + away) * abs(share.quantity)
    return Requirement(plain.initial, min(plain.maintenance, least))


def _of_verticals(part: Part, inputs: _Inputs) -> Requirement:
    """Pairs of one expiry: what they can lose together, unless the broker takes unequal sides for two spreads."""
    if part.strategy in _TWO_SIDED and not part.is_even and inputs.policies.broker.unequal_condor_is_two_spreads:
        return sum((_of_basic(piece, inputs) for piece in part.pieces), Requirement())
    return _both(worst_loss(part.legs))


def _short_box(part: Part, inputs: _Inputs) -> Requirement:
    closing = sum((inputs.mark(leg) * -leg.quantity * leg.instrument.multiplier for leg in part.legs), ZERO)
    return _both(max(inputs.rules.box_factor * closing, worst_loss(part.legs)))


def _terms(leg: StrategyLeg) -> OptionTerms:
    if leg.terms is None:
        raise TypeError(f"{leg.instrument.symbol} is no option")
    return leg.terms


def _spot(recognised: Recognition, prices: Prices) -> Callable[[], Decimal]:
    """The underlying's price, when it is asked for."""

    def price() -> Decimal:
        found = None if recognised.underlying is None else prices.marks.get(recognised.underlying)
        if found is None or not found.is_finite() or found <= 0:
            raise Unpriced(f"no price for {recognised.symbol}")
        return found

    return price


def _finite(paid: Decimal) -> Decimal:
    if not paid.is_finite():
        raise Unpriced("the order's price is no number")
    return paid


def _premium(legs: Legs, prices: Prices) -> Decimal:
    return sum(
        (change * prices.of(each) * each.multiplier for each, change in legs if each.option is not None), ZERO
    )  # fmt: skip


#: What needs no credit: paid in full, or covered by shares that are.
_PAID = frozenset({Strategy.LONG_UNDERLYING, Strategy.LONG_CALL, Strategy.LONG_PUT, Strategy.COVERED_CALL,
                   Strategy.PROTECTIVE_PUT})  # fmt: skip


def _borrows(outcome: Outcome) -> bool:
    return any(basic.strategy not in _PAID for each in outcome.after for part in each.parts for basic in part.basics)
