"""The window's icon with the mode on it: a disc in the mode's colour and a letter, for the taskbar and the switcher."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap

from ibdesk.domain.modes import Mode
from ibdesk.ui.icons import paint_icon

#: A letter for each mode, for colour carries no meaning alone; real money is a dollar sign, which nothing else is.
LETTERS: dict[Mode, str] = {
    Mode.DEMO: "D", Mode.LOCAL_PAPER: "L", Mode.ALPACA_PAPER: "A", Mode.ALPACA_LIVE: "$", Mode.IBKR_PAPER: "P",
    Mode.IBKR_LIVE: "$",
}  # fmt: skip
SIZES = (16, 24, 32, 48, 64, 128, 256)
#: The disc's share of the icon's width: at 16 pixels the letter has to be read.
SHARE = 0.62


def badged(mode: Mode | None, colour: QColor, ink: QColor) -> QIcon:
    """The logo in a colour, with the mode's badge on it; without a mode the logo alone."""
    made = QIcon()
    for size in SIZES:
        made.addPixmap(_picture(mode, colour, ink, size))
    return made


def _picture(mode: Mode | None, colour: QColor, ink: QColor, size: int) -> QPixmap:
    made = QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    whole = QRectF(0, 0, size, size)
    if mode is None:
        paint_icon(painter, "logo", whole, colour)
    else:
        paint_icon(painter, "logo", whole.adjusted(0, 0, -size * 0.22, -size * 0.22), colour)
        _badge(painter, LETTERS[mode], colour, ink, size)
    painter.end()
    return made


def _badge(painter: QPainter, letter: str, colour: QColor, ink: QColor, size: int) -> None:
    across = size * SHARE
    disc = QRectF(size - across, size - across, across, across)
    gap = max(1.0, size * 0.05)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.drawEllipse(disc.adjusted(-gap, -gap, gap, gap))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.drawEllipse(disc)
    font = QFont()
    font.setPixelSize(max(7, round(across * 0.78)))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, letter)
