"""The table of reference/compliance.md 3.1: what each broker's level allows, by name."""

from itertools import pairwise

import pytest

from ibdesk.domain.compliance.option_levels import LEVELS, Capability, OptionLevel, level, narrowest


def row(broker: str, name: str) -> OptionLevel:
    found = level(broker, name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("capability", "ibkr", "alpaca"),
    [
        (Capability.COVERED_CALL, "Level 1", "Level 1"),
        (Capability.LONG_OPTION, "Level 2", "Level 2"),
        (Capability.COVERED_PUT, "Level 2", None),
        (Capability.DEBIT_SPREAD, "Level 2", "Level 3"),
        (Capability.SHORT_PUT_CASH, "Level 3", "Level 1"),
        (Capability.NAKED_PUT_MARGIN, "Level 3", None),
        (Capability.CREDIT_SPREAD, "Level 3", "Level 3"),
        (Capability.CALENDAR, "Level 3", None),
        (Capability.SYNTHETIC, "Level 3", None),
        (Capability.NAKED_CALL, "Level 4", None),
        (Capability.CALENDAR_CREDIT, "Level 4", None),
    ],
)
def test_the_narrowest_level_that_allows_it(capability: Capability, ibkr: str, alpaca: str | None) -> None:
    of_ibkr, of_alpaca = (narrowest(broker, frozenset({capability})) for broker in ("ibkr", "alpaca"))
    assert of_ibkr is not None
    assert of_ibkr.name == ibkr
    assert (None if of_alpaca is None else of_alpaca.name) == alpaca


@pytest.mark.parametrize("broker", LEVELS)
def test_a_wider_level_takes_nothing_away(broker: str) -> None:
    assert all(narrow.allows < wide.allows for narrow, wide in pairwise(LEVELS[broker]))


def test_the_desks_first_level_and_ibkrs_second_leave_covered_calls_alone() -> None:
    """3.1: the sets are intersected, the numbers are not compared."""
    assert row("desk", "Level 1").allows & row("ibkr", "Level 2").allows == {Capability.COVERED_CALL}


def test_a_level_is_found_by_its_name_and_brokers_are_kept_apart() -> None:
    assert row("ibkr", "Level 1") != row("alpaca", "Level 1")
    assert row("ibkr", "Level 0").allows == frozenset() and level("ibkr", "Level 5") is None
    assert level("elsewhere", "Level 1") is None


def test_uncovered_options_need_their_own_switch_at_the_desk() -> None:
    third = row("desk", "Level 3").allows
    assert not third & {Capability.NAKED_CALL, Capability.NAKED_PUT_MARGIN, Capability.CALENDAR_CREDIT}
