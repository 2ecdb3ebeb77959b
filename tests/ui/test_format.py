from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.ui import format as fmt

NOW = datetime(2026, 11, 20, 17, 48, 7, tzinfo=UTC)
ET = ZoneInfo("America/New_York")


@pytest.fixture
def discreet():
    fmt.set_discreet(True)
    yield
    fmt.set_discreet(False)


@pytest.mark.parametrize(("amount", "currency", "text"), [
    (Decimal("1284930.42"), "USD", "$1,284,930.42"),
    (Decimal("-1120"), "USD", "\u2212$1,120.00"),
    (Decimal("0"), "USD", "$0.00"),
    (Decimal("-0.001"), "USD", "$0.00"),
    (Decimal("1234567.5"), "JPY", "¥1,234,568"),
    (Decimal("12.5"), "CHF", "CHF\u00a012.50"),
    (Decimal("12.5"), "", "12.50"),
    (None, "USD", "\u2014"),
    (Decimal("NaN"), "USD", "\u2014"),
])
def test_money_is_written_with_symbol_separators_and_a_true_minus(amount, currency, text):
    assert fmt.money(amount, currency) == text


@pytest.mark.parametrize(("amount", "text"), [
    (Decimal("8412.1"), "+$8,412.10"), (Decimal("-1120"), "\u2212$1,120.00"), (Decimal(0), "$0.00"), (None, "\u2014"),
    (Decimal("0.004"), "$0.00"),
])
def test_a_gain_or_loss_always_shows_its_sign(amount, text):
    assert fmt.gain(amount, "USD") == text


@pytest.mark.parametrize(("value", "text"), [
    (Decimal("420"), "420"), (Decimal("-10"), "\u221210"), (Decimal("0.75000000"), "0.75"),
    (Decimal("50000"), "50,000"), (Decimal("0.123456789"), "0.12345679"), (Decimal("1E+3"), "1,000"),
    (Decimal("-0"), "0"), (Decimal("0E-8"), "0"), (None, "\u2014"), (7, "7"),
])
def test_a_quantity_keeps_up_to_eight_decimals_and_trims_zeros(value, text):
    assert fmt.quantity(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (Decimal("231.44"), "231.44"), (Decimal("187.3"), "187.30"), (Decimal("1.08625"), "1.08625"),
    (Decimal("61200"), "61,200.00"), (Decimal("0.1234567"), "0.123457"), (Decimal("188.3018604"), "188.30186"),
    (None, "\u2014"),
])
def test_a_price_has_two_to_six_decimals(value, text):
    assert fmt.price(value) == text


def test_percentages_are_percentages_as_in_the_domain():
    assert fmt.percent(Decimal("46")) == "46.00 %"
    assert fmt.percent(Decimal("46.2"), 0) == "46 %"
    assert fmt.signed_percent(Decimal("0.664")) == "+0.66 %"
    assert fmt.signed_percent(Decimal("-4.56")) == "\u22124.56 %"
    assert fmt.percent(None) == fmt.signed_percent(None) == "\u2014"


@pytest.mark.parametrize(("amount", "text"), [
    (Decimal("1284930"), "$1.28 M"), (Decimal("940"), "$940"), (Decimal("-12400"), "\u2212$12.4 K"),
    (Decimal("123456"), "$123 K"), (Decimal("2500000000"), "$2.50 B"), (None, "\u2014"),
])
def test_compact_amounts_keep_three_digits(amount, text):
    assert fmt.compact(amount, "USD") == text


def test_numbers_and_signs():
    assert fmt.number(Decimal("5980.25")) == "5,980.25"
    assert fmt.signed(Decimal("612.1")) == "+612.10"
    assert fmt.signed(Decimal("-402.5")) == "\u2212402.50"
    assert [fmt.sign(value) for value in (Decimal("-1"), Decimal(0), Decimal("0.1"), None)] == [-1, 0, 1, 0]


@pytest.mark.parametrize(("ago", "text"), [
    (timedelta(seconds=4), "4 s ago"), (timedelta(seconds=-3), "0 s ago"), (timedelta(seconds=59), "59 s ago"),
    (timedelta(minutes=2, seconds=5), "2 min ago"), (timedelta(hours=3), "3 h ago"),
    (timedelta(days=1), "yesterday 12:48"), (timedelta(days=8), "12 Nov 12:48"), (timedelta(days=400), "16 Oct 2025"),
])
def test_ages_read_as_a_person_says_them(ago, text):
    assert fmt.age(NOW - ago, NOW, ET) == text


def test_what_was_never_has_no_age():
    assert fmt.age(None, NOW) == "never"


@pytest.mark.parametrize(("left", "text"), [
    (timedelta(minutes=2, seconds=41), "2:41"), (timedelta(hours=14), "14 h"),
    (timedelta(hours=3, minutes=12), "3 h 12 m"),
    (timedelta(seconds=-5), "0:00"), (timedelta(hours=14, minutes=30), "14 h"), (None, "\u2014"),
])
def test_countdowns_are_short(left, text):
    assert fmt.countdown(left) == text


def test_clocks_sizes_and_latencies():
    assert fmt.clock(NOW, ET, label="ET") == "12:48:07 ET"
    assert fmt.moment(NOW, ET) == "2026-11-20 12:48:07"
    assert fmt.size(12_400_000) == "12.4 MB"
    assert fmt.size(999) == "999 bytes"
    assert fmt.size(1) == "1 byte"
    assert fmt.milliseconds(38.2) == "38 ms"
    assert fmt.milliseconds(1234) == "1.2 s"
    assert fmt.milliseconds(None) == fmt.moment(None) == fmt.size(None) == "\u2014"


def test_discreet_mode_hides_amounts_and_sizes_and_leaves_prices_and_percentages(discreet):
    secret = Decimal("1284930.42")
    assert {fmt.money(secret, "USD"), fmt.gain(secret), fmt.quantity(secret), fmt.compact(secret)} == {"•••"}
    assert fmt.price(Decimal("231.44")) == "231.44"
    assert fmt.percent(Decimal("2")) == "2.00 %"
    assert fmt.money(None) == "\u2014"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-10**15, max_value=10**15, places=4))
def test_money_read_back_is_the_rounded_amount(amount):
    text = fmt.money(amount).replace(",", "").replace("\u2212", "-")
    assert Decimal(text) == round(amount, 2)
