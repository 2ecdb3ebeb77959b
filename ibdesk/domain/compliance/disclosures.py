"""Which texts a person has to acknowledge, and the proof that they did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


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


def outstanding(
    disclosures: Iterable[Disclosure], given: Iterable[Acknowledgment], now: datetime
) -> tuple[Disclosure, ...]:
    """The texts still to be acknowledged: never seen, changed since, or more than a year ago."""
    valid = {
        (yes.disclosure_id, yes.sha256) for yes in given if now - yes.acknowledged_at < ASK_AGAIN_AFTER
    }
    return tuple(text for text in disclosures if (text.id, text.sha256) not in valid)
