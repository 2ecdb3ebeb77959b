"""The margin formulas: the oracles B1 to B29 of reference/compliance.md 2.5 that speak of a position."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance import margin
from ibdesk.domain.compliance.exposure import EMPTY, Legs, outcome_of
from ibdesk.domain.compliance.margin import Estimate, Prices, Requirement, estimate, required
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.options import recognise
from tests.domain.compliance.sample import FEB, JAN, book, conid, legs, option, stock

POLICIES = policies_at(date(2026, 11, 23))
RULES = POLICIES.margin
ELSEWHERE = policies_at(date(2026, 11, 23), "alpaca")


def prices(spot: str = "100", symbol: str = "ABC", **marks: str) -> Prices:
    """Marks of January options by their name: c105="2.20"."""
    named = {f"{name[1:].replace('_', '.')}{name[0].upper()}": price for name, price in marks.items()}
    found = {option(name, symbol=symbol).conid: Decimal(price) for name, price in named.items()}
    return Prices(marks={conid(symbol): Decimal(spot), **found})


def opening(order: Legs, at: Prices, **given: object) -> Estimate:
    return estimate(order, outcome_of(EMPTY, order), at, POLICIES, **given)  # type: ignore[arg-type]


def needs(held: Legs, at: Prices, policies: object = POLICIES) -> Requirement:
    return required(recognise(held), at, policies)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "price", "initial", "maintenance"),
    [
        ("100", "100", "5000", "2500"),
        ("-100", "50", "2500", "1500"),
        ("-100", "12", "600", "500"),
        ("-100", "3", "150", "300"),
        ("-100", "5", "250", "500"),
        ("0", "5", "0", "0"),
    ],
    ids=["B1", "B2a", "B2b", "B2c", "five dollars is not low", "nothing"],
)
def test_shares(quantity: str, price: str, initial: str, maintenance: str) -> None:
    found = margin.stock(Decimal(quantity), Decimal(price), RULES)
    assert found == Requirement(Decimal(initial), Decimal(maintenance))


def test_bought_calls_cost_their_premium_and_fees() -> None:
    """B3."""
    found = opening(legs((option("100C"), 3)), prices(c100="2.45"), fees=Decimal("1.95"))
    assert found.effect == Decimal("736.95")


@pytest.mark.parametrize(
    ("text", "mark", "spot", "requirement", "effect"),
    [
        ("95P", "1.50", "100", "1650", "1500"),
        ("70P", "0.20", "100", "720", "700"),
        ("110C", "1.20", "100", "1120", "1000"),
        ("130C", "0.10", "100", "1010", "1000"),
        ("100P", "11", "90", "2900", "1800"),
    ],
    ids=["B4", "B5", "B6", "B7", "B8"],
)
def test_an_uncovered_option(text: str, mark: str, spot: str, requirement: str, effect: str) -> None:
    at = Prices(marks={conid("ABC"): Decimal(spot), option(text).conid: Decimal(mark)})
    found = opening(legs((option(text), -1)), at)
    assert (found.change.initial, found.effect) == (Decimal(requirement), Decimal(effect))
    assert found.borrows


def test_a_broad_index_needs_a_smaller_part() -> None:
    """B9."""
    found = opening(legs((option("5100C", symbol="SPX"), -1)), prices("5000", "SPX", c5100="40"))
    assert found.change.initial == 69000


@pytest.mark.parametrize(("spot", "call", "maintenance"), [("100", "2.00", "2500"), ("120", "16", "4125")],
                         ids=["B10", "B11"])  # fmt: skip
def test_a_covered_call_deep_in_the_money_needs_more_than_its_shares(spot: str, call: str, maintenance: str) -> None:
    found = needs(legs((stock(), 100), (option("105C"), -1)), prices(spot, c105=call))
    assert found.maintenance == Decimal(maintenance)
    assert found.initial == Decimal(spot) * 50


def test_a_call_written_on_held_shares_brings_its_premium() -> None:
    """2.4: nothing extra on the call."""
    order = legs((option("105C"), -1))
    found = estimate(order, outcome_of(book((stock(), 100)), order), prices(c105="2.00"), POLICIES)
    assert found.effect == -200
    assert not found.borrows


def test_a_put_secured_by_cash_reserves_the_strike() -> None:
    """B12."""
    found = opening(legs((option("50P"), -1)), prices("52", p50="1.20"), margin_type=MarginType.CASH)
    assert (found.change.initial, found.effect) == (5000, 4880)


@pytest.mark.parametrize(
    ("pairs", "marks", "requirement", "effect"),
    [
        ([("100C", 1), ("105C", -1)], {"c100": "4.00", "c105": "2.20"}, "0", "180"),
        ([("100P", -1), ("95P", 1)], {"p100": "3.00", "p95": "1.40"}, "500", "340"),
        ([("90P", 1), ("95P", -1), ("105C", -1), ("110C", 1)],
         {"p90": "0.50", "p95": "1.65", "c105": "1.75", "c110": "0.60"}, "500", "270"),
        ([("90P", 1), ("95P", -1), ("105C", -1), ("115C", 1)],
         {"p90": "0.30", "p95": "1.65", "c105": "1.75", "c115": "0.10"}, "1500", "1200"),
        ([("110C", -1), ("90P", -1)], {"c110": "1.20", "p90": "1.00"}, "1220", "1000"),
        ([("100C", -1), ("100P", -1)], {"c100": "3.00", "p100": "2.80"}, "2580", "2000"),
        ([("95C", 1), ("100C", -2), ("105C", 1)], {"c95": "6.00", "c100": "3.00", "c105": "0.90"}, "0", "90"),
        ([("95C", -1), ("100C", 2), ("105C", -1)], {"c95": "6.00", "c100": "3.00", "c105": "0.90"}, "500", "410"),
        ([("160P", 10), ("170P", -10), ("180C", -10), ("190C", 10)],
         {"p160": "1", "p170": "1", "c180": "1", "c190": "1"}, "10000", "10000"),
        ([("95C", 1), ("105C", -1), ("105P", 1), ("95P", -1)],
         {"c95": "6", "c105": "1", "p105": "6", "p95": "1"}, "0", "1000"),
    ],
    ids=["B13", "B14", "B15", "B16 two spreads", "B17", "B18", "B21", "B22", "B24", "long box"],
)  # fmt: skip
def test_strategies(pairs: list[tuple[str, int]], marks: dict[str, str], requirement: str, effect: str) -> None:
    found = opening(legs(*((option(text), count) for text, count in pairs)), prices(**marks))
    assert (found.change.initial, found.effect) == (Decimal(requirement), Decimal(effect))


def test_a_condor_with_unequal_wings_is_one_side_where_the_broker_follows_the_exchange() -> None:
    """B16: the exchange's rule."""
    condor = legs((option("90P"), 1), (option("95P"), -1), (option("105C"), -1), (option("115C"), 1))
    assert needs(condor, prices(), ELSEWHERE).initial == 1000


def test_a_short_box_needs_a_little_more_than_it_costs_to_close() -> None:
    """2.4: the larger of 1.02 times the cost to close and the strikes' difference."""
    box = legs((option("95C"), -1), (option("105C"), 1), (option("105P"), -1), (option("95P"), 1))
    dear = prices(c95="6.50", c105="1", p105="6.40", p95="1")
    assert needs(box, dear).initial == Decimal("1.02") * 1090
    assert needs(box, prices(c95="6", c105="1.5", p105="6", p95="1")).initial == 1000


def dated(near: str, far: str) -> Prices:
    return Prices(marks={
        conid("ABC"): Decimal(100), option("100C", JAN).conid: Decimal(near), option("100C", FEB).conid: Decimal(far),
    })  # fmt: skip


def test_a_calendar_costs_its_debit() -> None:
    """B19."""
    found = opening(legs((option("100C", JAN), -1), (option("100C", FEB), 1)), dated("2.00", "3.50"))
    assert found.effect == 150


def test_a_calendar_the_wrong_way_round_is_naked() -> None:
    """B20."""
    found = opening(legs((option("100C", JAN), 1), (option("100C", FEB), -1)), dated("2.00", "3.50"))
    assert found.change.initial == 2350
    assert found.effect == 2350 + 200 - 350


def test_a_diagonal_with_a_worse_long_strike_needs_the_difference() -> None:
    """2.4."""
    found = needs(legs((option("100C", JAN), -1), (option("105C", FEB), 1)), prices())
    assert found.initial == 500


def test_a_leveraged_fund_needs_its_factor() -> None:
    """B23."""
    fund = stock(asset_class=AssetClass.ETF)
    at = replace(prices("40"), factors={fund.conid: Decimal(3)})
    assert needs(legs((fund, 100)), at).maintenance == 3000


@pytest.mark.parametrize(
    ("held", "marks", "initial", "maintenance"),
    [
        ([("stock", -100), ("95P", -1)], {"p95": "2"}, "5000", "3000"),
        ([("stock", -100), ("110P", -1)], {"p110": "12"}, "6000", "4000"),
        ([("stock", 100), ("95P", 1)], {"p95": "2"}, "5000", "1450"),
        ([("stock", -100), ("105C", 1)], {"c105": "2"}, "5000", "1550"),
        ([("stock", 100), ("80P", 1)], {"p80": "1"}, "5000", "2500"),
    ],
    ids=["covered put", "covered put in the money", "protective put", "protective call", "a put far away"],
)
def test_options_beside_shares(
    held: list[tuple[str, int]], marks: dict[str, str], initial: str, maintenance: str
) -> None:
    """2.4."""
    some = legs(*((stock() if text == "stock" else option(text), count) for text, count in held))
    assert needs(some, prices(**marks)) == Requirement(Decimal(initial), Decimal(maintenance))


def test_an_adjusted_contract_is_not_estimated() -> None:
    """B28: it does not deliver 100 shares, so 100 shares are no cover to count on."""
    odd = replace(option("105C"), trading_class="ABC1")
    found = estimate(legs((odd, -1)), outcome_of(book((stock(), 100)), legs((odd, -1))), prices(), POLICIES)
    assert found.effect is None
    assert "does not deliver 100 shares" in found.why_not


def future_option(text: str) -> Instrument:
    return replace(option(text), asset_class=AssetClass.FUTURE_OPTION)


@pytest.mark.parametrize(
    "order",
    [
        legs((stock("ES", AssetClass.FUTURE), 1)),
        legs((future_option("100P"), -1)),
        legs((future_option("100P"), -1), (future_option("95P"), 1)),
    ],
)
def test_futures_are_left_to_the_exchange(order: Legs) -> None:
    assert "the exchange sets the margin" in opening(order, prices(p100="2")).why_not


def test_portfolio_margin_is_not_estimated_and_says_so() -> None:
    """2.7."""
    found = opening(legs((option("100C"), 1)), prices(c100="2"), margin_type=MarginType.PORTFOLIO_MARGIN)
    assert (found.effect, found.why_not) == (None, "portfolio margin is not estimated here")


@pytest.mark.parametrize("spot", ["0", "NaN", "Infinity"])
def test_without_a_price_there_is_no_estimate(spot: str) -> None:
    order = legs((option("100C"), -1))
    assert opening(order, Prices(marks={option("100C").conid: Decimal(2)})).why_not == "no price for ABC"
    assert opening(order, prices(spot, c100="2")).effect is None
    assert "no price for ABC Jan15'27 100 C" in opening(order, prices()).why_not


def test_the_price_of_the_order_beats_the_marks() -> None:
    spread = legs((option("100P"), -1), (option("95P"), 1))
    found = opening(spread, prices(p100="3.00", p95="1.40"), paid=Decimal(-150))
    assert found.effect == 350


def test_an_order_price_that_is_no_number_is_not_reckoned_with() -> None:
    found = opening(legs((option("100C"), 1)), prices(c100="2"), paid=Decimal("NaN"))
    assert (found.effect, found.why_not) == (None, "the order's price is no number")


def test_closing_a_spread_gives_its_requirement_back() -> None:
    held = book((option("100P"), -1), (option("95P"), 1))
    order = legs((option("100P"), 1), (option("95P"), -1))
    found = estimate(order, outcome_of(held, order), prices(p100="3.00", p95="1.40"), POLICIES)
    assert found.effect == 160 - 500
    assert found.change == Requirement(Decimal(-500), Decimal(-500))


def test_what_an_order_leaves_alone_needs_no_price() -> None:
    held = book((option("80P", FEB), -1))
    order = legs((option("100C"), 1))
    assert estimate(order, outcome_of(held, order), prices(c100="2"), POLICIES).effect == 200


def test_selling_the_long_leg_of_a_spread_leaves_the_short_to_be_paid_for() -> None:
    held = book((option("110C"), -1), (option("115C"), 1))
    order = legs((option("115C"), -1))
    found = estimate(order, outcome_of(held, order), prices(c110="1.20", c115="0.50"), POLICIES)
    assert found.change.initial == 1120 - 500


def test_a_cash_account_pays_shares_in_full() -> None:
    found = opening(legs((stock(), 100)), prices(), margin_type=MarginType.CASH)
    assert found.effect == 10000


@given(short=st.sampled_from([90, 95, 100, 105]), long=st.sampled_from([90, 95, 100, 105]),
       right=st.sampled_from("CP"), count=st.integers(1, 50))  # fmt: skip
def test_a_vertical_never_needs_more_than_its_width(short: int, long: int, right: str, count: int) -> None:
    if short != long:
        held = legs((option(f"{short}{right}"), -count), (option(f"{long}{right}"), count))
        assert 0 <= needs(held, prices()).initial <= abs(short - long) * 100 * count


@given(count=st.integers(1, 40), spot=st.integers(50, 150), strike=st.sampled_from([80, 100, 120]),
       right=st.sampled_from("CP"))  # fmt: skip
def test_twice_the_position_needs_twice_as_much(count: int, spot: int, strike: int, right: str) -> None:
    text = f"{strike}{right}"
    at = Prices(marks={conid("ABC"): Decimal(spot), option(text).conid: Decimal(5)})
    one, many = needs(legs((option(text), -1)), at), needs(legs((option(text), -count)), at)
    assert many.initial == one.initial * count


def test_a_covered_call_worth_more_than_the_shares_need_is_kept_by_its_worth() -> None:
    """2.4: the call's value counts, at most the shares' value."""
    held = legs((stock(), 100), (option("105C"), -1))
    assert needs(held, prices(c105="60")).maintenance == 6000
    assert needs(held, prices(c105="160")).maintenance == 10000


def test_a_worthless_option_has_a_price() -> None:
    assert opening(legs((option("100C"), 1)), prices(c100="0")).effect == 0
