"""Frames and fields come out of any portions of bytes, and every spelling of unset is one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.demo.tws.wire import (
    Reader,
    Unframer,
    WireError,
    dashed,
    day_text,
    escaped,
    fields_of,
    frame,
    plain,
    zoned,
)

NOON = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


def test_a_frame_is_its_length_and_its_fields_each_ended_by_nul() -> None:
    assert frame(49, 1, "x") == b"\x00\x00\x00\x07" + b"49\x001\x00x\x00"


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1),
                min_size=1, max_size=5), st.integers(1, 7))
def test_frames_survive_any_portions(messages: list[list[str]], portion: int) -> None:
    data = b"".join(frame(*fields) for fields in messages)
    unframer = Unframer()
    found = [fields_of(payload) for start in range(0, len(data), portion)
             for payload in unframer.feed(data[start:start + portion])]

    assert found == messages


def test_a_length_beyond_reason_is_refused() -> None:
    with pytest.raises(WireError, match="length"):
        list(Unframer().feed(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize("text", ["", "1.7976931348623157E308", "1.7976931348623157e+308", "2147483647", "nan",
                                  "Infinity"])
def test_every_spelling_of_unset_is_none(text: str) -> None:
    assert Reader([text]).number() is None


def test_numbers_are_read_exactly() -> None:
    reader = Reader(["0.1", "12", "1", "0", "", "3.0"])

    assert reader.number() == Decimal("0.1")
    assert reader.whole() == 12
    assert (reader.flag(), reader.flag(), reader.flag()) == (True, False, False)
    assert reader.whole() == 3
    assert not reader.has_more


@pytest.mark.parametrize("text", ["several", "1.2.3"])
def test_a_word_for_a_number_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(WireError, match=text):
        Reader([text]).number()
    with pytest.raises(WireError, match=text):
        Reader([text]).whole()


def test_a_message_that_ends_too_soon_is_an_error() -> None:
    with pytest.raises(WireError, match="ends"):
        Reader(["1"]).skip(2)


@pytest.mark.parametrize(("number", "text"), [("100.00", "100"), ("-110", "-110"), ("0.00050", "0.0005"), ("0", "0"),
                                              ("1E+3", "1000"), ("-0.00", "0")])
def test_numbers_are_written_without_needless_zeros(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def test_no_number_is_written_as_java_writes_the_largest() -> None:
    assert plain(None) == "1.7976931348623157E308"


def test_instants_and_days_have_their_spellings() -> None:
    assert zoned(NOON, "America/New_York") == "20261118 12:48:00 America/New_York"
    assert dashed(NOON) == "20261118-17:48:00"
    assert day_text(NOON.date()) == "20261118"
    assert day_text(None) == ""


def test_long_names_are_escaped_beyond_ascii() -> None:
    assert escaped("caf\u00e9 \u65e5") == "caf\\u00e9 \\u65e5"
    assert escaped("plain \\ name") == "plain \\ name"
