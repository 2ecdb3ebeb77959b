"""The card of orders in every state, and on the demo's own gateway."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.events import QuotesChanged, SessionChanged
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Order, OrderState
from ibdesk.domain.session import SessionState
from ibdesk.services.questioning import Reply
from ibdesk.ui.orders import OrdersCard
from ibdesk.ui.orders.columns import COMPACT, LAST
from ibdesk.ui.orders.questions import QuestionDialog, asker
from ibdesk.ui.orders.rows import Act, Paid, Show
from ibdesk.ui.orders.settle import SettleDialog
from tests.ui.conftest import Run
from tests.ui.orders.bench import Bench, bench, quote
from tests.ui.orders.demo_desk import demo_desk, send, ticket_for, until
from tests.ui.orders.sample import (
    BUYS_CALLS,
    EVERY_KIND,
    FROM_ELSEWHERE,
    IS_ASKED,
    IS_LOST,
    MAIN,
    NOW,
    NVDA,
    SELLS_SHARES,
    SMALL,
)
from tests.ui.sample_desk import READY
from tests.ui.test_dashboard import frames

OFFLINE = replace(READY, state=SessionState.SIGNED_OUT)


def card(made: Bench, qtbot: QtBot, *, compact: bool = True) -> OrdersCard:
    shown = OrdersCard(made.desk, made.bridge, compact=compact)
    qtbot.addWidget(shown)
    shown.resize(780, 330)
    shown.show()
    return shown


async def end(made: Bench, shown: OrdersCard) -> None:
    shown.hide()
    await frames()
    await made.desk.tasks.close()


def listed(shown: OrdersCard) -> list[str]:
    return [shown.table.orders.text(line, 0) for line in range(shown.table.count())]


def at(shown: OrdersCard) -> object:
    return shown._places.currentWidget()


def test_the_lists_are_counted_and_turned_to(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        shown = card(made, qtbot)
        names = [button.text() for button in shown.lists._buttons.values()]
        assert names == ["Working 5", "Filled 1", "All today"]
        assert listed(shown)[:2] == ["Buy 5 × SPY", "Sell 10 × SPY Dec 18 600/610 C"]
        shown.lists.choose("filled")
        assert listed(shown) == ["Buy 20 × SPY"] and shown.title.text() == "Filled today"
        shown.lists.choose("today")
        assert len(listed(shown)) == 7 and shown.shown is Show.TODAY
        await end(made, shown)

    run(journey())


def test_the_book_moves_and_the_table_follows(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(BUYS_CALLS)
        shown = card(made, qtbot)
        made.become(replace(BUYS_CALLS, filled=Decimal(2)), SELLS_SHARES)
        await frames()
        assert [shown.table.orders.text(line, 1) for line in range(2)] == ["Partially filled"] * 2
        made.become(replace(BUYS_CALLS, state=OrderState.FILLED, filled=Decimal(5)))
        await frames()
        assert at(shown) is shown.empty and shown.empty.title.text() == "No working orders"
        shown.empty.button.click()
        assert made.wanted == ["room:trade"]
        await end(made, shown)

    run(journey())


def test_an_unknown_order_stands_on_top_and_can_be_settled(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        shown = card(made, qtbot)
        assert shown.table.orders.row(0).order is IS_LOST and shown.table.orders.row(0).acts == (Act.SETTLE,)
        assert shown.unknown.isVisible() and "never sent again" in shown.unknown.detail.text()
        shown.unknown.pressed.emit()
        await frames()
        dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, SettleDialog))
        dialog.reject()
        await frames()
        made.become(BUYS_CALLS)
        await frames()
        assert not shown.unknown.isVisible()
        await end(made, shown)

    run(journey())


def test_all_working_orders_of_the_chosen_account_are_cancelled(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(BUYS_CALLS, replace(SELLS_SHARES, account=SMALL), IS_ASKED, chosen=SMALL)
        shown = card(made, qtbot)
        assert listed(shown) == ["Sell 100 × NVDA"]
        shown.cancel_all.click()
        await frames()
        question = next(each for each in QApplication.topLevelWidgets()
                        if each.isVisible() and each.windowTitle().startswith("Cancel"))
        assert question.windowTitle() == "Cancel the working order of DU7654322?"
        question.yes.click()  # type: ignore[attr-defined]
        await frames()
        assert made.orders.asked == [("cancel all", SMALL)]
        made.bridge.select(None)
        assert len(listed(shown)) == 3
        await end(made, shown)

    run(journey())


def test_a_lost_session_dims_the_table_and_says_since_when(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(BUYS_CALLS, SELLS_SHARES)
        shown = card(made, qtbot)
        session = made.desk.session
        session.session, session.problem = OFFLINE, NeedsPerson(  # type: ignore[union-attr, misc, assignment]
            "You are signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED)
        made.desk.hub.publish(SessionChanged(session=OFFLINE))
        await frames()
        assert shown.table.orders.is_dimmed and shown.lost.isVisible()
        shown.lost.button.click()
        assert made.wanted == ["sign-in"]
        made.bridge.second.emit(NOW + timedelta(minutes=3))
        assert shown._mark is not None and shown._mark.text() == "as of 3 min ago"
        made.become(BUYS_CALLS, IS_LOST)
        await frames()
        assert shown.unknown.isVisible() and not shown.lost.isVisible() and shown.table.orders.is_dimmed
        session.session, session.problem = READY, None  # type: ignore[union-attr, misc]
        made.desk.hub.publish(SessionChanged(session=READY))
        await frames()
        assert not shown.table.orders.is_dimmed and not shown.lost.isVisible()
        await end(made, shown)

    run(journey())


def test_before_anything_is_known_it_waits_or_says_what_is_in_the_way(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        made.become()
        made.book.is_read = False
        shown = card(made, qtbot)
        assert at(shown) is shown._skeleton
        made.book.is_read = True
        made.bridge.second.emit(NOW)
        assert at(shown) is shown.empty
        await end(made, shown)
        lost = bench(session=OFFLINE)
        lost.become()
        lost.book.is_read = False
        said = card(lost, qtbot)
        assert said.empty.title.text() == "The orders are not known yet"
        await end(lost, said)
        nobody = bench(session=None, orders=None, order_book=None)
        alone = card(nobody, qtbot)
        assert alone.empty.button.text() == "Connect IBKR Account"
        await end(nobody, alone)

    run(journey())


def test_a_desk_that_only_reads_lists_everything_and_offers_nothing(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(orders=None)
        shown = card(made, qtbot)
        assert len(listed(shown)) == 5 and shown.read_only.isVisible() and not shown.cancel_all.isVisible()
        assert all(shown.table.orders.row(line).acts == () for line in range(5))
        await end(made, shown)

    run(journey())


def test_it_tells_what_it_needs_prices_of_and_shows_them_at_reading_speed(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(SELLS_SHARES, BUYS_CALLS)
        shown = card(made, qtbot)
        told: list[object] = []
        shown.conids_changed.connect(told.append)
        assert set(shown.conids) == {NVDA.conid, BUYS_CALLS.legs[0].instrument.conid}
        made.become(SELLS_SHARES)
        await frames()
        assert told == [(NVDA.conid,)]
        made.desk.live.quotes[NVDA.conid] = quote(NVDA.conid, "143.00")  # type: ignore[union-attr, index]
        made.desk.hub.publish(QuotesChanged(quotes=()))
        await frames(10)
        assert shown.table.orders.text(0, COMPACT.index(LAST)) == "143.00"
        await end(made, shown)

    run(journey())


def test_commissions_and_the_selected_order_are_told(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(*EVERY_KIND)
        shown = card(made, qtbot, compact=False)
        shown.resize(1500, 400)
        chosen: list[Order | None] = []
        shown.chosen.connect(chosen.append)
        shown.show_paid({"ibdesk-shares": Paid(amount=Decimal("1.05"), currency=USD)})
        shown.select(SELLS_SHARES)
        assert chosen[-1] is SELLS_SHARES
        columns = [column.key for column in shown.table.orders.columns]
        line = shown.table.orders.line_of("ibdesk-shares")
        assert line is not None
        assert shown.table.orders.text(line, columns.index("commission")) == "$1.05"
        shown.table.selectAll()
        assert chosen[-1] is None
        assert FROM_ELSEWHERE.account == MAIN and not shown.table.isColumnHidden(columns.index("source"))
        await end(made, shown)

    run(journey())


def test_on_the_demo_gateway_an_order_is_asked_about_placed_changed_and_cancelled(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            assert desk.orders is not None
            shown = OrdersCard(desk, bridge, compact=True)
            qtbot.addWidget(shown)
            shown.show()
            ticket = await ticket_for(desk, "AAPL", limit="200.00")
            bridge.start("send", send(desk, ticket, asker(bridge, shown)))
            await until(lambda: listed(shown) and shown.table.orders.row(0).acts == (Act.ANSWER,))
            dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QuestionDialog))
            dialog.later.click()
            shown.table.wanted.emit(Act.ANSWER, shown.table.orders.row(0))
            assert dialog.isVisible()
            dialog.yes.click()
            await until(lambda: shown.table.count() and Act.CANCEL in shown.table.orders.row(0).acts)
            shown.table.wanted.emit(Act.CANCEL, shown.table.orders.row(0))
            await until(lambda: shown.table.count() == 0)
            shown.show_list(Show.TODAY)
            assert shown.table.orders.text(0, 1) == "Cancelled"
            shown.hide()

    run(journey())


def test_when_the_demo_gateway_dies_the_orders_pale_and_come_back_with_it(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        async with demo_desk() as (desk, bridge):
            shown = OrdersCard(desk, bridge, compact=False)
            qtbot.addWidget(shown)
            shown.resize(1100, 400)
            shown.show()

            async def yes(*_: object) -> Reply:
                return Reply(yes=True)

            await send(desk, await ticket_for(desk, "AAPL", limit="200.00"), yes)
            await until(lambda: shown.table.count() == 1)
            faults = {fault.name: fault for fault in desk.faults}
            await faults["kill"].run()
            assert desk.session is not None
            await desk.session.refresh()
            await until(shown.lost.isVisible)
            assert shown.table.orders.is_dimmed and shown.table.count() == 1
            await faults["heal"].run()
            await desk.session.refresh()
            await until(lambda: not shown.lost.isVisible())
            assert not shown.table.orders.is_dimmed
            shown.hide()

    run(journey())
