"""Money never mixes currencies, and the broker's "unset" is no amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.money import USD, Currency, Money, known, total

EUR = Currency("EUR")
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)


def dollars(text: str) -> Money:
    return Money(amount=Decimal(text), currency=USD)


def test_two_currencies_do_not_add_without_a_rate() -> None:
    with pytest.raises(ValueError, match="rate"):
        dollars("1") + Money(amount=Decimal(1), currency=EUR)


def test_conversion_keeps_every_digit() -> None:
    converted = Money(amount=Decimal("54520.55"), currency=EUR).converted(Decimal("1.08573"), USD)
    assert converted == Money(amount=Decimal("59194.5967515"), currency=USD)


@given(amounts, amounts)
def test_adding_and_taking_away_again_returns_the_amount(first: Decimal, second: Decimal) -> None:
    one, two = Money(amount=first, currency=USD), Money(amount=second, currency=USD)
    assert one + two - two == one
    assert one + -two == one - two


@pytest.mark.parametrize("text", ["1.7976931348623157E308", "-1.7976931348623157e+308", "NaN", "Infinity"])
def test_the_brokers_unset_is_no_amount(text: str) -> None:
    assert known(Decimal(text)) is None


def test_a_total_of_nothing_known_is_unknown_not_zero() -> None:
    assert total([None, None]) is None
    assert total([]) is None
    assert total([None, Decimal("0.10"), Decimal("0.20")]) == Decimal("0.30")
