"""The frame of an open desk, by real key events."""

import asyncio
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QListWidget, QPushButton, QWidget

from ibdesk.domain.accounts import Environment
from ibdesk.domain.calls import RateState
from ibdesk.domain.errors import BadData, Cause, NeedsPerson
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionRestored,
    Notice,
    RateChanged,
    SessionChanged,
    SyncChanged,
)
from ibdesk.domain.positions import Source
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.domain.settings import ThemeName
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.frame.desk_view import DeskView
from ibdesk.ui.frame.last_time import LAST_ACCOUNT
from ibdesk.ui.main_window import GEOMETRY, MainWindow
from ibdesk.ui.pages.coming import coming
from ibdesk.ui.rooms import ROOMS
from ibdesk.ui.theme import look
from ibdesk.ui.unlock import UnlockScreen
from ibdesk.ui.widgets import Banner
from ibdesk.ui.wizard.parts import Question
from tests.ui.sample_desk import MAIN, NOW, READY, SMALL, MadeUpBook, StoppedClock, sample_desk

CTRL = Qt.KeyboardModifier.ControlModifier
SIGNED_OUT = Session(state=SessionState.SIGNED_OUT, flags=SessionFlags(reachable=True))
NOT_SIGNED_IN = NeedsPerson("You are signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED)


def _let_close(window: MainWindow) -> None:
    """A test has no application that would end the work first."""
    window.closing.connect(window.close_for_good)


class Opened:
    """A window with a desk in it."""

    def __init__(self, run, qtbot, size=(1280, 800), **parts) -> None:
        self.run = run
        self.desk = sample_desk(**parts)
        self.bridge = Bridge(self.desk.tasks)
        self.bridge.listen(self.desk.hub)
        self.wanted: list[str] = []
        self.entered: list[str] = []
        self.window = MainWindow()
        self.window.dress()
        self.view = DeskView(self.desk, self.bridge, self._page)
        self.view.wanted.connect(self.wanted.append)
        self.view.retitled.connect(self.window.name)
        self.window.show_desk(self.view)
        self.window.resize(*size)
        qtbot.addWidget(self.window, before_close_func=lambda _window: self.bridge.deafen())
        _let_close(self.window)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        run(self.view.load())
        self.settle()

    def _page(self, room) -> QWidget:
        self.entered.append(room.key)
        page = coming(room) if room.module == "coming" else QWidget()
        page.setAccessibleName(room.title)
        return page

    def settle(self, seconds: float = 0.06) -> None:
        self.run(asyncio.sleep(seconds))

    def tell(self, *events) -> None:
        for event in events:
            self.desk.hub.publish(event)
        self.settle()

    def press(self, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        async def keys() -> None:
            QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)
            await asyncio.sleep(0.02)

        self.run(keys())

    def command(self, name: str) -> None:
        async def ask() -> None:
            self.view.run(name)
            await asyncio.sleep(0.06)

        self.run(ask())


@pytest.fixture
def opened(run, qtbot):
    return Opened(run, qtbot)


def test_every_room_opens_by_its_number(opened):
    for number, room in enumerate(ROOMS, start=1):
        opened.press(Qt.Key(ord(str(number))), CTRL)
        assert opened.view.room == room.key
        assert opened.view.rail.buttons[room.key].isChecked()
        assert opened.view.stack.currentWidget() is opened.view.page(room.key)
    assert sorted(opened.entered) == sorted(room.key for room in ROOMS)


def test_a_room_is_built_once_and_after_its_skeleton_was_shown(opened):
    opened.view.open_room("activity")
    assert "loading" in opened.view.stack.currentWidget().accessibleName()
    opened.settle()
    assert opened.view.stack.currentWidget().accessibleName() == "Activity"
    opened.view.open_room("dashboard")
    opened.view.open_room("activity")
    opened.settle()
    assert opened.entered.count("activity") == 1


def test_f5_syncs_and_ctrl_l_asks_to_lock(opened):
    opened.press(Qt.Key.Key_F5)
    assert opened.desk.sync.runs == 1
    opened.press(Qt.Key.Key_L, CTRL)
    assert opened.wanted == ["lock"]


def test_ctrl_k_finds_a_room_by_a_few_letters_and_enter_opens_it(opened):
    opened.press(Qt.Key.Key_K, CTRL)
    palette = opened.view.palette_box
    assert palette.isVisible() and palette.field.hasFocus()
    QTest.keyClicks(palette.field, "portf")
    assert palette.titles[0] == "Portfolio"
    opened.press(Qt.Key.Key_Return)
    assert opened.view.room == "portfolio"
    assert not palette.isVisible()


def test_arrows_move_in_the_palette_and_escape_gives_the_focus_back(opened):
    opened.view.header.lock.setFocus()
    opened.press(Qt.Key.Key_K, CTRL)
    palette = opened.view.palette_box
    opened.press(Qt.Key.Key_Down)
    opened.press(Qt.Key.Key_Down)
    opened.press(Qt.Key.Key_Up)
    assert palette.list.currentRow() == 1
    opened.press(Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert opened.view.header.lock.hasFocus()


def test_the_palette_says_so_when_nothing_is_found(opened):
    opened.press(Qt.Key.Key_K, CTRL)
    QTest.keyClicks(opened.view.palette_box.field, "xqzzy")
    assert opened.view.palette_box.titles == ()
    assert opened.view.palette_box.nothing.isVisible()
    opened.press(Qt.Key.Key_Return)
    assert opened.view.palette_box.isVisible()


@pytest.mark.parametrize(("letters", "title"), [
    ("sync", "Sync now"), ("lock", "Lock the desk"), ("DU7654322", "DU7654322"), ("all acc", "All accounts"),
    ("dark", "Dark theme"), ("colour", "Colour-blind palette: turn on"), ("sign in", "Sign in"),
    ("gateway port", "Gateway port"), ("risk", "Risk statement"), ("port", "Portfolio"),
])
def test_the_palette_knows_rooms_work_accounts_looks_settings_and_help(opened, letters, title):
    opened.view.open_palette()
    opened.view.palette_box.field.setText(letters)
    assert opened.view.palette_box.titles[0] == title


def test_looking_up_a_setting_opens_its_room_and_names_it(opened):
    names: list[str] = []
    opened.bridge.setting_wanted.connect(names.append)
    opened.view.run("setting:gateway_port")
    opened.settle()
    assert opened.view.room == "settings"
    assert names == ["gateway_port"]


def test_a_theme_chosen_by_command_is_worn_at_once(opened):
    opened.command("theme:light")
    assert look().theme.name is ThemeName.LIGHT
    opened.command("colour-blind")
    assert look().theme.colour_blind
    assert opened.view.commands()[0].title == "Dashboard"


def test_signing_in_opens_the_gateways_own_page(opened):
    opened.view.run("sign-in")
    assert opened.desk.connector.shown == ["https://localhost:5000/"]


def test_session_commands_reach_the_session(opened):
    for name in ("check-session", "reconnect", "sign-out"):
        opened.command(name)
    assert opened.desk.session.asked == ["refresh", "open", "sign out"]


@pytest.mark.parametrize(("answer", "asked"), [("no", []), ("yes", ["take over"])])
def test_another_session_is_thrown_out_only_after_a_yes(opened, answer, asked):
    opened.command("take-over")
    [question] = [each for each in QApplication.topLevelWidgets() if isinstance(each, Question) and each.isVisible()]
    getattr(question, answer).click()
    opened.settle()
    assert opened.desk.session.asked == asked


def test_the_header_tells_mode_account_session_and_age(opened):
    opened.tell(AccountChanged(account=MAIN, as_of=NOW))
    header = opened.view.header
    assert header.mode.text().startswith("Demo")
    assert header.account.text().startswith("DU7654321")
    assert header.session.text() == "Connected · tickle in 2:41 · session ends in 15 h"
    assert header.sync.text() == "Synced 0 s ago"
    assert opened.window.windowTitle() == "ibdesk — DEMO · DU7654321"


def test_the_age_of_all_accounts_is_that_of_the_oldest(run, qtbot):
    clock = StoppedClock()
    opened = Opened(run, qtbot, clock=clock)
    opened.tell(AccountChanged(account=MAIN, as_of=NOW))
    clock.now = NOW + timedelta(seconds=40)
    opened.tell(AccountChanged(account=SMALL, as_of=clock.now))
    opened.bridge.select(SMALL)
    assert opened.view.header.sync.text() == "Synced 0 s ago"
    opened.bridge.select(None)
    assert opened.view.header.sync.text() == "Synced 40 s ago"
    assert opened.window.windowTitle() == "ibdesk — DEMO · All accounts"


def test_the_account_menu_switches_and_is_remembered(opened):
    menu = opened.view.header.account.menu()
    assert [action.text() for action in menu.actions() if action.text()] == [MAIN, SMALL, "All accounts"]
    menu.actions()[1].trigger()
    assert opened.bridge.selected == SMALL
    assert QSettings().value(LAST_ACCOUNT) == "1"


def test_the_mode_button_opens_the_list_of_all_modes_and_those_that_are_closed_say_why(opened):
    opened.view.header.mode.setFocus()
    opened.press(Qt.Key.Key_Space)
    rows = {row.choice.face.word: row.choice for row in opened.view.modes.panel.rows}
    assert opened.view.modes.popover.isVisible() and len(rows) == 6
    assert rows["Demo"].is_here and rows["Local Paper"].is_open
    assert not rows["Alpaca Live"].is_open and "no Alpaca account" in rows["Alpaca Live"].note
    assert not rows["IBKR Live"].is_open and "Quit it and open ibdesk" in rows["IBKR Live"].note
    opened.press(Qt.Key.Key_Escape)
    assert not opened.view.modes.popover.isVisible()


def test_every_other_mode_and_the_way_to_live_are_commands(opened):
    names = {command.name for command in opened.view.commands()}
    assert {"mode:local_paper", "mode:alpaca_live", "mode:ibkr_live", "going-live", "live-guide"} <= names
    assert "mode:demo" not in names
    opened.view.run("mode:local_paper")
    assert opened.wanted[-1] == "mode:local_paper"


def test_accounts_found_by_the_first_sync_are_chosen(run, qtbot):
    book = MadeUpBook(ids=())
    opened = Opened(run, qtbot, book=book)
    assert opened.bridge.selected is None
    assert not opened.view.header.account.isVisible()
    book.ids = (MAIN, SMALL)
    opened.tell(AccountChanged(account=MAIN, as_of=NOW))
    assert opened.bridge.selected == MAIN


def test_a_running_and_a_failed_sync_are_shown(opened):
    opened.tell(SyncChanged(account=MAIN, started_at=NOW, stage="positions"))
    assert opened.view.header.sync.text() == "Syncing positions…"
    error = BadData("Unreadable.", remedy="Look.", cause=Cause.BAD_ANSWER)
    opened.tell(SyncChanged(account=MAIN, started_at=NOW, finished_at=NOW, error=error))
    assert opened.view.header.sync.text() == "Sync failed"


def test_what_another_source_reads_makes_nothing_younger_here(run, qtbot):
    clock = StoppedClock()
    opened = Opened(run, qtbot, clock=clock)
    opened.bridge.select(MAIN)
    opened.tell(AccountChanged(account=MAIN, as_of=NOW))
    clock.now = NOW + timedelta(seconds=40)
    error = BadData("Unreadable.", remedy="Look.", cause=Cause.BAD_ANSWER)
    opened.tell(
        AccountChanged(account=MAIN, as_of=clock.now, source=Source.TWS),
        SyncChanged(account=MAIN, started_at=NOW, finished_at=NOW, error=error, source=Source.TWS),
    )
    assert opened.view.header.sync.text() == "Synced 40 s ago"


def test_the_status_line_tells_gateway_budget_database_and_market(opened):
    opened.tell(RateChanged(rate=RateState(per_second=2.1, limit=10, latency_ms=38)))
    status = opened.view.status
    assert status.gateway.text() == "Client Portal Gateway localhost:5000 · 38 ms"
    assert status.rate.text() == "Requests 2.1/s of 10"
    assert status.database.text() == "Database encrypted · 12.4 MB"
    assert status.market.text() == "NYSE open · closes in 3 h 11 m · 12:48:07 ET"


def test_the_penalty_box_is_a_banner_with_a_countdown(opened):
    until = NOW + timedelta(minutes=15)
    opened.tell(RateChanged(rate=RateState(per_second=0, limit=10, boxed_until=until)))
    assert opened.view.status.rate.text() == "Locked out by the broker · 15:00"
    assert "locked ibdesk out" in opened.view.notices.texts[0]
    assert "15:00" in {label.text() for label in opened.view.notices.findChildren(QLabel)}


def test_a_notice_offers_the_one_thing_that_helps_and_goes_when_it_is_mended(opened):
    opened.tell(Notice(error=NOT_SIGNED_IN))
    assert opened.view.notices.texts == ("You are signed out.",)
    button = next(b for b in opened.view.notices.findChildren(QAbstractButton) if b.text() == "Sign in")
    button.click()
    assert opened.desk.connector.shown == ["https://localhost:5000/"]
    opened.tell(SessionChanged(session=READY))
    assert opened.view.notices.texts == ()


def test_good_news_stays_behind_with_its_room_and_trouble_comes_along(opened):
    opened.tell(Notice(text="Backed up and checked."))
    opened.tell(Notice(error=NeedsPerson("Signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED)))
    opened.view.open_room(opened.view.room)
    assert opened.view.notices.texts == ("Backed up and checked.", "Signed out.")
    opened.view.open_room("settings")
    assert opened.view.notices.texts == ("Signed out.",)


def test_news_to_be_read_stays_until_it_is_and_comes_along_to_other_rooms(opened):
    opened.tell(Notice(text="Today in short: 3 fills.", action="Show", command="digest"))
    opened.tell(Notice(text="Today in short: 4 fills.", action="Show", command="digest"))
    opened.view.open_room("settings")
    assert opened.view.notices.texts == ("Today in short: 4 fills.",)
    (banner,) = opened.view.notices.findChildren(Banner)
    banner.button.click()
    assert opened.view.notices.texts == () and opened.wanted == ["digest"]


def test_the_same_trouble_is_said_once_and_escape_dismisses_it(opened):
    opened.tell(Notice(error=NOT_SIGNED_IN), Notice(error=NOT_SIGNED_IN), Notice(text="Account connected."))
    assert opened.view.notices.texts == ("You are signed out.", "Account connected.")
    opened.press(Qt.Key.Key_Escape)
    assert opened.view.notices.texts == ()
    opened.tell(Notice(error=NOT_SIGNED_IN), ConnectionRestored(source="portal", at=NOW))
    assert opened.view.notices.texts == ()


@pytest.mark.parametrize("width", [900, 1000, 1100, 1280, 1440])
def test_a_control_that_says_more_leaves_the_name_its_room(run, qtbot, width):
    opened = Opened(run, qtbot, size=(width, 800), environment=Environment.PAPER)
    header = opened.view.header
    control = QPushButton("")
    header.add_control(control)
    control.setText("Trading stopped now")
    qtbot.wait(20)
    word = header.logo.word
    assert word.isVisible() and word.width() >= word.sizeHint().width()
    end = word.mapTo(header, QPoint(word.width(), 0)).x()
    assert end + 8 <= header.mode.mapTo(header, QPoint(0, 0)).x()
    assert header.lock.mapTo(header, QPoint(header.lock.width(), 0)).x() <= header.width()


@pytest.mark.parametrize("width", [860, 1000, 1100, 1280, 1440, 1920])
def test_nothing_in_the_header_is_clipped_at_any_width(run, qtbot, width):
    opened = Opened(run, qtbot, size=(width, 800), environment=Environment.PAPER)
    rate = RateState(per_second=2, limit=10, latency_ms=38)
    opened.tell(AccountChanged(account=MAIN, as_of=NOW), RateChanged(rate=rate))
    header = opened.view.header
    parts = [header.mode, header.account, header.session, header.sync, header.search, header.lock]
    for part in parts:
        assert part.width() >= part.minimumSizeHint().width() or part is header.search, part.accessibleName()
        assert part.width() >= part.sizeHint().width() or part is header.search, part.accessibleName()
    ends = [part.mapTo(header, QPoint(part.width(), 0)).x() for part in parts]
    starts = [part.mapTo(header, QPoint(0, 0)).x() for part in parts]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= header.width()
    assert opened.view.rail.width() == (56 if width < 1100 else 184)
    status = opened.view.status
    labels = [label for label in (status.gateway, status.rate, status.database, status.market) if label.isVisible()]
    assert all(label.width() >= label.sizeHint().width() for label in labels)


FOCUSABLE = (QAbstractButton, QLineEdit, QListWidget)


def unnamed(window: QWidget) -> list[str]:
    """Controls that take the keyboard but say nothing to a screen reader."""
    silent = []
    for widget in window.findChildren(QWidget):
        if widget.isHidden() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not isinstance(widget, FOCUSABLE):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if not interface.text(QAccessible.Text.Name):
            silent.append(f"{type(widget).__name__} {widget.objectName()}")
    return silent


def test_every_control_that_takes_the_keyboard_has_a_name(opened):
    opened.tell(Notice(error=NOT_SIGNED_IN), Notice(text="Good."))
    opened.view.open_palette()
    for room in ROOMS:
        opened.view.open_room(room.key)
    opened.settle()
    opened.window.cover(UnlockScreen())
    assert unnamed(opened.window) == []


def test_arrows_walk_the_rail_and_enter_opens_a_room(opened):
    rail = opened.view.rail
    rail.buttons["dashboard"].setFocus()
    opened.press(Qt.Key.Key_Down)
    assert rail.buttons["portfolio"].hasFocus()
    assert opened.view.room == "dashboard"
    opened.press(Qt.Key.Key_Return)
    assert opened.view.room == "portfolio"


def test_a_covered_desk_hears_no_keys(opened):
    opened.window.cover(UnlockScreen(locked=True))
    opened.settle()
    opened.press(Qt.Key.Key_F5)
    opened.press(Qt.Key.Key_3, CTRL)
    opened.press(Qt.Key.Key_K, CTRL)
    assert opened.desk.sync.runs == 0
    assert opened.view.room == "dashboard"
    assert not opened.view.palette_box.isVisible()


def test_after_the_lock_no_button_has_the_keys(opened):
    opened.window.cover(UnlockScreen(locked=True))
    opened.settle()
    opened.window.uncover()
    assert opened.window.focusWidget() is opened.view


def test_the_rooms_to_come_promise_without_buttons(opened):
    for key in (room.key for room in ROOMS if room.module == "coming"):
        opened.view.open_room(key)
        opened.settle(0.02)
        page = opened.view.page(key)
        assert page.findChildren(QAbstractButton) == []
        assert any("later version" in label.text() for label in page.findChildren(QLabel))


def test_a_window_left_on_a_lost_screen_is_pulled_back(run, qtbot):
    opened = Opened(run, qtbot)
    opened.window.move(20000, 20000)
    opened.window.pull_back()
    assert opened.window.screen().availableGeometry().intersects(opened.window.geometry())


def test_a_window_larger_than_its_screen_is_made_to_fit(run, qtbot):
    opened = Opened(run, qtbot)
    opened.window.setGeometry(0, 0, 5000, 3000)
    opened.window.pull_back()
    room = opened.window.screen().availableGeometry()
    assert opened.window.height() < room.height()
    assert opened.window.width() <= max(room.width(), opened.window.minimumWidth())


def test_the_window_remembers_its_place(run, qtbot, dressed):
    window = MainWindow()
    _let_close(window)
    window.resize(870, 640)
    window.show()
    window.close()
    assert QSettings().value(GEOMETRY) is not None
    again = MainWindow()
    qtbot.addWidget(again, before_close_func=_let_close)
    assert again.height() == 640


def test_closing_the_window_asks_the_application_first(qtbot, dressed):
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.closing):
        window.close()
    assert window.isVisible()
    window.close_for_good()
    assert not window.isVisible()
