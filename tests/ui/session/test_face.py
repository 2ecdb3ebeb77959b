"""The session's face in a real frame: events in, panel, strip, card and tray out."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ibdesk.domain.away import AwayReport
from ibdesk.domain.events import LinkChanged, SessionChanged, SessionEnding, WentAway
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.frame.desk_view import DeskView
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.unlock import UnlockScreen
from tests.ui.sample_desk import NOW, READY, StoppedClock, sample_desk
from tests.ui.session import truths

OFFLINE = Session(state=SessionState.OFFLINE, flags=SessionFlags(reachable=False), checked_at=NOW)
LOST = LinkChanged(source="portal", is_up=False, since=NOW, next_try=NOW + timedelta(seconds=12))
REPORT = AwayReport(since=NOW, until=NOW + timedelta(minutes=7), reason="The gateway stopped.", as_of=NOW)


class MadeUpReconnect:
    """Notes what was asked of it."""

    def __init__(self) -> None:
        self.state: LinkChanged | None = None
        self.last_report: AwayReport | None = None
        self.tries = 0

    async def try_now(self) -> None:
        self.tries += 1


class Shown:
    """A desk in a window."""

    def __init__(self, run, qtbot, **parts) -> None:
        self.run, self.clock, self.reconnect = run, StoppedClock(), MadeUpReconnect()
        self.desk = sample_desk(clock=self.clock, reconnect=self.reconnect, **parts)
        self.bridge = Bridge(self.desk.tasks)
        self.bridge.listen(self.desk.hub)
        self.view = DeskView(self.desk, self.bridge, lambda _room: QWidget())
        self.window = MainWindow()
        self.window.dress()
        self.window.closing.connect(self.window.close_for_good)
        self.window.show_desk(self.view)
        self.window.resize(1280, 800)
        qtbot.addWidget(self.window, before_close_func=lambda _window: self.bridge.deafen())
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        run(self.view.load())
        self.tell()

    @property
    def face(self):
        return self.view.session

    def tell(self, *events) -> None:
        for event in events:
            self.desk.hub.publish(event)
        self.run(asyncio.sleep(0.06))

    def becomes(self, session: Session) -> None:
        self.desk.session.session = session
        self.tell(SessionChanged(session=session))

    def command(self, name: str) -> None:
        async def ask() -> None:
            self.view.run(name)
            await asyncio.sleep(0.06)

        self.run(ask())


@pytest.fixture
def shown(run, qtbot) -> Shown:
    return Shown(run, qtbot)


def test_the_pill_opens_the_truth_and_escape_closes_it(shown):
    shown.view.header.session.setFocus()
    QTest.keyClick(shown.view.header.session, Qt.Key.Key_Space)
    assert shown.face.popover.isVisible()
    assert shown.face.panel.headline.text() == "Everything is connected"
    assert shown.face.panel.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not shown.face.popover.isVisible()
    assert shown.view.header.session.hasFocus()


def test_the_palettes_word_for_it_is_session(shown):
    shown.view.open_palette()
    shown.view.palette_box.field.setText("session")
    assert shown.view.palette_box.titles[0] == "Session"
    QTest.keyClick(shown.view.palette_box.field, Qt.Key.Key_Return)
    assert shown.face.popover.isVisible()


def test_an_open_panel_follows_the_session_and_the_seconds(shown):
    shown.command("session")
    shown.becomes(OFFLINE)
    assert shown.face.panel.headline.text() == "The gateway does not answer"
    shown.tell(LOST)
    assert "next try in 12 s" in shown.face.panel.search.text()
    shown.clock.now = NOW + timedelta(seconds=3)
    shown.bridge.second.emit(shown.clock.now)
    assert "next try in 9 s" in shown.face.panel.search.text()


def test_the_panel_shrinks_when_there_is_less_to_say(shown):
    def lie() -> list[int]:
        return [row.text.mapTo(row, row.text.rect().topLeft()).y() for row in shown.face.panel.rows.values()]

    shown.command("session")
    height, tops = shown.face.popover.card.height(), lie()
    true = shown.desk.session.truth
    shown.desk.session.truth = lambda: truths.WORDY
    shown.bridge.second.emit(NOW)
    shown.tell()
    assert shown.face.popover.card.height() > height
    shown.desk.session.truth = true
    shown.bridge.second.emit(NOW)
    shown.tell()
    assert shown.face.popover.card.height() == height
    assert lie() == tops


def test_a_lost_gateway_is_in_the_pill_with_the_next_try_and_a_button(shown):
    shown.becomes(OFFLINE)
    shown.tell(LOST)
    assert shown.view.header.session.text() == "Gateway not running · next try in 12 s"
    assert shown.view.header.try_now.isVisible()
    shown.command("try-now")
    assert shown.reconnect.tries == 1
    shown.becomes(READY)
    shown.tell(replace(LOST, is_up=True))
    assert shown.view.header.session.text().startswith("Connected")
    assert not shown.view.header.try_now.isVisible()


def test_maintenance_is_told_without_red_and_without_a_button(shown):
    shown.becomes(OFFLINE)
    shown.tell(replace(LOST, expected_until=NOW + timedelta(minutes=30)))
    header, status = shown.view.header, shown.view.status
    assert header.session.text() == "In maintenance until 13:18 ET"
    assert header.session.tone == "muted"
    assert not header.try_now.isVisible()
    assert status.gateway.text().endswith("· maintenance")
    assert shown.face.tray.icon.toolTip() == "ibdesk — Interactive Brokers is in its maintenance until 13:18 ET."


def test_an_ending_session_is_a_strip_until_it_is_renewed(shown):
    shown.tell(SessionEnding(minutes=15, ends_at=NOW + timedelta(minutes=15)))
    assert shown.face.strip.isVisible()
    shown.face.strip.banner.button.click()
    assert shown.desk.connector.shown == ["https://localhost:5000/"]
    shown.becomes(replace(READY, ends_at=NOW + timedelta(hours=24)))
    assert not shown.face.strip.isVisible()


def test_what_was_missed_is_a_card_that_can_be_called_back(shown):
    assert "While you were away" not in {command.title for command in shown.view.commands()}
    shown.reconnect.last_report = REPORT
    shown.tell(WentAway(report=REPORT))
    assert shown.face.away.isVisible()
    shown.face.away.close_button.click()
    assert not shown.face.away.isVisible()
    shown.command("away")
    assert shown.face.away.isVisible()


def test_a_locked_desk_ticks_nothing_and_its_tray_still_tells_the_truth(shown):
    seconds: list[object] = []
    shown.command("session")
    shown.window.cover(UnlockScreen(locked=True))
    shown.bridge.second.connect(seconds.append)
    assert not shown.face.popover.isVisible()
    shown.becomes(OFFLINE)
    shown.tell(LOST)
    shown.run(asyncio.sleep(1.2))
    assert seconds == []
    assert not any(action.isEnabled() for action in shown.face.tray.menu.actions() if action.data() == "lock")
    assert "does not answer" in shown.face.tray.icon.toolTip()
    shown.window.uncover()
    assert seconds
    assert all(action.isEnabled() for action in shown.face.tray.menu.actions())


def test_the_trays_menu_does_the_windows_commands(shown):
    actions = {action.data(): action for action in shown.face.tray.menu.actions()}

    async def press(name: str) -> None:
        actions[name].trigger()
        await asyncio.sleep(0.06)

    wanted: list[str] = []
    shown.view.wanted.connect(wanted.append)
    for name in ("sync", "sign-in", "lock", "quit"):
        shown.run(press(name))
    assert shown.desk.sync.runs == 1
    assert shown.desk.connector.shown
    assert wanted == ["lock", "quit"]


@pytest.mark.parametrize("width", [860, 1100, 1280, 1920])
def test_a_lost_gateway_clips_nothing_at_any_width(shown, width):
    shown.window.resize(width, 800)
    shown.becomes(OFFLINE)
    shown.tell(LOST, SessionEnding(minutes=15, ends_at=NOW + timedelta(minutes=15)), WentAway(report=REPORT))
    shown.command("session")
    header = shown.view.header
    for part in (header.mode, header.account, header.session, header.try_now, header.sync, header.lock):
        assert not part.isVisible() or part.width() >= part.sizeHint().width(), part.accessibleName()
    card = shown.face.popover.card.geometry()
    assert shown.view.rect().contains(card)
    for row in shown.face.panel.rows.values():
        for label in (row.text, row.reason, row.due, row.age, row.word):
            assert not label.isVisible() or label.height() >= label.heightForWidth(label.width()), label.text()
            assert not label.isVisible() or label.wordWrap() or label.width() >= label.sizeHint().width(), label.text()


def test_without_an_account_the_pill_connects_one_and_the_tray_says_so(run, qtbot):
    shown = Shown(run, qtbot, session=None)
    wanted: list[str] = []
    shown.view.wanted.connect(wanted.append)
    shown.view.header.session.click()
    assert wanted == ["connect"]
    assert shown.face.tray.icon.toolTip() == "ibdesk — No account connected"
    assert {action.data() for action in shown.face.tray.menu.actions() if action.isVisible()} == {
        "open", "lock", "quit"}


def test_the_answers_of_the_competing_question_ask_once_more_or_change_nothing(shown):
    shown.becomes(Session(
        state=SessionState.COMPETING, flags=SessionFlags(reachable=True, signed_in=True, competing=True),
        checked_at=NOW))
    shown.command("session")
    shown.face.panel.competing.leave.click()
    assert not shown.face.popover.isVisible()
    assert shown.desk.session.asked == []
