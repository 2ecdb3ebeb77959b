"""The matrix is the rule itself: every strategy, each example what it is called, each answer the rule's."""

from datetime import date
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.option_levels import LEVELS, Capability, level
from ibdesk.domain.compliance.permission_matrix import EXAMPLES, SECURED_PUT, SOLD_CALENDAR, permission_matrix
from ibdesk.domain.compliance.permissions import PermissionContext
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.options import recognise
from ibdesk.domain.strategies import Strategy

TODAY = date(2026, 11, 20)


def blocked(broker: str = "ibkr", granted: str | None = "Level 3", **more: object) -> set[str]:
    context = PermissionContext(
        broker=broker, granted=None if granted is None else level(broker, granted), **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return {row.strategy for row in permission_matrix(context, TODAY) if row.is_blocked}


def test_every_strategy_the_desk_recognises_is_there() -> None:
    assert set(Strategy) - set(EXAMPLES) == {Strategy.LONG_UNDERLYING}, "to hold shares asks for nothing"


@pytest.mark.parametrize("name", [each for each in EXAMPLES if each not in (SECURED_PUT, SOLD_CALENDAR)])
def test_each_example_is_recognised_as_what_it_is_called(name: str) -> None:
    example = EXAMPLES[name]
    held = [(each.instrument, each.quantity) for each in example.held()]
    (found,) = recognise((*held, *example.order(TODAY)))
    assert name in [part.strategy for part in found.parts]


def test_level_three_lacks_exactly_what_is_uncovered() -> None:
    assert blocked() == {
        Strategy.SHORT_CALL, Strategy.SHORT_STRADDLE, Strategy.SHORT_STRANGLE, Strategy.SYNTHETIC_SHORT, SOLD_CALENDAR,
    }
    assert blocked(granted="Level 4") == set()


@pytest.mark.parametrize("broker", list(LEVELS))
def test_each_row_is_blocked_by_exactly_the_levels_that_lack_what_it_needs(broker: str) -> None:
    for each in LEVELS[broker]:
        for row in permission_matrix(PermissionContext(broker=broker, granted=each), TODAY):
            assert row.is_blocked is not (row.needs <= each.allows), (each.name, row.strategy)
            if row.is_blocked:
                assert row.worst.sentence and row.worst.remedy and row.worst.code is Code.LEVEL_REQUIRED


def test_a_level_nobody_told_is_asked_about_and_blocks_nothing() -> None:
    rows = permission_matrix(PermissionContext(broker="ibkr", granted=None), TODAY)
    assert blocked(granted=None) == set()
    asked = [row for row in rows if row.worst.severity is Severity.CONFIRM]
    assert len(asked) == len(rows) - 1 and all("Settings" in row.worst.remedy for row in asked)


def test_a_limit_of_ones_own_blocks_beside_the_brokers() -> None:
    mine = blocked(granted="Level 4", own=level("desk", "Level 2"))
    assert Strategy.DEBIT_CALL_SPREAD in mine and Strategy.LONG_CALL not in mine


def test_a_cash_account_holds_what_is_paid_for() -> None:
    cash = blocked(granted="Level 4", margin_type=MarginType.CASH)
    assert {Strategy.SHORT_UNDERLYING, Strategy.SHORT_PUT, Strategy.SHORT_CALL, Strategy.DEBIT_CALL_SPREAD} <= cash
    assert cash.isdisjoint({Strategy.COVERED_CALL, Strategy.LONG_CALL, SECURED_PUT, Strategy.COLLAR})


def test_the_accounts_own_cash_changes_no_row() -> None:
    """Each put stands there with and without the cash for it."""
    def needs(cash: Decimal | None) -> list[frozenset[Capability]]:
        context = PermissionContext(broker="ibkr", granted=None, cash=cash)
        return [row.needs for row in permission_matrix(context, TODAY)]

    assert needs(None) == needs(Decimal(10_000_000))


def test_rows_go_from_the_narrowest_level_to_the_widest_and_say_which() -> None:
    rows = permission_matrix(PermissionContext(broker="ibkr", granted=None), TODAY)
    names = [row.least for row in rows]
    assert names == sorted(names, key=lambda name: name or "") and names[0] == "" and names[-1] == "Level 4"
    alpaca = permission_matrix(PermissionContext(broker="alpaca", granted=None), TODAY)
    assert alpaca[-1].least is None, "no level there allows it"


def test_the_legs_are_told_in_a_traders_signs() -> None:
    assert EXAMPLES[Strategy.COVERED_CALL].words() == "+100 shares, −1 105 C"
    assert EXAMPLES[Strategy.CALENDAR].words() == "−1 100 C near, +1 100 C later"
