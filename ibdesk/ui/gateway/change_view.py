"""A file with a change in it, before it is saved: what goes is red, what comes is green, each with its sign."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from PySide6.QtGui import QColor, QFontDatabase, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from ibdesk.ui.theme import Text, font, look

KEPT, GONE, NEW = " ", "−", "+"


def marked_lines(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Every line of both texts in order, with its sign."""
    return tuple(_marked(before.splitlines(), after.splitlines()))


def _marked(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    for kind, old, old_end, new, new_end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((KEPT, line) for line in before[old:old_end])
        else:
            yield from ((GONE, line) for line in before[old:old_end])
            yield from ((NEW, line) for line in after[new:new_end])


class ChangeView(QPlainTextEdit):
    """The whole file, read-only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName("conf.yaml with the change")
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(font(Text.CAPTION).pointSizeF())
        self.setFont(mono)
        self._lines: tuple[tuple[str, str], ...] = ()
        look().themeChanged.connect(self._colour)

    def show_change(self, before: str, after: str) -> None:
        """Show the file, and bring the first changed line on screen when there is one."""
        lines = marked_lines(before, after)
        if lines == self._lines:
            return
        self._lines = lines
        self.setPlainText("\n".join(f"{sign} {line}" for sign, line in lines))
        self._colour()
        first = next((at for at, (sign, _line) in enumerate(lines) if sign != KEPT), None)
        if first is not None:
            self.setTextCursor(QTextCursor(self.document().findBlockByNumber(first)))
            self.centerCursor()

    def _colour(self) -> None:
        made = []
        for at, (sign, _line) in enumerate(self._lines):
            if sign == KEPT:
                continue
            selection = QTextEdit.ExtraSelection()
            selection.cursor = QTextCursor(self.document().findBlockByNumber(at))
            selection.format = _format("loss" if sign == GONE else "gain")
            made.append(selection)
        self.setExtraSelections(made)


def _format(tone: str) -> QTextCharFormat:
    made = QTextCharFormat()
    ground = QColor(look().colour(tone))
    ground.setAlphaF(0.18)
    made.setBackground(ground)
    made.setForeground(look().colour(tone))
    made.setProperty(QTextFormat.Property.FullWidthSelection, True)
    return made
