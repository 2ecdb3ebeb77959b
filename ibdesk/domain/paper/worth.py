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


@dataclass(frozen=True, slots=True)
class Traded:
    """What one day's prints did: signed quantity, and cash received less fees."""

    quantity: Decimal = ZERO
    cash: Decimal = ZERO


def price_of(quote: Quote, *, is_option: bool) -> Decimal | None:
    """What one unit is worth by a quote: between bid and ask for options, else the last trade."""
    bid, ask = quote.bid, quote.ask
    middle = None if bid is None or ask is None or bid <= 0 or ask < bid else (bid + ask) / 2
    found = middle or quote.last if is_option else quote.last or middle
    if found is None and is_option and ask is not None:
        found = ask / 2  # nobody bids: between nothing and the ask
    return found if found is not None and found.is_finite() and found > 0 else quote.prior_close


def worth_of(book: PaperBook, day: date, margin: Requirement | None = None) -> Worth:
    """By the book's own marks and rates; what has none counts at its cost. `margin` where it was counted already."""
    counted = _counted(book)
    rates = {line.currency: book.rate(line.currency) or Decimal(1) for line in book.ledger.cash}
    cash = sum((amount * rates[currency] for currency, amount in _cash(book, counted)), ZERO)
    values = sum((each.value * rates[each.currency] for each in counted), ZERO)
    options = sum((each.value * rates[each.currency] for each in counted if each.is_option), ZERO)
    net = cents(cash + values)
    return Worth(
        net=net, cash=cents(cash), equity=cents(net - options),
        gross=cents(sum((abs(each.market_value) * rates[each.currency] for each in counted), ZERO)),
        unrealized=cents(sum((each.gain * rates[each.currency] for each in counted), ZERO)),
        realized=cents(sum((line.realized * rates[line.currency] for line in book.ledger.cash), ZERO)),
        margin=margin_of(book, book.ledger.legs, day) if margin is None else margin,
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


def positions_of(book: PaperBook) -> tuple[Position, ...]:
    return tuple(
        Position(
            account=book.account, instrument=each.holding.instrument, quantity=each.holding.quantity,
            average_cost=each.holding.cost / each.holding.quantity,
            average_price=each.holding.cost / each.holding.quantity / each.holding.instrument.multiplier,
            price=each.price, market_value=each.market_value, unrealized=each.gain, realized=each.holding.realized,
        )
        for each in _counted(book)
    )  # fmt: skip


def ledger_of(book: PaperBook) -> tuple[LedgerLine, ...]:
    """Cash and totals of each currency."""
    counted = _counted(book)
    cash = dict(_cash(book, counted))
    found = []
    for line in book.ledger.cash:
        held = [each for each in counted if each.currency == line.currency]
        found.append(LedgerLine(
            account=book.account, currency=line.currency, rate=book.rate(line.currency) or Decimal(1),
            cash=cash[line.currency], settled_cash=cash[line.currency],
            net_liquidation=cents(cash[line.currency] + sum((each.value for each in held), ZERO)),
            unrealized=cents(sum((each.gain for each in held), ZERO)), realized=line.realized,
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


def traded_today(book: PaperBook, day: date) -> Mapping[Conid, Traded]:
    """What was traded of each instrument on a day."""
    found: dict[Conid, Traded] = {}
    for fill in book.fills:
        done = fill.execution
        if trade_day(done.at) == day:
            known = found.get(done.instrument.conid, Traded())
            fee = ZERO if fill.commission is None else fill.commission.amount
            found[done.instrument.conid] = Traded(
                quantity=known.quantity + done.signed, cash=known.cash + done.amount - fee
            )
    return found


def daily_of(holding: Holding, traded: Traded, quote: Quote) -> Decimal | None:
    """What a position gained today, fees included: from yesterday's close, and from the price of what was traded
    today. None where there is no price, or no close to begin with."""
    instrument = holding.instrument
    price = price_of(quote, is_option=instrument.option is not None)
    before = holding.quantity - traded.quantity
    if price is None or (before and quote.prior_close is None):
        return None
    start = before * (quote.prior_close or ZERO) * instrument.multiplier
    return cents(holding.quantity * price * instrument.multiplier - start + traded.cash)


def trade_day(now: datetime) -> date:
    return now.astimezone(NEW_YORK).date()


@dataclass(frozen=True, slots=True)
class _Counted:
    """A holding at its mark, or at its cost where it has none; amounts in its own currency."""

    holding: Holding
    price: Decimal | None
    market_value: Decimal

    @property
    def currency(self) -> Currency:
        return self.holding.instrument.currency

    @property
    def gain(self) -> Decimal:
        return self.market_value - self.holding.cost

    @property
    def value(self) -> Decimal:
        """What it adds to net assets beside cash."""
        return value_of(self.holding.instrument.asset_class, self.market_value, self.gain) or ZERO

    @property
    def is_option(self) -> bool:
        return self.holding.instrument.asset_class in _OPTIONS


def _counted(book: PaperBook) -> tuple[_Counted, ...]:
    marks = {mark.conid: mark.price for mark in book.marks}
    found = []
    for each in book.ledger.holdings:
        price = marks.get(each.instrument.conid)
        value = each.cost if price is None else cents(price * each.quantity * each.instrument.multiplier)
        found.append(_Counted(each, price, value))
    return tuple(found)


def _cash(book: PaperBook, counted: tuple[_Counted, ...]) -> Iterator[tuple[Currency, Decimal]]:
    """Cash of each currency with what futures gained: brokers settle that every day."""
    for line in book.ledger.cash:
        gained = (
            each.gain for each in counted
            if each.holding.instrument.asset_class is AssetClass.FUTURE and each.currency == line.currency
        )  # fmt: skip
        yield line.currency, cents(line.amount + sum(gained, ZERO))


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

