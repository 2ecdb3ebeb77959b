"""The board: its states, its choice, its figures, and what its buttons and keys do."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import QuotesChanged
from ibdesk.domain.expiries import Window
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderTicket, Side
from ibdesk.services.waiting import until
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.expiry import ExpiryBoard
from ibdesk.ui.expiry.dialog import ExerciseDialog
from tests.ui.expiry.sample import COVERED, LONG_CALL, LONG_PUT, SHORT_PUT, MadeUpExpiry
from tests.ui.sample_desk import MAIN, sample_desk

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Life = Callable[[ExpiryBoard, Bridge], Coroutine[Any, Any, None]]


@pytest.fixture
def live(run: Run, qtbot: QtBot) -> Callable[..., None]:
    """Open a board on these expiries and let it live."""

    def go(expiry: MadeUpExpiry | None, life: Life, **parts: Any) -> None:
        async def work() -> None:
            desk = sample_desk(expiry=expiry, **{"orders": object(), "mode": Mode.LOCAL_PAPER} | parts)
            bridge = Bridge(desk.tasks)
            bridge.listen(desk.hub)
            made = ExpiryBoard(desk, bridge)
            qtbot.addWidget(made)
            made.resize(1200, 700)
            made.show()
            try:
                if expiry is not None:
                    await until(lambda: expiry.reads > 0 and not made._is_reading, 10.0)
                await life(made, bridge)
            finally:
                made.hide()
                await desk.tasks.close()

        run(work())

    return go


def shown(board: ExpiryBoard) -> list[str]:
    return [board.model.data(board.model.index(at, 0)) for at in range(board.model.rowCount())]


def test_this_week_is_listed_and_the_first_position_shown_in_full(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        assert len(shown(board)) == 5 and board.details.title.text() == "AAPL Nov 20 230 C"
        assert board.windows.current == Window.WEEK.value
        board.choose(Window.MONTH)
        assert len(shown(board)) == 7 and board.figures.ending.value.text() == "7"
        assert board.figures.cash.value.text() == "−$255,000.00"
        assert board.together.isVisible() and board.together.model.rowCount() == 1

    live(MadeUpExpiry(), life)


def test_nothing_this_week_says_so_and_offers_a_longer_look(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        assert board.empty.isVisible() and board.empty.title.text() == "Nothing expires this week"
        board.empty.pressed.emit()
        assert shown(board) == ["MSFT Nov 27 450 C"] and not board.empty.isVisible()

    live(MadeUpExpiry((COVERED,)), life)


def test_an_account_without_options_needs_no_button(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        assert board.empty.isVisible() and not board.empty.button.isVisible()

    live(MadeUpExpiry(()), life)


def test_without_an_account_it_offers_to_connect_one(live: Callable[..., None], qtbot: QtBot) -> None:
    async def life(board: ExpiryBoard, bridge: Bridge) -> None:
        assert board.empty.isVisible()
        with qtbot.waitSignal(bridge.command) as heard:
            board.empty.pressed.emit()
        assert heard.args == ["connect"]

    live(None, life)


def test_a_failed_read_says_why_and_tries_again(live: Callable[..., None]) -> None:
    expiry = MadeUpExpiry(error=Unavailable("The vault is busy.", remedy="Try again.", cause=Cause.TIMED_OUT))

    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        assert board.empty.isVisible() and board.banner.isVisible()
        expiry.error = None
        board.empty.pressed.emit()
        await until(lambda: bool(shown(board)), 10.0)
        assert not board.banner.isVisible() and not board.empty.isVisible()

    live(expiry, life)


def test_what_happens_while_it_is_being_read_is_read_after(live: Callable[..., None]) -> None:
    expiry = MadeUpExpiry()

    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        before = expiry.reads
        board.refresh()
        board.refresh()
        board.refresh()
        assert await until(lambda: expiry.reads == before + 2 and not board._is_reading, 10.0)

    live(expiry, life)


def test_prices_that_could_not_be_asked_are_said(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        assert board.banner.isVisible() and "last sync" in board.banner.text.text()

    live(MadeUpExpiry(trouble="The gateway does not answer."), life)


def test_an_old_picture_is_marked_as_old(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, bridge: Bridge) -> None:
        assert board.age.text() == "As of 4 s ago"
        board._desk.clock.now += timedelta(minutes=5)  # type: ignore[attr-defined]
        bridge.second.emit(board._desk.clock())
        assert board.age.text().startswith("Old: as of 5 min")

    live(MadeUpExpiry(), life)


def test_prices_move_in_place_and_the_choice_stays(live: Callable[..., None]) -> None:
    expiry = MadeUpExpiry((LONG_CALL, SHORT_PUT))

    async def life(board: ExpiryBoard, bridge: Bridge) -> None:
        board.table.select_line(1)
        assert board.details.title.text() == "SPY Nov 20 588 P"
        expiry.moved = (LONG_CALL, replace(SHORT_PUT, spot=Decimal("586.00")))
        bridge.quotes_changed.emit(QuotesChanged(quotes=()))
        assert board.table.currentIndex().row() == 1
        assert board.selected is not None and board.selected.row.spot == Decimal("586.00")
        assert ("SPY now", "586.00 · 2.00 in the money") in board.details.facts.texts()

    live(expiry, life)


def test_a_mode_without_the_facet_offers_no_exercise_and_says_where(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        details = board.details
        assert not details.exercise.isVisible() and not details.lapse.isVisible() and details.note.isVisible()
        board._acts.exercise()
        assert not board.findChildren(ExerciseDialog)

    live(MadeUpExpiry(), life, mode=Mode.DEMO)


def test_a_short_position_can_only_be_closed(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, bridge: Bridge) -> None:
        wanted: list[OrderTicket] = []
        bridge.ticket_wanted.connect(lambda ticket, _order: wanted.append(ticket))
        assert not board.details.exercise.isVisible()
        board.details.close_button.click()
        (ticket,) = wanted
        assert (ticket.account, ticket.quantity, ticket.legs[0].side) == (MAIN, 10, Side.BUY)

    live(MadeUpExpiry((SHORT_PUT,), takes_instructions=True), life)


def test_where_nothing_may_be_traded_nothing_can_be_closed(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        assert not board.details.close_button.isEnabled()
        board._acts.close()

    live(MadeUpExpiry(), life, orders=None)


def test_an_exercise_by_key_reaches_the_broker_and_can_be_withdrawn(
    live: Callable[..., None], qtbot: QtBot
) -> None:
    expiry = MadeUpExpiry((LONG_CALL, LONG_PUT), takes_instructions=True)

    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        board.activateWindow()
        board.table.setFocus()
        await until(board.table.hasFocus, 5.0)
        qtbot.keyClick(board.table, Qt.Key.Key_E)
        await until(lambda: bool(board.findChildren(ExerciseDialog)), 5.0)
        (dialog,) = board.findChildren(ExerciseDialog)
        dialog.quantity.setValue(4)
        dialog.final.setChecked(True)
        dialog.yes.click()
        await until(lambda: bool(expiry.given) and board.details.withdraw.isVisible(), 10.0)
        assert expiry.given[0].quantity == 4 and not board.details.exercise.isVisible()
        assert board.model.data(board.model.index(0, len(board.model.fields) - 1)) == "Exercise 4 told"
        board.details.withdraw.click()
        await until(lambda: not expiry.given and board.details.exercise.isVisible(), 10.0)

    live(expiry, life)


def test_a_no_tells_nobody(live: Callable[..., None]) -> None:
    expiry = MadeUpExpiry((LONG_CALL,), takes_instructions=True)

    async def life(board: ExpiryBoard, _bridge: Bridge) -> None:
        board.details.exercise.click()
        await until(lambda: bool(board.findChildren(ExerciseDialog)), 5.0)
        board.findChildren(ExerciseDialog)[0].no.click()
        await until(board.details.exercise.isEnabled, 5.0)
        assert not expiry.given

    live(expiry, life)


def test_the_account_is_not_repeated_when_only_one_is_shown(live: Callable[..., None]) -> None:
    async def life(board: ExpiryBoard, bridge: Bridge) -> None:
        board.resize(2000, 700)
        QApplication.processEvents()
        assert not board.table.isColumnHidden(1)
        bridge.select(MAIN)
        await until(lambda: bool(shown(board)) and board.table.isColumnHidden(1), 10.0)
        board.resize(900, 700)
        QApplication.processEvents()
        titles = [field.title for at, field in enumerate(board.model.fields) if not board.table.isColumnHidden(at)]
        assert titles[0] == "Contract" and titles[-1] == "Attention" and "Bid" not in titles

    live(MadeUpExpiry(), life)


