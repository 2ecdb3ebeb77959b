"""Every strategy is known by its legs whatever order they are told in, and as many shorts are covered as can be."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.instruments import Right
from ibdesk.domain.options import Holdings, merged, recognise
from ibdesk.domain.payoff import PricedLeg, line_at_expiry
from ibdesk.domain.recognition import parts_of
from ibdesk.domain.strategies import Part, Strategy
from tests.domain.contracts import JAN, XYZ, holdings, naked, names, only, option

# --- every name ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["+2 Jan 100C"], {"long call": 2}),
        (["+2 Jan 100P"], {"long put": 2}),
        (["-2 Jan 95P"], {"short put": 2}),
        (["-2 Jan 105C"], {"uncovered short call": 2}),
        (["+100 XYZ", "+1 Jan 95P"], {"protective put": 1}),
        (["-100 XYZ", "+1 Jan 105C"], {"protective call": 1}),
        (["-100 XYZ", "-1 Jan 95P"], {"covered put": 1}),
        (["+100 XYZ", "+1 Jan 95P", "-1 Jan 105C"], {"collar": 1}),
        (["-100 XYZ", "-1 Jan 95P", "+1 Jan 105C"], {"short collar": 1}),
        (["+100 XYZ", "+1 XYZ1 Jan 95P"], {"long underlying": 100, "long put": 1}),
        (["+100 XYZ", "+1 XYZ1 Jan 95P", "-1 Jan 105C"], {"covered call": 1, "long put": 1}),
        (["+100 XYZ", "+1 Jan 110C", "-1 Jan 105C"], {"covered call": 1, "long call": 1}),
        (["+100 XYZ", "+1 Jan 100P", "-1 Jan 100C"], {"conversion": 1}),
        (["-100 XYZ", "-1 Jan 100P", "+1 Jan 100C"], {"reversal": 1}),
        (["+1 Jan 100C", "-1 Jan 105C"], {"debit call spread": 1}),
        (["-1 Jan 100C", "+1 Jan 105C"], {"credit call spread": 1}),
        (["-1 Jan 100P", "+1 Feb 95P"], {"diagonal": 1}),
        (["+1 Jan 95C", "-2 Jan 100C", "+1 Jan 105C"], {"long butterfly": 1}),
        (["+1 Jan 95P", "-2 Jan 100P", "+1 Jan 105P"], {"long butterfly": 1}),
        (["-1 Jan 95C", "+2 Jan 100C", "-1 Jan 105C"], {"short butterfly": 1}),
        (["-1 Jan 95P", "+2 Jan 100P", "-1 Jan 105P"], {"short butterfly": 1}),
        (["+1 Jan 90C", "-1 Jan 95C", "-1 Jan 105C", "+1 Jan 110C"], {"long condor": 1}),
        (["-1 Jan 90C", "+1 Jan 95C", "+1 Jan 105C", "-1 Jan 110C"], {"short condor": 1}),
        (["+1 Jan 90P", "-1 Jan 95P", "-1 Jan 105C", "+1 Jan 110C"], {"short iron condor": 1}),
        (["-1 Jan 90P", "+1 Jan 95P", "+1 Jan 105C", "-1 Jan 110C"], {"long iron condor": 1}),
        (["+1 Jan 95P", "-1 Jan 100P", "-1 Jan 100C", "+1 Jan 105C"], {"short iron butterfly": 1}),
        (["-1 Jan 95P", "+1 Jan 100P", "+1 Jan 100C", "-1 Jan 105C"], {"long iron butterfly": 1}),
        (["+1 Jan 95C", "-1 Jan 105C", "-1 Jan 95P", "+1 Jan 105P"], {"long box": 1}),
        (["-1 Jan 95C", "+1 Jan 105C", "+1 Jan 95P", "-1 Jan 105P"], {"short box": 1}),
        (["+1 Jan 100C", "+1 Jan 100P"], {"long straddle": 1}),
        (["-1 Jan 100C", "-1 Jan 100P"], {"uncovered short straddle": 1}),
        (["+1 Jan 105C", "+1 Jan 95P"], {"long strangle": 1}),
        (["-1 Jan 105C", "-1 Jan 95P"], {"uncovered short strangle": 1}),
        (["+1 Jan 100C", "-1 Jan 100P"], {"synthetic long": 1}),
        (["-1 Jan 100C", "+1 Jan 100P"], {"synthetic short": 1}),
        (["+1 Jan 100C", "-2 Jan 105C"], {"debit call spread": 1, "uncovered short call": 1}),
        (["+1 Jan 95P", "+1 Feb 105C"], {"long put": 1, "long call": 1}),
        (["+50 XYZ", "+1 Jan 95P"], {"long underlying": 50, "long put": 1}),
        (["-30 XYZ"], {"short underlying": 30}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_each_strategy_is_known_by_its_legs(lines: list[str], expected: dict[str, int]) -> None:
    assert names(*lines) == expected
    assert names(*(line.replace("Jan", "Feb") for line in lines if "Feb" not in line)) == expected or any(
        "Feb" in line for line in lines)  # fmt: skip


def test_ten_condors_are_one_part_with_its_two_spreads_inside() -> None:
    (part,) = only("+10 Jan 160P", "-10 Jan 170P", "-10 Jan 180C", "+10 Jan 190C").parts
    assert (part.strategy, part.units) == (Strategy.SHORT_IRON_CONDOR, 10)
    assert [piece.strategy for piece in part.pieces] == [Strategy.CREDIT_PUT_SPREAD, Strategy.CREDIT_CALL_SPREAD]
    assert part.widths == (10, 10)
    assert part.is_even


def test_b16_a_condor_with_wings_of_5_and_10_is_uneven() -> None:
    (part,) = only("+1 Jan 85P", "-1 Jan 95P", "-1 Jan 105C", "+1 Jan 110C").parts
    assert (part.widths, part.is_even) == ((10, 5), False)


def test_the_middle_of_a_butterfly_is_one_leg() -> None:
    (part,) = only("+3 Jan 95C", "-6 Jan 100C", "+3 Jan 105C").parts
    assert part.units == 3
    assert {leg.instrument.label: leg.quantity for leg in part.legs} == {
        "XYZ Jan15'27 95 C": 3, "XYZ Jan15'27 100 C": -6, "XYZ Jan15'27 105 C": 3}  # fmt: skip


def test_b12_a_short_put_says_what_cash_would_secure_it() -> None:
    (part,) = only("-2 Jan 50P").parts
    assert part.cash_to_secure == 10_000
    (straddle,) = only("-1 Jan 100C", "-1 Jan 100P").parts
    assert straddle.cash_to_secure == 10_000
    assert len(straddle.naked) == 2


def test_a_calendar_and_a_debit_spread_have_no_width_and_a_diagonal_the_wrong_way_has() -> None:
    assert only("-1 Jan 100C", "+1 Feb 100C").parts[0].widths == (0,)
    assert only("+1 Jan 100C", "-1 Jan 105C").parts[0].widths == (0,)
    assert only("-1 Jan 100C", "+1 Feb 105C").parts[0].widths == (5,)


# --- who covers whom ----------------------------------------------------------------------------------------------


def test_shares_cover_the_call_that_no_long_outlives() -> None:
    lines = ("+100 XYZ", "-1 Jan 105C", "-1 Feb 120C", "+1 Jan 110C")
    assert names(*lines) == {"covered call": 1, "credit call spread": 1}


def test_a_far_long_is_kept_for_the_short_that_only_it_can_cover() -> None:
    assert naked("-1 Feb 100C", "-1 Jan 100C", "+1 Feb 110C", "+1 Jan 110C") == {}


def test_the_long_that_leaves_least_at_risk_is_taken() -> None:
    assert names("-1 Jan 100C", "+1 Jan 105C", "+1 Jan 90C") == {"debit call spread": 1, "long call": 1}


def test_the_last_short_to_expire_has_the_shares_and_of_one_day_the_deepest_in_the_money() -> None:
    (part,) = (each for each in only("+100 XYZ", "-1 Jan 100C", "-1 Jan 110C", "+1 Jan 115C").parts
               if each.strategy is Strategy.COVERED_CALL)  # fmt: skip
    assert part.legs[1].instrument == option("Jan 100C")


def test_among_longs_that_leave_nothing_at_risk_the_same_day_and_the_nearest_strike_is_taken() -> None:
    assert names("-1 Jan 100P", "+1 Jan 95P", "+1 Jan 110P") == {"debit put spread": 1, "long put": 1}
    assert names("-1 Jan 100C", "+1 Jan 80C", "+1 Feb 100C") == {"debit call spread": 1, "long call": 1}
    (spread, left) = only("-1 Jan 100C", "+1 Jan 80C", "+1 Jan 95C").parts
    assert (spread.strategy, left.legs[0].instrument) == (Strategy.DEBIT_CALL_SPREAD, option("Jan 80C"))


def test_a_put_of_another_day_makes_no_collar() -> None:
    assert names("+100 XYZ", "-1 Jan 105C", "+1 Feb 95P") == {"covered call": 1, "long put": 1}


def test_a_pair_of_one_strike_in_two_roots_makes_no_condor_with_another() -> None:
    lines = ("+1 XYZW Jan 95C", "-1 Jan 95C", "+1 Jan 100C", "-1 Jan 105C")
    assert names(*lines) == {"debit call spread": 2}


def test_a_mini_contract_takes_fewer_shares_and_covers_no_large_one() -> None:
    mini = option("Jan 105C", multiplier=10)
    (found,) = recognise(((XYZ, Decimal(25)), (mini, Decimal(-2))))
    assert [(part.strategy, part.units) for part in found.parts] == [
        (Strategy.COVERED_CALL, 2), (Strategy.LONG_UNDERLYING, 5)]  # fmt: skip
    large = holdings("-1 Jan 110C")
    assert recognise((*large, (mini, Decimal(1))))[0].naked_contracts(Right.CALL) == 1


def test_fractions_of_shares_stay_as_they_are() -> None:
    assert [part.units for part in only("+250.5 XYZ", "-2 Jan 105C").parts] == [2, Decimal("50.5")]


# --- invariants ---------------------------------------------------------------------------------------------------

SIZES = st.integers(-4, 4).filter(bool).map(Decimal)
CONTRACTS = st.builds(
    "{} {}{}".format, st.sampled_from(["Jan", "Feb"]), st.sampled_from(range(90, 115, 5)), st.sampled_from("CP")
).map(option)
BOOKS = st.builds(
    lambda options, shares: tuple(options.items()) + (((XYZ, Decimal(shares)),) if shares else ()),
    st.dictionaries(CONTRACTS, SIZES, max_size=8),
    st.integers(-350, 350),
)


@given(BOOKS, st.randoms(use_true_random=False))
def test_the_order_of_legs_changes_nothing(book: Holdings, chance: object) -> None:
    shuffled = list(book)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert recognise(tuple(shuffled)) == recognise(book)


@given(BOOKS)
def test_every_contract_is_in_exactly_one_part(book: Holdings) -> None:
    parts = [part for group in recognise(book) for part in group.parts]
    placed = merged(*(tuple((leg.instrument, leg.quantity) for leg in part.legs) for part in parts))
    assert dict(placed) == dict(merged(book))
    for part in parts:
        assert part.units > 0
        inside = merged(*(tuple((leg.instrument, leg.quantity) for leg in basic.legs) for basic in part.basics))
        assert dict(inside) == {leg.instrument: leg.quantity for leg in part.legs}


@given(BOOKS)
def test_a_short_is_naked_only_while_nothing_idle_could_cover_it(book: Holdings) -> None:
    basics: list[Part] = [basic for group in recognise(book) for part in group.parts for basic in part.basics]
    idle = [leg for basic in basics if len(basic.legs) == 1 for leg in basic.legs if leg.quantity > 0]
    for short in (leg for group in recognise(book) for leg in group.naked):
        assert short.terms is not None
        for leg in idle:
            if leg.terms is None:
                assert short.terms.right is Right.PUT or leg.quantity < 100
            else:
                assert leg.terms.right is not short.terms.right or leg.terms.expiry < short.terms.expiry


@given(BOOKS)
def test_adding_a_long_never_makes_more_naked(book: Holdings) -> None:
    def count(rows: Holdings) -> Decimal:
        return sum((group.naked_contracts(right) for group in recognise(rows) for right in Right), Decimal(0))

    assert count(merged(book, holdings("+1 Feb 100C"))) <= count(book)


def most_covered(shorts: list[date], longs: list[date]) -> int:
    """The largest matching of single contracts, by augmenting paths: it knows of no order and no preference."""
    holder: dict[int, int] = {}

    def cover(short: int, seen: set[int]) -> bool:
        for place, long in enumerate(longs):
            if place not in seen and long >= shorts[short]:
                seen.add(place)
                if place not in holder or cover(holder[place], seen):
                    holder[place] = short
                    return True
        return False

    return sum(cover(short, set()) for short in range(len(shorts)))


@given(BOOKS)
def test_no_other_pairing_would_cover_more(book: Holdings) -> None:
    for right, side in ((Right.CALL, 1), (Right.PUT, -1)):
        options = [(each.option.expiry, int(size)) for each, size in book if each.option and each.option.right is right]
        shares = max(0, int(dict(book).get(XYZ, Decimal(0))) * side) // 100
        shorts = [expiry for expiry, size in options for _ in range(-size)]
        longs = [expiry for expiry, size in options for _ in range(size)] + [date.max] * shares
        uncovered = sum(group.naked_contracts(right) for group in recognise(book))
        assert uncovered == len(shorts) - most_covered(shorts, longs)


@given(BOOKS)
def test_what_is_covered_loses_its_widths_at_most(book: Holdings) -> None:
    options = tuple((each, size) for each, size in book if each.option and each.option.expiry == JAN)
    groups = recognise(options)
    if not groups or groups[0].naked:
        return
    legs = [PricedLeg(instrument=each, quantity=size, premium=Decimal(0)) for each, size in options]
    widths = sum((width * basic.units * 100 for part in groups[0].parts for basic in part.basics
                  for width in basic.widths), Decimal(0))  # fmt: skip
    worst = line_at_expiry(legs).max_loss
    assert worst.amount is not None, "nothing naked, nothing unbounded"
    assert worst.amount <= widths


def test_nothing_has_no_parts() -> None:
    assert parts_of([]) == ()
