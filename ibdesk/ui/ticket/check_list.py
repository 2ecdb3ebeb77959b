"""The checks before a send, as a list: what stands in the way first, the rest of the rules one click away."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.domain.compliance.verdict import Finding, Severity, Source, Verdict
from ibdesk.ui.theme import Text
from ibdesk.ui.ticket.wording import ALWAYS, SEVERITIES, VERDICTS, joined, source_words, title_of
from ibdesk.ui.widgets import Button, Chip, Icon, Label

_TONES = {Severity.BLOCK: "loss", Severity.CONFIRM: "warn", Severity.WARN: "warn", Severity.NOTE: "accent",
          Severity.PASS: "gain"}  # fmt: skip


def listed(verdict: Verdict, *, is_whole: bool) -> tuple[Finding, ...]:
    """The findings to show, the hardest first, in the order of the rules; of passed ones only the usual few, unless
    all are wanted. What one rule says of several things with one remedy is one row."""
    found = (each for each in verdict.findings if is_whole or each.severity > Severity.PASS or each.code in ALWAYS)
    return tuple(sorted(joined(found), key=lambda each: -each.severity))


class FindingRow(QWidget):
    """One rule's answer: its mark, its name, the sentence, and below what helps and who says so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon = Icon("check", size=14)
        self.title = Label("")
        self.sentence = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.remedy = Label("", kind=Text.CAPTION, wrap=True)
        self.source = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 4)
        row.setSpacing(9)
        mark = QVBoxLayout()
        mark.setContentsMargins(0, 2, 0, 0)
        mark.addWidget(self.icon)
        mark.addStretch(1)
        row.addLayout(mark)
        words = QVBoxLayout()
        words.setSpacing(1)
        for part in (self.title, self.sentence, self.remedy, self.source):
            words.addWidget(part)
        row.addLayout(words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def show_finding(self, finding: Finding, *, is_whole: bool) -> None:
        """`is_whole`: with the rule or release it comes from."""
        icon, tone, word = SEVERITIES[finding.severity]
        self.icon.set(icon, tone)
        self.title.setText(title_of(finding))
        self.title.set_tone("loss" if finding.severity is Severity.BLOCK else "")
        is_told = finding.source is not Source.DESK
        self.sentence.setText(f"{finding.sentence.rstrip('.')} · {finding.source.value}" if is_told
                              else finding.sentence)  # fmt: skip
        self.remedy.setText(finding.remedy if finding.severity > Severity.NOTE else "")
        self.remedy.setVisible(bool(self.remedy.text()))
        self.source.setText(finding.citation)
        self.source.setVisible(is_whole and bool(finding.citation))
        source = source_words(finding)
        self.setToolTip(source)
        self.setAccessibleName(f"{word}: {title_of(finding)}. {finding.sentence}")
        self.setAccessibleDescription(" ".join(part for part in (finding.remedy, source) if part))


class CheckList(QWidget):
    """All answers about a ticket. While a newer ticket is being checked the older answers stand there paler."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pre-trade checks")
        self.title = Label("Pre-trade checks", bold=True, tone="muted")
        self.state = Chip("")
        self.all = Button("All rules", kind="link")
        self.all.setCheckable(True)
        self.all.setStyleSheet("padding: 0; min-height: 18px;")
        self.empty = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.rows: list[FindingRow] = []
        self._verdict: Verdict | None = None
        self._words = ""
        self.all.toggled.connect(lambda _on: self._list())
        self._stack()
        self.draw(None, "")

    def draw(self, verdict: Verdict | None, words: str = "") -> None:
        """Show a verdict; `words` stand there instead when there is none, and beside it while a newer one comes."""
        self._verdict, self._words = verdict, words
        self._list()

    def _list(self) -> None:
        found: Sequence[Finding] = ()
        if self._verdict is not None:
            found = listed(self._verdict, is_whole=self.all.isChecked())
        while len(self.rows) < len(found):
            row = FindingRow()
            self.rows.append(row)
            self._column.addWidget(row)
        for row, finding in zip(self.rows, found, strict=False):
            row.show_finding(finding, is_whole=self.all.isChecked())
        for at, row in enumerate(self.rows):
            row.setVisible(at < len(found))
        self._head()

    def _head(self) -> None:
        verdict = self._verdict
        self.empty.setText("" if verdict is not None else self._words)
        self.empty.setVisible(verdict is None and bool(self._words))
        self.all.setVisible(verdict is not None)
        self.state.setVisible(verdict is not None)
        if verdict is None:
            return
        self.all.setText("Fewer" if self.all.isChecked() else f"All {len(verdict.findings)} rules")
        self.state.setText(self._words or VERDICTS[verdict.severity])
        self.state.set_tone("" if self._words else _TONES[verdict.severity])

    def _stack(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addStretch(1)
        head.addWidget(self.all, 0, Qt.AlignmentFlag.AlignVCenter)
        outer.addLayout(head)
        outer.addWidget(self.empty)
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        outer.addLayout(self._column)
