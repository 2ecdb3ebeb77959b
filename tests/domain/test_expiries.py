"""When options end, what they are worth then and what they move (reference/compliance.md section 5)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.exercise import Delivery
from ibdesk.domain.expiries import (
    Expiring,
    Moneyness,
    Settles,
    Timing,
    Window,
    endings,
    schedule_of,
    settles_in,
)
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.market import Delay
from ibdesk.domain.money import Currency
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, option, stock

FRIDAY, HALF_DAY = date(2026, 11, 20), date(2026, 11, 27)
NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)


def index(root: str, expiry: date = FRIDAY, symbol: str = "SPX") -> Instrument:
    return replace(option("5000C", expiry, symbol), trading_class=root)


def row(text: str = "45C", quantity: int = 1, *, spot: str | None = "50", **told: object) -> Expiring:
    instrument = told.pop("instrument", None) or option(text, FRIDAY)
    assert isinstance(instrument, Instrument)
    return Expiring(
        account=ACCOUNT, instrument=instrument, quantity=Decimal(quantity),
        schedule=schedule_of(instrument, CALENDAR), spot=None if spot is None else Decimal(spot), **told,  # type: ignore[arg-type]
    )  # fmt: skip


def test_shares_options_stop_at_the_close_and_their_holders_may_speak_until_the_evening() -> None:
    times = schedule_of(option("45C", FRIDAY), CALENDAR)
    assert (times.last_day, times.timing) == (FRIDAY, Timing.CLOSE)
    assert times.stops_at == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert times.desk_until == datetime(2026, 11, 20, 22, tzinfo=UTC)
    assert times.broker_until == datetime(2026, 11, 20, 22, 25, tzinfo=UTC)


def test_a_half_day_ends_trading_three_hours_earlier() -> None:
    assert schedule_of(option("45C", HALF_DAY), CALENDAR).stops_at == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_morning_and_afternoon_settlement_of_one_friday_are_told_apart() -> None:
    morning, afternoon = schedule_of(index("SPX"), CALENDAR), schedule_of(index("SPXW"), CALENDAR)
    assert (morning.timing, morning.last_day) == (Timing.OPENING, date(2026, 11, 19))
    assert (afternoon.timing, afternoon.last_day) == (Timing.CLOSE, FRIDAY)
    assert morning.desk_until is None, "nobody is asked about what is settled in cash"


def test_a_broker_that_tells_the_last_trading_day_is_not_taken_back_another_day() -> None:
    assert schedule_of(index("SPX", date(2026, 11, 19)), CALENDAR).last_day == date(2026, 11, 19)
    assert schedule_of(index("VIX", date(2026, 11, 18), "VIX"), CALENDAR).last_day == date(2026, 11, 17)


def test_an_index_option_without_its_class_may_be_either() -> None:
    assert schedule_of(index(""), CALENDAR).timing is Timing.UNTOLD
    assert schedule_of(index("", symbol="XSP"), CALENDAR).timing is Timing.CLOSE


def test_elsewhere_only_the_day_is_known() -> None:
    abroad = replace(option("45C", FRIDAY), currency=Currency("EUR"))
    assert schedule_of(abroad, CALENDAR).stops_at is None
    assert row(instrument=abroad).left(NOON) is None


def test_what_is_no_option_has_no_schedule() -> None:
    with pytest.raises(ValueError, match="does not expire"):
        schedule_of(stock(), CALENDAR)


def test_each_kind_of_option_settles_in_its_own_way() -> None:
    assert settles_in(option("45C")) is Settles.SHARES
    assert settles_in(index("SPXW")) is Settles.CASH
    assert settles_in(replace(option("45C"), trading_class="ABC1")) is Settles.UNKNOWN
    assert settles_in(replace(option("45C"), asset_class=AssetClass.FUTURE_OPTION)) is Settles.FUTURE


@pytest.mark.parametrize(
    ("text", "spot", "moneyness", "distance"),
    [("45C", "50", Moneyness.IN, "5"), ("45P", "50", Moneyness.OUT, "-5"), ("55P", "50", Moneyness.IN, "5"),
     ("50C", "50.05", Moneyness.AT, "0.05"), ("50C", "50.06", Moneyness.IN, "0.06")],
)  # fmt: skip
def test_moneyness_comes_with_its_amount(text: str, spot: str, moneyness: Moneyness, distance: str) -> None:
    made = row(text, spot=spot)
    assert (made.moneyness, made.distance) == (moneyness, Decimal(distance))


def test_without_a_price_nothing_is_guessed() -> None:
    made = row(spot=None)
    assert made.moneyness is Moneyness.UNKNOWN
    assert made.distance is made.intrinsic is made.extrinsic is made.effect is made.is_exercised is None


def test_x1_exercise_gives_up_what_the_bid_pays_above_the_intrinsic_value() -> None:
    made = row("45C", 2, bid=Decimal("5.15"), ask=Decimal("5.25"), mark=Decimal("5.20"))
    assert (made.intrinsic, made.extrinsic) == (Decimal(5), Decimal("0.20"))
    assert made.given_up == Decimal(30), "two contracts at 15 cents"
    assert replace(made, quantity=Decimal(-2)).given_up is None, "who is short does not choose"
    assert replace(made, spot=Decimal(44)).given_up == Decimal(1230), "out of the money a dollar more is lost"


def test_x4_x5_a_cent_decides() -> None:
    assert row("50C", spot="50.00").is_exercised is False
    assert row("50C", spot="50.01").effect == Delivery(Decimal(100), Decimal(-5000))


def test_x8_twenty_calls_need_a_hundred_thousand() -> None:
    made = row("50C", 20, spot="51", cash=Decimal(99_999))
    assert made.need == Delivery(Decimal(0), Decimal(100_000))
    assert made.is_covered is False
    assert replace(made, cash=Decimal(100_000)).is_covered is True
    assert replace(made, cash=None).is_covered is None


def test_a_short_call_needs_the_shares_and_a_short_put_the_cash() -> None:
    assert row("45C", -2).need == Delivery(Decimal(200), Decimal(0))
    assert row("45C", -2, shares=Decimal(200)).is_covered is True
    assert row("45P", -2, cash=Decimal(9000)).need == Delivery(Decimal(0), Decimal(9000))
    assert row("45P", 2).need == Delivery(Decimal(200), Decimal(0))


def test_cash_settled_options_need_nothing_and_pay_the_difference() -> None:
    made = row(spot="5003", instrument=index("SPXW"), quantity=-1)
    assert made.need == Delivery(Decimal(0), Decimal(0)) and made.effect == Delivery(Decimal(0), Decimal(-300))


def test_both_sides_of_the_strike_are_told() -> None:
    low, high = endings(row("45C", -1))
    assert (low.price, low.is_above, low.is_exercised) == (Decimal(45), False, False)
    assert (high.price, high.is_above, high.delivers) == (
        Decimal("45.01"), True, Delivery(Decimal(-100), Decimal(4500)))
    low, high = endings(row("45P", -1))
    assert (low.price, low.delivers) == (Decimal("44.99"), Delivery(Decimal(100), Decimal(-4500)))
    assert high.is_above and not high.is_exercised


def test_a_price_that_is_not_of_now_is_marked() -> None:
    assert row().price_mark == "stored" and row(spot=None).price_mark == ""
    assert row(spot_at=NOON, delay=Delay.LIVE).price_mark == ""
    assert row(spot_at=NOON, delay=Delay.FROZEN_DELAYED).price_mark == "frozen, delayed"


def test_windows_end_on_the_day_on_friday_and_after_thirty_days() -> None:
    assert Window.TODAY.ends(FRIDAY) == FRIDAY == Window.WEEK.ends(FRIDAY)
    assert Window.WEEK.ends(date(2026, 11, 21)) == HALF_DAY, "a weekend looks at the coming week"
    assert Window.MONTH.ends(FRIDAY) == date(2026, 12, 20)


def test_time_left_is_counted_to_the_end_of_trading() -> None:
    made = row()
    assert made.left(NOON) == timedelta(hours=4) and made.days_left(NOON) == 0
    assert made.days_left(NOON - timedelta(days=2)) == 2


def test_only_what_is_held_long_can_be_exercised() -> None:
    assert row(quantity=-3).holding(NOON).held == 0
    assert row(quantity=3, shares=Decimal(7)).holding(NOON).shares == 7
