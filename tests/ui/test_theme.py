import pytest
from PySide6.QtCore import QEvent, QObject, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from ibdesk.assets import resource
from ibdesk.domain.accounts import Environment
from ibdesk.domain.settings import Settings, ThemeName
from ibdesk.ui import format as fmt
from ibdesk.ui import theme
from ibdesk.ui.icons import icon, paint_icon
from ibdesk.ui.theme import Text, Theme, font, look, tokens_of

READ = ("text", "muted", "accent", "gain", "loss", "warn", "demo", "paper", "live")
GROUNDS = ("bg", "surface", "raised")
EVERY = [(dark, blind, place) for dark in (True, False) for blind in (True, False) for place in Environment]


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance."""
    parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("dark", "blind", "place"), EVERY)
def test_every_text_colour_can_be_read_on_every_ground(dark, blind, place):
    tokens = tokens_of(dark=dark, colour_blind=blind, environment=place)
    poor = {
        (name, ground): round(contrast(tokens[name], tokens[ground]), 2)
        for name in READ for ground in GROUNDS if contrast(tokens[name], tokens[ground]) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize(("dark", "blind", "place"), EVERY)
def test_the_text_on_filled_buttons_can_be_read(dark, blind, place):
    tokens = tokens_of(dark=dark, colour_blind=blind, environment=place)
    assert min(contrast(tokens.ink, tokens[name]) for name in ("environment", "accent", "loss")) >= 4.5


def test_the_colour_blind_set_is_blue_and_orange():
    tokens = tokens_of(dark=True, colour_blind=True, environment=Environment.DEMO)
    assert (tokens.gain, tokens.loss) == ("#4ea3ff", "#f5a04b")


def test_the_environments_wear_three_different_colours():
    colours = {tokens_of(dark=True, colour_blind=False, environment=place).environment for place in Environment}
    assert len(colours) == 3


def test_applying_a_theme_changes_palette_and_tells_the_painters(dressed, qtbot):
    with qtbot.waitSignal(look().themeChanged):
        theme.apply(dressed, Theme(name=ThemeName.LIGHT, environment=Environment.LIVE))
    assert dressed.palette().color(QPalette.ColorRole.Window) == QColor("#f5f6f8")
    assert look().tokens.environment == look().tokens.live


def test_there_is_one_look_for_each_application(dressed):
    assert look() is look()
    assert look().parent() is QApplication.instance()


def test_changing_one_part_keeps_the_others(dressed):
    theme.apply(dressed, Theme(name=ThemeName.LIGHT, dense=True))
    assert theme.change(dressed, colour_blind=True) == Theme(name=ThemeName.LIGHT, dense=True, colour_blind=True)
    assert look().row_height == 24


class Told(QObject):
    """Counts the style changes and repaints of what it watches."""

    def __init__(self):
        super().__init__()
        self.kinds = []

    def eventFilter(self, watched, event):
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.Paint):
            self.kinds.append(event.type())
        return False


def test_widgets_are_styled_once_for_new_colours_and_only_painted_where_the_colours_stay(dressed, qtbot):
    label, told = QLabel("1,234.50"), Told()
    qtbot.addWidget(label)
    label.show()
    qtbot.waitExposed(label)
    dressed.processEvents()
    label.installEventFilter(told)
    theme.change(dressed, discreet=True, dense=True)
    qtbot.waitUntil(lambda: QEvent.Type.Paint in told.kinds)
    assert QEvent.Type.StyleChange not in told.kinds
    theme.change(dressed, name=ThemeName.LIGHT)
    assert told.kinds.count(QEvent.Type.StyleChange) == 1


def test_settings_become_the_look_they_ask_for():
    settings = Settings(theme=ThemeName.LIGHT, colour_blind=True, dense_rows=True, discreet=True)
    assert theme.theme_of(settings, Environment.PAPER) == Theme(
        name=ThemeName.LIGHT, colour_blind=True, dense=True, discreet=True, environment=Environment.PAPER)


def test_a_discreet_theme_hides_amounts(dressed):
    theme.apply(dressed, Theme(discreet=True))
    assert fmt.is_discreet()
    theme.apply(dressed, Theme())
    assert not fmt.is_discreet()


@pytest.mark.parametrize("kind", list(Text))
def test_all_digits_are_equally_wide_even_under_the_stylesheet(dressed, qtbot, kind):
    label = QLabel("0")
    label.setFont(font(kind, bold=True))
    qtbot.addWidget(label)
    label.ensurePolished()
    metrics = QFontMetricsF(label.font())
    widths = [metrics.horizontalAdvance(digit * 8) for digit in "0123456789"]
    assert max(widths) - min(widths) <= 0.5  # hinting rounds; without tnum a "1" of Inter is 20 pixels narrower


def test_every_icon_draws_something_in_its_colour(dressed):
    for file in sorted(resource("icons").glob("*.svg")):
        image = QImage(40, 40, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        paint_icon(painter, file.stem, QRectF(0, 0, 40, 40), "#ff0000")
        painter.end()
        strongest = max((image.pixelColor(x, y) for x in range(40) for y in range(40)), key=QColor.alpha)
        assert strongest.alpha() > 200, file.stem
        assert (strongest.green(), strongest.blue()) == (0, 0), file.stem


def test_icons_are_drawn_for_every_scale(dressed):
    made = icon("lock", size=20)
    assert {size.width() for size in made.availableSizes()} >= {20, 25, 30, 40}
