"""The tour's orders: one the broker asks about, one that works, one that fills, and what a position's menu offers."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from ibdesk.domain.errors import Refused
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.orders import Leg, Order, OrderState, OrderTicket, OrderType, Question, Side
from ibdesk.domain.pairs import other_of
from ibdesk.services.questioning import Reply
from ibdesk.ui.orders.positions import protect
from ibdesk.ui.orders.questions import OpenQuestions, asker
from ibdesk.ui.orders.rows import Show
from ibdesk.ui.orders.settle import SettleDialog
from ibdesk.ui.pages.orders.page import OrdersPage
from ibdesk.ui.pages.portfolio import Portfolio
from ibdesk.ui.pages.trade.page import TradePage

if TYPE_CHECKING:
    from ibdesk.services.orders import Orders
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.tour_doctor import Guide

SMALL, LARGE = QSize(1280, 800), QSize(1920, 1080)
#: What is left behind, each in both themes.
PICTURES = (
    "orders-question", "orders-waiting", "orders-working", "orders-today", "orders-large", "orders-executions",
    "orders-settle", "orders-position-menu", "orders-protect", "orders-protect-large", "orders-pair",
)
SYMBOL = "AAPL"
#: Far enough below the market to work for ever, and near enough for the demo not to refuse it.
BELOW = Decimal("0.90")
ABOVE = Decimal("1.01")


async def visit_the_orders(guide: "Guide", bridge: "Bridge") -> None:
    """Everything an order may come to, on the demo's gateway."""
    guide.resize(SMALL)
    page = await _enter(guide)
    share = await _share(guide)
    working = await _be_asked(guide, bridge, page, share)
    await fill(guide, await _ticket(guide, share, ABOVE, 10), "tour filled", "an order fills")
    await _see_the_lists(guide, page)
    await _see_the_dialog(guide, working)
    await _see_a_position(guide, page)
    await _protect(guide, bridge, page, share)
    await _cancel(guide, page, working)


async def _see_the_lists(guide: "Guide", page: OrdersPage) -> None:
    for show in (Show.WORKING, Show.TODAY):
        page.card.show_list(show)
        page.card.table.select_line(0)
        await guide.happens(lambda: bool(page.details.steps), f"{show.value} orders are listed with their steps")
        await guide.shoot(f"orders-{show.value}")
    guide.resize(LARGE)
    await guide.shoot("orders-large")
    guide.resize(SMALL)
    page.show_tab("executions")
    await guide.happens(lambda: page.executions.model.rowCount() > 0, "the print is among the executions")
    await guide.shoot("orders-executions")
    page.show_tab("orders")


async def _see_the_dialog(guide: "Guide", order: Order) -> None:
    """What a person is asked where nobody knows what became of an order."""
    dialog = SettleDialog(replace(order, state=OrderState.UNKNOWN), guide.view)
    dialog.show()
    await guide.shoot("orders-settle", dialog)
    dialog.hide()
    dialog.deleteLater()


async def _see_a_position(guide: "Guide", orders: OrdersPage) -> None:
    guide.view.open_room("portfolio")
    await guide.happens(lambda: isinstance(guide.view.page("portfolio"), Portfolio), "Portfolio opens")
    page = guide.view.page("portfolio")
    assert isinstance(page, Portfolio)  # noqa: S101 - it was just waited for
    table = page.positions.table
    table.setCurrentIndex(table.position_model.index(0, 0))
    menu = table.current_menu()
    await guide.shoot("orders-position-menu", menu)
    menu.deleteLater()
    guide.view.open_room("orders")
    orders.show_tab("orders")


async def _protect(guide: "Guide", bridge: "Bridge", page: OrdersPage, share: Instrument) -> None:
    """A share that is held gets a limit above and a stop below the market, of which one cancels the other."""
    book = (await guide.desk.book.pages())[0]
    protect(guide.desk, bridge, next(row for row in book.rows if row.position.instrument == share))
    await guide.happens(lambda: isinstance(guide.view.page("trade"), TradePage), "the Trade room opens")
    trade = guide.view.page("trade")
    assert isinstance(trade, TradePage)  # noqa: S101 - it was just waited for
    form = trade.ticket
    await guide.happens(
        lambda: form.form.ticket.other is not None and form.form.is_current and form.closing.isVisible(),
        "the ticket carries both orders and is judged",
    )  # fmt: skip
    await guide.shoot("orders-protect")
    guide.resize(LARGE)
    await guide.shoot("orders-protect-large")
    guide.resize(SMALL)
    pair = form.form.ticket
    form.clear()
    await _see_the_pair(guide, page, pair)


async def _see_the_pair(guide: "Guide", page: OrdersPage, pair: OrderTicket) -> None:
    orders = guide.desk.orders
    assert orders is not None  # noqa: S101 - the demo trades
    sent = await _sent(orders, pair)
    guide.view.open_room("orders")
    page.show_tab("orders")
    page.card.show_list(Show.WORKING)
    await guide.happens(lambda: other_of(sent, orders.book.working) is not None, "both orders work")
    page.card.select(orders.book.newest(sent))
    await guide.happens(lambda: bool(page.details.steps), "the first of the pair is shown with its steps")
    await guide.shoot("orders-pair")
    for each in (sent, other_of(sent, orders.book.working)):
        if each is not None:
            await orders.cancel(orders.book.newest(each))
    await guide.happens(lambda: other_of(sent, orders.book.working) is None, "both are cancelled")


async def _sent(orders: "Orders", ticket: OrderTicket) -> Order:
    """Sent as it was shown; where something new came up since, it is looked at again, as a person would."""
    for draft in ("tour pair", "tour pair again"):
        shown = await orders.preview(ticket)
        yes = None if shown.verdict.may_send else orders.confirm(shown)
        with suppress(Refused):
            return await orders.send(draft, shown, ask=_yes, confirmation=yes)
    shown = await orders.preview(ticket)
    return await orders.send("tour pair once more", shown, ask=_yes, confirmation=orders.confirm(shown))


async def _cancel(guide: "Guide", page: OrdersPage, order: Order) -> None:
    book = guide.desk.order_book
    assert book is not None and order.ref is not None  # noqa: S101 - it is the demo's, and ours
    ref = order.ref
    page.card.show_list(Show.WORKING)
    page.card.select(order)
    page.card.acts.cancel(book.find(ref) or order)

    def is_cancelled() -> bool:
        found = book.find(ref)
        return found is not None and found.state is OrderState.CANCELLED

    await guide.happens(is_cancelled, "the order is cancelled")


async def _enter(guide: "Guide") -> OrdersPage:
    guide.view.open_room("orders")
    await guide.happens(lambda: isinstance(guide.view.page("orders"), OrdersPage), "the Orders room opens")
    page = guide.view.page("orders")
    assert isinstance(page, OrdersPage)  # noqa: S101 - it was just waited for
    page.show_tab("orders")
    return page


async def _share(guide: "Guide") -> Instrument:
    """A share the first account holds, with a price."""
    page = (await guide.desk.book.pages())[0]
    held = (row.position.instrument for row in page.rows)
    share = next(each for each in held if each.symbol == SYMBOL and each.asset_class is AssetClass.STOCK)
    await guide.happens(lambda: _ask_of(guide, share) is not None, f"{SYMBOL} has a price")
    return share


def _ask_of(guide: "Guide", share: Instrument) -> Decimal | None:
    live = guide.desk.live
    quote = None if live is None else live.quotes.get(share.conid)
    return None if quote is None else quote.ask


async def _ticket(guide: "Guide", share: Instrument, at: Decimal, quantity: int) -> OrderTicket:
    ask = _ask_of(guide, share)
    assert ask is not None  # noqa: S101 - it was waited for
    return OrderTicket(
        account=(await guide.desk.book.accounts())[0].id, mode=guide.desk.mode, quantity=Decimal(quantity),
        legs=(Leg(instrument=share, side=Side.BUY),), order_type=OrderType.LIMIT, limit=round(ask * at, 2),
    )


async def _be_asked(guide: "Guide", bridge: "Bridge", page: OrdersPage, share: Instrument) -> Order:
    """A price far from the market: the broker asks, the question waits, and yes places it."""
    orders = guide.desk.orders
    assert orders is not None  # noqa: S101 - the demo trades
    shown = await orders.preview(await _ticket(guide, share, BELOW, 5))
    yes = None if shown.verdict.may_send else orders.confirm(shown)
    bridge.start("send", orders.send("tour asked", shown, ask=asker(bridge, page), confirmation=yes))
    questions = OpenQuestions.of(bridge)

    def dialog() -> QWidget | None:
        return next((found for order in orders.book.working if (found := questions.about(order)) is not None), None)

    await guide.happens(lambda: dialog() is not None, "the broker asks before it takes the order")
    found = questions.about(orders.book.working[-1])
    assert found is not None  # noqa: S101 - it was just waited for
    await guide.shoot("orders-question", found)
    found.later.click()
    await guide.shoot("orders-waiting")
    found.yes.click()
    ref = orders.book.working[-1].ref
    assert ref is not None  # noqa: S101 - it is ours

    def works() -> bool:
        order = orders.book.find(ref)
        return order is not None and order.state in (OrderState.WORKING, OrderState.HELD)

    await guide.happens(works, "the order works")
    order = orders.book.find(ref)
    assert order is not None  # noqa: S101 - it was just looked at
    return order


async def fill(guide: "Guide", ticket: OrderTicket, name: str, what: str) -> None:
    """Send an order that fills at once; every finding is confirmed and every question answered with yes."""
    orders = guide.desk.orders
    assert orders is not None  # noqa: S101 - the demo trades
    shown = await orders.preview(ticket)
    yes = None if shown.verdict.may_send else orders.confirm(shown)
    sent = await orders.send(name, shown, ask=_yes, confirmation=yes)
    ref = sent.ref
    assert ref is not None  # noqa: S101 - it is ours
    await guide.happens(
        lambda: (found := orders.book.find(ref)) is not None and found.state is OrderState.FILLED, what)


async def _yes(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
    return Reply(yes=True)
