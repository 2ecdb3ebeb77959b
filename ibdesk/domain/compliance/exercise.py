"""Exercising and lapsing options: what speaks against it, what it needs, and what an expiry delivers.

Facts are those of reference/compliance.md section 5: exercise by exception from a cent in the money on the official
close, a holder's word until the evening of the last day, and no way back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from ibdesk.domain.compliance.case import said
from ibdesk.domain.compliance.day_trades import business_days
from ibdesk.domain.compliance.exposure import Legs
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure, money
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Instrument, OptionTerms, Right
from ibdesk.domain.market import Dividend
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import is_cash_settled, is_european
from ibdesk.domain.payoff import in_the_money

#: The clearing house exercises by itself from here on.
BY_EXCEPTION = Decimal("0.01")
#: Ours: the broker's is 17:25 New York, the industry's 17:30.
DEADLINE = time(17, 0)
#: Business days before an expiry from which a want of cash or shares is told.
AHEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a holder asks for: so many contracts exercised, or let lapse. `is_overridden`: they typed that they mean it
    although it gives money away."""

    instrument: Instrument
    contracts: Decimal
    lapses: bool = False
    is_overridden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is known at `now` (aware UTC). Prices and cash in the option's currency; None is unknown. A sale brings the
    `bid`; `mark` stands in for it where nobody bids."""

    now: datetime
    held: Decimal
    shares: Decimal = ZERO
    spot: Decimal | None = None
    mark: Decimal | None = None
    bid: Decimal | None = None
    cash: Decimal | None = None
    dividend: Dividend | None = None


def check_exercise(wish: Wish, holding: Holding) -> tuple[Finding, ...]:
    """All that speaks against it. Every wish is confirmed at least: it cannot be taken back."""
    terms = wish.instrument.option
    if terms is None:
        return (said(Code.TICKET, Severity.BLOCK, f"{wish.instrument.label} is no option."),)
    today = holding.now.astimezone(NEW_YORK)
    last = said(
        Code.EXERCISE_TIME_VALUE, Severity.CONFIRM, "This cannot be taken back once the broker has it.",
        "Look twice.", source=Source.RULE,
    )  # fmt: skip
    value = _lapse(wish, terms, holding) if wish.lapses else _exercise(wish, terms, holding, today.date())
    return (*_possible(wish, terms, holding, today), *value, last)


def _possible(wish: Wish, terms: OptionTerms, holding: Holding, today: datetime) -> Iterator[Finding]:
    label = wish.instrument.label
    if not 0 < wish.contracts <= holding.held:
        yield said(
            Code.TICKET, Severity.BLOCK, f"{figure(holding.held)} {label} are held; {figure(wish.contracts)} cannot be "
            "exercised.", "Choose how many of those held.",
        )  # fmt: skip
    is_last_day = today.date() == terms.expiry
    if terms.expiry < today.date() or (is_last_day and today.time() >= DEADLINE):
        yield said(
            Code.EXERCISE_DEADLINE, Severity.BLOCK, f"It is past {DEADLINE:%H:%M} New York on the last day of {label}.",
            "Call the broker at once: its own cut-off is 17:25.", source=Source.RULE,
        )  # fmt: skip
    elif (wish.lapses or is_european(wish.instrument)) and not is_last_day:
        what = "Letting an option lapse" if wish.lapses else "A European option"
        yield said(
            Code.EXERCISE_DEADLINE, Severity.BLOCK, f"{what} is decided on its last day, {terms.expiry:%d %B %Y}.",
            "Sell it instead.", source=Source.RULE,
        )  # fmt: skip


def _exercise(wish: Wish, terms: OptionTerms, holding: Holding, today: date) -> Iterator[Finding]:
    if holding.spot is None:
        yield said(Code.NO_QUOTE, Severity.CONFIRM, "What exercise is worth is not known.", "Wait for a quote.")
        return
    worth = in_the_money(terms, holding.spot)
    if not worth:
        yield said(
            Code.EXERCISE_TIME_VALUE, Severity.CONFIRM if wish.is_overridden else Severity.BLOCK,
            f"{wish.instrument.label} is not in the money at {figure(holding.spot)}: exercise costs more than the "
            "market asks.", "Sell it, or let it lapse.", measured=worth, limit=ZERO,
        )  # fmt: skip
    yield from _time_value(wish, terms, holding, worth, today)
    yield from _needs(wish, terms, holding)


def _time_value(wish: Wish, terms: OptionTerms, holding: Holding, worth: Decimal, today: date) -> Iterator[Finding]:
    """What is given away beside selling the option, and the dividend that may be worth it."""
    lost = forfeited(terms, holding.spot, holding.mark if holding.bid is None else holding.bid)
    if lost is None or lost <= 0 or not worth:
        return
    size, coming = wish.instrument.multiplier, holding.dividend
    gains = coming is not None and terms.right is Right.CALL and today < coming.ex_date <= today + timedelta(days=1)
    if gains and coming is not None and coming.amount > lost:
        yield said(
            Code.EXERCISE_TIME_VALUE, Severity.NOTE,
            f"The dividend of {figure(coming.amount)} is more than the {figure(lost)} of time value given up: early "
            f"exercise may make sense, by {money((coming.amount - lost) * size, wish.instrument.currency)} a contract.",
            source=Source.ESTIMATE, measured=coming.amount, limit=lost,
        )  # fmt: skip
    else:
        yield said(
            Code.EXERCISE_TIME_VALUE, Severity.WARN,
            f"Exercise gives up {figure(lost)} of time value: "
            f"{money(lost * size, wish.instrument.currency)} a contract.",
            "Sell it instead.",
            source=Source.ESTIMATE, measured=lost, limit=ZERO,
        )  # fmt: skip


def forfeited(terms: OptionTerms, spot: Decimal | None, mark: Decimal | None) -> Decimal | None:
    """The time value exercise gives up, per share; None when a price is unknown."""
    return None if spot is None or mark is None else max(ZERO, mark - in_the_money(terms, spot))


def _needs(wish: Wish, terms: OptionTerms, holding: Holding) -> Iterator[Finding]:
    """A call needs strike x multiplier x contracts of cash or margin, a put the shares."""
    size, currency = wish.contracts * wish.instrument.multiplier, wish.instrument.currency
    if terms.right is Right.CALL:
        need = terms.strike * size
        if holding.cash is None or holding.cash < need:
            yield said(
                Code.BP_INSUFFICIENT, Severity.WARN,
                f"Exercise needs {money(need, currency)} in cash or margin; {money(holding.cash, currency)} is there.",
                "Free cash first: the broker may refuse or sell positions.", source=Source.ESTIMATE, measured=need,
                limit=holding.cash,
            )  # fmt: skip
    elif holding.shares < size:
        yield said(
            Code.NAKED_RESULT, Severity.CONFIRM,
            f"Exercise delivers {figure(size)} shares; {figure(holding.shares)} are held: the rest is sold short.",
            "Sell the put instead, or buy the shares.", measured=holding.shares, limit=size,
        )  # fmt: skip


def _lapse(wish: Wish, terms: OptionTerms, holding: Holding) -> Iterator[Finding]:
    worth = None if holding.spot is None else in_the_money(terms, holding.spot)
    if worth is None or worth >= BY_EXCEPTION:
        size = wish.instrument.multiplier * wish.contracts
        gives = "an amount not known" if worth is None else money(worth * size, wish.instrument.currency)
        yield said(
            Code.EXERCISE_TIME_VALUE, Severity.CONFIRM if wish.is_overridden else Severity.BLOCK,
            f"Letting {wish.instrument.label} lapse gives away {gives}.", "Sell it instead.", measured=worth,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an expiry moves: shares of the underlying and cash, positive is received."""

    shares: Decimal
    cash: Decimal


def is_exercised(terms: OptionTerms, close: Decimal) -> bool:
    """By exception, on the official closing price of the last day (what it does afterwards changes nothing)."""
    return in_the_money(terms, close) >= BY_EXCEPTION


def delivery(holdings: Legs, close: Decimal) -> Delivery:
    """What the options deliver if their underlying closes there and nobody says otherwise; index options in cash."""
    shares = cash = ZERO
    for instrument, quantity in holdings:
        terms = instrument.option
        if terms is None or not is_exercised(terms, close):
            continue
        size = quantity * instrument.multiplier
        if is_cash_settled(instrument):
            cash += size * in_the_money(terms, close)
        else:
            size = size if terms.right is Right.CALL else -size
            shares, cash = shares + size, cash - size * terms.strike
    return Delivery(shares, cash)


def check_delivery(
    holdings: Legs, price: Decimal, cash: Decimal | None, expiry: date, today: date, calendar: Calendar
) -> tuple[Finding, ...]:
    """What an expiry of one underlying would leave behind, from three business days before it on."""
    if not business_days(expiry, -(AHEAD + 1), calendar)[0] <= today <= expiry:
        return ()
    currency = holdings[0][0].currency if holdings else None
    due = delivery(tuple(row for row in holdings if row[0].option and row[0].option.expiry == expiry), price)
    found = []
    if due.cash < 0 and (cash is None or cash < -due.cash):
        found.append(said(
            Code.EXPIRING_TODAY, Severity.WARN,
            f"At {figure(price)} the expiry of {expiry:%d %B} takes {money(-due.cash, currency)} in cash; "
            f"{money(cash, currency)} is there.", "Close the options, or have the cash ready.",
            source=Source.ESTIMATE, measured=-due.cash, limit=cash,
        ))  # fmt: skip
    if due.shares:
        found.append(said(
            Code.EXPIRING_TODAY, Severity.WARN,
            f"At {figure(price)} the expiry of {expiry:%d %B} leaves {figure(due.shares)} shares more: what they do "
            "until the next open is at your risk.", "Close all legs before the end of the day.",
            source=Source.ESTIMATE, measured=due.shares, limit=ZERO,
        ))  # fmt: skip
    return tuple(found)


def check_after_close(instrument: Instrument, close: Decimal, price: Decimal) -> tuple[Finding, ...]:
    """Between the close and the cut-off the holder may still say otherwise; the rule goes by the close alone."""
    terms = instrument.option
    if terms is None or is_exercised(terms, close) is is_exercised(terms, price):
        return ()
    by_rule = "exercised" if is_exercised(terms, close) else "let lapse"
    return (
        said(
            Code.EXPIRING_TODAY, Severity.WARN,
            f"{instrument.label} is {by_rule} by its close of {figure(close)}, though the price is {figure(price)} "
            "now; its holder may still say otherwise until 17:25 New York.",
            "A holder decides now; who is short learns it the next morning.", source=Source.RULE,
        ),
    )  # fmt: skip
