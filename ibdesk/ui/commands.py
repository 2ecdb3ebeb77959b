"""Everything the window can do by name, and the palette (Ctrl+K) that finds it by a few letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets import Label

Index = QModelIndex | QPersistentModelIndex

#: How many findings are shown without scrolling.
SHOWN = 9
ROW = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing the window does. `hint` is the kind of thing, `keys` its shortcut, `words` are further search words."""

    name: str
    title: str
    run: Callable[[], None]
    hint: str = ""
    keys: str = ""
    words: str = ""


def score(query: str, command: Command) -> int:
    """How well a command answers the letters typed; 0 is not at all.

    The start of the title beats the start of its words, that beats a part of it, that beats what describes it, and
    letters in their order are last.
    """
    wanted, title = query.casefold().strip(), command.title.casefold()
    if not wanted:
        return 1
    if wanted == title:
        return 6
    if title.startswith(wanted):
        return 5
    everything = f"{title} {command.words.casefold()} {command.hint.casefold()}"
    if _starts_words(wanted, title):
        return 4
    if wanted in title:
        return 3
    if _starts_words(wanted, everything):
        return 2
    return 1 if _in_order(wanted.replace(" ", ""), title) else 0


def found(query: str, commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands that answer, best first; equals keep their order."""
    scored = [(score(query, command), command) for command in commands]
    return tuple(command for points, command in sorted(scored, key=lambda pair: -pair[0]) if points > 0)


def _starts_words(wanted: str, text: str) -> bool:
    return all(any(word.startswith(part) for word in text.split()) for part in wanted.split())


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


#: Commands that exist only once something is typed: "trade SPY".
Guess = Callable[[str], Sequence[Command]]


def _no_guess(_text: str) -> Sequence[Command]:
    return ()


class Palette(QFrame):
    """A field and a list over the window. Arrows choose, Enter runs, Esc closes; the focus goes back where it was."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName("Commands")
        self._commands: tuple[Command, ...] = ()
        self._guess: Guess = _no_guess
        self._focus_before: QWidget | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search or run a command")
        self.field.setAccessibleName("Search or run a command")
        self.list = QListWidget()
        self.list.setAccessibleName("Found commands")
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(SHOWN * ROW)
        self.nothing = Label("Nothing found. Try a room, an account or a setting.", kind=Text.CAPTION, tone="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(8)
        for part in (self.field, self.list, self.nothing):
            column.addWidget(part)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._run_current)
        self.list.itemClicked.connect(lambda _item: self._run_current())
        self.field.installEventFilter(self)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(36)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 110))
        self.setGraphicsEffect(shadow)
        self.hide()

    @property
    def titles(self) -> tuple[str, ...]:
        """What is found, best first."""
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    def open(self, commands: Sequence[Command], guess: Guess = _no_guess) -> None:
        """Show all commands and wait for letters; `guess` makes more of them out of what is typed."""
        window = self.window()
        self._focus_before = window.focusWidget()
        self._commands, self._guess = tuple(commands), guess
        width = min(580, window.width() - 48)
        self.setFixedWidth(width)
        self.move((window.width() - width) // 2, 64)
        self.field.clear()
        self._search("")
        self.adjustSize()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shut(self) -> None:
        """Close and give the focus back."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)
            self._focus_before = None
        self.closed.emit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.underMouse():
            self.shut()
            return False
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event)

    def _key(self, event: QKeyEvent) -> bool:
        step = {
            Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN,
        }.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
            return True
        if step is None or not self.list.count():
            return False
        self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
        return True

    def _search(self, text: str) -> None:
        self.list.clear()
        for command in (*self._guess(text), *found(text, self._commands)):
            item = QListWidgetItem(command.title)
            item.setData(Qt.ItemDataRole.UserRole, command)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"{command.hint} {command.keys}".strip())
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self.nothing.setVisible(self.list.count() == 0)
        self.adjustSize()

    def _run_current(self) -> None:
        if self.list.currentRow() < 0:
            return
        command: Command = self.list.currentItem().data(Qt.ItemDataRole.UserRole)
        self.shut()
        command.run()


class _Row(QStyledItemDelegate):
    """A command's title on the left, its kind and shortcut on the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(100, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command: Command = index.data(Qt.ItemDataRole.UserRole)
        area = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look().colour("raised"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 7, 7)
        painter.setFont(font())
        painter.setPen(look().colour("text"))
        painter.drawText(area.adjusted(12, 0, -200, 0), _LEFT, command.title)
        painter.setFont(font(Text.CAPTION))
        painter.setPen(look().colour("muted"))
        right = " · ".join(part for part in (command.hint, command.keys) if part)
        painter.drawText(area.adjusted(200, 0, -12, 0), _RIGHT, right)
        painter.restore()


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
