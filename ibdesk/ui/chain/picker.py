"""The picker of strategies: which one, how wide, bought or sold, and its second expiry."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from ibdesk.domain.chains import Expiry
from ibdesk.domain.instruments import Right
from ibdesk.domain.templates import TEMPLATES, Ask, Shape, TemplateName
from ibdesk.ui.chain import words
from ibdesk.ui.chain.expiries import AROUND
from ibdesk.ui.theme import Text, font

#: Those a trader takes most, in the order they give way where it is narrow; the menu has them all.
COMMON = (TemplateName.SINGLE, TemplateName.VERTICAL, TemplateName.IRON_CONDOR, TemplateName.STRADDLE,
          TemplateName.CUSTOM)
_FIRST_TO_GO = (TemplateName.STRADDLE, TemplateName.IRON_CONDOR, TemplateName.CUSTOM, TemplateName.VERTICAL)
#: What the menu's own button takes with the frame.
_MORE = 44
WIDTHS = (1, 2, 3, 4, 5, 10, 20)


class TemplatePicker(QFrame):
    """Emits `wanted(TemplateName)` when one is chosen, and again when its shape changes while it is chosen."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "segments")
        self.setAccessibleName("Strategy")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.current = TemplateName.SINGLE
        self.width_in_strikes: int | None = None
        self.gap_in_strikes: int | None = None
        self.is_long: bool | None = None
        self.right: Right | None = None
        self.far: Expiry | None = None
        self._usual_width = 1
        self._expiries: tuple[Expiry, ...] = ()
        self._today, self._root = date.min, ""
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)  # what does not fit goes into the menu
        self._buttons = tuple(self._button(name.value) for name in COMMON)
        self._slots = COMMON
        self.more = self._button("▾")
        self.more.setCheckable(False)
        self.more.setAccessibleName("All strategies, width and side")
        self.more.setToolTip("All strategies, width and side")
        for at, button in enumerate(self._buttons):
            button.clicked.connect(lambda _checked=False, place=at: self.choose(self._slots[place]))
            row.addWidget(button)
        row.addWidget(self.more)
        self.more.clicked.connect(self.open_menu)
        self._fill()

    def show_choices(self, expiries: Sequence[Expiry], *, usual_width: int, today: date, root: str) -> None:
        """What a shape may be chosen from; `usual_width` in strikes is taken until the person chooses one."""
        self._expiries, self._usual_width, self._today, self._root = tuple(expiries), usual_width, today, root
        if self.far not in self._expiries:
            self.far = None

    def choose(self, name: TemplateName) -> None:
        """Choose as the person does, and tell."""
        self.set_current(name)
        self.wanted.emit(name)

    def set_current(self, name: TemplateName) -> None:
        """Show which one the legs are of, without telling."""
        self.current = name
        self._fill()

    def shape(self, expiry: Expiry, marked: Right) -> Shape:
        """What the person chose for the current strategy; `marked` is the side of the chain the mark is on."""
        template = TEMPLATES[self.current]
        return Shape(
            expiry=expiry.day, far_expiry=(self.far_expiry(expiry) or expiry).day, right=self.right or marked,
            is_long=template.is_long if self.is_long is None else self.is_long,
            gap=self.gap_in_strikes or self._usual_width, width=self.width_in_strikes or self._usual_width,
        )  # fmt: skip

    def far_expiry(self, near: Expiry) -> Expiry | None:
        """The second expiry: the chosen one, else the first of the same root at least three weeks later."""
        if self.far is not None and self.far.day > near.day:
            return self.far
        later = [each for each in self._expiries
                 if each.trading_class == near.trading_class and each.day > near.day]  # fmt: skip
        return next((each for each in later if (each.day - near.day).days >= 21), later[-1] if later else None)

    def menu(self) -> QMenu:
        """Every strategy, and what the current one can be asked."""
        menu = QMenu(self)
        menu.setAccessibleName("Strategies")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        for name, template in TEMPLATES.items():
            action = menu.addAction(name.value)
            action.setToolTip(template.summary)
            action.setCheckable(True)
            action.setChecked(name is self.current)
            action.setActionGroup(group)
            action.triggered.connect(lambda _checked=False, wanted=name: self.choose(wanted))
        menu.addSeparator()
        asks = TEMPLATES[self.current].asks
        if Ask.SIDE in asks:
            long = TEMPLATES[self.current].is_long if self.is_long is None else self.is_long
            self._choices(menu, "Side", (("Bought", True), ("Sold", False)), long, "is_long")
        if Ask.RIGHT in asks:
            self._choices(menu, "Calls or puts", (("As marked", None), ("Calls", Right.CALL), ("Puts", Right.PUT)),
                          self.right, "right")  # fmt: skip
        for ask, title, kept in ((Ask.WIDTH, "Width", "width_in_strikes"), (Ask.GAP, "Distance", "gap_in_strikes")):
            if ask in asks:
                now = getattr(self, kept) or self._usual_width
                self._choices(menu, title, tuple((_strikes(each), each) for each in self._widths(now)), now, kept)
        if Ask.FAR_EXPIRY in asks:
            lines = tuple((words.expiry_line(each, self._today, root=self._root), each) for each in self._expiries)
            self._choices(menu, "Second expiry", lines, self.far, "far")
        return menu

    def open_menu(self) -> None:
        """Show it below the picker."""
        menu = self.menu()
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fill()

    def minimumSizeHint(self) -> QSize:
        return QSize(110, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(sum(self._width_of(name.value) for name in COMMON) + _MORE, super().sizeHint().height())

    # ---------------------------------------------------------------------------------------------------------------

    def _widths(self, now: int) -> tuple[int, ...]:
        return tuple(sorted({*WIDTHS, now}))

    def _choices(self, menu: QMenu, title: str, choices: Sequence[tuple[str, Any]], now: object, name: str) -> None:
        part = menu.addMenu(title)
        group = QActionGroup(part)
        for text, value in choices:
            action = part.addAction(text)
            action.setCheckable(True)
            action.setChecked(value == now)
            action.setActionGroup(group)
            action.triggered.connect(lambda _checked=False, wanted=value: self._set(name, wanted))

    def _set(self, name: str, value: object) -> None:
        setattr(self, name, value)
        self.wanted.emit(self.current)

    def _button(self, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("kind", "segment")
        button.setFont(font(Text.CAPTION))
        button.setText(text)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(f"Strategy {text}")
        return button

    def _width_of(self, text: str) -> int:
        """A segment's width with this text: semi-bold, for the chosen one is."""
        return QFontMetrics(font(Text.CAPTION, bold=True)).horizontalAdvance(text) + AROUND

    def _fill(self) -> None:
        """Show what fits; the current one always, in the last place where it is not a common one."""
        self._slots = COMMON if self.current in COMMON else (*COMMON[:-1], self.current)
        room, shown = self.width() - _MORE, list(self._slots)
        for name in (*_FIRST_TO_GO, TemplateName.SINGLE):
            if sum(self._width_of(each.value) for each in shown) <= room:
                break
            if name in shown and name is not self.current:
                shown.remove(name)
        for name, button in zip(self._slots, self._buttons, strict=True):
            button.setText(name.value)
            button.setAccessibleName(f"Strategy {name.value}")
            button.setToolTip(TEMPLATES[name].summary)
            button.setVisible(name in shown)
            button.setChecked(name is self.current)


def _strikes(count: int) -> str:
    return "1 strike" if count == 1 else f"{count} strikes"
