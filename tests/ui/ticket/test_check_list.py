"""The checks as a list: what stands in the way first, all rules on demand, an old answer told apart."""

from PySide6.QtWidgets import QApplication

from ibdesk.domain.compliance.verdict import Code, Severity, Verdict
from ibdesk.ui.ticket.check_list import CheckList, joined, listed
from ibdesk.ui.ticket.confirm_dialog import ConfirmDialog
from tests.ui.ticket.samples import NOON, finding

PASSED = (finding(Severity.PASS, Code.BP_OK), finding(Severity.PASS, Code.TICK), finding(Severity.PASS, Code.RATE))
MIXED = Verdict(findings=(*PASSED, finding(Severity.WARN, Code.WIDE_SPREAD), finding(Severity.BLOCK, Code.MAX_LOSS,
                remedy="Trade smaller.")), checked_at=NOON)  # fmt: skip


def test_the_hardest_comes_first_and_of_the_passed_only_the_usual() -> None:
    assert [each.code for each in listed(MIXED, is_whole=False)] == [Code.MAX_LOSS, Code.WIDE_SPREAD, Code.BP_OK]
    assert len(listed(MIXED, is_whole=True)) == 5


def test_one_rule_about_two_legs_is_one_row() -> None:
    both = (finding(Severity.CONFIRM, sentence="Leg one."), finding(Severity.CONFIRM, sentence="Leg two."))
    (found,) = joined(both)
    assert found.sentence == "Leg one.\nLeg two."
    assert len(joined((both[0], finding(Severity.BLOCK)))) == 2


def test_a_verdict_is_shown_with_its_remedies_and_the_rest_on_demand(dressed: QApplication) -> None:
    checks = CheckList()
    checks.draw(MIXED)
    shown = [row for row in checks.rows if row.isVisibleTo(checks)]
    assert [row.title.text() for row in shown] == ["Possible loss", "Spread", "Buying power"]
    assert shown[0].remedy.text() == "Trade smaller."
    assert shown[0].accessibleName().startswith("Blocked: Possible loss")
    assert checks.state.text() == "Blocked"
    checks.all.click()
    assert len([row for row in checks.rows if row.isVisibleTo(checks)]) == 5


def test_while_a_newer_answer_is_awaited_the_list_says_so(dressed: QApplication) -> None:
    checks = CheckList()
    checks.draw(MIXED, "Checking…")
    assert checks.state.text() == "Checking…"
    checks.draw(None, "Complete the ticket.")
    assert checks.empty.isVisibleTo(checks) and not any(row.isVisibleTo(checks) for row in checks.rows)


def test_a_confirmation_needs_every_box(dressed: QApplication) -> None:
    asked = (finding(Severity.CONFIRM, Code.MAX_LOSS), finding(Severity.CONFIRM, Code.UNUSUAL))
    dialog = ConfirmDialog("Buy 10 × SPY", "Demo, account DU7654321", asked)
    assert not dialog.yes.isEnabled()
    dialog.boxes[0].click()
    assert not dialog.yes.isEnabled()
    dialog.boxes[1].click()
    assert dialog.yes.isEnabled()
    assert "MAX_LOSS says confirm." in dialog.boxes[0].accessibleName()
