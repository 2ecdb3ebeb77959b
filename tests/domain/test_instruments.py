"""What a holding adds to net assets, class by class."""

from datetime import date
from decimal import Decimal

import pytest

from ibdesk.domain.instruments import (
    CLASS_NAMES,
    AssetClass,
    Conid,
    Instrument,
    OptionTerms,
    Right,
    notional_of,
    value_of,
)
from ibdesk.domain.money import USD


def instrument(asset_class: AssetClass, **more: object) -> Instrument:
    return Instrument(conid=Conid(1), symbol="SPY", asset_class=asset_class, currency=USD, **more)  # type: ignore[arg-type]


def test_a_future_adds_nothing_because_its_gains_are_already_cash() -> None:
    assert value_of(AssetClass.FUTURE, Decimal("601250"), Decimal("3225")) == 0


def test_a_currency_row_adds_nothing_because_the_ledger_already_holds_the_money() -> None:
    assert value_of(AssetClass.CASH, Decimal("54520"), Decimal("415")) == 0


def test_a_cfd_adds_only_its_unrealised_profit() -> None:
    assert value_of(AssetClass.CFD, Decimal("20000"), Decimal("-150.25")) == Decimal("-150.25")


@pytest.mark.parametrize(
    "asset_class",
    [each for each in AssetClass if each not in (AssetClass.FUTURE, AssetClass.CASH, AssetClass.CFD)],
)
def test_everything_else_adds_its_market_value(asset_class: AssetClass) -> None:
    assert value_of(asset_class, Decimal("-6150"), Decimal("2270")) == Decimal("-6150")


def test_an_unknown_value_stays_unknown() -> None:
    assert value_of(AssetClass.STOCK, None, Decimal(1)) is None
    assert notional_of(Decimal(2), None, Decimal(50)) is None


def test_notional_of_a_short_option_is_negative_exposure() -> None:
    assert notional_of(Decimal(-10), Decimal("6.15"), Decimal(100)) == Decimal("-6150.00")


def test_an_option_is_written_as_traders_write_it() -> None:
    terms = OptionTerms(right=Right.PUT, strike=Decimal("600.0"), expiry=date(2026, 12, 18))
    assert instrument(AssetClass.OPTION, option=terms).label == "SPY Dec18'26 600 P"


def test_a_future_is_written_with_its_month_and_a_stock_plainly() -> None:
    assert instrument(AssetClass.FUTURE, expiry=date(2026, 12, 18)).label == "SPY Dec'26"
    assert instrument(AssetClass.STOCK).label == "SPY"


def test_every_class_has_a_name_for_people() -> None:
    assert set(CLASS_NAMES) == set(AssetClass)
