"""What has to be said yes to before an order leaves: every finding with its box, and the order itself above them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.compliance.verdict import Finding
from ibdesk.ui.theme import Text
from ibdesk.ui.ticket.wording import joined, source_words, title_of
from ibdesk.ui.widgets import Button, Label, line

_TALLEST = 380


class ConfirmDialog(QDialog):
    """Lists the findings; only with every box ticked can it be gone on."""

    def __init__(self, what: str, whom: str, findings: Sequence[Finding], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Confirm before sending")
        self.setMinimumWidth(500)
        findings = joined(findings)
        self.boxes = tuple(QCheckBox(title_of(each)) for each in findings)
        self.yes = Button("Confirm and send", kind="primary")
        self.no = Button("Go back")
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        many = "One thing to confirm" if len(findings) == 1 else f"{len(findings)} things to confirm"
        column.addWidget(Label(many, kind=Text.TITLE, bold=True))
        column.addWidget(Label(f"{what}\n{whom}", wrap=True))
        column.addWidget(line())
        column.addWidget(self._list(findings), 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        column.addLayout(row)
        for box in self.boxes:
            box.toggled.connect(self._ticked)
        self._ticked()
        (self.boxes[0] if self.boxes else self.yes).setFocus()

    def _list(self, findings: Sequence[Finding]) -> QWidget:
        inside = QWidget()
        inside.setProperty("kind", "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(2)
        for box, finding in zip(self.boxes, findings, strict=True):
            box.setAccessibleName(f"I have read: {finding.sentence}")
            box.setAccessibleDescription(finding.remedy)
            words = " ".join(part for part in (finding.sentence, finding.remedy) if part)
            column.addWidget(box)
            for text, tone in ((words, ""), (source_words(finding), "muted")):
                if text:
                    said = Label(text, kind=Text.CAPTION, tone=tone, wrap=True)
                    said.setContentsMargins(28, 0, 0, 0)
                    column.addWidget(said)
            column.addSpacing(8)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its boxes are what Tab goes to
        area.setWidget(inside)
        area.setMinimumHeight(min(_TALLEST, 74 * len(findings)))
        return area

    def _ticked(self) -> None:
        self.yes.setEnabled(all(box.isChecked() for box in self.boxes))
