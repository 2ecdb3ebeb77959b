"""Which colours, measures and fonts the window wears: tokens.toml as values, applied to the application.

Fusion, an explicit palette and one generated stylesheet (`ui.stylesheet`): the platform's own dark mode cannot be set
everywhere (`QStyleHints.setColorScheme` does nothing offscreen and on plain X11), so nothing depends on it.
Who paints by hand reads `look().tokens` while painting and repaints on `look().themeChanged`.
"""

import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from ibdesk.assets import resource
from ibdesk.domain.accounts import Environment
from ibdesk.domain.settings import Settings, ThemeName
from ibdesk.ui.format import set_discreet
from ibdesk.ui.stylesheet import stylesheet

#: Tried in this order; the first that is installed wins. None of them is shipped.
FAMILIES = ("Segoe UI Variable Text", "Segoe UI", ".AppleSystemUIFont", "Inter", "Noto Sans", "Ubuntu", "DejaVu Sans")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Everything a person may choose about the look, and the environment whose colour it wears.

    SYSTEM follows the platform where it reports one, and is dark where it does not.
    """

    name: ThemeName = ThemeName.SYSTEM
    colour_blind: bool = False
    dense: bool = False
    discreet: bool = False
    environment: Environment = Environment.DEMO


def theme_of(settings: Settings, environment: Environment) -> Theme:
    """The look that the settings ask for."""
    return Theme(
        name=settings.theme, colour_blind=settings.colour_blind, dense=settings.dense_rows,
        discreet=settings.discreet, environment=environment,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The colours of one theme as `#rrggbb`. `environment` is the stripe's, `ink` the text on a filled button."""

    bg: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    gain: str
    loss: str
    warn: str
    demo: str
    paper: str
    live: str
    environment: str
    ink: str
    series: tuple[str, ...]
    is_dark: bool

    def __getitem__(self, name: str) -> str:
        """The colour called `name`, e.g. tokens["muted"]."""
        value = getattr(self, name)
        assert isinstance(value, str)  # noqa: S101 - a wrong token name is our bug
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Sizes in logical pixels."""

    grid: int
    card_radius: int
    control_radius: int
    row_comfortable: int
    row_dense: int
    base_px: float
    table_px: float
    figure_px: float
    caption_px: float
    title_px: float


class Text(StrEnum):
    """The kinds of text there are."""

    BASE = "base_px"
    TABLE = "table_px"
    CAPTION = "caption_px"
    FIGURE = "figure_px"
    TITLE = "title_px"


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resource("themes", "tokens.toml").read_text("utf-8"))


@cache
def metrics() -> Metrics:
    """The measures, the same in every theme."""
    return Metrics(**_file()["metrics"])


@cache
def tokens_of(*, dark: bool, colour_blind: bool, environment: Environment) -> Tokens:
    """The colours of one theme; needs no application."""
    name = "dark" if dark else "light"
    colours = dict(_file()[name])
    safe = colours.pop("colour_blind")
    if colour_blind:
        colours |= safe
    ink = colours["bg"] if dark else colours["surface"]
    return Tokens(
        **colours, environment=colours[environment.value], ink=ink, series=tuple(_file()["series"][name]), is_dark=dark
    )


class Look(QObject):
    """What the application wears now."""

    themeChanged = Signal()  # noqa: N815 - Qt's spelling, beside Qt's own signals

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = Theme()
        self.tokens = tokens_of(dark=True, colour_blind=False, environment=Environment.DEMO)

    @property
    def row_height(self) -> int:
        """The height of a table's row in logical pixels."""
        return metrics().row_dense if self.theme.dense else metrics().row_comfortable

    def colour(self, name: str) -> QColor:
        """The colour of a token, by its name."""
        return QColor(self.tokens[name])


def look() -> Look:
    """The one `Look` of the running application."""
    app = QApplication.instance()
    assert app is not None  # noqa: S101 - asking for colours before there is an application is our bug
    found = app.findChild(Look, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return found if found is not None else Look(app)


def font(kind: Text = Text.BASE, *, bold: bool = False) -> QFont:
    """A font of the system's face with tabular figures; `bold` is semi-bold."""
    made = QFont()
    made.setFamilies(list(FAMILIES))
    # Fonts take whole pixels; at 12.5 the half is kept as points of 72/96 inch.
    made.setPointSizeF(float(getattr(metrics(), kind.value)) * 72 / _dots_per_inch())
    made.setFeature(QFont.Tag("tnum"), 1)
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def _dots_per_inch() -> float:
    screen = QApplication.primaryScreen()
    return screen.logicalDotsPerInch() if screen is not None else 96.0


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the application; everything that listens to `themeChanged` repaints."""
    set_discreet(theme.discreet)
    wearing = look()
    wearing.theme = theme
    wearing.tokens = tokens_of(
        dark=_is_dark(app, theme), colour_blind=theme.colour_blind, environment=theme.environment
    )
    _dress(app, wearing.tokens)
    wearing.themeChanged.emit()


def _dress(app: QApplication, tokens: Tokens) -> None:
    """Put on what differs: a new stylesheet polishes every widget there is, two seconds on a desk with all its rooms
    built; a new style under it, which is for once, does so a second time."""
    worn, sheet = app.styleSheet(), stylesheet(tokens, metrics())
    if not worn:
        app.setStyle("Fusion")
    if sheet != worn:
        app.setPalette(_palette(tokens))
        app.setFont(font())
        app.setStyleSheet(sheet)
        return
    for widget in app.allWidgets():
        widget.update()  # amounts are hidden while painting


def follow_system(app: QApplication) -> None:
    """Change with the platform's day and night where the person chose SYSTEM and the platform tells."""
    app.styleHints().colorSchemeChanged.connect(lambda _scheme: _again(app))


def change(app: QApplication, **parts: Any) -> Theme:
    """Apply the current theme with some parts changed, e.g. change(app, colour_blind=True)."""
    theme = replace(look().theme, **parts)
    apply(app, theme)
    return theme


def _again(app: QApplication) -> None:
    if look().theme.name is ThemeName.SYSTEM:
        apply(app, look().theme)


def _is_dark(app: QApplication, theme: Theme) -> bool:
    if theme.name is ThemeName.SYSTEM:
        return app.styleHints().colorScheme() is not Qt.ColorScheme.Light
    return theme.name is ThemeName.DARK


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, name in (
        (role.Window, "bg"), (role.WindowText, "text"), (role.Base, "surface"), (role.AlternateBase, "raised"),
        (role.Text, "text"), (role.Button, "raised"), (role.ButtonText, "text"), (role.BrightText, "ink"),
        (role.ToolTipBase, "raised"), (role.ToolTipText, "text"), (role.PlaceholderText, "muted"),
        (role.Highlight, "accent"), (role.HighlightedText, "ink"), (role.Link, "accent"), (role.LinkVisited, "accent"),
        (role.Light, "line"), (role.Midlight, "line"), (role.Mid, "line"), (role.Dark, "line"), (role.Accent, "accent"),
    ):
        palette.setColor(which, QColor(tokens[name]))
    palette.setColor(role.Shadow, QColor("#000000"))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens["faint"]))
    return palette
