"""The tour's look at an expiry day: options of today are traded, and the board tells how they may end."""

from collections.abc import Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from ibdesk.domain.chains import ChainRow
from ibdesk.domain.expiries import Window
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Leg, OrderTicket, OrderType, Side
from ibdesk.ui.expiry.dialog import ExerciseDialog
from ibdesk.ui.pages.orders.page import OrdersPage
from ibdesk.ui.tour_orders import fill

if TYPE_CHECKING:
    from ibdesk.ui.expiry import ExpiryBoard
    from ibdesk.ui.tour_doctor import Guide

SMALL, LARGE = QSize(1280, 800), QSize(1920, 1080)
#: What is left behind, each in both themes.
PICTURES = ("expiry-empty", "expiry-board", "expiry-short", "expiry-large", "expiry-exercise")
UNDERLYING = "SPY"
#: Strikes each side of the money.
BAND = 2
#: So far beyond the touch an order fills at once.
BEYOND = Decimal("0.05")


async def visit_the_expiries(guide: "Guide") -> None:
    """The board of an account without options, then one with options of today on it."""
    guide.resize(SMALL)
    board = await _enter(guide)
    main, small = [account.id for account in await guide.desk.book.accounts()][:2]
    guide.view.run(f"account:{small}")
    await guide.happens(lambda: board.board is not None and board.empty.isVisible(), "nothing ends in the small one")
    await guide.shoot("expiry-empty")
    guide.view.run(f"account:{main}")
    await _trade(guide)
    board.choose(Window.WEEK)
    board.refresh()
    await guide.happens(
        lambda: any(line.row.is_short for line in board.lines), "options of today are on the expiry board")
    await guide.shoot("expiry-board")
    board.table.select_line(next(at for at, line in enumerate(board.lines) if line.row.is_short))
    await guide.shoot("expiry-short")
    guide.resize(LARGE)
    await guide.shoot("expiry-large")
    guide.resize(SMALL)
    await _see_the_dialog(guide, board)


async def _enter(guide: "Guide") -> "ExpiryBoard":
    guide.view.open_tab("orders", "expiry")
    await guide.happens(lambda: isinstance(guide.view.page("orders"), OrdersPage), "the expiry board opens")
    page = guide.view.page("orders")
    assert isinstance(page, OrdersPage)  # noqa: S101 - it was just waited for
    board = page.expiry
    await guide.happens(lambda: board.board is not None, "the expiries are read")
    return board


async def _trade(guide: "Guide") -> None:
    """A call and a put in the money, and a spread around it, leg by leg."""
    rows = await _todays(guide)
    middle = len(rows) // 2
    for put, side, quantity in (
        (rows[middle - 1].call, Side.BUY, 2), (rows[-1].put, Side.BUY, 3), (rows[0].put, Side.BUY, 5),
        (rows[middle].put, Side.SELL, 5),
    ):
        assert put is not None  # noqa: S101 - the demo lists both at every strike
        await _send(guide, put, side, quantity)
    sync = guide.desk.sync
    assert sync is not None  # noqa: S101 - the demo is connected
    await sync.run()


async def _todays(guide: "Guide") -> Sequence[ChainRow]:
    """The strikes around the money that end today."""
    chains = guide.desk.chains
    assert chains is not None  # noqa: S101 - the demo has chains
    match = next(each for each in await chains.find(UNDERLYING) if each.symbol == UNDERLYING)
    underlying = await chains.open(match.conid)
    today = next(each for each in await chains.expiries(underlying, chains.today.replace(day=1))
                 if each.day == chains.today)  # fmt: skip
    async with aclosing(chains.follow(underlying, today, band=BAND)) as steps:
        async for step in steps:
            if step.is_priced:
                return step.rows
    return ()


async def _send(guide: "Guide", instrument: Instrument, side: Side, quantity: int) -> None:
    chains = guide.desk.chains
    assert chains is not None  # noqa: S101 - the demo trades
    (quote,) = await chains.quotes((instrument.conid,))
    assert quote.bid is not None and quote.ask is not None  # noqa: S101 - it is quoted
    ticket = OrderTicket(
        account=(await guide.desk.book.accounts())[0].id, mode=guide.desk.mode, quantity=Decimal(quantity),
        legs=(Leg(instrument=instrument, side=side),), order_type=OrderType.LIMIT,
        limit=quote.ask + BEYOND if side is Side.BUY else quote.bid - BEYOND,
    )
    await fill(guide, ticket, f"tour {side.value} {instrument.conid}", f"{side.value} {quantity} {instrument.label}")


async def _see_the_dialog(guide: "Guide", board: "ExpiryBoard") -> None:
    """What is asked before an exercise: the demo's broker takes none, so nobody is told."""
    expiry = guide.desk.expiry
    assert expiry is not None  # noqa: S101 - the demo is connected
    longs = (line.row for line in board.lines if not line.row.is_short)
    row = next(row for row in longs if row.distance is not None and row.distance < 0)
    dialog = ExerciseDialog(
        row, lambda wish: expiry.check(row, wish), guide.desk.clock(), lapses=False, mode=guide.desk.mode,
        parent=guide.view,
    )
    dialog.open()
    await guide.shoot("expiry-exercise", dialog)
    dialog.reject()
    dialog.deleteLater()
