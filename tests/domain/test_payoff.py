"""What a position earns when it expires: exact break-evens, the most to gain and to lose, and unbounded said so."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.payoff import Line, PricedLeg, intrinsics, line_at_expiry
from tests.domain.contracts import JAN, XYZ, option


def leg(line: str) -> PricedLeg:
    """`-2 Jan 105C @ 1.20` or `+100 XYZ @ 99.50`."""
    what, premium = line.split(" @ ")
    quantity, name = what.split(" ", 1)
    instrument = XYZ if name == "XYZ" else option(name)
    return PricedLeg(instrument=instrument, quantity=Decimal(quantity), premium=Decimal(premium))


def at_expiry(*lines: str) -> Line:
    return line_at_expiry([leg(line) for line in lines])


def loss(*lines: str) -> Decimal | None:
    return at_expiry(*lines).max_loss.amount


def gain(*lines: str) -> Decimal | None:
    return at_expiry(*lines).max_gain.amount


# --- the numeric oracles of reference/compliance.md 2.5 whose effect on opening is the most that can be lost ------


@pytest.mark.parametrize(
    ("oracle", "lines", "most"),
    [
        ("B13", ["+1 Jan 100C @ 4.00", "-1 Jan 105C @ 2.20"], "180"),
        ("B14", ["-1 Jan 100P @ 3.00", "+1 Jan 95P @ 1.40"], "340"),
        ("B15", ["+1 Jan 90P @ 0.50", "-1 Jan 95P @ 1.70", "-1 Jan 105C @ 1.60", "+1 Jan 110C @ 0.50"], "270"),
        ("B16", ["+1 Jan 85P @ 0.40", "-1 Jan 95P @ 1.90", "-1 Jan 105C @ 2.00", "+1 Jan 110C @ 0.50"], "700"),
        ("B21", ["+1 Jan 95C @ 6.50", "-2 Jan 100C @ 3.80", "+1 Jan 105C @ 2.00"], "90"),
        ("B22", ["-1 Jan 95C @ 6.50", "+2 Jan 100C @ 3.80", "-1 Jan 105C @ 2.00"], "410"),
        ("B3 without fees", ["+3 Jan 100C @ 2.45"], "735"),
    ],
)
def test_the_most_to_lose_is_the_oracles_effect_on_opening(oracle: str, lines: list[str], most: str) -> None:
    assert loss(*lines) == Decimal(most), oracle


def test_b12_a_cash_secured_put_loses_its_net_cash_when_the_share_is_worth_nothing() -> None:
    worst = at_expiry("-1 Jan 50P @ 1.20").max_loss
    assert (worst.amount, worst.at) == (4_880, 0)


# --- shapes -------------------------------------------------------------------------------------------------------


def test_a_long_call_loses_its_premium_and_gains_without_bound() -> None:
    line = at_expiry("+1 Jan 100C @ 2.40")
    assert line.max_gain.is_unbounded
    assert line.max_gain.amount is None
    assert (line.max_loss.amount, line.max_loss.is_unbounded) == (240, False)
    assert line.break_evens == (Decimal("102.40"),)
    assert line.gains == ((Decimal("102.40"), None),)


def test_a_naked_call_loses_without_bound_and_a_naked_put_down_to_zero() -> None:
    assert at_expiry("-1 Jan 100C @ 2.40").max_loss.is_unbounded
    assert gain("-1 Jan 100C @ 2.40") == 240
    assert loss("-1 Jan 100P @ 2.40") == 9_760


def test_a_covered_call_is_bounded_on_both_sides() -> None:
    line = at_expiry("+100 XYZ @ 100", "-1 Jan 105C @ 2")
    assert (line.max_gain.amount, line.max_loss.amount) == (700, 9_800)
    assert line.break_evens == (98,)


def test_short_shares_lose_without_bound_and_long_ones_all_they_cost() -> None:
    assert at_expiry("-100 XYZ @ 100").max_loss.is_unbounded
    assert loss("+100 XYZ @ 100") == 10_000


def test_an_iron_condor_gains_between_its_two_break_evens() -> None:
    line = at_expiry("+1 Jan 90P @ 0.50", "-1 Jan 95P @ 1.70", "-1 Jan 105C @ 1.60", "+1 Jan 110C @ 0.50")
    assert line.break_evens == (Decimal("92.70"), Decimal("107.30"))
    assert line.gains == ((Decimal("92.70"), Decimal("107.30")),)
    assert line.losses == ((0, Decimal("92.70")), (Decimal("107.30"), None))
    assert line.at(Decimal(100)) == 230
    assert line.at(Decimal("93.70")) == 100
    assert line.at(Decimal(500)) == -270


def test_a_straddle_gains_outside_its_break_evens() -> None:
    line = at_expiry("+1 Jan 100C @ 3", "+1 Jan 100P @ 2.80")
    assert line.break_evens == (Decimal("94.20"), Decimal("105.80"))
    assert line.gains == ((0, Decimal("94.20")), (Decimal("105.80"), None))


def test_what_can_only_lose_gains_nothing_and_breaks_even_nowhere() -> None:
    line = at_expiry("+1 Jan 100C @ 6", "-1 Jan 105C @ 0.50")
    assert (line.max_gain.amount, line.max_loss.amount) == (0, 550)
    assert (line.gains, line.break_evens) == ((), ())
    sure = at_expiry("-1 Jan 100C @ 6", "+1 Jan 105C @ 0.50")
    assert (sure.max_loss.amount, sure.gains) == (0, ((0, None),))


def test_a_stretch_of_exactly_nothing_has_its_end_as_break_even() -> None:
    line = at_expiry("+1 Jan 100C @ 0")
    assert line.break_evens == (100,)
    assert line.at(Decimal(50)) == 0
    free = at_expiry("+1 Jan 100C @ 0", "-1 Jan 105C @ 0")
    assert (free.gains, free.losses) == (((100, None),), ())


def test_a_line_that_only_touches_nothing_breaks_even_there() -> None:
    line = at_expiry("+1 Jan 95C @ 7", "-2 Jan 100C @ 2", "+1 Jan 105C @ 2")
    assert line.break_evens == (100,)
    assert line.gains == ()


def test_a_future_option_counts_its_own_multiplier() -> None:
    future = Instrument(conid=Conid(5), symbol="ES", asset_class=AssetClass.FUTURE, currency=USD,
                        multiplier=Decimal(50))  # fmt: skip
    line = line_at_expiry([PricedLeg(instrument=future, quantity=Decimal(2), premium=Decimal(6000))])
    assert line.at(Decimal("6010.25")) == 1_025


def test_exact_means_exact() -> None:
    assert not at_expiry("+1 Jan 100C @ 2.40").is_modelled
    assert at_expiry("+3 Jan 100C @ 0.1", "-7 Jan 101C @ 0.3").at(Decimal("101.1")) == Decimal("440")


def test_no_legs_two_expiries_and_two_currencies_have_no_line() -> None:
    with pytest.raises(ValueError, match="at least one leg"):
        line_at_expiry([])
    with pytest.raises(ValueError, match="different expiries"):
        at_expiry("-1 Jan 100C @ 2", "+1 Feb 100C @ 3")
    euro = Instrument(conid=Conid(6), symbol="XYZ", asset_class=AssetClass.STOCK, currency=Currency("EUR"))
    with pytest.raises(ValueError, match="two currencies"):
        line_at_expiry([leg("+1 Jan 100C @ 2"),
                        PricedLeg(instrument=euro, quantity=Decimal(1), premium=Decimal(1))])  # fmt: skip


# --- laws ---------------------------------------------------------------------------------------------------------

PREMIUMS = st.decimals(0, 30, places=2)
LEGS = st.lists(
    st.one_of(
        st.builds(
            lambda strike, right, quantity, premium: PricedLeg(
                instrument=option(f"Jan {strike}{right}"), quantity=Decimal(quantity), premium=premium),
            st.sampled_from(range(80, 125, 5)), st.sampled_from("CP"), st.integers(-5, 5).filter(bool), PREMIUMS,
        ),
        st.builds(
            lambda quantity, premium: PricedLeg(instrument=XYZ, quantity=Decimal(quantity), premium=premium),
            st.integers(-300, 300).filter(bool), st.decimals(80, 120, places=2),
        ),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
PRICES = st.decimals(0, 400, places=2)


@given(LEGS, PRICES)
def test_the_position_earns_what_its_legs_earn(legs: list[PricedLeg], price: Decimal) -> None:
    together = line_at_expiry(legs).at(price)
    assert together == sum((line_at_expiry([each]).at(price) for each in legs), Decimal(0))
    assert together == sum((each.weight * (intrinsics(each, [price])[0] - each.premium) for each in legs), Decimal(0))


@given(LEGS, PRICES)
def test_no_price_earns_more_than_the_most_or_less_than_the_least(legs: list[PricedLeg], price: Decimal) -> None:
    line = line_at_expiry(legs)
    profit = line.at(price)
    assert line.max_gain.amount is None or profit <= line.max_gain.amount
    assert line.max_loss.amount is None or -profit <= line.max_loss.amount
    for extreme, sign in ((line.max_gain, 1), (line.max_loss, -1)):
        if extreme.amount and extreme.at is not None:
            assert line.at(extreme.at) * sign == extreme.amount, "and it does happen there"


@given(LEGS, PRICES)
def test_a_price_is_in_a_stretch_of_gain_exactly_when_it_gains(legs: list[PricedLeg], price: Decimal) -> None:
    line = line_at_expiry(legs)
    if any(abs(price - each) < Decimal("1e-12") for each in line.break_evens):
        return  # a third of a cent has no end in decimals
    inside = any(low <= price and (high is None or price <= high) for low, high in line.gains)
    assert inside == (line.at(price) > 0)
    for each in line.break_evens:
        assert abs(line.at(each)) < Decimal("1e-15")


def test_the_house_of_contracts_gives_every_option_its_own_conid() -> None:
    made = [option(f"{month} {strike}{right}") for month in ("Jan", "Feb") for strike in range(80, 125, 5)
            for right in "CP"]  # fmt: skip
    assert len({each.conid for each in made}) == len(made)
    assert made[0].option is not None
    assert (made[0].option.right, made[0].option.expiry) == (Right.CALL, JAN)
