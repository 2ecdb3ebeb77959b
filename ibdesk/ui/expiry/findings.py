"""What speaks for or against something, as rows that stay while their words change."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.domain.compliance.verdict import Finding, Severity
from ibdesk.ui.widgets import Check, CheckRow

MARKS = {
    Severity.PASS: Check.GOOD, Severity.NOTE: Check.PENDING, Severity.WARN: Check.WARN, Severity.CONFIRM: Check.WARN,
    Severity.BLOCK: Check.BAD,
}


class FindingRows(QWidget):
    """Titled findings, one below the other; spare rows are hidden."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._rows: list[CheckRow] = []

    def show_findings(self, findings: Sequence[tuple[str, Finding]]) -> None:
        """Show these, each under its title."""
        while len(self._rows) < len(findings):
            row = CheckRow("")
            self._rows.append(row)
            self._column.addWidget(row)
        for row, told in zip(self._rows, (*findings, *[None] * len(self._rows)), strict=False):
            row.setVisible(told is not None)
            if told is not None:
                title, finding = told
                detail = " ".join(part for part in (finding.sentence, finding.remedy) if part)
                row.set(MARKS[finding.severity], title, detail)
        self.setVisible(bool(findings))

    def titles(self) -> list[str]:
        """What is shown now."""
        return [row.title.text() for row in self._rows if not row.isHidden()]
