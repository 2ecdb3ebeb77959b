"""One key figure: its caption, its value, the line below, and how old it is."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QGraphicsOpacityEffect, QSizePolicy, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text, font, look
from ibdesk.ui.widgets.card import Card
from ibdesk.ui.widgets.labels import Label

#: How strongly an old figure shows (its age stays fully legible below it).
STALE_OPACITY = 0.55
#: The smallest face of an amount, as a share of the full one: a trillion in a wide font still fits the narrowest card.
SMALLEST = 0.5


class _Place(QWidget):
    """Room for a label that changes often: in a layout each new text would lay out the whole window."""

    def __init__(self, label: Label) -> None:
        super().__init__()
        self._label = label
        label.setParent(self)
        label.ensurePolished()
        self.setFixedHeight(label.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label.resize(event.size())


class Figure(Card):
    """A card with one figure. The sign is in the text; the colour only repeats it."""

    def __init__(self, caption: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.caption = Label(caption, kind=Text.CAPTION, tone="muted")
        self.value = Label("\u2014", kind=Text.FIGURE, bold=True)
        self.sub = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self._sub_text, self._age = "", ""
        self.value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(128)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._stack()
        self._describe()
        look().themeChanged.connect(self._fit)

    def set(self, value: str, *, sub: str = "", sign: int = 0) -> None:
        """Show a value. `sign` −1, 0 or 1 colours it as loss, plain or gain."""
        tone = {-1: "loss", 1: "gain"}.get(sign, "")
        if (value, sub, tone) == (self.value.text(), self._sub_text, self.value.property("tone")):
            return
        self.value.set_tone(tone)
        self.value.setText(value)
        self._sub_text = sub
        self._refresh()
        self._fit()

    def set_stale(self, age: str = "") -> None:
        """Dim the value and tell its age, e.g. "3 min ago"; empty makes it fresh again."""
        if age == self._age:
            return
        self._age = age
        effect = None
        if age:
            effect = QGraphicsOpacityEffect(self.value)
            effect.setOpacity(STALE_OPACITY)
        self.value.setGraphicsEffect(effect)  # type: ignore[arg-type]
        self._refresh()

    @property
    def is_stale(self) -> bool:
        return bool(self._age)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _stack(self) -> None:
        self.body.setContentsMargins(14, 12, 14, 12)
        self.body.setSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(3)
        for part in (self.caption, _Place(self.value), self.sub):
            column.addWidget(part)
        column.addStretch(1)
        self.body.addLayout(column)

    def _refresh(self) -> None:
        age = self._age.replace(" ", "\u00a0")  # "3 s ago" stays on one line
        self.sub.setText(" · ".join(part for part in (self._sub_text, age) if part))
        self._describe()

    def _describe(self) -> None:
        name = f"{self.caption.text()}: {self.value.text()}"
        self.setAccessibleName(name)
        self.value.setAccessibleName(name)
        self.setAccessibleDescription(self.sub.text())

    def _fit(self) -> None:
        """A long amount in a narrow card gets a smaller face instead of being cut.

        Needed after each new theme or tone too: dressing a label anew gives it the face back that it first wore.
        """
        room = self.width() - 30
        made = font(Text.FIGURE, bold=True)
        least = made.pointSizeF() * SMALLEST
        while QFontMetrics(made).horizontalAdvance(self.value.text()) > room > 0 and made.pointSizeF() > least:
            made.setPointSizeF(made.pointSizeF() - 0.5)  # hinted widths do not shrink in proportion
        if made != self.value.font():
            self.value.setFont(made)
