"""The banner of two sources that differ: patient after a trade, gone as soon as they agree."""

from datetime import timedelta
from typing import Any

from pytestqt.qtbot import QtBot

from ibdesk.domain.events import AccountChanged
from ibdesk.domain.positions import Source
from ibdesk.ui.pages.drift_banner import PATIENCE, DriftBanner
from ibdesk.ui.pages.portfolio import Portfolio, build
from tests.ui.conftest import Run
from tests.ui.sample_book import MAIN, NOW, page
from tests.ui.sample_desk import StoppedClock
from tests.ui.sample_rooms import StoredBook, bridge_to, room_desk
from tests.ui.test_dashboard import frames
from tests.ui.test_sources import theirs


def test_a_difference_is_told_once_it_lasts_longer_than_a_reading(qtbot: QtBot) -> None:
    banner = DriftBanner()
    qtbot.addWidget(banner)
    differing, agreeing = (theirs({"AAPL": 5}),), (theirs({}),)
    banner.show_comparisons(differing, NOW)
    assert banner.isHidden()
    banner.show_comparisons(differing, NOW + PATIENCE)
    assert not banner.isHidden() and banner.text.text().startswith("1 position differs")
    banner.show_comparisons(agreeing, NOW + PATIENCE)
    assert banner.isHidden()
    banner.show_comparisons(differing, NOW + PATIENCE)
    assert banner.isHidden(), "another difference has its own patience"


class Asked:
    """A source that is asked."""

    def __init__(self) -> None:
        self.last = None
        self.source = Source.TWS
        self.asked: list[object] = []

    async def run(self, account: object = None) -> None:
        self.asked.append(account)


def test_the_room_shows_column_and_banner_only_while_the_sources_differ_and_asks_both(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        book, clock = StoredBook((page(),)), StoppedClock(NOW)
        portal, tws = Asked(), Asked()
        parts: dict[str, Any] = {"book": book, "clock": clock, "sync": portal, "tws_sync": tws}
        desk = room_desk(**parts)
        bridge = bridge_to(desk, MAIN)
        room = build(desk, bridge)
        assert isinstance(room, Portfolio)
        qtbot.addWidget(room)
        room.resize(1104, 700)
        room.show()
        await frames(8)
        table = room.positions.table

        def shows_drift() -> bool:
            return "drift" in {column.key for column in table.shown_columns()}

        assert room.drift.isHidden() and not shows_drift()
        reads, book.differences = book.reads, (theirs({"AAPL": -10}),)
        desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW, source=Source.TWS))
        await frames(8)
        assert book.reads == reads, "what is shown is not read anew"
        assert "; TWS " in room.age.text() and room.drift.isHidden()
        clock.now = NOW + timedelta(seconds=15)
        bridge.second.emit(clock.now)
        assert not room.drift.isHidden() and shows_drift()
        room.drift.button.click()
        await frames(4)
        assert (portal.asked, tws.asked) == ([MAIN], [MAIN])
        book.differences = (theirs({}),)
        desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW, source=Source.TWS))
        await frames(8)
        assert room.drift.isHidden() and not shows_drift()
        room.hide()
        await desk.tasks.close()

    run(journey())
