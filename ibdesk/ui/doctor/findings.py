"""The list of what was examined: every check in its group, or the few that answer one complaint in their order."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.diagnosis import ANSWERS, Check, Complaint, Examined, Verdict
from ibdesk.ui.doctor.row import ExaminedRow
from ibdesk.ui.doctor.wording import GROUPS
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Label, line

#: Whose button is the next thing to do: the first of the worst.
_NEXT = (Verdict.BAD, Verdict.WARN)


class FindingsList(QScrollArea):
    """Rows for checks; a check that has not ended is a grey bar, one with several findings has several rows."""

    fix_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Findings")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows: tuple[ExaminedRow, ...] = ()

    def show_results(self, results: Sequence[Examined], about: Complaint | None, *, is_whole: bool) -> None:
        """Show these; while it is not whole, what has not ended is pending. The place in the list stays."""
        place = self.verticalScrollBar().value()
        page, self.rows = self._page(results, about, is_whole)
        self.setWidget(page)
        self.verticalScrollBar().setValue(place)

    def add(self, examined: Examined) -> bool:
        """Put one more finding where its check waits; False when none does: then the list has to be shown anew."""
        waiting = next((row for row in self.rows if row.check is examined.check and row.examined is None), None)
        if waiting is None:
            return False
        waiting.show_result(examined)
        self._mark_next()
        return True

    def _page(
        self, results: Sequence[Examined], about: Complaint | None, is_whole: bool
    ) -> tuple[QWidget, tuple[ExaminedRow, ...]]:
        page = QWidget()
        page.setProperty("kind", "page")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 2, 0, 8)
        column.setSpacing(0)
        made: list[ExaminedRow] = []
        groups = GROUPS if about is None else (("", ANSWERS[about]),)
        for title, checks in groups:
            rows = [row for check in checks for row in self._rows(check, results, is_whole)]
            if rows and title:
                column.addWidget(_group(title, is_first=not made))
            for at, row in enumerate(rows):
                if at:
                    column.addWidget(line())
                column.addWidget(row)
            made.extend(rows)
        column.addStretch(1)
        self.rows = tuple(made)
        self._mark_next()
        return page, self.rows

    def _rows(self, check: Check, results: Sequence[Examined], is_whole: bool) -> list[ExaminedRow]:
        found = [each for each in results if each.check is check]
        rows = [ExaminedRow(check) for _ in range(len(found) or (0 if is_whole else 1))]
        for row, each in zip(rows, found, strict=False):
            row.show_result(each)
        for row in rows:
            row.fix_wanted.connect(self.fix_wanted)
        return rows

    def _mark_next(self) -> None:
        found = [row for row in self.rows if row.examined is not None and row.button.text()]
        by_rank = [row for verdict in _NEXT for row in found if row.examined and row.examined.verdict is verdict]
        for row in self.rows:
            row.set_next(bool(by_rank) and row is by_rank[0])


def _group(title: str, *, is_first: bool) -> Label:
    label = Label(title, kind=Text.CAPTION, bold=True, tone="muted")
    label.setContentsMargins(14, 4 if is_first else 14, 14, 4)
    return label
