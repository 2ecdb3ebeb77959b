"""Which texts must be acknowledged before an order of this kind; opening orders only (reference/compliance.md 6)."""

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.case import Case, said
from ibdesk.domain.compliance.disclosures import Disclosure, outstanding
from ibdesk.domain.compliance.verdict import Code, Finding, Severity

#: Texts that concern some orders only; all others concern every one.
OPTIONS, MARGIN = "options-risk", "margin-and-day-trading"
#: What a text that is not acknowledged stands in the way of; closing is never held up.
SCOPES = {OPTIONS: "orders that open positions in options", MARGIN: "orders that open positions in a margin account"}
EVERY = "every order that opens a position"

_FINE = (said(Code.ACK_REQUIRED, Severity.PASS, "All disclosures are acknowledged."),)


def check_disclosures(case: Case) -> tuple[Finding, ...]:
    """Missing, changed, or older than a year."""
    if case.lowers_risk:
        return (said(Code.ACK_REQUIRED, Severity.PASS, "Closing needs no acknowledgment."),)
    if not case.context.disclosures:
        return (
            said(
                Code.ACK_REQUIRED, Severity.CONFIRM, "Which disclosures apply is not known.",
                "Open the Disclosures screen.",
            ),
        )  # fmt: skip
    asked = [each for each in case.context.disclosures if _concerns(each, case)]
    missing = outstanding(asked, case.context.acknowledged, case.context.now)
    return tuple(
        said(
            Code.ACK_REQUIRED, Severity.BLOCK, f"“{each.title}” ({each.version}) is not acknowledged.",
            "Read and acknowledge it in Disclosures.",
        )
        for each in missing
    ) or _FINE  # fmt: skip


def _concerns(text: Disclosure, case: Case) -> bool:
    if text.id == OPTIONS:
        return case.has_options
    return text.id != MARGIN or case.summary.margin_type is not MarginType.CASH
