"""Which texts a person has to acknowledge, and the proof that they did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One text, exactly as shown. `sha256` is of the UTF-8 text; `statement` is what the person ticks."""

    id: str
    title: str
    version: str
    text: str
    statement: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgment:
    """One person's yes to one text. `account_hash` identifies the account without naming it."""

    disclosure_id: str
    version: str
    sha256: str
    statement_sha256: str
    shown_at: datetime
    acknowledged_at: datetime
    account_hash: str
    app_version: str
    method: str = "checkbox"


#: Brokers deliver the margin statement again every year (FINRA 2264); we ask for all of them again then.
ASK_AGAIN_AFTER = timedelta(days=365)


class Standing(StrEnum):
    """How a text stands: it is in force, or why it has to be acknowledged."""

    IN_FORCE = "in force"
    NEVER = "never acknowledged"
    CHANGED = "changed since"
    EXPIRED = "more than a year ago"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureState:
    """One text with the newest yes to it, of whatever version; `until` (aware UTC) is when it is asked again."""

    text: Disclosure
    standing: Standing
    given: Acknowledgment | None = None
    until: datetime | None = None

    @property
    def is_outstanding(self) -> bool:
        return self.standing is not Standing.IN_FORCE


def states(
    disclosures: Iterable[Disclosure], given: Iterable[Acknowledgment], now: datetime
) -> tuple[DisclosureState, ...]:
    """How each text stands now, in the order given. A yes to another wording counts for nothing, however new."""
    known = tuple(given)
    return tuple(_state(text, [yes for yes in known if yes.disclosure_id == text.id], now) for text in disclosures)


def _state(text: Disclosure, given: list[Acknowledgment], now: datetime) -> DisclosureState:
    same = [yes for yes in given if yes.sha256 == text.sha256]
    newest = max(same or given, key=lambda yes: yes.acknowledged_at, default=None)
    if newest is None:
        return DisclosureState(text=text, standing=Standing.NEVER)
    until = newest.acknowledged_at + ASK_AGAIN_AFTER
    standing = Standing.CHANGED if not same else Standing.EXPIRED if now >= until else Standing.IN_FORCE
    return DisclosureState(text=text, standing=standing, given=newest, until=until)


def outstanding(
    disclosures: Iterable[Disclosure], given: Iterable[Acknowledgment], now: datetime
) -> tuple[Disclosure, ...]:
    """The texts still to be acknowledged: never seen, changed since, or more than a year ago."""
    return tuple(each.text for each in states(disclosures, given, now) if each.is_outstanding)
