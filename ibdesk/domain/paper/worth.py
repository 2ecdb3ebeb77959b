"""What the account is worth and what it must keep back: marks, figures, cash lines and positions, all by our own count.

The margin is an estimate and told as one: shares and options by the published formulas (`compliance.margin`), other
classes by flat shares of their value. Equity leaves option values out, as Regulation T counts them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountPnl, AccountSummary, LedgerLine, MarginType
from ibdesk.domain.compliance.exposure import Legs
from ibdesk.domain.compliance.margin import Prices, Requirement, Unpriced, required
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import AssetClass, Conid, Right, value_of
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.options import recognise
from ibdesk.domain.paper.book import PaperBook
from ibdesk.domain.paper.ledger import Holding, cents
from ibdesk.domain.positions import Position
from ibdesk.domain.strategies import Recognition

#: Flat shares of the value of what no formula is published for: a guess, on the safe side.
FLAT: Mapping[AssetClass, Decimal] = {
    AssetClass.FUTURE: Decimal("0.12"), AssetClass.FUTURE_OPTION: Decimal("0.12"), AssetClass.CFD: Decimal("0.25"),
    AssetClass.BOND: Decimal("0.25"), AssetClass.BILL: Decimal("0.10"), AssetClass.FUND: Decimal("0.50"),
    AssetClass.CRYPTO: Decimal(1), AssetClass.WARRANT: Decimal(1),
}  # fmt: skip
_FORMULAS = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION})
_OPTIONS = frozenset({AssetClass.OPTION, AssetClass.FUTURE_OPTION, AssetClass.WARRANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The account's figures in its base currency. `equity` counts no option values."""

    net: Decimal
    cash: Decimal
    equity: Decimal
    gross: Decimal
    unrealized: Decimal
    realized: Decimal
    margin: Requirement

    @property
    def available(self) -> Decimal:
        return self.equity - self.margin.initial

    @property
    def excess(self) -> Decimal:
        return self.equity - self.margin.maintenance


def price_of(quote: Quote, *, is_option: bool) -> Decimal | None:
    """What one unit is worth by a quote: between bid and ask for options, else the last trade."""
    bid, ask = quote.bid, quote.ask
    middle = None if bid is None or ask is None or bid <= 0 or ask < bid else (bid + ask) / 2
    found = middle or quote.last if is_option else quote.last or middle
    if found is None and is_option and ask is not None:
        found = ask / 2  # nobody bids: between nothing and the ask
    return found if found is not None and found.is_finite() and found > 0 else quote.prior_close


def worth_of(book: PaperBook, day: date) -> Worth:
    """By the book's own marks and rates; what has none counts at its cost."""
    gains = [(holding, _gain(book, holding)) for holding in book.ledger.holdings]
    rates = {line.currency: book.rate(line.currency) or Decimal(1) for line in book.ledger.cash}
    cash = sum((amount * rates[currency] for currency, amount in cash_lines(book)), ZERO)
    values = [(holding, _value(book, holding) * rates[holding.instrument.currency]) for holding, _ in gains]
    options = sum((value for holding, value in values if holding.instrument.asset_class in _OPTIONS), ZERO)
    net = cents(cash + sum((value for _, value in values), ZERO))
    return Worth(
        net=net, cash=cents(cash), equity=cents(net - options),
        gross=cents(sum((abs(_market_value(book, h)) * rates[h.instrument.currency] for h, _ in gains), ZERO)),
        unrealized=cents(sum((gain * rates[holding.instrument.currency] for holding, gain in gains), ZERO)),
        realized=cents(sum((line.realized * rates[line.currency] for line in book.ledger.cash), ZERO)),
        margin=margin_of(book, book.ledger.legs, day),
    )  # fmt: skip


def margin_of(book: PaperBook, legs: Legs, day: date) -> Requirement:
    """What these positions tie up, in the base currency, by the book's marks."""
    marks = {mark.conid: mark.price for mark in book.marks}
    total = Requirement()
    for found in recognise(tuple(row for row in legs if row[0].asset_class in _FORMULAS)):
        total += _scaled(_of_underlying(found, Prices(marks=marks), day), book.rate(_currency(found)))
    for instrument, quantity in legs:
        share = FLAT.get(instrument.asset_class)
        is_paid = instrument.asset_class is AssetClass.FUTURE_OPTION and quantity > 0
        if share is None or is_paid:
            continue
        price = instrument.option.strike if instrument.option is not None else marks.get(instrument.conid, ZERO)
        amount = share * abs(quantity) * price * instrument.multiplier
        total += _scaled(Requirement(amount, amount), book.rate(instrument.currency))
    return Requirement(cents(total.initial), cents(total.maintenance))


def cash_lines(book: PaperBook) -> Iterator[tuple[Currency, Decimal]]:
    """Cash of each currency with what futures gained: brokers settle that every day."""
    for line in book.ledger.cash:
        gained = (
            _gain(book, each) for each in book.ledger.holdings
            if each.instrument.asset_class is AssetClass.FUTURE and each.instrument.currency == line.currency
        )  # fmt: skip
        yield line.currency, cents(line.amount + sum(gained, ZERO))


def positions_of(book: PaperBook) -> tuple[Position, ...]:
    return tuple(_position(book, holding) for holding in book.ledger.holdings)


def ledger_of(book: PaperBook) -> tuple[LedgerLine, ...]:
    """Cash and totals of each currency."""
    cash = dict(cash_lines(book))
    found = []
    for line in book.ledger.cash:
        held = [each for each in book.ledger.holdings if each.instrument.currency == line.currency]
        value = sum((_value(book, each) for each in held), ZERO)
        found.append(LedgerLine(
            account=book.account, currency=line.currency, rate=book.rate(line.currency) or Decimal(1),
            cash=cash[line.currency], settled_cash=cash[line.currency],
            net_liquidation=cents(cash[line.currency] + value),
            unrealized=cents(sum((_gain(book, each) for each in held), ZERO)), realized=line.realized,
        ))  # fmt: skip
    return tuple(found)


def summary_of(book: PaperBook, worth: Worth, now: datetime) -> AccountSummary:
    """The figures a broker reports. Buying power is Regulation T's: twice what is free."""
    return AccountSummary(
        account=book.account, currency=book.currency, as_of=now, received_at=now, net_liquidation=worth.net,
        total_cash=worth.cash, equity_with_loan=worth.equity,
        previous_equity=None if book.day is None else book.day.worth, available_funds=worth.available,
        excess_liquidity=worth.excess, buying_power=max(ZERO, worth.available * 2),
        initial_margin=worth.margin.initial, maintenance_margin=worth.margin.maintenance,
        gross_position_value=worth.gross, cushion=worth.excess / worth.net if worth.net > 0 else None,
        margin_type=MarginType.MARGIN, pattern_day_trader=False,
    )  # fmt: skip


def pnl_of(book: PaperBook, worth: Worth, now: datetime) -> AccountPnl:
    """The running figures; the day's is unknown before its first look."""
    return AccountPnl(
        account=book.account, daily=None if book.day is None else worth.net - book.day.worth,
        unrealized=worth.unrealized, net_liquidation=worth.net, excess_liquidity=worth.excess, as_of=now,
    )  # fmt: skip


def daily_of(book: PaperBook, quote: Quote, day: date) -> Decimal | None:
    """What one position gained today, fees included: from yesterday's close, and from the price of what was traded
    today. None where it is not held, or has no price or no close to begin with."""
    holding = book.ledger.holding(quote.conid)
    if holding is None:
        return None
    instrument = holding.instrument
    price = price_of(quote, is_option=instrument.option is not None)
    today = [fill for fill in book.fills if fill.execution.instrument.conid == quote.conid
             and trade_day(fill.execution.at) == day]  # fmt: skip
    before = holding.quantity - sum((fill.execution.signed for fill in today), ZERO)
    if price is None or (before and quote.prior_close is None):
        return None
    start = before * (quote.prior_close or ZERO) * instrument.multiplier
    moved = sum((fill.execution.amount for fill in today), ZERO)
    fees = sum((fill.commission.amount for fill in today if fill.commission is not None), ZERO)
    return cents(holding.quantity * price * instrument.multiplier - start + moved - fees)


def trade_day(now: datetime) -> date:
    return now.astimezone(NEW_YORK).date()


def _position(book: PaperBook, holding: Holding) -> Position:
    instrument, quantity, mark = holding.instrument, holding.quantity, book.mark(holding.instrument.conid)
    cost = holding.cost / quantity
    return Position(
        account=book.account, instrument=instrument, quantity=quantity, average_cost=cost,
        average_price=cost / instrument.multiplier, price=None if mark is None else mark.price,
        market_value=_market_value(book, holding), unrealized=_gain(book, holding), realized=holding.realized,
    )  # fmt: skip


def _market_value(book: PaperBook, holding: Holding) -> Decimal:
    mark = book.mark(holding.instrument.conid)
    return holding.cost if mark is None else cents(mark.price * holding.quantity * holding.instrument.multiplier)


def _gain(book: PaperBook, holding: Holding) -> Decimal:
    return _market_value(book, holding) - holding.cost


def _value(book: PaperBook, holding: Holding) -> Decimal:
    """What it adds to net assets beside cash."""
    return value_of(holding.instrument.asset_class, _market_value(book, holding), _gain(book, holding)) or ZERO


def _of_underlying(found: Recognition, prices: Prices, day: date) -> Requirement:
    """By the formulas; where a price is missing, as if every short option had to be paid in full."""
    try:
        return required((found,), prices, policies_at(day))
    except Unpriced:
        return _in_full(found, prices.marks)


def _in_full(found: Recognition, marks: Mapping[Conid, Decimal]) -> Requirement:
    amount = ZERO
    for leg in (leg for part in found.parts for leg in part.legs):
        size = abs(leg.quantity) * leg.instrument.multiplier
        if leg.terms is None:
            amount += size * marks.get(leg.instrument.conid, ZERO)
        elif leg.quantity < 0:
            worst = leg.terms.strike * (2 if leg.terms.right is Right.CALL else 1)
            amount += size * worst
    return Requirement(amount, amount)


def _currency(found: Recognition) -> Currency:
    return found.parts[0].legs[0].instrument.currency


def _scaled(need: Requirement, rate: Decimal | None) -> Requirement:
    factor = Decimal(1) if rate is None else rate
    return Requirement(need.initial * factor, need.maintenance * factor)

