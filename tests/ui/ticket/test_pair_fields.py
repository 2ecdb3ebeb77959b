"""A position is protected by hand: a limit and a stop in one ticket, filled in by keyboard, sent once, told as two."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderState, OrderTicket, OrderType, OtherHalf, Side, Trail
from ibdesk.domain.pairs import Pairing, halves, other_of
from ibdesk.domain.prefilled import closing_ticket
from ibdesk.domain.protecting import protecting_ticket
from ibdesk.ui.ticket.confirm_dialog import ConfirmDialog
from ibdesk.ui.ticket.wording import other_words, terms_words
from tests.domain.compliance.sample import book
from tests.services.scripted_broker import MAIN, SHARE
from tests.ui.conftest import Run
from tests.ui.rooms_desk import unnamed
from tests.ui.ticket.samples import Ticketing, ticket, ticketing

Walk = Callable[[Ticketing], Awaitable[None]]
D = Decimal


def held(context: Context) -> Context:
    return replace(context, book=book((SHARE, 10)))


@pytest.fixture
def holding(run: Run, tmp_path: Path) -> Callable[[Walk], None]:
    def go(walk: Walk, **parts: Any) -> None:
        async def whole() -> None:
            async with ticketing(tmp_path, change=held, **parts) as made:
                await walk(made)

        run(whole())

    return go


def pair() -> OrderTicket:
    return protecting_ticket(MAIN, Mode.DEMO, SHARE, D(10), last=D(100))


def test_a_pair_shows_both_prices_and_leaves_as_two_orders(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take(pair())
        await made.checked()
        assert panel.pair.isVisible() and panel.pair.toggle.isChecked() and not panel.exits.toggle.isVisible()
        assert (panel.limit.text(), panel.pair.stop.text(), panel.quantity.text()) == ("105.00", "95.00", "10")
        await made.until(lambda: panel.closing.isVisible())
        assert not unnamed(panel)
        panel.send_button.press()
        await made.until(lambda: panel.form.outcome is not None or panel.findChildren(ConfirmDialog))
        if panel.form.outcome is None:
            dialog = await made.dialog(ConfirmDialog)
            for box in dialog.boxes:
                box.click()
            dialog.yes.click()
        assert await made.outcome() == "Placed and working."
        limit, stop = made.bench.book.working
        assert (limit.limit, stop.stop, other_of(limit, (stop,))) == (105, 95, stop)

    holding(walk)


def test_the_stop_is_typed_stepped_and_refused_where_it_is_no_stop(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take(pair())
        panel.pair.stop.setFocus()
        panel.pair.stop.selectAll()
        QTest.keyClicks(panel.pair.stop, "96.5")
        assert panel.form.ticket.other == OtherHalf(stop=D("96.5"))
        QTest.keyClick(panel.pair.stop, Qt.Key.Key_Up)
        assert panel.form.ticket.other == OtherHalf(stop=D("96.51"))
        panel.pair.stop.selectAll()
        QTest.keyClicks(panel.pair.stop, "106")
        assert "below the limit" in panel.faults.text() and not panel.send_button.isEnabled()
        panel.limit.selectAll()
        QTest.keyClicks(panel.limit, "110")
        assert not panel.faults.isVisible()
        panel.pair.stop.selectAll()
        QTest.keyClicks(panel.pair.stop, "x")
        assert panel.faults.isVisible() and panel.form.ticket.other == OtherHalf(stop=D("106"))

    holding(walk)


def test_it_may_trail_and_its_amount_is_read(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take(pair())
        panel.pair.kind.chosen.emit(OrderType.TRAILING)
        assert panel.pair.trail.isVisible() and not panel.pair.stop.isVisible()
        panel.pair.trail.selectAll()
        QTest.keyClicks(panel.pair.trail, "3 %")
        assert panel.form.ticket.other is not None
        assert panel.form.ticket.other.trail == Trail(amount=D(3), is_percent=True)
        panel.pair.kind.chosen.emit(OrderType.STOP)
        assert panel.form.ticket.other.trail is None and panel.pair.stop.isVisible()

    holding(walk)


def test_one_of_the_two_alone_is_an_ordinary_order(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take(pair())
        await made.checked()
        panel.pair.toggle.click()
        assert panel.form.ticket == halves(pair())[0] and not panel.pair.isVisible()
        panel.take(pair())
        panel.type.chosen.emit(OrderType.TRAILING)
        assert panel.form.ticket.other is None and panel.trail.isVisible()

    holding(walk)


def test_any_order_that_closes_can_be_made_a_pair_and_none_that_opens(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take(closing_ticket(MAIN, Mode.DEMO, SHARE, D(10)))
        await made.until(lambda: panel.pair.toggle.isVisible())
        panel.pair.toggle.click()
        other = panel.form.ticket.other
        assert panel.form.ticket.order_type is OrderType.LIMIT and other is not None
        assert panel.form.ticket.limit is not None and other.stop is not None
        assert other.stop < 100 < panel.form.ticket.limit
        panel.take(replace(ticket("5"), legs=(Leg(instrument=SHARE, side=Side.BUY),)))
        await made.until(lambda: panel.exits.toggle.isVisible())
        assert not panel.pair.toggle.isVisible()

    holding(walk)


def test_a_change_of_one_half_says_what_stays_of_the_other(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        await made.bench.send("pair", pair())
        limit, stop = made.bench.book.working
        panel.take(replace(halves(pair())[0], limit=D(106)), limit)
        await made.until(lambda: "One of a pair" in panel.closing.text())
        assert "stop 95.00" in panel.closing.text() and not panel.pair.toggle.isVisible()
        assert stop.state is OrderState.WORKING

    holding(walk)


def test_where_no_pair_is_taken_the_check_says_so(holding: Callable[[Walk], None]) -> None:
    async def walk(made: Ticketing) -> None:
        made.bench.broker.pairing = Pairing.NOT_TAKEN  # type: ignore[misc]
        made.panel.take(pair())
        await made.until(lambda: "no orders that cancel each other" in made.panel.reason.text())
        assert not made.panel.send_button.isEnabled()

    holding(walk)


def test_its_terms_name_both() -> None:
    assert terms_words(pair()) == "limit 105.00 or stop 95.00, one cancelling the other, GTC"
    trail = OtherHalf(order_type=OrderType.TRAILING, trail=Trail(amount=D(2), is_percent=True))
    assert other_words(trail) == "trailing stop by 2 %"
