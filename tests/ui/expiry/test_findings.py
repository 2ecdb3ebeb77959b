from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.ui.expiry.findings import FindingRows
from ibdesk.ui.widgets import Check, CheckRow


def finding(severity: Severity, sentence: str = "So it is.") -> Finding:
    return Finding(code=Code.TICKET, severity=severity, sentence=sentence, source=Source.RULE, remedy="Do this.")


def test_rows_stay_while_their_words_change(dressed: QApplication, qtbot: QtBot) -> None:
    rows = FindingRows()
    qtbot.addWidget(rows)
    rows.show_findings([("One", finding(Severity.WARN)), ("Two", finding(Severity.BLOCK))])
    first = rows.findChildren(CheckRow)
    assert rows.titles() == ["One", "Two"] and [row.check for row in first] == [Check.WARN, Check.BAD]
    assert first[0].detail.text() == "So it is. Do this."
    rows.show_findings([("Three", finding(Severity.NOTE, "Other."))])
    assert rows.titles() == ["Three"] and rows.findChildren(CheckRow) == first
    rows.show_findings([])
    assert rows.titles() == [] and rows.isHidden()
