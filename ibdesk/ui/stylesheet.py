"""How Qt's own controls are drawn: the one stylesheet, generated from the tokens.

Widgets ask for a shape by a property, never by colours of their own:
`kind` = card, field, primary, danger, quiet, link, icon, pill, choice, chip, segment, mode, moderow, nav, banner;
`tone` = muted, faint, gain, loss, warn, accent, title, caption on labels. After changing one: `restyle(widget)`.
"""

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from ibdesk.assets import resource

if TYPE_CHECKING:
    from ibdesk.ui.theme import Metrics, Tokens


def restyle(widget: QWidget) -> None:
    """Make a changed `kind` or `tone` show."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def mixed(over: str, under: str, share: float) -> str:
    """The opaque colour of `over` painted on `under` with this opacity (0..1)."""
    front, back = QColor(over), QColor(under)
    parts = (
        round(share * a + (1 - share) * b)
        for a, b in zip(front.getRgb()[:3], back.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _art(t: "Tokens", name: str) -> str:
    """A picture a stylesheet can only take as a file: drawn once for each theme."""
    return resource("icons", "controls", f"{name}-{'dark' if t.is_dark else 'light'}.svg").as_posix()


def stylesheet(t: "Tokens", m: "Metrics") -> str:
    """The stylesheet of one theme."""
    return "\n".join((_text(t), _surfaces(t, m), _buttons(t, m), _fields(t, m), _tables(t, m), _rest(t, m)))


def _text(t: "Tokens") -> str:
    tones = "".join(
        f'QLabel[tone="{name}"] {{ color: {t[name]}; }}\n'
        for name in ("muted", "faint", "gain", "loss", "warn", "accent")
    )
    return f"""
QLabel {{ background: transparent; color: {t.text}; }}
{tones}
QLabel[tone="caption"] {{ color: {t.muted}; }}
QLabel:disabled {{ color: {t.faint}; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px 8px; }}
"""


def _surfaces(t: "Tokens", m: "Metrics") -> str:
    banner = "".join(
        f'QFrame[kind="banner"][tone="{name}"] {{ background: {mixed(t[name], t.surface, 0.16)};'
        f" border: 1px solid {mixed(t[name], t.surface, 0.5)}; border-radius: {m.control_radius}px; }}\n"
        for name in ("warn", "loss", "accent", "gain")
    )
    return f"""
QMainWindow, QDialog {{ background: {t.bg}; }}
QFrame[kind="card"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: {m.card_radius}px; }}
QFrame[kind="field"] {{ background: {t.raised}; border-radius: {m.control_radius}px; }}
QFrame[kind="band"] {{ background: {t.surface}; border: none; }}
QFrame[kind="line"] {{ background: {t.line}; border: none; }}
QFrame[kind="stripe"] {{ background: {t.environment}; border: none; }}
QFrame[kind="segments"] {{ background: {t.raised}; border-radius: {m.control_radius}px; }}
QLabel[kind="chip"] {{ background: {t.raised}; color: {t.muted}; border-radius: 5px; padding: 1px 6px; }}
QLabel[kind="chip"][tone="gain"] {{ color: {t.gain}; }}
QLabel[kind="chip"][tone="loss"] {{ color: {t.loss}; }}
QLabel[kind="chip"][tone="warn"] {{ color: {t.warn}; }}
QLabel[kind="chip"][tone="accent"] {{ color: {t.accent}; }}
{banner}
"""


def _buttons(t: "Tokens", m: "Metrics") -> str:
    hover = mixed(t.text, t.raised, 0.07)
    deep = mixed(t.text, t.raised, 0.13)
    mode = mixed(t.environment, t.surface, 0.28)
    kinds = "".join(
        f'QPushButton[kind="{kind}"] {{ background: {colour}; color: {t.ink}; border: 1px solid {colour};'
        " font-weight: 600; }\n"
        f'QPushButton[kind="{kind}"]:hover {{ background: {mixed(t.text, colour, 0.14)}; }}\n'
        f'QPushButton[kind="{kind}"]:focus {{ border: 2px solid {t.text}; }}\n'
        f'QPushButton[kind="{kind}"]:disabled {{ background: {t.raised}; color: {t.faint}; border-color: {t.line}; }}\n'
        for kind, colour in (("primary", t.environment), ("accent", t.accent), ("danger", t.loss))
    )
    return f"""
QPushButton {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line};
  border-radius: {m.control_radius}px; padding: 0 14px; min-height: 30px; }}
QPushButton, QToolButton, QCheckBox, QRadioButton {{ outline: none; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {deep}; }}
QPushButton:focus {{ border: 2px solid {t.accent}; padding: 0 13px; min-height: 28px; }}
QPushButton:disabled {{ color: {t.faint}; background: {t.surface}; }}
QPushButton::menu-indicator {{ width: 0; image: none; }}
{kinds}
QPushButton[kind="quiet"], QPushButton[kind="icon"] {{ background: transparent; border: 1px solid transparent; }}
QPushButton[kind="quiet"]:hover, QPushButton[kind="icon"]:hover {{ background: {t.raised}; }}
QPushButton[kind="icon"] {{ padding: 0; min-width: 30px; }}
QPushButton[kind="quiet"]:focus, QPushButton[kind="icon"]:focus {{ border: 2px solid {t.accent}; }}
QPushButton[kind="link"] {{ background: transparent; border: 1px solid transparent;
  color: {t.accent}; padding: 0 4px; }}
QPushButton[kind="status"] {{ background: transparent; border: 1px solid transparent; color: {t.muted};
  padding: 0 4px; min-height: 18px; }}
QPushButton[kind="status"]:hover {{ color: {t.text}; }}
QPushButton[kind="status"]:focus {{ border: 1px solid {t.accent}; }}
QPushButton[kind="status"][tone="warn"] {{ color: {t.warn}; }}
QPushButton[kind="link"]:hover {{ text-decoration: underline; }}
QPushButton[kind="link"]:focus {{ border: 2px solid {t.accent}; }}
QPushButton[kind="pill"], QPushButton[kind="choice"] {{ background: {t.raised}; color: {t.muted};
  border: 1px solid {t.raised}; padding: 0 10px; min-height: 26px; }}
QPushButton[kind="pill"] {{ text-align: left; }}
QPushButton[kind="pill"]:checked {{ color: {t.text}; border: 1px solid {t.faint}; }}
QPushButton[kind="pill"]:hover, QPushButton[kind="choice"]:hover {{ color: {t.text}; background: {hover}; }}
QPushButton[kind="pill"]:focus, QPushButton[kind="choice"]:focus {{
  border: 2px solid {t.accent}; padding: 0 9px; min-height: 24px; }}
QPushButton[kind="mode"] {{ background: {mode}; color: {t.text}; border: 1px solid {t.environment};
  font-weight: 600; padding: 0 10px; min-height: 26px; }}
QPushButton[kind="mode"]:hover {{ background: {mixed(t.environment, t.surface, 0.4)}; }}
QPushButton[kind="mode"]:focus {{ border: 2px solid {t.text}; padding: 0 9px; min-height: 24px; }}
QPushButton[kind="moderow"] {{ background: transparent; border: 1px solid transparent; padding: 0; min-height: 0; }}
QPushButton[kind="moderow"]:hover {{ background: {t.raised}; }}
QPushButton[kind="moderow"][state="here"] {{ background: {t.raised}; border: 1px solid {t.line}; }}
QPushButton[kind="moderow"][state="closed"]:hover {{ background: transparent; }}
QPushButton[kind="moderow"]:focus {{ border: 2px solid {t.accent}; padding: 0; min-height: 0; }}
QPushButton[kind="search"] {{ background: {t.raised}; color: {t.muted}; border: 1px solid {t.line};
  padding: 0 10px; min-height: 26px; text-align: left; }}
QPushButton[kind="search"]:focus {{ border: 2px solid {t.accent}; padding: 0 9px; min-height: 24px; }}
QToolButton[kind="segment"] {{ background: transparent; color: {t.muted}; border: 1px solid transparent;
  border-radius: 5px; padding: 2px 8px; font-weight: 500; }}
QToolButton[kind="segment"]:hover {{ color: {t.text}; }}
QToolButton[kind="segment"]:checked {{ background: {mixed(t.surface, t.bg, 0.5) if t.is_dark else t.surface};
  color: {t.text}; font-weight: 600; }}
QToolButton[kind="segment"]:focus {{ border: 1px solid {t.accent}; }}
QCheckBox, QRadioButton {{ color: {t.text}; spacing: 8px; padding: 3px;
  border: 1px solid transparent; border-radius: 5px; }}
QCheckBox:focus, QRadioButton:focus {{ border: 1px solid {t.accent}; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {t.faint}; border-radius: 4px;
  background: {t.raised}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url("{_art(t, "tick")}"); }}
QRadioButton::indicator {{ width: 16px; height: 16px; border: 1px solid {t.faint}; border-radius: 9px;
  background: {t.raised}; }}
QRadioButton::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url("{_art(t, "disc")}"); }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {t.line}; background: {t.surface}; }}
"""


def _fields(t: "Tokens", m: "Metrics") -> str:
    return f"""
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QDateEdit, QPlainTextEdit, QTextEdit {{
  background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; border-radius: {m.control_radius}px;
  selection-background-color: {t.accent}; selection-color: {t.ink}; }}
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QDateEdit {{ padding: 0 10px; min-height: 30px; }}
QPlainTextEdit, QTextEdit {{ padding: 8px 10px; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QDateEdit:focus, QPlainTextEdit:focus,
QTextEdit:focus {{ border: 2px solid {t.accent}; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QDateEdit:focus {{
  padding: 0 9px; min-height: 28px; }}
QLineEdit[invalid="true"] {{ border: 1px solid {t.loss}; }}
QLineEdit:disabled, QComboBox:disabled {{ color: {t.faint}; background: {t.surface}; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: url("{_art(t, "down")}"); width: 14px; height: 14px; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
  border: none; background: transparent; width: 18px; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url("{_art(t, "up")}"); width: 10px; height: 10px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url("{_art(t, "down")}"); width: 10px; height: 10px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line};
  selection-background-color: {mixed(t.accent, t.raised, 0.25)}; selection-color: {t.text}; outline: 0; }}
"""


def _tables(t: "Tokens", m: "Metrics") -> str:
    selected = mixed(t.accent, t.surface, 0.16)
    return f"""
QTableView, QTreeView, QListView {{ background: transparent; color: {t.text}; border: none; outline: 0;
  gridline-color: {t.line}; alternate-background-color: transparent;
  selection-background-color: {selected}; selection-color: {t.text}; }}
QTableView:focus, QTreeView:focus, QListView:focus {{ border: 1px solid {t.accent};
  border-radius: {m.control_radius}px; }}
QTableView::item, QTreeView::item {{ border: none;
  border-bottom: 1px solid {mixed(t.line, t.surface, 0.55)}; padding: 0 6px; }}
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected {{
  background: {selected}; color: {t.text}; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: transparent; color: {t.muted}; border: none;
  border-bottom: 1px solid {t.line}; padding: 5px 6px; font-weight: 400; }}
QHeaderView[kind="records"]::section {{ padding: 5px 9px; }}
QHeaderView::section:hover {{ color: {t.text}; }}
QTableCornerButton::section {{ background: transparent; border: none; }}
"""


def _rest(t: "Tokens", m: "Metrics") -> str:
    return f"""
QScrollArea, QScrollArea > QWidget > QWidget[kind="page"] {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.line}; border-radius: 4px; margin: 2px; min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 5px; }}
QMenu::item:selected {{ background: {mixed(t.accent, t.raised, 0.25)}; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QTabWidget::pane {{ border: none; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {t.muted}; padding: 7px 12px; border-bottom: 2px solid transparent; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
QTabBar::tab:focus {{ border: 1px solid {t.accent}; border-radius: 5px; }}
QSplitter::handle {{ background: transparent; }}
QProgressBar {{ background: {t.raised}; border: none; border-radius: 3px; max-height: 6px; color: transparent; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QGroupBox {{ border: 1px solid {t.line}; border-radius: {m.card_radius}px; margin-top: 14px; padding: 8px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 12px; color: {t.muted}; }}
"""
