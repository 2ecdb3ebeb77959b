"""Which option level an account has, as far as anybody told: by its broker, in Settings, or with the connection."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from ibdesk.domain.compliance.option_levels import OptionLevel, level
from ibdesk.domain.risk_settings import BrokerLevel, OwnLevel, RiskSettings

Chosen = TypeVar("Chosen", bound=RiskSettings)


class Origin(StrEnum):
    """Who told the level; the sentence is how it is shown."""

    BROKER = "the broker reports it"
    SETTING = "your setting, for every account"
    CONNECTION = "entered with the connection"
    NOBODY = "not entered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The level in force at `broker`, None where nobody told one, and who told it."""

    broker: str
    level: OptionLevel | None
    origin: Origin

    @property
    def name(self) -> str:
        """As it is shown; empty where nobody told one."""
        return "" if self.level is None else self.level.name


def granted_level(
    broker: str, settings: RiskSettings, *, entered: int | None, told: OptionLevel | None = None
) -> Granted:
    """The broker's own word first, then Settings, then what was entered with the connection of this account; 0 is "no
    options", and not the same as not entered."""
    chosen = level(broker, settings.risk_broker_level.value)
    with_connection = None if entered is None else level(broker, f"Level {entered}")
    for found, origin in (
        (told, Origin.BROKER), (chosen, Origin.SETTING), (with_connection, Origin.CONNECTION),
    ):  # fmt: skip
        if found is not None:
            return Granted(broker=broker, level=found, origin=origin)
    return Granted(broker=broker, level=None, origin=Origin.NOBODY)


def own_level(settings: RiskSettings) -> OptionLevel | None:
    """The limit the person set for themselves; None without one."""
    return None if settings.risk_own_level is OwnLevel.NONE else level("desk", settings.risk_own_level.value)


def with_entered(settings: Chosen, entered: int | None) -> Chosen:
    """The settings with the level that was entered with the connection, where they name none."""
    if settings.risk_broker_level is not BrokerLevel.UNKNOWN:
        return settings
    found = next((each for each in BrokerLevel if each.value == f"Level {entered}"), None)
    return settings if found is None else replace(settings, risk_broker_level=found)
