from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.orders import Side
from ibdesk.domain.paper import fees
from tests.domain.paper.market import SHARE, D, option

NOW, LAST_YEAR = date(2026, 11, 18), date(2025, 11, 18)


@pytest.mark.parametrize(("quantity", "price", "cost"), [
    (100, "50", "1.00"), (1000, "50", "5.00"), (10, "0.50", "0.05"), (1, "0.10", "0.01"), (200, "50", "1.00"),
    (201, "50", "1.00"), (300, "50", "1.50"),
])  # fmt: skip
def test_shares_cost_half_a_cent_each_at_least_a_dollar_and_at_most_one_percent(
    quantity: int, price: str, cost: str
) -> None:
    assert fees.commission(SHARE, D(quantity), D(price), NOW) == D(cost)


@pytest.mark.parametrize(("contracts", "cost"), [(1, "1.00"), (2, "1.30"), (10, "6.50")])
def test_options_cost_sixty_five_cents_each_at_least_a_dollar(contracts: int, cost: str) -> None:
    assert fees.commission(option(100), D(contracts), D("0.05"), NOW) == D(cost)


def test_the_authorities_take_their_part_of_sales_alone_rounded_up() -> None:
    assert fees.sale_fee(SHARE, Side.BUY, D(100), D(50), NOW) == 0
    assert fees.sale_fee(SHARE, Side.SELL, D(1000), D(50), NOW) == D("1.23")  # 1.03 of 50,000 and 0.195
    assert fees.sale_fee(option(100), Side.SELL, D(10), D(2), NOW) == D("0.08")
    assert fees.sale_fee(SHARE, Side.SELL, D(1_000_000), D(1), NOW) == D("30.39")  # the part by shares is capped


def test_the_prices_are_those_of_the_day() -> None:
    assert fees.sale_fee(SHARE, Side.SELL, D(1000), D(50), LAST_YEAR) == D("0.17")
    assert fees.tariff_at(date(2020, 1, 1)) == fees.TARIFFS[0]
    assert list(fees.TARIFFS) == sorted(fees.TARIFFS, key=lambda row: row.begins)
    assert all(row.citation for row in fees.TARIFFS)


def test_nothing_costs_nothing() -> None:
    assert fees.commission(SHARE, Decimal(0), D(50), NOW) == 0


def test_classes_without_a_price_of_their_own_cost_nothing() -> None:
    assert fees.commission(replace(SHARE, asset_class=AssetClass.BOND), D(100), D(50), NOW) == 0


def test_a_price_below_nothing_is_charged_as_its_size() -> None:
    assert fees.commission(SHARE, D(10), D("-0.50"), NOW) == D("0.05")
