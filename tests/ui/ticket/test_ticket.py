"""The ticket at work on the real service of orders: filled in by hand, checked, confirmed, sent once, and told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import OrdersChanged, QuotesChanged
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderState, OrderTicket, OrderType, Side, TimeInForce, WhatIf
from ibdesk.domain.receipts import Step
from ibdesk.services.orders import Checked
from ibdesk.ui.ticket import drafts
from ibdesk.ui.ticket.confirm_dialog import ConfirmDialog
from ibdesk.ui.ticket.panel import TicketPanel
from tests.domain.contracts import option
from tests.services.scripted_broker import MAIN, SHARE
from tests.ui.conftest import Run
from tests.ui.rooms_desk import unnamed
from tests.ui.ticket.samples import Ticketing, ticket, ticketing

AtTicket = Callable[..., None]


@pytest.fixture
def at_ticket(run: Run, tmp_path: Path) -> AtTicket:
    """Walk over a shown ticket; what is told besides goes to its desk (`ticketing`)."""

    def go(walk: Callable[[Ticketing], Awaitable[None]], **parts: Any) -> None:
        async def whole() -> None:
            async with ticketing(tmp_path, **parts) as made:
                await walk(made)

        run(whole())

    return go


async def confirm(made: Ticketing) -> None:
    """Read everything and go on."""
    dialog = await made.dialog(ConfirmDialog)
    for box in dialog.boxes:
        box.click()
    dialog.yes.click()


async def send(made: Ticketing) -> str:
    """Press Send, confirm what is asked, and wait for what came of it."""
    made.panel.send_button.press()
    await made.until(lambda: made.panel.form.outcome is not None or made.panel.findChildren(ConfirmDialog))
    if made.panel.form.outcome is None:
        await confirm(made)
    return await made.outcome()


def test_a_click_in_the_chain_makes_a_leg_at_the_middle_and_is_checked(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        told: list[tuple[object, object]] = []
        made.panel.legs_changed.connect(lambda legs: told.append(("legs", legs)))
        made.panel.conids_changed.connect(lambda conids: told.append(("conids", conids)))
        made.panel.add_leg(SHARE, Side.BUY)
        assert made.panel.legs == (Leg(instrument=SHARE, side=Side.BUY),)
        assert told == [("legs", made.panel.legs), ("conids", (SHARE.conid,))]
        assert made.panel.form.ticket.limit == Decimal("100.00")
        assert made.panel.limit.text() == "100.00"
        await made.checked()
        assert made.panel.form.ticket.account == MAIN
        assert not unnamed(made.panel)

    at_ticket(walk)


def test_a_placed_order_is_told_and_the_ticket_begins_anew(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bought()
        first = made.panel.form.draft
        assert await send(made) == "Placed and working."
        assert made.orders_sent == 1
        assert made.panel.legs == () and made.panel.form.draft != first
        order = made.bench.book.orders[-1]
        made.panel.desk.hub.publish(OrdersChanged(orders=(replace(order, state=OrderState.FILLED),)))
        await made.until(lambda: made.panel.form.outcome and made.panel.form.outcome.text.startswith("Filled"))

    at_ticket(walk)


def test_a_closing_order_is_called_so_and_shows_no_payoff_of_a_short_sale(at_ticket: AtTicket) -> None:
    def held(context: Context) -> Context:
        return replace(context, book=replace(context.book, held={SHARE.conid: Decimal(900)}))

    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take(replace(ticket("900"), legs=(Leg(instrument=SHARE, side=Side.SELL),)))
        await made.until(lambda: panel.closing.isVisible())
        assert panel.head.title.text() == f"Close {SHARE.symbol}"
        assert "nothing is left" in panel.closing.text()
        assert not panel.payoff.isVisible() and not panel.prospects.isVisible()
        panel.take(replace(ticket("901"), legs=(Leg(instrument=SHARE, side=Side.SELL),)))
        await made.until(lambda: panel.payoff.isVisible())
        assert panel.head.title.text() == f"Sell {SHARE.symbol}" and not panel.closing.isVisible()

    at_ticket(walk, change=held)


def test_after_a_send_the_keys_go_somewhere(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        finished: list[bool] = []
        made.panel.finished.connect(lambda: finished.append(True))
        await made.bought()
        made.panel.focus_quantity()
        assert await send(made) == "Placed and working."
        assert finished == [True], "the Trade room gives the focus to the chain then"

    at_ticket(walk)


def test_a_double_click_sends_once(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bought()
        QTest.mouseDClick(made.panel.send_button, Qt.MouseButton.LeftButton)
        for _ in range(3):
            QTest.mouseClick(made.panel.send_button, Qt.MouseButton.LeftButton)
        await confirm(made)
        await made.outcome()
        assert made.orders_sent == 1

    at_ticket(walk)


def test_a_blocked_ticket_cannot_be_sent_by_any_key_or_button(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        made.panel.add_leg(SHARE, Side.BUY)
        QTest.keyClicks(made.panel.limit, "900")
        made.panel.editor.read_quantity("60000")
        await made.checked(previewed=False)
        verdict = made.panel.form.verdict
        assert verdict is not None and verdict.is_blocked
        assert not made.panel.send_button.isEnabled()
        assert made.panel.reason.text()
        made.panel.send()
        QTest.keyClick(made.panel, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        QTest.mouseClick(made.panel.send_button, Qt.MouseButton.LeftButton)
        made.panel.send_button.sent.emit()
        await asyncio.sleep(0.05)
        assert made.orders_sent == 0 and not made.panel.form.is_sending

    at_ticket(walk)


def test_a_blocked_ticket_that_a_person_wanted_to_send_leaves_one_receipt(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        wanted: list[str] = []
        made.bridge.command.connect(wanted.append)
        await made.bought("60000", previewed=False)
        assert await made.bench.newest(Step.BLOCKED) == [], "looking at it is not wanting it"
        panel.preview()
        await made.until(lambda: panel.form.outcome is not None)
        assert "receipt is kept" in panel.outcome.text.text()
        panel.outcome.button.click()
        assert wanted == ["activity:receipts"]
        panel.way_out.press()
        panel.send()
        await asyncio.sleep(0.02)
        assert len(set(await made.bench.newest(Step.BLOCKED))) == 1 and made.orders_sent == 0
        panel.editor.read_quantity("70000")
        await made.checked(previewed=False)
        QTest.keyClick(panel.limit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await made.until(lambda: panel.form.outcome is not None)
        assert len(set(await made.bench.newest(Step.BLOCKED))) == 2 and made.orders_sent == 0
        assert await made.bench.newest(Step.SENT) == []

    at_ticket(walk)


def test_a_block_that_another_place_mends_leads_there(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        wanted: list[str] = []
        made.bridge.command.connect(wanted.append)
        await made.bought("60000", previewed=False)
        made.panel.help_button.click()
        assert wanted == ["room:settings"]

    at_ticket(walk)


def test_what_became_blocked_after_it_was_shown_is_not_sent_and_shown_instead(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bought()
        made.bench.killed = "Ctrl+Shift+K"
        made.bench.pass_by(20)
        made.panel.send_button.press()
        await made.until(lambda: not made.panel.form.is_sending)
        await made.until(lambda: made.panel.form.verdict is not None and made.panel.form.verdict.is_blocked)
        assert made.orders_sent == 0
        assert "kill switch" in made.panel.reason.text()

    at_ticket(walk)


def test_what_is_to_be_confirmed_is_listed_and_a_no_sends_nothing(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bought("6000")
        made.panel.send_button.press()
        dialog = await made.dialog(ConfirmDialog)
        assert len(dialog.boxes) >= 1
        dialog.no.click()
        await made.until(lambda: not made.panel.form.is_sending)
        assert made.orders_sent == 0 and made.panel.legs
        made.panel.send_button.press()
        await confirm(made)
        assert await made.outcome() == "Placed and working."
        acknowledged = await made.bench.steps(made.bench.broker.placed[0])
        assert Step.CONFIRMED_OVERRIDE in acknowledged

    at_ticket(walk)


def test_a_person_who_thinks_for_a_minute_is_not_told_that_it_was_too_long(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bought("6000")
        made.panel.send_button.press()
        await made.dialog(ConfirmDialog)
        made.bench.pass_by(60)
        await confirm(made)
        assert await made.outcome() == "Placed and working."

    at_ticket(walk)


def test_a_question_answered_no_places_nothing_and_keeps_the_ticket_under_a_new_draft(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        from ibdesk.ui.orders.questions import QuestionDialog

        await made.bought()
        draft = made.panel.form.draft
        made.panel.send_button.press()
        await made.until(lambda: made.panel.findChildren(ConfirmDialog))
        await confirm(made)
        asked = await made.dialog(QuestionDialog)
        asked.reject()
        words = await made.outcome()
        assert words == "Not placed: you answered no."
        assert made.bench.broker.known == {}
        assert made.panel.legs and made.panel.form.draft != draft

    at_ticket(walk, script=("ask",))


@pytest.mark.parametrize(
    ("word", "words", "keeps"),
    [("reject", "Refused by the broker: No.", True), ("lost", "looked for", False), ("gone", "Nobody answers.", True)],
)
def test_every_end_of_a_send_is_told_in_words(at_ticket: AtTicket, word: str, words: str, keeps: bool) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bought()
        draft = made.panel.form.draft
        assert words in await send(made)
        assert bool(made.panel.legs) is keeps, "what may have arrived is not left there to be sent again"
        assert made.panel.form.draft != draft and made.orders_sent == 1

    at_ticket(walk, script=(word,))


def test_an_old_answer_is_never_shown_as_one_to_a_newer_ticket(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        gate = asyncio.Event()
        preview = made.bench.orders.preview

        async def slow(one: OrderTicket, **told: object) -> object:
            found = await preview(one, **told)
            if one.quantity == 1:
                await gate.wait()
            return found

        made.bench.orders.preview = slow  # type: ignore[method-assign, assignment]
        made.panel.add_leg(SHARE, Side.BUY)
        made.panel.preview()
        made.panel.editor.read_quantity("7")
        await made.checked()
        gate.set()
        await asyncio.sleep(0.02)
        shown = made.panel.form.checked
        assert shown is not None and shown.ticket.quantity == 7

    at_ticket(walk)


def test_a_preview_that_a_quicker_check_overtook_is_shown_all_the_same(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        gate = asyncio.Event()
        preview = made.bench.orders.preview

        async def slow(one: OrderTicket, **told: object) -> object:
            await gate.wait()
            return await preview(one, **told)

        made.bench.orders.preview = slow  # type: ignore[method-assign, assignment]
        made.panel.add_leg(SHARE, Side.BUY)
        made.panel.preview()
        await made.until(lambda: made.panel.form.checked is not None)
        gate.set()
        await made.checked()

    at_ticket(walk)


def test_a_check_that_began_before_the_preview_came_does_not_take_it_away(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        began, gate = asyncio.Event(), asyncio.Event()
        check, preview = made.bench.orders.check, made.bench.orders.preview

        async def slow(one: OrderTicket, what_if: WhatIf | None = None, **told: Any) -> Checked:
            if what_if is None:
                began.set()
                await gate.wait()
            return await check(one, what_if, **told)

        async def second(one: OrderTicket, **told: Any) -> Checked:
            await began.wait()
            return await preview(one, **told)

        made.bench.orders.check = slow  # type: ignore[method-assign, assignment]
        made.bench.orders.preview = second  # type: ignore[method-assign]
        made.panel.add_leg(SHARE, Side.BUY)
        made.panel.preview()
        await made.checked()
        gate.set()
        for _ in range(20):
            await asyncio.sleep(0.005)
            assert made.panel.form.checked is not None and made.panel.form.checked.context.what_if is not None

    at_ticket(walk)


def test_a_live_order_is_held_and_a_click_alone_sends_nothing(at_ticket: AtTicket) -> None:
    def armed(context: Context) -> Context:
        return replace(context, desk=replace(context.desk, is_armed=True), live_orders=99)

    async def walk(made: Ticketing) -> None:
        await made.bought()
        assert made.panel.send_button.text() == "Hold to send to IBKR Live"
        QTest.mouseClick(made.panel.send_button, Qt.MouseButton.LeftButton)
        QTest.keyClick(made.panel.send_button, Qt.Key.Key_Space)
        made.panel.send()
        await asyncio.sleep(0.05)
        assert not made.panel.form.is_sending and made.orders_sent == 0
        made.panel.send_button.setFocus()
        QTest.keyPress(made.panel.send_button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await made.until(lambda: made.panel.form.is_sending)
        QTest.keyRelease(made.panel.send_button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await confirm(made)
        assert await made.outcome() == "Placed and working."

    at_ticket(walk, mode=Mode.IBKR_LIVE, change=armed)


def test_a_change_goes_to_the_order_and_not_into_a_new_one(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        order = await made.bench.send("first", ticket("3"))
        made.panel.take(ticket("5", limit="99.50"), order)
        assert made.panel.send_button.text() == "Change order"
        await made.checked()
        assert await send(made) == "The change was taken; the order is working."
        assert made.orders_sent == 1
        assert order.ref is not None and made.bench.broker.known[order.ref].quantity == 5

    at_ticket(walk)


def test_a_ticket_of_another_mode_is_frozen_until_it_is_made_anew(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        made.panel.take(replace(ticket(), mode=Mode.LOCAL_PAPER))
        assert "opened for Local Paper" in made.panel.obstacle.text.text()
        assert not made.panel.send_button.isEnabled()
        made.panel.obstacle.button.click()
        assert made.panel.form.ticket.mode is Mode.DEMO and made.panel.legs
        assert not made.panel.obstacle.isVisible()

    at_ticket(walk)


def test_what_cannot_be_read_is_said_at_the_field_and_stops_the_ticket(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        await made.bought()
        for text in ("1,25", "NaN", "-3", "1e9"):
            panel.limit.setFocus()
            panel.limit.selectAll()
            QTest.keyClicks(panel.limit, text)
            assert panel.faults.text() and panel.limit.property("invalid") == "true", text
            assert not panel.send_button.isEnabled()
            panel.redraw()
            assert panel.limit.text() == text, "what was typed stays there to be mended"
            QTest.keyClick(panel.limit, Qt.Key.Key_Escape)
            assert panel.limit.text() == "100.00" and not panel.faults.isVisible()
            assert panel.limit.hasFocus() and panel.limit.selectedText() == "100.00", "what is next is typed here too"
            assert panel.form.ticket.limit == Decimal("100.00")
        panel.editor.read_quantity("0")
        assert "above zero" in panel.faults.text()

    at_ticket(walk)


def test_the_ticket_is_filled_in_and_sent_without_the_mouse(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.add_leg(SHARE, Side.BUY)
        panel.focus_quantity()
        QTest.keyClicks(panel.quantity, "12")
        QTest.keyClick(panel.quantity, Qt.Key.Key_Up)
        QTest.keyClick(panel.quantity, Qt.Key.Key_Return)
        assert panel.limit.hasFocus()
        for _ in range(3):
            QTest.keyClick(panel.limit, Qt.Key.Key_Down)
        QTest.keyClick(panel.limit, Qt.Key.Key_Return)
        assert (panel.form.ticket.quantity, panel.form.ticket.limit) == (13, Decimal("99.97"))
        await made.checked()
        QTest.keyClick(panel.limit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await confirm(made)
        assert await made.outcome() == "Placed and working."

    at_ticket(walk)


def test_rows_flip_weigh_and_remove_legs_by_keys(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.take_legs((Leg(instrument=option("Jan 100P"), side=Side.SELL),
                         Leg(instrument=option("Jan 95P"), side=Side.BUY)), "Short vertical")  # fmt: skip
        assert panel.head.title.text() == "Bull put spread"
        first, second = panel.legs_rows.rows
        QTest.keyClick(first, Qt.Key.Key_Space)
        assert panel.legs[0].side is Side.BUY
        QTest.keyClick(second, Qt.Key.Key_Plus)
        assert panel.legs[1].ratio == 2
        QTest.keyClick(second, Qt.Key.Key_Minus)
        QTest.keyClick(second, Qt.Key.Key_Minus)
        assert panel.legs[1].ratio == 1
        QTest.keyClick(first, Qt.Key.Key_Delete)
        assert [leg.instrument for leg in panel.legs] == [option("Jan 95P")]
        panel.add_leg(replace(SHARE, symbol="OTHER"), Side.BUY)
        assert len(panel.legs) == 1 and "All legs" in panel.outcome.text.text()

    at_ticket(walk)


def test_another_kind_of_order_shows_its_own_prices_and_hides_the_others(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.add_leg(SHARE, Side.BUY)
        panel.type.chosen.emit(OrderType.STOP)
        assert panel.stop.isVisible() and not panel.limit.isVisible() and panel.form.ticket.limit is None
        QTest.keyClicks(panel.stop, "101.5")
        assert panel.form.ticket.stop == Decimal("101.5")
        panel.type.chosen.emit(OrderType.TRAILING)
        QTest.keyClicks(panel.trail, "2 %")
        assert panel.form.ticket.trail is not None and panel.form.ticket.trail.is_percent
        panel.type.chosen.emit(OrderType.LIMIT)
        assert panel.form.ticket.limit == Decimal("100.00") and panel.form.ticket.trail is None
        panel.tif.chosen.emit(TimeInForce.GTC)
        assert panel.form.ticket.tif is TimeInForce.GTC

    at_ticket(walk)


def test_exits_are_sent_along_and_one_on_the_wrong_side_is_refused_in_place(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.add_leg(SHARE, Side.BUY)
        panel.exits.toggle.click()
        QTest.keyClicks(panel.exits.target, "110")
        QTest.keyClicks(panel.exits.loss, "101")
        assert "no worse than the limit" in panel.faults.text()
        panel.exits.loss.clear()
        QTest.keyClicks(panel.exits.loss, "95")
        exits = panel.form.ticket.exits
        assert exits is not None and (exits.take_profit, exits.stop_loss) == (110, 95)
        assert not panel.faults.isVisible()
        panel.exits.toggle.click()
        assert panel.form.ticket.exits is None and not panel.exits.isVisible()

    at_ticket(walk)


def test_a_ticket_that_was_not_sent_is_offered_again_and_never_sent_by_itself(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        made.panel.add_leg(SHARE, Side.BUY)
        made.panel.drafts.keep_now()
        while not await made.bench.orders.drafts():
            await asyncio.sleep(0.005)
        draft = made.panel.form.draft
        again = TicketPanel(made.panel.desk, made.bridge)  # the desk opens anew after a crash
        again.show()
        await made.until(again.offer.isVisible)
        assert "was not sent" in again.offer.text.text() and again.legs == ()
        assert drafts.begun_at(draft) == made.bench.now.replace(microsecond=0)
        again.offer.button.click()
        assert again.legs == made.panel.legs and again.form.draft == draft
        assert not again.offer.isVisible() and made.orders_sent == 0
        again.clear()
        while await made.bench.orders.drafts():
            await asyncio.sleep(0.005)
        again.deleteLater()

    at_ticket(walk)


def test_a_draft_that_is_discarded_is_gone_and_those_of_other_modes_are_not_offered(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        await made.bench.orders.save_draft("ticket-20261120T140200Z-x", ticket())
        await made.bench.orders.save_draft("other", replace(ticket(), mode=Mode.LOCAL_PAPER))
        await made.panel.drafts.look()
        assert made.panel.offer.isVisible()
        made.panel.offer.close_button.click()
        assert not made.panel.offer.isVisible()
        while len(await made.bench.orders.drafts()) > 1:
            await asyncio.sleep(0.005)

    at_ticket(walk)


def test_quotes_that_move_are_shown_and_the_ticket_is_checked_anew(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        await made.bought()
        quotes = panel.desk.live.quotes  # type: ignore[union-attr]
        moved = replace(quotes[SHARE.conid], bid=Decimal("99.80"), ask=Decimal("100.20"))
        quotes[SHARE.conid] = moved  # type: ignore[index]
        made.bench.pass_by(9)
        before = panel.form.shown
        panel.desk.hub.publish(QuotesChanged(quotes=(moved,)))
        await made.until(lambda: panel.legs_rows.rows[0].price.text() == "100.20")
        made.bridge.second.emit(made.bench.now)
        await made.until(lambda: panel.form.shown is not before)
        assert panel.form.ticket.limit == Decimal("100.00"), "a price does not move under the person"

    at_ticket(walk)


def test_a_line_that_has_told_only_a_part_takes_no_price_from_the_ticket(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        await made.bought()
        quotes = panel.desk.live.quotes  # type: ignore[union-attr]
        whole = quotes[SHARE.conid]
        part = Quote(conid=SHARE.conid, received_at=whole.received_at + timedelta(seconds=20), bid=Decimal("99.98"))
        quotes[SHARE.conid] = part  # type: ignore[index]
        assert (panel.as_shown().bid, panel.as_shown().ask) == (Decimal("99.98"), whole.ask)
        assert panel.quotes()[SHARE.conid].told_at == whole.told_at, "its ask is no younger than it was"
        panel.become(replace(panel.form, ticket=replace(panel.form.ticket, limit=None)))
        panel.answered(panel.form)
        assert panel.form.ticket.limit is not None, "there is a middle to begin at"

    at_ticket(walk)


def test_what_was_not_read_yet_is_not_asked_about_while_the_first_preview_runs(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        may_answer, quick = asyncio.Event(), made.bench.broker.what_if

        async def slow(one: OrderTicket) -> WhatIf:
            await may_answer.wait()
            return await quick(one)

        made.bench.broker.what_if = slow  # type: ignore[method-assign]
        panel = made.panel
        panel.add_leg(SHARE, Side.BUY)
        await made.until(lambda: panel.form.checked is not None)
        assert panel.form.checked.context.day_trades is None  # type: ignore[union-attr]
        assert panel.checks.empty.text() == "Checking…" and not any(row.isVisible() for row in panel.checks.rows)
        may_answer.set()
        await made.checked()
        assert any(row.isVisible() for row in panel.checks.rows), "what is still not known then, is asked about"

    at_ticket(walk)


def test_nothing_is_checked_while_a_field_is_refused(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        await made.bought()
        before = panel.form.shown
        for text in ("1", "1,", "1,95"):
            panel.limit.setText(text)
            panel.limit.read.emit(text)
        assert panel.form.unread and panel.limit.text() == "1,95"
        await asyncio.sleep(0.6)
        assert panel.form.shown is before, "a price of 1 is not on screen"
        assert not any(row.isVisible() for row in panel.checks.rows)
        panel.limit.setText("1")
        panel.limit.read.emit("1")
        await made.checked()
        assert panel.form.checked is not before and any(row.isVisible() for row in panel.checks.rows)

    at_ticket(walk)


def test_a_check_that_cannot_be_made_says_why_in_place(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        async def broken(*_: object, **__: object) -> object:
            raise Unavailable("Nobody answers.", remedy="Wait.", cause=Cause.GATEWAY_NOT_RUNNING)

        made.bench.orders.check = broken  # type: ignore[method-assign, assignment]
        made.bench.orders.preview = broken  # type: ignore[method-assign, assignment]
        made.panel.add_leg(SHARE, Side.BUY)
        await made.until(lambda: made.panel.form.problem is not None)
        assert "Nobody answers." in made.panel.checks.empty.text()
        assert not made.panel.send_button.isEnabled()

    at_ticket(walk)


def test_the_margin_drawer_offers_the_largest_size(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        await made.bought()
        panel._draw_picture()
        panel.margin.toggle.click()
        assert "Largest size that fits" in panel.margin.fit.text()
        assert panel.margin.cells["Initial margin", "Change"].text() == "+$50"
        panel.margin.use.click()
        assert panel.form.ticket.quantity > 1000

    at_ticket(walk)


def test_the_slider_moves_the_limit_on_the_grid(at_ticket: AtTicket) -> None:
    async def walk(made: Ticketing) -> None:
        panel = made.panel
        panel.add_leg(SHARE, Side.BUY)
        panel.slider.setFocus()
        QTest.keyClick(panel.slider, Qt.Key.Key_End)
        assert panel.form.ticket.limit == Decimal("100.01")
        QTest.keyClick(panel.slider, Qt.Key.Key_Left)
        assert panel.form.ticket.limit == Decimal("100.00")
        QTest.keyClick(panel.slider, Qt.Key.Key_Home)
        assert panel.form.ticket.limit == Decimal("99.99")
        assert "Bid 99.99" in panel.slider.accessibleDescription()

    at_ticket(walk)
