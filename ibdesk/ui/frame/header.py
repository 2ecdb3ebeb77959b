"""The one line that tells the state: mode, account, session, sync, commands, lock."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.modes import Mode, face_of
from ibdesk.ui.frame.wording import Words
from ibdesk.ui.icons import set_icon
from ibdesk.ui.widgets import Button, Chip, Icon, IconButton, Label, Pill, hold_size

HEIGHT = 48
#: Below this width the session pill says less; the header never clips.
WIDE, MEDIUM = 1240, 1040


class Header(QFrame):
    """Emits what the person asked for; shows what it is told."""

    mode_pressed = Signal()
    account_wanted = Signal(object)
    session_pressed = Signal()
    try_pressed = Signal()
    sync_pressed = Signal()
    search_pressed = Signal()
    lock_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "band")
        self.setFixedHeight(HEIGHT)
        self.logo = _Logo()
        self.mode = _menu_button("mode", "Trading mode")
        self.account = _menu_button("choice", "Account")
        self.session = Pill(name="Session")
        self.try_now = Button("Try now", kind="link", tip="Look for the Gateway at once")
        self.sync = _sync_button()
        self.search = _SearchField()
        self.lock = IconButton("lock", "Lock the desk (Ctrl+L)")
        self._session_words, self._can_try = Words(full="", short="", tone="muted"), False
        self.mode.clicked.connect(self.mode_pressed)
        self.session.clicked.connect(self.session_pressed)
        self.try_now.clicked.connect(self.try_pressed)
        self.sync.clicked.connect(self.sync_pressed)
        self.search.clicked.connect(self.search_pressed)
        self.lock.clicked.connect(self.lock_pressed)
        self._lay_out()

    def add_control(self, control: QWidget) -> None:
        """Put a control of the whole desk beside the search field."""
        self._row.insertWidget(self._row.indexOf(self.search), control)

    def show_mode(self, mode: Mode) -> None:
        """The mode in force; pressing it opens the list of all of them."""
        face = face_of(mode)
        self.mode.setText(f"{face.word}  ▾")
        self.mode.setAccessibleName(f"Trading mode: {face.word}")
        self.mode.setToolTip(f"Orders go to {face.word}. Press to change the mode")
        set_icon(self.mode, face.icon, "environment", 16)

    def show_accounts(self, accounts: Sequence[AccountId], selected: AccountId | None) -> None:
        """The account being looked at, and the menu of the others."""
        self.account.setVisible(bool(accounts))
        name = selected or "All accounts"
        self.account.setText(f"{name}  ▾" if len(accounts) > 1 else name)
        self.account.setAccessibleName(f"Account: {name}")
        menu = _fresh_menu(self.account)
        for account in accounts:
            _choice(menu, account, account == selected, partial(self.account_wanted.emit, account))
        if len(accounts) > 1:
            menu.addSeparator()
            _choice(menu, "All accounts", selected is None, partial(self.account_wanted.emit, None))

    def show_session(self, words: Words, *, can_try: bool = False) -> None:
        """The session's state, as long as there is room for; `can_try` offers to look for a lost gateway at once."""
        self._session_words, self._can_try = words, can_try
        self._say_session()

    def show_sync(self, words: Words) -> None:
        """The age of what is shown, or that a sync is running or failed."""
        text = words.full if self.width() >= MEDIUM else words.short
        if text != self.sync.text():
            self.sync.setText(text)
            self.sync.setAccessibleName(f"{words.full}. Press to sync")
            self.sync.setToolTip(words.tip)
        icon = ("warn", "warn") if words.tone == "warn" else ("refresh", words.tone or "muted")
        if self.sync.property("shown") != icon[0] + icon[1]:
            self.sync.setProperty("shown", icon[0] + icon[1])
            set_icon(self.sync, *icon, 15)
        hold_size(self.sync)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say_session()
        self.logo.word.setVisible(event.size().width() >= 900)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """A control that says more than before, as the kill switch does, takes its room from the search field."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        others = self._row.minimumSize().width() - self.search.minimumSizeHint().width()
        self.search.set_narrow(self.width() < MEDIUM or others + _SearchField.WHOLE > self.width())

    def _say_session(self) -> None:
        words = self._session_words
        text = words.full
        if self.width() < MEDIUM:
            text = words.short
        elif self.width() < WIDE and words.full.count(" · ") > 1:
            first, _, last = words.full.split(" · ")[:3]
            text = f"{first} · {last}"
        self.session.set(text, tone=words.tone, tip=f"{words.full}\n{words.tip}".strip())
        self.try_now.setVisible(self._can_try and self.width() >= MEDIUM)

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(10)
        row.addWidget(self.logo)
        for part in (self.mode, self.account, self.session, self.try_now, self.sync):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.search, 2)
        row.addWidget(self.lock)


class _Logo(QWidget):
    """The diamond and the word, as wide as the rail below it."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Icon("logo", tone="environment", size=14))
        self.word = Label("ibdesk", bold=True)
        row.addWidget(self.word)
        row.addStretch(1)

    def sizeHint(self) -> QSize:
        return QSize(152 if self.word.isVisible() else 20, 24)

    def minimumSizeHint(self) -> QSize:
        """The diamond, and the word with air behind it where it is shown."""
        return QSize(20 if self.word.isHidden() else 32 + self.word.sizeHint().width(), 24)


class _SearchField(QPushButton):
    """Looks like a search field and opens the command palette; Ctrl+K does the same."""

    WHOLE = 226  # pixels its words and the key take

    def __init__(self) -> None:
        super().__init__("Search or run a command")
        self.setProperty("kind", "search")
        self.setAccessibleName("Search or run a command (Ctrl+K)")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(300)
        self.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 6, 0)
        row.addStretch(1)
        self.key = Chip("Ctrl K")
        row.addWidget(self.key)

    def set_narrow(self, narrow: bool) -> None:
        """Say less where there is no room."""
        if narrow is not self.key.isHidden():
            self.setText("Search" if narrow else "Search or run a command")
            self.key.setVisible(not narrow)
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(74 if self.key.isHidden() else self.WHOLE, 28)


def _sync_button() -> QPushButton:
    button = QPushButton("Never synced")
    button.setProperty("kind", "pill")
    button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.setAutoDefault(False)
    button.setAccessibleName("Sync")
    set_icon(button, "refresh", "muted", 15)
    return button


def _menu_button(kind: str, name: str) -> QPushButton:
    button = QPushButton()
    button.setProperty("kind", kind)
    button.setAccessibleName(name)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.setAutoDefault(False)
    return button


def _fresh_menu(button: QPushButton) -> QMenu:
    old = button.menu()
    menu = QMenu(button)
    button.setMenu(menu)
    if old is not None:
        old.deleteLater()
    return menu


def _choice(menu: QMenu, text: str, chosen: bool, run: Callable[[], None]) -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda: run())
    action.setCheckable(True)
    action.setChecked(chosen)
    return action
