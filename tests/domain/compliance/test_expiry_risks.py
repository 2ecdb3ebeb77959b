"""What may go wrong near an expiry: X3 and X6 of reference/compliance.md section 5, pins, and what is not there."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.compliance.context import Dividend
from ibdesk.domain.compliance.exercise import Delivery
from ibdesk.domain.compliance.expiry_risks import check_expiring, settlings
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.expiries import Expiring, endings, schedule_of
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Instrument
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, option

FRIDAY = date(2026, 11, 20)
NOW = datetime.combine(FRIDAY, time(11), NEW_YORK)
MONDAY = NOW - timedelta(days=4)


def row(text: str, quantity: int, spot: str | None, *, of: Instrument | None = None, **told: object) -> Expiring:
    instrument = of or option(text, FRIDAY)
    return Expiring(
        account=ACCOUNT, instrument=instrument, quantity=Decimal(quantity),
        schedule=schedule_of(instrument, CALENDAR), spot=None if spot is None else Decimal(spot),
        **({"cash": Decimal(10**9), "shares": Decimal(10**6)} | told),  # type: ignore[arg-type]
    )


def codes(made: Expiring, now: datetime = NOW) -> list[Code]:
    return [finding.code for finding in check_expiring(made, now, CALENDAR)]


def test_x3_a_dividend_above_the_time_value_makes_assignment_likely() -> None:
    soon = Dividend(ex_date=MONDAY.date() + timedelta(days=1), amount=Decimal("0.45"))
    short = row("45C", -1, "50", mark=Decimal("5.15"), dividend=soon)
    (told,) = check_expiring(short, MONDAY, CALENDAR)
    assert (told.code, told.severity, told.limit) == (Code.DIVIDEND_ASSIGNMENT, Severity.WARN, Decimal("0.15"))
    assert not codes(replace(short, mark=Decimal("5.60")), MONDAY), "more time value than dividend"
    assert not codes(replace(short, quantity=Decimal(1)), MONDAY), "who is long decides"
    index = option("45C", FRIDAY, "SPX")
    paid = row("", -1, "50", of=index, mark=Decimal("5.15"), dividend=soon)
    assert Code.DIVIDEND_ASSIGNMENT not in codes(paid, MONDAY), "what is paid in cash gives nobody the dividend"
    assert not codes(replace(short, dividend=Dividend(ex_date=FRIDAY + timedelta(days=3), amount=Decimal(9))), MONDAY)


def test_a_short_near_its_strike_on_the_last_day_may_end_on_either_side() -> None:
    (told,) = check_expiring(row("50C", -1, "49.80"), NOW, CALENDAR)
    assert (told.code, told.severity, told.measured) == (Code.EXPIRING_TODAY, Severity.WARN, Decimal("0.20"))
    assert "holders decide until the evening" in told.sentence
    assert not codes(row("50C", -1, "49.80"), MONDAY) and not codes(row("50C", -1, "49.40"))
    (long,) = check_expiring(row("50C", 1, "49.80"), NOW, CALENDAR)
    assert long.severity is Severity.NOTE


def test_want_of_cash_or_shares_is_told_from_three_business_days_before() -> None:
    long = row("45C", 1, "50", cash=Decimal(100))
    assert codes(long) == [Code.BP_INSUFFICIENT]
    assert codes(long, NOW - timedelta(days=3)) == [Code.BP_INSUFFICIENT]
    assert not codes(long, MONDAY) and not codes(replace(long, spot=Decimal(40)))
    short = row("45C", -2, "50", shares=Decimal(150))
    (told,) = check_expiring(short, NOW, CALENDAR)
    assert told.code is Code.NAKED_RESULT and "50 are sold short" in told.sentence


def test_what_is_not_known_is_said() -> None:
    adjusted = replace(option("45C", FRIDAY), trading_class="ABC1")
    assert codes(row("", 1, None, of=adjusted)) == [Code.NON_STANDARD]
    index = option("5000C", FRIDAY, "SPX")
    assert codes(row("", 1, None, of=index)) == [Code.EXPIRING_TODAY]


def test_x6_a_spread_between_its_strikes_leaves_shares() -> None:
    (told,) = settlings((row("100P", -1, "97"), row("95P", 1, "97")), NOW, CALENDAR)
    assert told.due == Delivery(Decimal(100), Decimal(-10_000))
    assert [finding.measured for finding in told.findings] == [Decimal(100)]
    assert settlings((row("100P", -1, None),), NOW, CALENDAR)[0].due is None


def test_morning_and_afternoon_of_one_day_are_two_settlements() -> None:
    friday = option("5000C", FRIDAY, "SPX")
    made = settlings(
        (row("", 1, "5010", of=replace(friday, trading_class="SPX")),
         row("", -1, "5010", of=replace(friday, trading_class="SPXW"))), NOW, CALENDAR,
    )  # fmt: skip
    assert [(each.timing, each.due.cash if each.due else None) for each in made] == [
        ("AM", Decimal(1000)), ("PM", Decimal(-1000))]


LEGS = st.lists(
    st.tuples(st.integers(90, 110), st.sampled_from("CP"), st.integers(-20, 20).filter(bool)),
    min_size=1, max_size=6, unique_by=lambda leg: leg[:2],
)  # fmt: skip


@given(LEGS, st.integers(8500, 11500))
def test_what_is_left_behind_together_is_the_sum_of_what_each_moves(
    held: list[tuple[int, str, int]], cents: int
) -> None:
    spot = Decimal(cents) / 100
    rows = [row(f"{strike}{right}", quantity, str(spot)) for strike, right, quantity in held]
    (together,) = settlings(rows, NOW, CALENDAR)
    effects = [each.effect for each in rows]
    assert together.due is not None and together.positions == len(rows)
    assert together.due.shares == sum(each.shares for each in effects if each is not None)
    assert together.due.cash == sum(each.cash for each in effects if each is not None)


@given(LEGS, st.integers(8500, 11500))
def test_both_ends_agree_with_what_happens_at_every_price(held: list[tuple[int, str, int]], cents: int) -> None:
    spot = Decimal(cents) / 100
    for strike, right, quantity in held:
        made = row(f"{strike}{right}", quantity, str(spot))
        told = [each for each in endings(made) if (spot >= each.price if each.is_above else spot <= each.price)]
        assert len(told) == 1, "every price in cents is on exactly one side"
        assert told[0].is_exercised is made.is_exercised and told[0].delivers == made.effect


def test_options_of_two_names_are_two_settlements_where_nobody_told_the_underlying() -> None:
    calls = (replace(option("45C", FRIDAY, name), underlying_conid=None) for name in ("A", "B"))
    rows = tuple(row("", 1, "50", of=call) for call in calls)
    assert [each.symbol for each in settlings(rows, NOW, CALENDAR)] == ["A", "B"]
