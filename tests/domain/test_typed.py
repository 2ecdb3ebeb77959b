"""Numbers as people type them: plain ones are read, all others are refused with a sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.typed import MOST_PRICE, MOST_QUANTITY, typed_net_price, typed_price, typed_quantity

WHOLE = st.integers(min_value=1, max_value=int(MOST_QUANTITY))
PRICES = st.decimals(min_value=Decimal("0.01"), max_value=1_000_000, places=2)


@given(WHOLE)
def test_every_whole_number_is_a_quantity(size: int) -> None:
    assert typed_quantity(f" {size} ").value == size


@given(PRICES)
def test_every_price_is_read_exactly(price: Decimal) -> None:
    assert typed_price(f"{price}").value == price
    assert typed_net_price(f"{price} cr", is_credit=False).value == -price
    assert typed_net_price(f"{price}DB", is_credit=True).value == price


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_finite_number_above_zero_or_a_sentence(text: str) -> None:
    for found in (typed_quantity(text, may_be_fraction=True), typed_price(text)):
        assert found.value is None or (found.value.is_finite() and 0 < found.value <= MOST_PRICE)
        assert found.value is None or not found.fault
        assert bool(text.strip()) <= bool(found.fault or found.value is not None)


@pytest.mark.parametrize("text", ["1,25", "1,250", "1,250.50", "1.250,5"])
def test_a_comma_is_refused_because_it_is_read_two_ways(text: str) -> None:
    for found in (typed_quantity(text), typed_price(text), typed_net_price(text, is_credit=True)):
        assert found.value is None
        assert "Use a point" in found.fault


@pytest.mark.parametrize("text", ["NaN", "inf", "1e5", "0x10", "1 000", "1'000", "٣", "--1", "1.2.3", ".", "1.88 crx"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    assert typed_price(text).fault
    assert typed_net_price(text, is_credit=False).fault


@pytest.mark.parametrize("text", ["0", "-1", "-0.5", "0.00"])
def test_a_quantity_and_a_price_are_above_zero(text: str) -> None:
    assert "above zero" in typed_quantity(text, may_be_fraction=True).fault
    assert "above zero" in typed_price(text).fault


def test_an_absurd_number_is_refused() -> None:
    assert "more than any order" in typed_quantity("99999999999").fault
    assert "more than any order" in typed_price("123456789012").fault
    assert "decimals" in typed_price("1.123456789").fault


def test_a_fraction_is_taken_only_where_it_is_traded() -> None:
    assert typed_quantity("1.5").fault.startswith("Enter a whole number")
    assert typed_quantity("1.5", may_be_fraction=True).value == Decimal("1.5")


def test_a_net_price_without_a_word_goes_the_way_it_went_before() -> None:
    assert typed_net_price("1.88", is_credit=True).value == Decimal("-1.88")
    assert typed_net_price("1.88", is_credit=False).value == Decimal("1.88")
    assert typed_net_price("0", is_credit=True).value == 0


@pytest.mark.parametrize("text", ["-1.88", "+1.88", "\u22121.88", "- 1.88 cr"])
def test_a_sign_in_a_net_price_is_asked_back(text: str) -> None:
    assert typed_net_price(text, is_credit=True).fault == "Write 1.88 cr for a credit or 1.88 db for a debit."


def test_nothing_typed_is_neither_a_number_nor_a_fault() -> None:
    found = typed_quantity("  ")
    assert (found.value, found.fault) == (None, "")
    assert typed_net_price("cr", is_credit=True).fault.startswith("Enter a limit before")
