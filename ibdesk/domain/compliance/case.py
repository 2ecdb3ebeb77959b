"""One ticket in its context: what filling it makes of the positions, whether it lowers risk, and what it costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar, cast

from ibdesk.domain.accounts import AccountSummary, MarginType
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.exposure import Book, Legs, Outcome, claimed, only_closes, outcome_of, uncovering
from ibdesk.domain.compliance.margin import Prices
from ibdesk.domain.compliance.policy import Policies
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.money import USD, ZERO, Currency, known
from ibdesk.domain.options import merged, more_naked, recognise
from ibdesk.domain.orders import NEEDS_LIMIT, NEEDS_STOP, Leg, OrderTicket
from ibdesk.domain.payoff import Line, PricedLeg, line_at_expiry
from ibdesk.domain.strategies import Recognition, StrategyLeg

_T = TypeVar("_T")

#: How far figures may be ahead of the clock; further, one of the two is wrong and their age is not known.
_AHEAD = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What every rule of the desk's own is given. `summary` has no figures older than allowed. `unit` is the price of
    one unit as the ticket counts it (positive is paid), at worst where it has no limit; `cost` what the order pays in
    all, in its own currency and without fees. None: unknown. `rate` is what one unit of the ticket's currency costs in
    the account's base currency, `dollar` what a US dollar does."""

    ticket: OrderTicket
    context: Context
    policies: Policies
    legs: Legs
    outcome: Outcome
    lowers_risk: bool
    summary: AccountSummary
    unit: Decimal | None
    cost: Decimal | None
    rate: Decimal | None
    dollar: Decimal | None
    memo: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def once(self, reckon: "Callable[[Case], _T]") -> _T:
        """What several rules ask for, reckoned for the first of them; what fails is tried again."""
        if reckon not in self.memo:
            self.memo[reckon] = reckon(self)
        return cast(_T, self.memo[reckon])

    @property
    def whole(self) -> Legs:
        """What the order does in all, where it is changed and a part of it is filled already."""
        return replace(self.ticket, quantity=self.ticket.quantity + self.context.filled).changes

    @property
    def opens(self) -> bool:
        return not self.lowers_risk

    @property
    def has_options(self) -> bool:
        return any(instrument.option is not None for instrument, _ in self.legs)

    @property
    def net_liquidation(self) -> Decimal | None:
        """In the account's base currency; None when unknown or nothing is left."""
        found = known(self.summary.net_liquidation)
        return found if found is not None and found > 0 else None

    def in_base(self, amount: Decimal | None) -> Decimal | None:
        """An amount of the ticket's currency in the account's base currency; None without a rate."""
        return None if amount is None or self.rate is None else amount * self.rate

    def in_dollars(self, amount: Decimal | None) -> Decimal | None:
        """An amount of the account's base currency in US dollars, as the published rules count; None without a rate."""
        return None if amount is None or self.dollar is None else amount / self.dollar

    def share(self, amount: Decimal | None) -> Decimal | None:
        """An amount of the ticket's currency in percent of net liquidation; None when either is unknown."""
        ours, whole = self.in_base(amount), self.net_liquidation
        return None if ours is None or whole is None else 100 * ours / whole

    def mark(self, instrument: Instrument) -> Decimal | None:
        """Its quote's price, else what the book marks it at."""
        return _mark(self.context, instrument.conid)

    def underlying(self, instrument: Instrument) -> Decimal | None:
        """The price of what an option is on (of a share: its own)."""
        key = self.context.book.underlying_of(instrument)
        return None if isinstance(key, str) else _mark(self.context, key)


def case_of(ticket: OrderTicket, context: Context, policies: Policies) -> Case:
    """The ticket looked at once for all rules; its prices and quantities must be numbers (`orders.faults`).

    One with exits never lowers risk: what would close a position that is being opened opens one where it is closed.
    """
    legs = ticket.changes
    outcome = outcome_of(context.book, legs)
    unit = _unit(ticket, context)
    return Case(
        ticket=ticket, context=context, policies=policies, legs=legs, outcome=outcome,
        lowers_risk=ticket.exits is None and proves_lower(context, legs), summary=_fresh(context),
        unit=unit, cost=_cost(ticket, unit, context), rate=_rate(ticket.currency, context),
        dollar=_rate(USD, context),
    )  # fmt: skip


def proves_lower(context: Context, legs: Legs) -> bool:
    """Whether it lowers risk whatever of the latest trades the positions have, once what works already is filled."""
    going = uncovering(context.working, context.group)
    return closes_still(context, legs) and all(
        lowers_risk(book, legs, outcome_of(book, legs)) and not bare_then(book, legs, going)
        for book in (context.book, *context.book.others)
    )


def bare_then(book: Book, legs: Legs, going: Legs) -> tuple[StrategyLeg, ...]:
    """The short options that an order leaves without cover once what is on its way out (`going`) has left."""
    found: list[StrategyLeg] = []
    for key in dict.fromkeys(book.underlying_of(instrument) for instrument, _ in legs):
        gone = [row for row in going if book.underlying_of(row[0]) == key]
        if gone:
            left = merged(book.groups.get(key, ()), tuple(gone))
            own = tuple(row for row in legs if book.underlying_of(row[0]) == key)
            found += more_naked(recognise(left), recognise(merged(left, own)))
    return tuple(found)


def closes_still(context: Context, legs: Legs) -> bool:
    """Whether every leg only closes, also once the working orders on its side are filled."""
    working = tuple((each, change + claimed(context.working, each, change, context.group)) for each, change in legs)
    return all(only_closes(book, working) for book in (context.book, *context.book.others))


def lowers_risk(book: Book, legs: Legs, outcome: Outcome) -> bool:
    """Proved on the position that results: every leg only closes, and no short option loses what covered it, neither
    now nor once the working orders are filled (reference/compliance.md 3.2, steps 2 and 6)."""
    if not outcome.only_closes or more_naked(outcome.before, outcome.after):
        return False
    return not more_naked(_with_working(book, legs), outcome.worst)


def _with_working(book: Book, legs: Legs) -> tuple[Recognition, ...]:
    """The same underlyings without this order, the working orders that open filled."""
    keys = dict.fromkeys(book.underlying_of(instrument) for instrument, _ in legs)
    return tuple(
        found
        for key in keys
        for found in (
            recognise(merged(book.groups.get(key, ()), book.working[key]))
            if key in book.working
            else book.recognised(key)
        )
    )


def price_of(quote: Quote | None) -> Decimal | None:
    """The middle of bid and ask, else the last; None when there is neither."""
    if quote is None:
        return None
    bid, ask = known(quote.bid), known(quote.ask)
    if bid is not None and ask is not None and 0 <= bid <= ask and ask > 0:
        return (bid + ask) / 2
    return known(quote.last)


def touch(quote: Quote | None, sign: int) -> Decimal | None:
    """What an order meets at once: the ask for a buy, the bid for a sale. Minus one and zero are "none"."""
    if quote is None:
        return None
    found = known(quote.ask if sign > 0 else quote.bid)
    return found if found is not None and (found > ZERO or (sign < 0 and not found)) else None


def net_touch(ticket: OrderTicket, context: Context, side: int = 1) -> Decimal | None:
    """What one unit costs at once, in the ticket's sign; `side` -1: what it would bring to trade it the other way.

    A combination is quoted per share, so 100 shares beside an option of 100 count once.
    """
    if not ticket.is_combo:
        return touch(context.quotes.get(ticket.legs[0].instrument.conid), ticket.legs[0].side.sign * side)
    return net_of(ticket.legs, context.quotes, side)


def net_of(legs: Sequence[Leg], quotes: Mapping[Conid, Quote], side: int = 1) -> Decimal | None:
    """The same of several legs by these quotes; None where a leg has none on its side."""
    total = largest = ZERO
    for leg in legs:
        instrument, sign = leg.instrument, leg.side.sign
        price = touch(quotes.get(instrument.conid), sign * side)
        if price is None:
            return None
        total += price * (sign * leg.ratio) * instrument.multiplier
        largest = max(largest, instrument.multiplier)
    return total / largest


def unit_line(case: Case) -> Line | None:
    """What one unit of the ticket is worth at each price on its last day, nothing paid for it yet; None when its
    options have several."""
    legs = case.ticket.legs
    if len({leg.instrument.option.expiry for leg in legs if leg.instrument.option is not None}) > 1:
        return None
    return line_at_expiry(
        [PricedLeg(instrument=leg.instrument, quantity=Decimal(leg.ratio * leg.side.sign), premium=ZERO)
         for leg in legs]
    )  # fmt: skip


def prices_of(case: Case) -> Prices:
    """A price for every contract that the order's underlyings hold, the legs and the underlyings themselves."""
    context, book = case.context, case.context.book
    conids = {instrument.conid for instrument, _ in case.legs}
    for key in {book.underlying_of(instrument) for instrument, _ in case.legs}:
        conids.update(instrument.conid for rows in (book.groups, book.working) for instrument, _ in rows.get(key, ()))
        if not isinstance(key, str):
            conids.add(key)
    marks = ((conid, _mark(context, conid)) for conid in conids)
    return Prices(marks={conid: price for conid, price in marks if price is not None}, factors=context.factors)


def _mark(context: Context, conid: Conid) -> Decimal | None:
    price = price_of(context.quotes.get(conid))
    return known(context.book.marks.get(conid)) if price is None else price


def _unit(ticket: OrderTicket, context: Context) -> Decimal | None:
    if ticket.order_type in NEEDS_LIMIT:
        return ticket.limit
    if ticket.order_type in NEEDS_STOP:
        return ticket.stop
    return net_touch(ticket, context)


def _cost(ticket: OrderTicket, unit: Decimal | None, context: Context) -> Decimal | None:
    """At the unit's price; where it has none, at the marks."""
    if unit is not None:
        largest = max(leg.instrument.multiplier for leg in ticket.legs)
        sign = 1 if ticket.is_combo else ticket.legs[0].side.sign * ticket.legs[0].ratio
        return unit * sign * ticket.quantity * largest
    found = [(_mark(context, each.conid), change * each.multiplier) for each, change in ticket.changes]
    if any(price is None for price, _ in found):
        return None
    return sum((price * weight for price, weight in found if price is not None), ZERO)


def _rate(currency: Currency | None, context: Context) -> Decimal | None:
    if currency is None or context.summary is None:
        return None
    found = Decimal(1) if currency == context.summary.currency else known(context.rates.get(currency))
    return found if found is not None and found > 0 else None


def is_stale(context: Context) -> bool:
    """Whether the account's figures are missing, older than the person allows, or of a time that is still to come."""
    if context.summary is None:
        return True
    age = context.now - context.summary.received_at
    return not -_AHEAD <= age <= timedelta(seconds=float(context.settings.risk_account_age))


def _fresh(context: Context) -> AccountSummary:
    """The account's figures; too old counts as unknown, but what kind of account it is stays."""
    summary = context.summary
    if summary is None:
        return AccountSummary(
            account=context.account.id, currency=context.account.currency, as_of=context.now, received_at=context.now,
            margin_type=context.account.margin_type,
        )  # fmt: skip
    if summary.margin_type is MarginType.UNKNOWN:
        summary = replace(summary, margin_type=context.account.margin_type)
    if not is_stale(context):
        return summary
    return replace(
        summary, net_liquidation=None, total_cash=None, equity_with_loan=None, previous_equity=None,
        available_funds=None, excess_liquidity=None, buying_power=None, initial_margin=None, maintenance_margin=None,
        day_trades_remaining=(None,) * 5,
    )  # fmt: skip


def said(
    code: Code, severity: Severity, sentence: str, remedy: str = "", *, source: Source = Source.DESK,
    measured: Decimal | None = None, limit: Decimal | None = None, citation: str = "",
) -> Finding:  # fmt: skip
    """A finding of the desk's own rules."""
    return Finding(
        code=code, severity=severity, sentence=sentence, source=source, remedy=remedy, measured=measured, limit=limit,
        citation=citation,
    )  # fmt: skip
