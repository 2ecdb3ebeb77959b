"""The eyes of the account rooms: one for each desk, read when somebody looks, and never twice at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.compliance.granted import Origin
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import AccountChanged, SyncChanged
from ibdesk.domain.positions import Source
from ibdesk.ui.models.view import State
from ibdesk.ui.pages.book_view import BookView
from tests.ui.conftest import Run
from tests.ui.sample_book import MAIN, NOW, page
from tests.ui.sample_rooms import StoredBook, bridge_to, room_desk


async def frames(count: int = 4) -> None:
    for _ in range(count):
        await asyncio.sleep(0.02)


def test_all_rooms_of_a_desk_share_one_view_and_another_desk_gets_its_own(run: Run) -> None:
    async def journey() -> None:
        desk, other = room_desk(page()), room_desk(page())
        bridge = bridge_to(desk)
        first = BookView.of(desk, bridge)
        assert BookView.of(desk, bridge) is first
        assert BookView.of(other, bridge) is not first
        assert len(bridge.findChildren(BookView)) == 1
        await desk.tasks.close()
        await other.tasks.close()

    run(journey())


def test_many_snapshots_while_reading_are_read_once_more_and_not_each(run: Run) -> None:
    async def journey() -> None:
        book = StoredBook((page(),))
        desk = room_desk(book=book)
        view = BookView.of(desk, bridge_to(desk))
        for _ in range(50):
            view.read()
        await frames()
        assert book.reads == 2
        assert view.view.state is State.FULL
        await desk.tasks.close()

    run(journey())


def test_what_did_not_change_is_not_drawn_again(run: Run) -> None:
    async def journey() -> None:
        desk = room_desk(page())
        view = BookView.of(desk, bridge_to(desk))
        drawn: list[None] = []
        view.changed.connect(lambda: drawn.append(None))
        view.read()
        await frames()
        desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW))
        await frames()
        assert len(drawn) == 1
        await desk.tasks.close()

    run(journey())


def test_a_room_reads_and_believes_only_its_own_source(run: Run) -> None:
    async def journey() -> None:
        book = StoredBook((page(),))
        desk = room_desk(book=book)
        view = BookView.of(desk, bridge_to(desk))
        await frames()
        before = book.reads
        error = Unavailable("Nothing answers.", remedy="Look.", cause=Cause.TWS_REFUSED)
        desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW, source=Source.TWS))
        desk.hub.publish(
            SyncChanged(account=None, started_at=NOW, finished_at=NOW, error=error, source=Source.TWS)
        )
        await frames()
        assert book.reads == before and not view.view.failures
        await desk.tasks.close()

    run(journey())


def test_what_was_synced_since_the_stream_broke_off_is_shown(run: Run) -> None:
    async def journey() -> None:
        stored = page()
        assert stored.pnl is not None
        heard = replace(stored.pnl, daily=Decimal("-1"), as_of=stored.pnl.as_of - timedelta(hours=1))
        for as_of, shown in ((heard.as_of, stored.pnl.daily), (stored.pnl.as_of, heard.daily)):
            live = SimpleNamespace(pnl={MAIN: replace(heard, as_of=as_of)}, quotes={})
            desk = room_desk(stored, live=live)
            view = BookView.of(desk, bridge_to(desk))
            view.read()
            await frames()
            assert view.view.figures is not None and view.view.figures.daily == shown
            await desk.tasks.close()

    run(journey())


def test_a_second_is_told_only_while_a_room_is_on_screen(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        desk = room_desk(page())
        bridge = bridge_to(desk)
        view = BookView.of(desk, bridge)
        told: list[bool] = []
        view.aged.connect(lambda: told.append(True))
        one, two = QWidget(), QWidget()
        for room in (one, two):
            qtbot.addWidget(room)
        view.wake(one)
        bridge.second.emit(NOW)
        assert not told
        one.show()
        two.show()
        view.wake(one)
        view.wake(two)
        view.rest(one)
        bridge.second.emit(NOW)
        assert len(told) == 1
        view.rest(two)
        bridge.second.emit(NOW)
        assert len(told) == 1
        await frames()
        await desk.tasks.close()

    run(journey())


def test_the_entered_options_level_is_read_with_the_book(run: Run) -> None:
    async def journey() -> None:
        desk = room_desk(page(), level=2)
        view = BookView.of(desk, bridge_to(desk))
        view.read()
        await frames()
        found = view.view.levels[page().account.id]
        assert (found.name, found.origin) == ("Level 2", Origin.CONNECTION) and view.view.own_level is None
        await desk.tasks.close()

    run(journey())
