"""The field that takes a symbol, a company's name or an option as traders write it, and offers what it could be."""

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from ibdesk.domain.errors import Refused
from ibdesk.domain.expiry_texts import DayInDoubt
from ibdesk.domain.market import ContractMatch
from ibdesk.domain.occ import OptionName, parse_option

#: A search costs one of the broker's ten requests a second: it waits until the fingers rest (milliseconds).
PAUSE_MS = 300
#: Shorter than any option's text: `F 261218C9`.
_SHORTEST_OPTION = 9


def option_in(text: str) -> OptionName | None:
    """The option the text writes; None when it is none, so that it is a symbol or a name. Refused(BAD_CONTRACT) where
    it is one whose day is in doubt."""
    if len(text.strip()) < _SHORTEST_OPTION or not any(each.isdigit() for each in text):
        return None
    try:
        return parse_option(text)
    except DayInDoubt:
        raise
    except Refused:
        return None


def _may_be_option(text: str) -> bool:
    """Whether it needs no search: it is an option, or one that Enter asks to be written without doubt."""
    try:
        return option_in(text) is not None
    except DayInDoubt:
        return True


class SymbolField(QLineEdit):
    """`asked(text)`: look for this and offer it; `submitted(text)`: Enter was pressed; `picked(ContractMatch)`: one of
    the offered was chosen; `left`: Esc, back to the chain."""

    asked = Signal(str)
    submitted = Signal(str)
    picked = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Symbol or option   /")
        self.setAccessibleName("Symbol or option")
        self.setAccessibleDescription("A symbol, a company, or an option like SPY 261218P570 or SPY 12/18/26 570 P.")
        self.setToolTip("A symbol, a company’s name, or an option like SPY 261218P570  ( / )")
        self.setClearButtonEnabled(False)
        self._offers: tuple[ContractMatch, ...] = ()
        self._texts = QStringListModel(self)
        self.completer_box = QCompleter(self._texts, self)
        self.completer_box.setWidget(self)
        self.completer_box.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.popup = QListView()
        self.popup.setAccessibleName("Found symbols")
        self.popup.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.completer_box.setPopup(self.popup)
        self.completer_box.activated.connect(self._chosen)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self.textEdited.connect(self._edited)

    def offer(self, text: str, matches: Sequence[ContractMatch]) -> None:
        """What `text` could be; dropped when the person typed on meanwhile."""
        if text != self.wanted or not self.hasFocus():
            return
        self._offers = tuple(matches)
        self._texts.setStringList([_line(each) for each in self._offers])
        popup = self.popup
        if not self._offers:
            popup.hide()
            return
        area = self.rect()
        area.setWidth(max(area.width(), 380))
        self.completer_box.complete(area)

    def shut(self) -> None:
        """Close what is offered."""
        self._pause.stop()
        self.popup.hide()

    @property
    def wanted(self) -> str:
        """What was typed, without the key that leads here: who is in the field already types it into the text."""
        return self.text().strip().removeprefix("/").strip()

    @property
    def offers(self) -> tuple[ContractMatch, ...]:
        """What is offered at present."""
        return self._offers

    def keyPressEvent(self, event: QKeyEvent) -> None:
        popup = self.popup
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if popup.isVisible() and popup.currentIndex().isValid():
                event.ignore()  # the list chooses
                return
            self.shut()
            if self.wanted:
                self.submitted.emit(self.wanted)
        elif event.key() == Qt.Key.Key_Escape:
            if popup.isVisible():
                popup.hide()
            else:
                self.clear()
                self.left.emit()
        elif event.key() == Qt.Key.Key_Down and not popup.isVisible() and not self.text():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _edited(self, _text: str) -> None:
        if not self.wanted or _may_be_option(self.wanted):
            self.shut()
        else:
            self._pause.start()

    def _ask(self) -> None:
        text = self.wanted
        if text and not _may_be_option(text):
            self.asked.emit(text)

    def _chosen(self, text: object) -> None:
        match = next((each for each in self._offers if _line(each) == text), None)
        if match is not None:
            self.shut()
            self.picked.emit(match)


def _line(match: ContractMatch) -> str:
    """`SPY   SPDR S&P 500 ETF TRUST · ARCA`."""
    told = " · ".join(part for part in (match.name, match.exchange) if part)
    return f"{match.symbol}   {told}" if told else match.symbol


def best_of(matches: Sequence[ContractMatch], text: str) -> ContractMatch | None:
    """What Enter opens: the exact symbol, one with options before others; else the first found."""
    exact = [each for each in matches if each.symbol.upper() == text.upper()]
    exact.sort(key=lambda each: not each.option_months)
    return next(iter(exact or matches), None)
