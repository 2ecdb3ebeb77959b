"""How our SVG icons become pixels: tinted with a token, crisp at every scale the screens have."""

from functools import cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from ibdesk.assets import resource
from ibdesk.ui.theme import look

#: Device pixel ratios that are rendered ahead: 100 %, 125 %, 150 % and 200 %.
SCALES = (1.0, 1.25, 1.5, 2.0)


@cache
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text("utf-8")


def paint_icon(painter: QPainter, name: str, area: QRectF, colour: QColor | str) -> None:
    """Draw an icon into `area` (logical pixels) in one colour."""
    drawn = _source(name).replace("currentColor", QColor(colour).name())
    QSvgRenderer(QByteArray(drawn.encode())).render(painter, area)


def pixmap(name: str, colour: QColor | str, size: int = 20, scale: float = 1.0) -> QPixmap:
    """One icon as a pixmap of `size` logical pixels at a device pixel ratio."""
    made = QPixmap(QSize(round(size * scale), round(size * scale)))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    paint_icon(painter, name, QRectF(0, 0, made.width(), made.height()), colour)
    painter.end()
    made.setDevicePixelRatio(scale)
    return made


def icon(name: str, tone: str = "muted", size: int = 20) -> QIcon:
    """One icon in the colour of a token, paler where its control is disabled."""
    made = QIcon()
    wearing = look()
    for scale in SCALES:
        made.addPixmap(pixmap(name, wearing.colour(tone), size, scale))
        made.addPixmap(pixmap(name, wearing.colour("faint"), size, scale), QIcon.Mode.Disabled)
    return made


class _Tint(QObject):
    """Keeps one button's icon in the colour of its token when the theme changes."""

    def __init__(self, button: QAbstractButton, name: str, tone: str, size: int) -> None:
        super().__init__(button)
        self._button, self._name, self._tone, self._size = button, name, tone, size
        look().themeChanged.connect(self.draw)
        self.draw()

    def set(self, name: str, tone: str, size: int) -> None:
        self._name, self._tone, self._size = name, tone, size
        self.draw()

    def draw(self) -> None:
        self._button.setIcon(icon(self._name, self._tone, self._size))


def set_icon(button: QAbstractButton, name: str, tone: str = "muted", size: int = 18) -> None:
    """Give a button an icon that follows the theme; a second call replaces the first."""
    button.setIconSize(QSize(size, size))
    found = button.findChild(_Tint, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if found is None:
        _Tint(button, name, tone, size)
    else:
        found.set(name, tone, size)
