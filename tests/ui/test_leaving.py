"""What happens to the broker's session when nobody is there any more, and when the person leaves."""

import asyncio
from dataclasses import replace

import pytest

from ibdesk.desk_door import LOCK, SIGN_OUT, Asked, DeskDoor
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.services.tasks import Tasks
from ibdesk.ui.idle import IdleWatcher
from ibdesk.ui.main_window import MainWindow
from tests.ui.sample_desk import READY, MadeUpSession, sample_desk


class SilentBroker(MadeUpSession):
    """Does not answer when it is told to sign out."""

    async def sign_out(self) -> None:
        await super().sign_out()
        raise Unavailable("The gateway did not answer in time.", remedy="Wait.", cause=Cause.TIMED_OUT)


class Door:
    """A desk behind its door."""

    def __init__(self, run, qtbot, qt, tmp_path, session: MadeUpSession) -> None:
        self.run, self.session = run, session
        self.desk = replace(sample_desk(), session=session)  # type: ignore[arg-type]
        self.window = MainWindow()
        self.window.dress()
        self.window.closing.connect(self.window.close_for_good)
        self.door = DeskDoor(
            qt, self.window, home=tmp_path, demo=False, overrides={}, tasks=Tasks(),
            asked=Asked(do=lambda _name: None, leave=lambda: None, changed=lambda _names: None))
        qtbot.addWidget(self.window)
        run(self._open())

    async def _open(self) -> None:
        self.door.show(self.desk)
        await asyncio.sleep(0.05)

    def change(self, **settings: str) -> None:
        async def work() -> None:
            for name, value in settings.items():
                await self.desk.preferences.change(name, value)
            await asyncio.sleep(0.05)

        self.run(work())

    @property
    def watcher(self) -> IdleWatcher:
        assert self.door._idle is not None
        return self.door._idle

    def nobody(self, name: str) -> None:
        async def work() -> None:
            self.watcher.reached.emit(name)
            await asyncio.sleep(0.05)

        self.run(work())

    def leave(self) -> None:
        self.run(self.door.leave())


@pytest.fixture
def door(run, qtbot, dressed, tmp_path) -> Door:
    made = Door(run, qtbot, dressed, tmp_path, MadeUpSession(READY))
    yield made
    made.leave()


def test_an_idle_desk_locks_itself_and_stays_signed_in(door):
    assert door.watcher.is_waiting  # 15 minutes as shipped
    door.nobody(LOCK)
    assert door.door.is_locked
    assert door.session.asked == []


def test_an_idle_desk_signs_out_only_where_that_is_set_and_says_so(door):
    door.change(auto_lock="0")
    assert not door.watcher.is_waiting
    door.change(sign_out_when_idle="30")
    assert door.watcher.is_waiting
    door.nobody(SIGN_OUT)
    assert door.session.asked == ["sign out"]
    assert "nobody touched ibdesk for 30 minutes" in door.door.view.notices.texts[0]


def test_leaving_stays_signed_in_unless_it_is_set(door):
    door.leave()
    assert door.session.asked == []
    assert door.door.desk is None


def test_leaving_signs_out_where_that_is_set(door):
    door.change(sign_out_on_quit="true")
    door.leave()
    assert door.session.asked == ["sign out"]
    assert door.door.desk is None


def test_a_broker_that_does_not_answer_holds_nobody_back(run, qtbot, dressed, tmp_path):
    door = Door(run, qtbot, dressed, tmp_path, SilentBroker(READY))
    door.change(sign_out_on_quit="true")
    door.leave()
    assert door.session.asked == ["sign out"]
    assert door.door.desk is None
