"""Which rules held on which day (reference/compliance.md 0.1, 0.6, 2.6)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from ibdesk.domain.compliance.policy import DAY_TRADE_RULES, policies_at


@pytest.mark.parametrize(
    ("day", "name", "counts", "measures"),
    [
        (date(2026, 6, 3), "us_pdt_2001", True, False),
        (date(2026, 6, 4), "us_transition_2026", True, True),
        (date(2027, 10, 20), "us_transition_2026", True, True),
        (date(2027, 10, 21), "us_intraday_2027", False, True),
        (date(1999, 1, 4), "us_pdt_2001", True, False),
    ],
)
def test_the_day_trading_rules_change_on_the_dates_of_the_releases(
    day: date, name: str, counts: bool, measures: bool
) -> None:
    rules = policies_at(day).day_trades
    assert (rules.id, rules.counts, rules.measures) == (name, counts, measures)


def test_no_day_falls_between_two_rule_sets() -> None:
    for earlier, later in pairwise(DAY_TRADE_RULES):
        assert earlier.ends is not None
        assert later.begins - earlier.ends == timedelta(days=1)
    assert DAY_TRADE_RULES[-1].ends is None


def test_intraday_margin_was_no_rule_before_june_2026() -> None:
    assert policies_at(date(2026, 6, 3)).intraday is None
    assert policies_at(date(2026, 6, 4)).intraday is not None


@pytest.mark.parametrize(("day", "days"), [(date(2024, 5, 24), 2), (date(2024, 5, 28), 1), (date(2017, 9, 4), 3)])
def test_settlement_became_shorter_twice(day: date, days: int) -> None:
    assert policies_at(day).settlement.days == days


def test_every_rule_set_cites_its_source_and_the_record_names_them() -> None:
    policies = policies_at(date(2026, 11, 23))
    assert policies.ids == ("us_transition_2026", "us_intraday_margin_2026", "us_reg_t", "us_t1", "ibkr")
    for row in (policies.day_trades, policies.intraday, policies.margin, policies.settlement, policies.broker):
        assert row is not None
        assert row.citation


def test_a_broker_without_a_row_is_not_taken_for_one_without_rules() -> None:
    with pytest.raises(KeyError):
        policies_at(date(2026, 11, 23), "elsewhere")


def test_after_june_2026_no_text_says_that_the_regulator_requires_25000() -> None:
    """Section 0.6, hard rule 4."""
    assert "25,000" not in policies_at(date(2026, 11, 23)).day_trades.citation
