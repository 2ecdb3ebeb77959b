"""What is said of each disclosure: how it stands, which version was agreed to and when, and what it holds up."""

from datetime import UTC

from ibdesk.domain.compliance.disclosure_rule import EVERY, SCOPES
from ibdesk.domain.compliance.disclosures import DisclosureState, Standing
from ibdesk.ui import format as fmt
from ibdesk.ui.widgets import Check

#: The document itself is its publisher's; the desk refers to it and does not carry it (compliance.md section 6).
ODD = "https://www.theocc.com/company-information/documents-and-archives/options-disclosure-document"
ODD_TITLE = "Characteristics and Risks of Standardized Options"
ODD_WORDS = (
    "The options disclosure document of The Options Clearing Corporation (17 CFR 240.9b-1). Read the current edition "
    "before your first option order; your broker gave it to you. ibdesk links it and does not replace it."
)
_MARKS = {Standing.IN_FORCE: Check.GOOD, Standing.EXPIRED: Check.WARN, Standing.CHANGED: Check.WARN,
          Standing.NEVER: Check.BAD}  # fmt: skip


def mark_of(state: DisclosureState) -> Check:
    """How it stands, as a mark."""
    return _MARKS[state.standing]


def standing_words(state: DisclosureState) -> str:
    """In one sentence, with the version that was agreed to."""
    given = state.given
    if given is None or state.until is None:
        return "Not acknowledged yet."
    at = f"{fmt.moment(given.acknowledged_at, UTC)} UTC, by {given.method}, in ibdesk {given.app_version}"
    match state.standing:
        case Standing.CHANGED:
            return f"The text has changed: you acknowledged version {given.version} on {at}."
        case Standing.EXPIRED:
            return f"More than a year ago: acknowledged {at}. It is asked again every year."
        case _:
            return f"Acknowledged {at}. Asked again {state.until:%Y-%m-%d}, or when the text changes."


def gate_words(state: DisclosureState) -> str:
    """What it holds up now, or would."""
    scope = SCOPES.get(state.text.id, EVERY)
    return f"Holds up {scope}. Closing is never held up." if state.is_outstanding else f"Needed for {scope}."


def summary(states: tuple[DisclosureState, ...]) -> str:
    """A count for the card's title."""
    left = sum(each.is_outstanding for each in states)
    return f"{left} outstanding" if left else "all in force"
