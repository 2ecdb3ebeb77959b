"""Holdings of one underlying become strategies, whatever order they are told in, and what is naked is named."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.options import Holdings, by_symbol, is_european, merged, newly_naked, only_closes, recognise
from ibdesk.domain.strategies import Part, Recognition, Strategy
from tests.domain.contracts import JAN, XYZ, holdings, option


def only(*lines: str) -> Recognition:
    (found,) = recognise(holdings(*lines))
    return found


def names(*lines: str) -> Counter[str]:
    """Each strategy with how many units of it were found."""
    found: Counter[str] = Counter()
    for part in only(*lines).parts:
        found[part.strategy.value] += int(part.units)
    return found


def naked(*lines: str) -> dict[str, Decimal]:
    return {leg.instrument.label: leg.quantity for leg in only(*lines).naked}


# --- the oracles of reference/compliance.md 3.2 -------------------------------------------------------------------


def test_p1_two_calls_on_250_shares_are_covered() -> None:
    assert names("+250 XYZ", "-2 Jan 105C") == {"covered call": 2, "long underlying": 50}
    assert naked("+250 XYZ", "-2 Jan 105C") == {}


def test_p2_the_third_call_on_250_shares_is_naked() -> None:
    assert names("+250 XYZ", "-3 Jan 105C") == {
        "covered call": 2, "uncovered short call": 1, "long underlying": 50}  # fmt: skip
    assert naked("+250 XYZ", "-3 Jan 105C") == {"XYZ Jan15'27 105 C": -1}


def test_p3_a_working_short_call_has_used_the_shares_already() -> None:
    held, working, order = holdings("+100 XYZ"), holdings("-1 Jan 105C"), holdings("-1 Jan 110C")
    (found,) = recognise(merged(held, working, order))
    assert found.naked_contracts(Right.CALL) == 1
    assert recognise(merged(held, order))[0].naked == ()


def test_p4_a_bought_put_above_the_sold_one_is_a_debit_spread() -> None:
    assert names("+1 Jan 100P", "-1 Jan 95P") == {"debit put spread": 1}


def test_p5_a_sold_put_above_the_bought_one_is_a_credit_spread() -> None:
    assert names("-1 Jan 100P", "+1 Jan 95P") == {"credit put spread": 1}


def test_p6_a_long_call_that_outlives_the_short_one_is_a_calendar() -> None:
    assert names("-1 Jan 100C", "+1 Feb 100C") == {"calendar": 1}
    assert naked("-1 Jan 100C", "+1 Feb 100C") == {}


def test_p7_a_short_call_that_outlives_the_long_one_is_naked() -> None:
    assert names("-1 Feb 100C", "+1 Jan 100C") == {"long call": 1, "uncovered short call": 1}
    assert naked("-1 Feb 100C", "+1 Jan 100C") == {"XYZ Feb19'27 100 C": -1}


@pytest.mark.parametrize(("right", "sold", "bought"), [("P", "100P", "95P"), ("C", "100C", "105C")])
def test_p8_selling_the_long_leg_of_a_spread_leaves_a_naked_short(right: str, sold: str, bought: str) -> None:
    held = holdings(f"-1 Jan {sold}", f"+1 Jan {bought}")
    sale = holdings(f"-1 Jan {bought}")

    assert only_closes(held, sale), "each leg only gets smaller"
    (leg,) = newly_naked(held, sale)
    assert leg.instrument == option(f"Jan {sold}")
    assert leg.quantity == -1


def test_p9_buying_a_short_call_back_only_closes_and_uncovers_nothing() -> None:
    held = holdings("-2 Jan 105C")
    assert only_closes(held, holdings("+2 Jan 105C"))
    assert newly_naked(held, holdings("+1 Jan 105C")) == ()
    assert not only_closes(held, holdings("+3 Jan 105C")), "the third opens a long call"


def test_p10_the_style_of_an_index_option_is_european_and_of_an_etf_option_american() -> None:
    def listed(symbol: str, trading_class: str = "") -> Instrument:
        return Instrument(conid=Conid(9), symbol=symbol, trading_class=trading_class, asset_class=AssetClass.OPTION,
                          currency=USD, option=option("Jan 100C").option)  # fmt: skip

    assert is_european(listed("SPX"))
    assert is_european(listed("SPX", "SPXW"))
    assert not is_european(listed("SPY"))
    assert not is_european(listed("OEX")), "cash-settled, and American"
    assert not is_european(XYZ)


def test_b28_shares_do_not_cover_an_adjusted_contract() -> None:
    assert naked("+100 XYZ", "-1 XYZ1 Jan 105C") == {"XYZ Jan15'27 105 C": -1}
    assert names("+1 XYZ1 Jan 100C", "-1 XYZ1 Jan 105C") == {"debit call spread": 1}
    assert naked("+1 Jan 100C", "-1 XYZ1 Jan 105C") == {"XYZ Jan15'27 105 C": -1}, "another deliverable"


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


def test_a_mini_contract_takes_fewer_shares_and_covers_no_large_one() -> None:
    mini = option("Jan 105C", multiplier=10)
    (found,) = recognise(((XYZ, Decimal(25)), (mini, Decimal(-2))))
    assert [(part.strategy, part.units) for part in found.parts] == [
        (Strategy.COVERED_CALL, 2), (Strategy.LONG_UNDERLYING, 5)]  # fmt: skip
    large = holdings("-1 Jan 110C")
    assert recognise((*large, (mini, Decimal(1))))[0].naked_contracts(Right.CALL) == 1


def test_fractions_of_shares_stay_as_they_are() -> None:
    assert [part.units for part in only("+250.5 XYZ", "-2 Jan 105C").parts] == [2, Decimal("50.5")]


def future(conid: int) -> Instrument:
    return Instrument(conid=Conid(conid), symbol="ES", asset_class=AssetClass.FUTURE, currency=USD,
                      multiplier=Decimal(50), expiry=JAN)  # fmt: skip


def future_option(underlying: int | None) -> Instrument:
    return Instrument(conid=Conid(77), symbol="ES", asset_class=AssetClass.FUTURE_OPTION, currency=USD,
                      multiplier=Decimal(50), expiry=JAN, trading_class="E3A",
                      underlying_conid=None if underlying is None else Conid(underlying),
                      option=OptionTerms(right=Right.CALL, strike=Decimal(6000), expiry=JAN))  # fmt: skip


def test_one_future_covers_one_option_on_it_and_none_on_another_month() -> None:
    (covered,) = recognise(((future(5), Decimal(1)), (future_option(5), Decimal(-1))))
    assert [part.strategy for part in covered.parts] == [Strategy.COVERED_CALL]
    assert len(recognise(((future(6), Decimal(1)), (future_option(5), Decimal(-1))))) == 2
    unknown = recognise(((future(5), Decimal(1)), (future_option(None), Decimal(-1))))
    assert sum(each.naked_contracts(Right.CALL) for each in unknown) == 1


def test_an_option_that_does_not_tell_its_underlying_joins_the_shares_of_its_symbol() -> None:
    call = option("Jan 105C")
    silent = Instrument(conid=call.conid, symbol="XYZ", asset_class=AssetClass.OPTION, currency=USD,
                        multiplier=Decimal(100), option=call.option)  # fmt: skip
    (found,) = recognise(((XYZ, Decimal(100)), (silent, Decimal(-1))))
    assert (found.naked, found.underlying) == ((), XYZ.conid)
    (alone,) = recognise(((silent, Decimal(-1)),))
    assert (alone.underlying, alone.naked_contracts(Right.CALL)) == (None, 1)


def test_cash_bonds_and_warrants_are_no_strategies() -> None:
    bond = Instrument(conid=Conid(3), symbol="XYZ", asset_class=AssetClass.BOND, currency=USD)
    warrant = Instrument(conid=Conid(4), symbol="XYZ", asset_class=AssetClass.WARRANT, currency=USD,
                         option=option("Jan 100C").option, underlying_conid=XYZ.conid)  # fmt: skip
    assert recognise(((bond, Decimal(1)), (warrant, Decimal(100)))) == ()


def test_other_underlyings_stay_apart() -> None:
    other = Instrument(conid=Conid(2), symbol="ABC", asset_class=AssetClass.STOCK, currency=USD)
    both = recognise(((other, Decimal(100)), *holdings("-1 Jan 105C")))
    assert [each.symbol for each in both] == ["ABC", "XYZ"]
    assert both[1].naked_contracts(Right.CALL) == 1
    assert by_symbol(((other, Decimal(100)), *holdings("-1 Jan 105C")))["XYZ"] == holdings("-1 Jan 105C")


def test_positions_of_one_contract_are_netted_first() -> None:
    assert merged(holdings("+1 Jan 100C"), holdings("-1 Jan 100C")) == ()
    assert only_closes((), ()) is True
    assert not only_closes((), holdings("+1 Jan 100C"))


def test_selling_shares_uncovers_the_call_they_covered() -> None:
    held = holdings("+100 XYZ", "-1 Jan 105C")
    assert [leg.instrument.label for leg in newly_naked(held, holdings("-100 XYZ"))] == ["XYZ Jan15'27 105 C"]
    already = holdings("-1 Jan 105C")
    assert newly_naked(already, holdings("+1 Jan 110C", "-1 Jan 120C")) == (), "as many naked as before"


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
