"""The strip of expiries: as many as fit, the chosen one always among them, the rest in a menu."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from ibdesk.domain.chains import Expiry, is_monthly
from ibdesk.ui.chain import words
from ibdesk.ui.theme import Text, font

#: More than these are not read at a glance.
MOST = 7
#: What a segment has around its text, and what the menu's own button takes with the frame.
AROUND, _MORE = 28, 44


class ExpiryStrip(QFrame):
    """Emits `chosen(Expiry)`. `expiries` are all that are known so far, in order."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "segments")
        self.setAccessibleName("Expiry")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.expiries: tuple[Expiry, ...] = ()
        self.current: Expiry | None = None
        self._today, self._root = date.min, ""
        self._shown: tuple[Expiry, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(0)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)  # what does not fit goes into the menu
        self._buttons = [self._button() for _ in range(MOST)]
        self.more = self._button()
        self.more.setCheckable(False)
        self.more.setText("▾")
        self.more.setAccessibleName("All expiries")
        self.more.setToolTip("All expiries")
        self.more.clicked.connect(self.open_menu)
        for button in (*self._buttons, self.more):
            self._row.addWidget(button)

    @property
    def shown(self) -> tuple[Expiry, ...]:
        """Those in the strip, from left to right: the keys 1, 2, 3 … choose among them."""
        return self._shown

    def show_expiries(
        self, expiries: Sequence[Expiry], current: Expiry | None, *, today: date, root: str
    ) -> None:
        """`root` is the trading class that goes without saying."""
        self.expiries, self.current, self._today, self._root = tuple(expiries), current, today, root
        self.setVisible(bool(expiries))
        self.updateGeometry()
        self._fill()

    def choose(self, expiry: Expiry) -> None:
        """Choose as the person does, and tell."""
        if expiry != self.current:
            self.current = expiry
            self._fill()
            self.chosen.emit(expiry)

    def choose_number(self, number: int) -> None:
        """Choose the one at this place of the strip, counted from 0."""
        if number < len(self._shown):
            self.choose(self._shown[number])

    def menu(self) -> QMenu:
        """Every expiry with its days; monthly ones stand out."""
        menu = QMenu(self)
        menu.setAccessibleName("Expiries")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        month = None
        for expiry in self.expiries:
            if month is not None and expiry.day.replace(day=1) != month:
                menu.addSeparator()
            month = expiry.day.replace(day=1)
            action = menu.addAction(words.expiry_line(expiry, self._today, root=self._root))
            action.setCheckable(True)
            action.setChecked(expiry == self.current)
            action.setFont(font(bold=is_monthly(expiry.day)))
            action.triggered.connect(lambda _checked=False, wanted=expiry: self.choose(wanted))
        return menu

    def open_menu(self) -> None:
        """Show them all, below the strip."""
        menu = self.menu()
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not step or self.current not in self.expiries:
            super().keyPressEvent(event)
            return
        at = self.expiries.index(self.current) + step
        if 0 <= at < len(self.expiries):
            self.choose(self.expiries[at])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fill()

    def minimumSizeHint(self) -> QSize:
        return QSize(130, self._row.minimumSize().height())

    def sizeHint(self) -> QSize:
        wide = sum(self._width_of(self._text(each)) for each in self._candidates())
        return QSize(max(130, wide + _MORE), self._row.sizeHint().height())

    # ---------------------------------------------------------------------------------------------------------------

    def _button(self) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("kind", "segment")
        button.setFont(font(Text.CAPTION))
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._pressed(button))
        return button

    def _pressed(self, button: QToolButton) -> None:
        if button is not self.more:
            button.setChecked(True)
            self.choose(self._shown[self._buttons.index(button)])

    def _fill(self) -> None:
        """Put as many as fit into the buttons; the menu has the rest."""
        room = self.width() - _MORE
        texts = {each: self._text(each) for each in self._candidates()}
        shown = list(texts)
        while len(shown) > 1 and sum(self._width_of(texts[each]) for each in shown) > room:
            shown.remove(next(each for each in reversed(shown) if each != self.current))
        self._shown = tuple(shown)
        for at, button in enumerate(self._buttons):
            button.setVisible(at < len(shown))
            if at < len(shown):
                button.setText(texts[shown[at]])
                button.setAccessibleName(f"Expiry {texts[shown[at]]}")
                button.setChecked(shown[at] == self.current)
                # One stop for the Tab key: the chosen one.
                chosen = shown[at] == self.current
                button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chosen else Qt.FocusPolicy.ClickFocus)
        self.more.setVisible(len(shown) < len(self.expiries))

    def _text(self, expiry: Expiry) -> str:
        return words.expiry_words(expiry, self._today, root=self._root, chosen=expiry == self.current)

    @staticmethod
    def _width_of(text: str) -> int:
        """A segment's width with this text: semi-bold, for the chosen one is."""
        return QFontMetrics(font(Text.CAPTION, bold=True)).horizontalAdvance(text) + AROUND

    def _candidates(self) -> tuple[Expiry, ...]:
        """The next few and the chosen one, with monthly ones before weeklies where there are many, in order."""
        usual = [each for each in self.expiries if not each.is_nonstandard]
        if len(usual) <= MOST:
            picked = set(usual)
        else:
            monthly = [each for each in usual if is_monthly(each.day)]
            picked = {*usual[:2], *monthly[: MOST - 2]}
        if self.current is not None:
            picked.add(self.current)
        while len(picked) > MOST:
            picked.discard(max(each for each in picked if each != self.current))
        return tuple(sorted(picked))
