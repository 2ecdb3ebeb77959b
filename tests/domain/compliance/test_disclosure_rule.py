"""Texts before orders: the oracle of reference/compliance.md section 6, by the kind of order."""

from dataclasses import replace
from datetime import timedelta

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.disclosure_rule import MARGIN, check_disclosures
from ibdesk.domain.compliance.verdict import Code, Severity, worst
from tests.domain.compliance.ready import CALL, NOW, TEXT, YES, buying, case, context, selling, summary
from tests.domain.compliance.sample import book, stock


def test_a_changed_text_holds_back_the_next_opening_order_and_no_closing_one() -> None:
    """Oracle: the edition's hash changes."""
    changed = context(disclosures=(replace(TEXT, sha256="new"),))
    (finding,) = check_disclosures(case(seen=changed))
    assert (finding.code, finding.severity) == (Code.ACK_REQUIRED, Severity.BLOCK)
    assert worst(check_disclosures(case(selling(), replace(changed, book=book((CALL, 1)))))) is Severity.PASS


def test_an_acknowledgment_lasts_a_year() -> None:
    old = replace(YES, acknowledged_at=NOW - timedelta(days=365))
    assert worst(check_disclosures(case(seen=context(acknowledged=(old,))))) is Severity.BLOCK
    young = replace(YES, acknowledged_at=NOW - timedelta(days=364))
    assert worst(check_disclosures(case(seen=context(acknowledged=(young,))))) is Severity.PASS


def test_only_texts_of_the_orders_kind_are_asked() -> None:
    assert worst(check_disclosures(case(buying(stock()), context(acknowledged=())))) is Severity.PASS
    margin = context(disclosures=(replace(TEXT, id=MARGIN),), acknowledged=())
    assert worst(check_disclosures(case(buying(stock()), margin))) is Severity.BLOCK
    cash = replace(margin, summary=summary(kind=MarginType.CASH))
    assert worst(check_disclosures(case(buying(stock()), cash))) is Severity.PASS
    other = context(disclosures=(replace(TEXT, id="no-advice"),), acknowledged=())
    assert worst(check_disclosures(case(buying(stock()), other))) is Severity.BLOCK


def test_no_texts_at_all_is_not_known_and_asked_about() -> None:
    assert worst(check_disclosures(case(seen=context(disclosures=())))) is Severity.CONFIRM
