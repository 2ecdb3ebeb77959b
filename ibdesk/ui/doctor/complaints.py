"""The choice of a complaint: everything, or one of the troubles people have, each with the verdict on it so far."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ibdesk.domain.diagnosis import ANSWERS, Complaint, Examined, Verdict
from ibdesk.ui.doctor.wording import COMPLAINTS, MARKS, worst_of
from ibdesk.ui.icons import icon
from ibdesk.ui.theme import look

WIDTH = 212


class ComplaintList(QListWidget):
    """Emits `chosen(complaint)`, None for everything."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What is the trouble?")
        self.setFixedWidth(WIDTH)
        self.setIconSize(QSize(16, 16))
        self.setSpacing(1)
        self._results: tuple[Examined, ...] = ()
        for complaint in (None, *Complaint):
            item = QListWidgetItem(_title(complaint))
            item.setSizeHint(QSize(0, 32))
            self.addItem(item)
        self.setCurrentRow(0)
        self.show_results(())
        look().themeChanged.connect(self._dress)
        self.currentRowChanged.connect(lambda _row: self.chosen.emit(self.complaint))

    @property
    def complaint(self) -> Complaint | None:
        """What is chosen; None is everything."""
        row = self.currentRow()
        return None if row <= 0 else tuple(Complaint)[row - 1]

    def choose(self, complaint: Complaint | None) -> None:
        """Choose as the person does."""
        self.setCurrentRow(0 if complaint is None else 1 + tuple(Complaint).index(complaint))

    def show_results(self, results: Sequence[Examined]) -> None:
        """Mark each complaint with the verdict of its checks."""
        self._results = tuple(results)
        for row, complaint in enumerate((None, *Complaint)):
            about = [each for each in results if complaint is None or each.check in ANSWERS[complaint]]
            verdict = worst_of(about)
            mark = None if verdict is None else MARKS[verdict]
            item = self.item(row)
            item.setIcon(icon(mark.icon if mark else "pending", mark.tone if mark else "faint", 16))
            word = "not examined yet" if mark is None or verdict is None else _word(verdict)
            item.setToolTip(word)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{_title(complaint)}: {word}")

    def _dress(self) -> None:
        self.show_results(self._results)


def _title(complaint: Complaint | None) -> str:
    return "Everything" if complaint is None else COMPLAINTS[complaint][0]


def _word(verdict: Verdict) -> str:
    return "nothing found" if verdict is Verdict.GOOD else MARKS[verdict].word.lower()
