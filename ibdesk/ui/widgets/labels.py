"""The desk's small text pieces: labels by kind and tone, chips, and the thin line."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text, font

#: How much wider than its text a widget that counts may stay, in pixels.
SLACK = 16


class Label(QLabel):
    """Text of one kind and tone; `tone` is "", muted, faint, gain, loss, warn or accent."""

    def __init__(
        self, text: str = "", *, kind: Text = Text.BASE, bold: bool = False, tone: str = "", wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setFont(font(kind, bold=bold))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        self.setWordWrap(wrap)

    def set_tone(self, tone: str) -> None:
        """Change the colour's meaning."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)


class Chip(QLabel):
    """A small rounded word or count beside a title; `tone` as on labels."""

    def __init__(self, text: str = "", *, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFont(font(Text.CAPTION))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", "chip")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_tone(self, tone: str) -> None:
        """Change the colour's meaning."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)


def hold_size(widget: QWidget) -> None:
    """Keep the widget's size while its text counts; call it after each text. Without a fixed size Qt lays out the whole
    window anew for every change of a text, so a clock would do so each second."""
    needed, held = widget.sizeHint(), widget.minimumSize()
    if needed.height() != held.height() or not needed.width() <= held.width() <= needed.width() + SLACK:
        widget.setFixedSize(needed)


def line(*, vertical: bool = False) -> QFrame:
    """A one-pixel line between two groups."""
    made = QFrame()
    made.setProperty("kind", "line")
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made
