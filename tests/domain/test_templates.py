"""Each template makes the strategy it is named after, around the money, and refuses what the ladder does not have."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Right
from ibdesk.domain.options import recognise
from ibdesk.domain.strategies import Strategy
from ibdesk.domain.templates import TEMPLATES, Ask, Ladder, Shape, TemplateName
from tests.domain.contracts import FEB, JAN, XYZ, option

STRIKES = range(80, 125, 5)
LADDER = Ladder(
    underlying=XYZ, spot=Decimal("101.30"),
    contracts=tuple(option(f"{month} {strike}{right}") for month in ("Jan", "Feb") for strike in STRIKES
                    for right in "CP"),
)  # fmt: skip
NEAR = Shape(expiry=JAN, far_expiry=FEB)
PUTS = replace(NEAR, right=Right.PUT)


def made(name: TemplateName, shape: Shape = NEAR, ladder: Ladder = LADDER) -> Mapping[str, Decimal]:
    """The legs by their label without symbol and year."""
    return {leg.instrument.label.removeprefix("XYZ "): leg.quantity for leg in TEMPLATES[name].legs(ladder, shape)}


def test_every_template_of_the_list_is_offered_in_its_order() -> None:
    assert [name.value for name in TEMPLATES] == [
        "Single", "Vertical", "Iron condor", "Butterfly", "Straddle", "Strangle", "Calendar", "Diagonal",
        "Covered call", "Collar", "Cash-secured put", "Custom"]  # fmt: skip
    assert list(TEMPLATES) == list(TemplateName)
    assert all(template.summary for template in TEMPLATES.values())


@pytest.mark.parametrize(
    ("name", "shape", "strategy"),
    [
        (TemplateName.SINGLE, NEAR, Strategy.LONG_CALL),
        (TemplateName.SINGLE, replace(PUTS, is_long=False), Strategy.SHORT_PUT),
        (TemplateName.VERTICAL, NEAR, Strategy.DEBIT_CALL_SPREAD),
        (TemplateName.VERTICAL, PUTS, Strategy.DEBIT_PUT_SPREAD),
        (TemplateName.VERTICAL, replace(PUTS, is_long=False), Strategy.CREDIT_PUT_SPREAD),
        (TemplateName.IRON_CONDOR, replace(NEAR, is_long=False), Strategy.SHORT_IRON_CONDOR),
        (TemplateName.IRON_CONDOR, NEAR, Strategy.LONG_IRON_CONDOR),
        (TemplateName.IRON_CONDOR, replace(NEAR, gap=0), Strategy.LONG_IRON_BUTTERFLY),
        (TemplateName.BUTTERFLY, NEAR, Strategy.LONG_BUTTERFLY),
        (TemplateName.BUTTERFLY, replace(PUTS, is_long=False), Strategy.SHORT_BUTTERFLY),
        (TemplateName.STRADDLE, NEAR, Strategy.LONG_STRADDLE),
        (TemplateName.STRANGLE, replace(NEAR, is_long=False), Strategy.SHORT_STRANGLE),
        (TemplateName.CALENDAR, NEAR, Strategy.CALENDAR),
        (TemplateName.DIAGONAL, PUTS, Strategy.DIAGONAL),
        (TemplateName.COVERED_CALL, NEAR, Strategy.COVERED_CALL),
        (TemplateName.COLLAR, NEAR, Strategy.COLLAR),
        (TemplateName.CASH_SECURED_PUT, NEAR, Strategy.SHORT_PUT),
    ],
)
def test_what_a_template_makes_is_recognised_as_that_strategy(
    name: TemplateName, shape: Shape, strategy: Strategy
) -> None:
    legs = TEMPLATES[name].legs(LADDER, replace(shape, contracts=3))
    (found,) = recognise(tuple((leg.instrument, leg.quantity) for leg in legs))
    (part,) = found.parts
    assert (part.strategy, part.units) == (strategy, 3)


def test_strikes_are_counted_in_rungs_from_the_one_nearest_to_the_price() -> None:
    assert made(TemplateName.SINGLE) == {"Jan15'27 100 C": 1}
    assert made(TemplateName.SINGLE, replace(NEAR, centre=2)) == {"Jan15'27 110 C": 1}
    assert made(TemplateName.VERTICAL, replace(PUTS, width=2)) == {"Jan15'27 100 P": 1, "Jan15'27 90 P": -1}
    assert made(TemplateName.IRON_CONDOR, replace(NEAR, is_long=False, gap=1, width=2, contracts=2)) == {
        "Jan15'27 85 P": 2, "Jan15'27 95 P": -2, "Jan15'27 105 C": -2, "Jan15'27 115 C": 2}  # fmt: skip
    assert made(TemplateName.DIAGONAL) == {"Jan15'27 105 C": -1, "Feb19'27 100 C": 1}


def test_of_two_strikes_equally_near_the_lower_is_the_money() -> None:
    assert made(TemplateName.SINGLE, ladder=replace(LADDER, spot=Decimal("102.5"))) == {"Jan15'27 100 C": 1}
    assert made(TemplateName.SINGLE, ladder=replace(LADDER, spot=Decimal(1))) == {"Jan15'27 80 C": 1}
    assert made(TemplateName.SINGLE, ladder=replace(LADDER, spot=Decimal(999))) == {"Jan15'27 120 C": 1}


def test_shares_come_in_what_the_contract_delivers() -> None:
    assert made(TemplateName.COLLAR, replace(NEAR, contracts=2)) == {
        "XYZ": 200, "Jan15'27 105 C": -2, "Jan15'27 95 P": 2}  # fmt: skip
    minis = replace(LADDER, contracts=tuple(option(f"Jan {strike}C", multiplier=10) for strike in STRIKES))
    assert made(TemplateName.COVERED_CALL, ladder=minis) == {"XYZ": 10, "Jan15'27 105 C": -1}


def test_an_adjusted_contract_is_no_start_for_a_covered_call() -> None:
    adjusted = replace(LADDER, contracts=tuple(option(f"Jan {strike}C", root="XYZ1") for strike in STRIKES))
    with pytest.raises(Refused, match="adjusted contract"):
        made(TemplateName.COVERED_CALL, ladder=adjusted)


def test_custom_starts_empty() -> None:
    assert made(TemplateName.CUSTOM) == {}


def test_a_calendar_takes_a_strike_that_both_days_list() -> None:
    sparse = tuple(each for each in LADDER.contracts if each.option and (
        each.option.expiry == JAN or each.option.strike % 20 == 0))  # fmt: skip
    assert made(TemplateName.CALENDAR, ladder=replace(LADDER, contracts=sparse, spot=Decimal(109))) == {
        "Jan15'27 100 C": -1, "Feb19'27 100 C": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [
        (TemplateName.VERTICAL, replace(NEAR, width=9), "do not reach that far"),
        (TemplateName.SINGLE, replace(NEAR, centre=-5), "do not reach that far"),
        (TemplateName.SINGLE, replace(NEAR, expiry=FEB.replace(day=20)), "No options are listed"),
    ],
)
def test_a_ladder_that_is_too_short_says_so(name: TemplateName, shape: Shape, says: str) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        made(name, shape)
    assert refusal.value.cause is Cause.NOTHING_FOUND
    assert refusal.value.remedy


def test_a_strike_that_lists_calls_only_has_no_put() -> None:
    calls = tuple(each for each in LADDER.contracts if each.option and each.option.right is Right.CALL)
    with pytest.raises(Refused, match="There is no 100 put for 2027-01-15"):
        made(TemplateName.STRADDLE, ladder=replace(LADDER, contracts=calls))


@pytest.mark.parametrize("far", [None, JAN])
def test_a_calendar_needs_a_later_day(far: object) -> None:
    with pytest.raises(Refused, match="later than the first"):
        made(TemplateName.CALENDAR, replace(NEAR, far_expiry=far))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"contracts": 0}, {"gap": -1}, {"width": 0}])
def test_a_shape_that_is_none_is_a_fault_of_ours(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a shape has"):
        made(TemplateName.VERTICAL, replace(NEAR, **wrong))  # type: ignore[arg-type]


@given(st.sampled_from(TemplateName), st.sampled_from(Right), st.integers(-1, 1), st.integers(0, 1), st.integers(1, 2))
def test_selling_a_template_is_buying_it_turned_round(
    name: TemplateName, right: Right, centre: int, gap: int, width: int
) -> None:
    shape = replace(NEAR, right=right, centre=centre, gap=gap, width=width)
    bought, sold = made(name, shape), made(name, replace(shape, is_long=False))
    if Ask.SIDE in TEMPLATES[name].asks:
        assert sold == {label: -quantity for label, quantity in bought.items()}
    else:
        assert sold == bought
