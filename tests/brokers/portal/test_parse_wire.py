"""Numbers and times as the broker writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.brokers.portal.parse import wire
from ibdesk.domain.errors import BadData


class Line(msgspec.Struct):
    amount: Decimal | None = None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=8))
def test_every_number_arrives_digit_for_digit(amount: Decimal) -> None:
    text = format(amount, "f")
    assert wire.decode(f'{{"amount": {text}}}'.encode(), Line, "x").amount == amount
    assert wire.decode(f'{{"amount": "{text}"}}'.encode(), Line, "x").amount == amount


def test_ten_tenths_are_one() -> None:
    lines = wire.decode(b"[" + b",".join([b'{"amount": 0.1}'] * 10) + b"]", list[Line], "x")
    assert sum((line.amount or 0 for line in lines), Decimal(0)) == 1


@pytest.mark.parametrize(("text", "value"), [
    ("1,234.5", "1234.5"), ("0.54%", "0.54"), ("-3.50", "-3.50"), ("50.0M", "50000000"), ("12K", "12000"),
    ("1.5B", "1500000000"), (" 7 ", "7"), ("2.02E8", "202000000"),
])
def test_a_figure_as_text_is_read(text: str, value: str) -> None:
    assert wire.number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", None, "n/a", "-", "NaN", "1.7976931348623157E308", "Infinity", "12 USD", "K"])
def test_a_figure_that_is_none_is_unknown(text: str | None) -> None:
    assert wire.number(text) is None


def test_timestamps_come_in_seconds_and_in_milliseconds() -> None:
    at = datetime(2026, 4, 2, 22, 40, 6, tzinfo=UTC)
    assert wire.instant(Decimal(1775169606)) == at
    assert wire.instant(1775169606000) == at
    assert wire.instant(0) is None
    assert wire.instant(None) is None


def test_days_come_as_text_and_as_numbers() -> None:
    assert wire.day("20260618") == wire.day(20260618) == date(2026, 6, 18)
    assert wire.day("JUN26") is None
    assert wire.day(None) is None


def test_only_bare_words_outside_strings_are_replaced() -> None:
    body = rb'{"a": NaN, "b": "NaN \" NaN", "c": [-Infinity, Infinity], "dNaN": 1}'
    assert wire.without_bare_words(body) == rb'{"a": null, "b": "NaN \" NaN", "c": [null, null], "dNaN": 1}'


def test_bad_data_keeps_the_beginning_and_says_what_it_was_about() -> None:
    with pytest.raises(BadData) as bad:
        wire.decode(b'{"amount": ' + b"x" * 10_000, Line, "the ledger")
    assert "the ledger" in bad.value.message
    assert len(bad.value.raw) == 4096


@pytest.mark.parametrize("value", [10**15, 10**18, Decimal("1e300"), Decimal("253402300800000")])
def test_a_timestamp_beyond_every_calendar_is_none(value: Decimal) -> None:
    assert wire.instant(value) is None


def test_a_name_that_is_no_utf_8_does_not_cost_the_answer() -> None:
    class Named(msgspec.Struct):
        name: str
        amount: wire.Written = wire.NOTHING

    body = '{"name": "Société Générale", "amount": "1,5"}'.encode("latin-1")
    assert wire.decode(body, Named, "x").name == "Soci\ufffdt\ufffd G\ufffdn\ufffdrale"
    rows = wire.decode_rows(b"[" + body + b", 7]", Named, "x")
    assert isinstance(rows[0], Named) and wire.figure(rows[0].amount) == 15
    assert isinstance(rows[1], msgspec.Raw)
    assert wire.figure(msgspec.Raw(b'"\xe9"')) is None
