"""What is done with orders from their table, and what is asked before."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.orders import Order, OrderId, OrderRef, OrderState, OrderType
from ibdesk.domain.pairs import Pairing
from ibdesk.ui.orders.acts import OrderActs
from ibdesk.ui.orders.rows import Act, OrderRow
from ibdesk.ui.orders.settle import SettleDialog
from ibdesk.ui.pages.book_view import BookView
from ibdesk.ui.wizard.parts import Question
from tests.ui.conftest import Run
from tests.ui.orders.bench import NO_ANSWER, Bench, bench
from tests.ui.orders.sample import BUYS_CALLS, IS_ASKED, IS_FILLED, IS_LOST, MAIN, SELLS_SHARES, SMALL
from tests.ui.sample_book import page
from tests.ui.sample_rooms import StoredBook
from tests.ui.test_dashboard import frames


@pytest.fixture
def widget(dressed, qtbot: QtBot) -> QWidget:  # type: ignore[no-untyped-def]
    made = QWidget()
    qtbot.addWidget(made)
    return made


def row(order: Order) -> OrderRow:
    return OrderRow(order=order)


def asked(kind: type[QDialog]) -> QDialog:
    return next(each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible())


async def end(made: Bench) -> None:
    await frames()
    await made.desk.tasks.close()


def test_a_change_opens_the_order_in_a_ticket(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench()
        OrderActs(made.desk, made.bridge, widget).do(Act.CHANGE, row(SELLS_SHARES))
        ((ticket, order),) = made.tickets
        assert order is SELLS_SHARES
        assert (ticket.legs, ticket.quantity, ticket.limit) == (order.legs, order.quantity, order.limit)
        await end(made)

    run(journey())


def test_a_cancellation_is_asked_for_once_and_shown_until_something_is_heard(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench()
        acts = OrderActs(made.desk, made.bridge, widget)
        for _ in range(3):
            acts.do(Act.CANCEL, row(BUYS_CALLS))
        assert acts.is_cancelling(BUYS_CALLS)
        await frames()
        assert made.orders.asked == [("cancel", "1001")]
        assert acts.is_cancelling(BUYS_CALLS)
        assert not acts.is_cancelling(replace(BUYS_CALLS, filled=Decimal(1)))
        await end(made)

    run(journey())


@pytest.mark.parametrize(("pairing", "says"), [(Pairing.KEEPS, "keeps working"), (Pairing.MAY_CANCEL, "may cancel")])
def test_who_cancels_one_of_a_pair_is_told_of_the_other(
    run: Run, widget: QWidget, pairing: Pairing, says: str
) -> None:
    async def journey() -> None:
        limit = replace(SELLS_SHARES, ref=OrderRef("p-oco1"))
        stop = replace(SELLS_SHARES, ref=OrderRef("p-oco2"), id=OrderId("2002"), order_type=OrderType.STOP, limit=None,
                       stop=Decimal("130"))  # fmt: skip
        made = bench(limit, stop)
        made.orders.pairing = pairing
        acts = OrderActs(made.desk, made.bridge, widget)
        acts.do(Act.CANCEL, row(limit))
        await frames()
        (said,) = made.said
        assert says in said and "stop 130.00" in said
        both = next(then for text, then, _ in acts.entries(row(limit)) if text == "Cancel both of the pair")
        made.orders.asked.clear()
        both()
        await frames()
        assert made.orders.asked == [("cancel", "2002")], "the first was asked for already"
        assert "Cancel both of the pair" not in [text for text, *_ in acts.entries(row(BUYS_CALLS))]
        await end(made)

    run(journey())


def test_a_cancellation_that_failed_says_so_and_may_be_tried_again(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench()
        made.orders.fails = NO_ANSWER
        acts = OrderActs(made.desk, made.bridge, widget)
        acts.do(Act.CANCEL, row(BUYS_CALLS))
        await frames()
        assert made.said == [NO_ANSWER.message] and not acts.is_cancelling(BUYS_CALLS)
        acts.do(Act.CANCEL, row(BUYS_CALLS))
        await end(made)
        assert len(made.orders.asked) == 2

    run(journey())


def test_cancelling_all_asks_once_and_goes_through_every_account(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench()
        acts = OrderActs(made.desk, made.bridge, widget)
        for press, wanted in (("no", []), ("yes", [("cancel all", MAIN), ("cancel all", SMALL)])):
            acts.cancel_all([MAIN, SMALL], 5)
            await frames()
            question = asked(Question)
            assert question.windowTitle() == "Cancel all 5 working orders of all accounts?"
            getattr(question, press).click()
            await frames()
            assert made.orders.asked == wanted
        await end(made)

    run(journey())


def test_settling_takes_the_persons_word_to_the_service(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench()
        acts = OrderActs(made.desk, made.bridge, widget)
        acts.do(Act.SETTLE, row(IS_LOST))
        await frames()
        dialog = asked(SettleDialog)
        assert isinstance(dialog, SettleDialog)
        dialog.not_placed.click()
        dialog.words.setText("looked at 14:05")
        dialog.settle.click()
        await end(made)
        assert made.orders.asked == [("settle", IS_LOST.ref, False, "looked at 14:05")]
        assert made.said == []

    run(journey())


def test_a_desk_that_does_not_trade_cancels_nothing(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench(orders=None)
        acts = OrderActs(made.desk, made.bridge, widget)
        acts.do(Act.CANCEL, row(BUYS_CALLS))
        acts.cancel_all([MAIN], 1)
        await end(made)
        assert made.orders.asked == []

    run(journey())


def test_what_was_filled_is_closed_while_it_is_held(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench(book=StoredBook((page(),)))
        acts = OrderActs(made.desk, made.bridge, widget)
        BookView.of(made.desk, made.bridge).read()
        await frames()
        told = {text: (run_it, why) for text, run_it, why in acts.entries(row(IS_FILLED))}
        assert told["Close what it opened…"][1] == "" and "Roll…" not in told
        told["Close what it opened…"][0]()
        ((ticket, change),) = made.tickets
        assert change is None and ticket.quantity == 20 and ticket.legs[0].side is IS_FILLED.legs[0].side.opposite
        too_many = replace(IS_FILLED, filled=Decimal(5000), quantity=Decimal(5000))
        assert acts.entries(row(too_many))[0][2] == "Not all of it is held any more."
        bought = replace(BUYS_CALLS, filled=Decimal(5), state=OrderState.FILLED)
        assert [text for text, _, _ in acts.entries(row(bought))] == [
            "Close what it opened…", "Roll…", "Show in the option chain"]
        acts.entries(row(bought))[2][1]()
        assert made.wanted == [bought.legs[0].instrument.conid]
        assert acts.entries(row(IS_ASKED))[0][0] == "Show in the option chain"
        await end(made)

    run(journey())


def test_an_answer_brings_the_waiting_question_back(run: Run, widget: QWidget) -> None:
    async def journey() -> None:
        made = bench()
        acts = OrderActs(made.desk, made.bridge, widget)
        brought: list[bool] = []
        acts.questions = SimpleNamespace(  # type: ignore[assignment]
            about=lambda order: SimpleNamespace(bring_back=lambda: brought.append(order is IS_ASKED)))
        acts.do(Act.ANSWER, row(IS_ASKED))
        assert brought == [True]
        await end(made)

    run(journey())
