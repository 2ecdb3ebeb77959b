"""Options near their end: expiring today, near the money, and a dividend that makes an assignment likely (X3)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.context import Context, Dividend
from ibdesk.domain.compliance.expiry import check_expiry, is_assignment_likely, is_near_money
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.instruments import OptionTerms, Right
from ibdesk.domain.orders import OrderTicket
from tests.domain.compliance.ready import TODAY, buying, case, context, found, quote, quotes, selling
from tests.domain.compliance.sample import book, option, stock

ZERO_DAYS = option("100C", TODAY)
FAR = option("130C", TODAY)
CLOSE = datetime(2026, 11, 23, 21, tzinfo=UTC)


def at(minutes_before: int, **more: object) -> Context:
    return context(now=CLOSE - timedelta(minutes=minutes_before), **more)


@pytest.mark.parametrize(("minutes", "severity"), [(61, Severity.NOTE), (60, Severity.CONFIRM), (1, Severity.CONFIRM)])
def test_selling_what_expires_today_is_asked_about_from_three_in_the_afternoon(
    minutes: int, severity: Severity
) -> None:
    assert found(check_expiry(case(selling(FAR), at(minutes))), Code.EXPIRING_TODAY).severity is severity


def test_buying_what_expires_today_near_the_money_is_warned_about() -> None:
    assert found(check_expiry(case(buying(ZERO_DAYS), at(30))), Code.EXPIRING_TODAY).severity is Severity.WARN
    assert found(check_expiry(case(buying(FAR), at(30))), Code.EXPIRING_TODAY).severity is Severity.NOTE


def test_closing_what_expires_today_is_not_mentioned() -> None:
    assert check_expiry(case(selling(FAR), at(10, book=book((FAR, 1))))) == ()
    assert found(check_expiry(case(selling(FAR, quantity=2), at(10, book=book((FAR, 1))))), Code.EXPIRING_TODAY)


@pytest.mark.parametrize(
    ("spot", "near"), [("100.5", True), ("99.1", True), ("98.9", False), ("150", True), (None, True)]
)
def test_near_the_money_is_a_hundredth_of_the_strike(spot: str | None, near: bool) -> None:
    terms = OptionTerms(right=Right.CALL, strike=Decimal(100), expiry=TODAY)
    assert is_near_money(terms, None if spot is None else Decimal(spot)) is near


CALL_45 = option("45C")


def dividend(amount: str, ex_date: date = date(2026, 11, 24), mark: str = "5.15") -> tuple[OrderTicket, Context]:
    seen = context(
        quotes=quotes(quote(CALL_45, mark, mark), quote(stock(), "50", "50")),
        dividends={stock().conid: Dividend(ex_date=ex_date, amount=Decimal(amount))},
    )
    return selling(CALL_45, limit="5.15"), seen


def test_x3_a_dividend_above_the_puts_price_makes_assignment_likely() -> None:
    """Call 45, share 50, put 0.15 (the call's time value), dividend 0.45 tomorrow."""
    warned = found(check_expiry(case(*dividend("0.45"))), Code.DIVIDEND_ASSIGNMENT)
    assert (warned.severity, warned.measured, warned.limit) == (Severity.WARN, Decimal("0.45"), Decimal("0.15"))
    terms = OptionTerms(right=Right.CALL, strike=Decimal(45), expiry=TODAY)
    assert is_assignment_likely(terms, Decimal(50), Decimal("0.15"), Decimal("0.45"))
    assert not is_assignment_likely(terms, Decimal(44), Decimal("0.15"), Decimal("0.45"))


def test_x3_a_small_a_past_or_a_late_dividend_says_nothing() -> None:
    for of, seen in (dividend("0.15"), dividend("0.45", TODAY), dividend("0.45", date(2027, 2, 1))):
        assert check_expiry(case(of, seen)) == ()
    of, seen = dividend("0.45")
    assert check_expiry(case(buying(CALL_45, limit="5.15"), seen)) == ()
