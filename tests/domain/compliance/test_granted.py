"""The broker's word beats Settings, Settings beat what was entered with the connection, and nothing is not level 0."""

from dataclasses import replace

import pytest

from ibdesk.domain.compliance.granted import Granted, Origin, granted_level, own_level, with_entered
from ibdesk.domain.compliance.option_levels import level
from ibdesk.domain.risk_settings import BrokerLevel, OwnLevel, RiskSettings

PLAIN = RiskSettings()
CHOSEN = replace(PLAIN, risk_broker_level=BrokerLevel.LEVEL_2)


@pytest.mark.parametrize(("settings", "entered", "told", "name", "origin"), [
    (PLAIN, None, None, "", Origin.NOBODY),
    (PLAIN, 0, None, "Level 0", Origin.CONNECTION),
    (PLAIN, 3, None, "Level 3", Origin.CONNECTION),
    (CHOSEN, 3, None, "Level 2", Origin.SETTING),
    (CHOSEN, 3, level("ibkr", "Level 1"), "Level 1", Origin.BROKER),
])
def test_who_is_believed(
    settings: RiskSettings, entered: int | None, told: object, name: str, origin: Origin
) -> None:
    found = granted_level("ibkr", settings, entered=entered, told=told)  # type: ignore[arg-type]
    assert (found.name, found.origin) == (name, origin)


def test_a_level_that_this_broker_does_not_have_is_none() -> None:
    assert granted_level("ibkr", PLAIN, entered=7) == Granted(broker="ibkr", level=None, origin=Origin.NOBODY)


def test_the_rules_read_the_entered_level_where_settings_name_none() -> None:
    assert with_entered(PLAIN, 0).risk_broker_level is BrokerLevel.NO_OPTIONS
    assert with_entered(PLAIN, None) == PLAIN
    assert with_entered(CHOSEN, 4) == CHOSEN


def test_no_limit_of_ones_own_is_no_level() -> None:
    assert own_level(PLAIN) is None
    mine = own_level(replace(PLAIN, risk_own_level=OwnLevel.LEVEL_1))
    assert mine is not None and (mine.broker, mine.name) == ("desk", "Level 1")
