"""Orders in options near their end: expiring today, and short calls that a dividend makes worth exercising early."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.compliance.case import Case, said
from ibdesk.domain.compliance.exposure import opened
from ibdesk.domain.compliance.market_state import closes_at
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure
from ibdesk.domain.instruments import Instrument, OptionTerms, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import is_european
from ibdesk.domain.payoff import in_the_money

#: An option within this share of its strike may end on either side of it.
NEAR = Decimal("0.01")


def check_expiry(case: Case) -> tuple[Finding, ...]:
    """What the legs that open have before them."""
    found = []
    for instrument, change in case.legs:
        new = opened(case.context.book.quantity(instrument), change)
        if instrument.option is not None and new:
            found += [*_today(case, instrument, instrument.option, new), *_dividend(case, instrument, new)]
    return tuple(found)


def _today(case: Case, instrument: Instrument, terms: OptionTerms, new: Decimal) -> Iterator[Finding]:
    """The broker may close such positions itself from the afternoon on (reference/compliance.md section 5)."""
    if terms.expiry != case.policies.day:
        return
    context = case.context
    ends = closes_at(instrument, context.hours.get(instrument.conid), context.calendar, context.now)
    last = timedelta(minutes=context.settings.risk_expiry_minutes)
    if new < 0 and ends is not None and context.now >= ends - last:
        yield said(
            Code.EXPIRING_TODAY, Severity.CONFIRM,
            f"{instrument.label} expires today, and the close is near: selling it now may end in an assignment.",
            "Choose a later expiry.", source=Source.SETTING, limit=Decimal(context.settings.risk_expiry_minutes),
        )  # fmt: skip
    elif is_near_money(terms, case.underlying(instrument)):
        yield said(
            Code.EXPIRING_TODAY, Severity.WARN,
            f"{instrument.label} expires today in or near the money: exercise or assignment moves shares overnight.",
            "Close it before the end of the day, or have the cash or shares ready.",
        )  # fmt: skip
    else:
        yield said(Code.EXPIRING_TODAY, Severity.NOTE, f"{instrument.label} expires today.")


def is_near_money(terms: OptionTerms, spot: Decimal | None) -> bool:
    """In the money, or within a hundredth of the strike; unknown counts as near."""
    if spot is None or in_the_money(terms, spot) > 0:
        return True
    return abs(spot - terms.strike) <= NEAR * terms.strike


def _dividend(case: Case, instrument: Instrument, new: Decimal) -> Iterator[Finding]:
    terms, key = instrument.option, case.context.book.underlying_of(instrument)
    dividend = None if isinstance(key, str) else case.context.dividends.get(key)
    if terms is None or dividend is None or new > 0 or is_european(instrument):
        return
    spot, mark = case.underlying(instrument), case.mark(instrument)
    if spot is None or mark is None:
        return
    if case.policies.day < dividend.ex_date <= terms.expiry:
        likely = is_assignment_likely(terms, spot, mark - in_the_money(terms, spot), dividend.amount)
        if likely:
            yield said(
                Code.DIVIDEND_ASSIGNMENT, Severity.WARN,
                f"The dividend of {figure(dividend.amount)} on {dividend.ex_date:%d %B} is more than what is left of "
                f"time value: {instrument.label} is likely to be assigned the day before.",
                "Close it before that day.", source=Source.ESTIMATE, measured=dividend.amount,
                limit=max(ZERO, mark - in_the_money(terms, spot)),
            )  # fmt: skip


def is_assignment_likely(terms: OptionTerms, spot: Decimal, time_value: Decimal, dividend: Decimal) -> bool:
    """A call in the money is exercised for a dividend above its time value; the put of its strike has the same."""
    return terms.right is Right.CALL and in_the_money(terms, spot) > 0 and dividend > max(ZERO, time_value)
