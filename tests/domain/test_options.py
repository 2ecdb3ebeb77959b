"""The oracles of strategy recognition, and which holdings belong together."""

from decimal import Decimal

import pytest

from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.options import Holdings, is_cash_settled, is_european, merged, more_naked, recognise
from ibdesk.domain.strategies import Strategy, StrategyLeg
from tests.domain.contracts import JAN, XYZ, holdings, naked, names, option


def newly_naked(held: Holdings, changes: Holdings) -> tuple[StrategyLeg, ...]:
    return more_naked(recognise(held), recognise(merged(held, changes)))


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

    (leg,) = newly_naked(held, sale)
    assert leg.instrument == option(f"Jan {sold}")
    assert leg.quantity == -1


def test_p9_buying_a_short_call_back_uncovers_nothing() -> None:
    held = holdings("-2 Jan 105C")
    assert newly_naked(held, holdings("+1 Jan 105C")) == ()


def test_p10_the_style_of_an_index_option_is_european_and_of_an_etf_option_american() -> None:
    def listed(symbol: str, trading_class: str = "") -> Instrument:
        return Instrument(conid=Conid(9), symbol=symbol, trading_class=trading_class, asset_class=AssetClass.OPTION,
                          currency=USD, option=option("Jan 100C").option)  # fmt: skip

    assert is_european(listed("SPX"))
    assert is_european(listed("SPX", "SPXW"))
    assert not is_european(listed("SPY"))
    assert not is_european(listed("OEX")) and is_cash_settled(listed("OEX")), "cash-settled, and American"
    assert is_cash_settled(listed("SPX", "SPXW")) and not is_cash_settled(listed("SPY"))
    assert not is_european(XYZ)


def test_b28_shares_do_not_cover_an_adjusted_contract() -> None:
    assert naked("+100 XYZ", "-1 XYZ1 Jan 105C") == {"XYZ Jan15'27 105 C": -1}
    assert names("+1 XYZ1 Jan 100C", "-1 XYZ1 Jan 105C") == {"debit call spread": 1}
    assert naked("+1 Jan 100C", "-1 XYZ1 Jan 105C") == {"XYZ Jan15'27 105 C": -1}, "another deliverable"


# --- what belongs together ----------------------------------------------------------------------------------------


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


def test_positions_of_one_contract_are_netted_first() -> None:
    assert merged(holdings("+1 Jan 100C"), holdings("-1 Jan 100C")) == ()
    assert merged(holdings("+2 Jan 100C", "+1 XYZ"), holdings("-1 Jan 100C")) == holdings("+1 Jan 100C", "+1 XYZ")


def test_selling_shares_uncovers_the_call_they_covered() -> None:
    held = holdings("+100 XYZ", "-1 Jan 105C")
    assert [leg.instrument.label for leg in newly_naked(held, holdings("-100 XYZ"))] == ["XYZ Jan15'27 105 C"]
    already = holdings("-1 Jan 105C")
    assert newly_naked(already, holdings("+1 Jan 110C", "-1 Jan 120C")) == (), "as many naked as before"
