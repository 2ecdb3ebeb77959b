"""The ticket's fields: a muted name at the left, the value at the right, and the sentence below when it is no value."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text, font, look

_EDGE = 11


class TicketEdit(QLineEdit):
    """A value to type. `read(text)` comes when the person is done with it; Up and Down emit `stepped`.

    Esc takes back what was typed and gives the focus up; Enter is "done".
    """

    read = Signal(str)
    stepped = Signal(int)

    def __init__(self, name: str, *, accessible: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._told, self._before = name, "", ""
        self.setAccessibleName(accessible or name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setTextMargins(self.fontMetrics().horizontalAdvance(name) + 6, 0, 0, 0)
        self.setMinimumWidth(84)
        self.textEdited.connect(lambda _text: self.read.emit(self.text()))

    def tell(self, text: str) -> None:
        """Show a value, unless the person is typing another way of writing it, or what cannot be read."""
        self._told = text
        if self.property("invalid") == "true" or self.isModified():
            return
        self._before = text
        if self.text() != text:
            self.setText(text)

    def set_fault(self, fault: str) -> None:
        """Mark the field; the sentence itself is shown below by whoever lays the fields out."""
        wanted = "true" if fault else "false"
        if self.property("invalid") != wanted:
            self.setProperty("invalid", wanted)
            restyle(self)
        self.setToolTip(fault)
        self.setAccessibleDescription(fault)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        key = Qt.Key(event.key())
        if key in steps and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.setModified(False)
            self.stepped.emit(steps[key])
        elif key == Qt.Key.Key_Escape:
            if self.text() == self._before:
                self.clearFocus()
                return
            self.setText(self._before)
            self.read.emit(self._before)
            self.selectAll()  # the next key begins anew, and sending goes on from here
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setModified(False)
        self._before = self.text()
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setModified(False)
        if self.property("invalid") != "true":
            self.setText(self._told)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        _paint_name(QPainter(self), self._name, self.rect(), is_enabled=self.isEnabled())


class TicketChoice(QComboBox):
    """One of a few; a choice that is withheld says why."""

    chosen = Signal(object)

    def __init__(self, name: str, *, accessible: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._words: dict[object, str] = {}
        self.setAccessibleName(accessible or name)
        self.setMinimumWidth(84)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.activated.connect(lambda at: self.chosen.emit(self.itemData(at)))

    def offer(self, words: Mapping[Any, str], withheld: Mapping[Any, str]) -> None:
        """List the choices; `withheld` has a reason for each that cannot be taken."""
        if list(self._words) != list(words):
            self.clear()
            for key, text in words.items():
                self.addItem(text, key)
            self._words = dict(words)
            self.view().setMinimumWidth(max(220, self.width()))
        model = self.model()
        assert isinstance(model, QStandardItemModel)  # noqa: S101 - what a combo box comes with
        for at, key in enumerate(words):
            why = withheld.get(key, "")
            item = model.item(at)
            if item.isEnabled() is bool(why) or item.toolTip() != why:
                item.setEnabled(not why)
                item.setToolTip(why)
                item.setText(f"{words[key]} · not taken here" if why else words[key])

    def tell(self, key: object) -> None:
        """Show this choice."""
        at = next((at for at in range(self.count()) if self.itemData(at) == key), -1)
        if at >= 0 and at != self.currentIndex():
            self.setCurrentIndex(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The short form of the choice (what stands before the dot) at the right, the name at the left."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        text, option.currentText = self.currentText().partition(" · ")[0], ""
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        named = _paint_name(painter, self._name, self.rect(), is_enabled=self.isEnabled())
        painter.setFont(self.font())
        painter.setPen(look().colour("text" if self.isEnabled() else "faint"))
        room = self.rect().adjusted(_EDGE + named + 6, 0, -26, 0)
        words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.update()


def _paint_name(painter: QPainter, name: str, box: QRect, *, is_enabled: bool) -> int:
    """Draw a field's name; its width in pixels."""
    painter.setFont(font(Text.BASE))
    painter.setPen(look().colour("muted" if is_enabled else "faint"))
    room = box.adjusted(_EDGE, 0, -_EDGE, 0)
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
    return painter.fontMetrics().horizontalAdvance(name)
