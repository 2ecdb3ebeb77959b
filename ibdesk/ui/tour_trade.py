"""The tour's Trade room: a chain fills, a spread is built out of it, and what is said where nothing can be traded."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel

from ibdesk.domain.instruments import Conid, Right
from ibdesk.domain.templates import TemplateName
from ibdesk.ui.pages.trade.page import TradePage

if TYPE_CHECKING:
    from ibdesk.ui.tour_doctor import Guide

SMALL, MIDDLE, LARGE = QSize(1280, 800), QSize(1440, 900), QSize(1920, 1080)
#: What is left behind, each in both themes.
PICTURES = ("trade-start", "trade-chain", "trade-legs", "trade-large", "trade-future", "trade-no-options",
            "trade-failed")
UNDERLYING, ON_A_FUTURE, WITHOUT_OPTIONS = "SPY", "ES", "VTI"
#: No contract has this id.
UNKNOWN = Conid(1)


async def visit_the_trade_room(guide: "Guide") -> None:
    """From an empty room to a spread in the ticket; then without options, and with an error."""
    guide.resize(SMALL)
    page = await _enter(guide)
    await _see_the_chain(guide, page)
    await _build_a_spread(guide, page)
    await _see_what_is_missing(guide, page)
    page.ticket.clear()
    guide.resize(SMALL)


async def _enter(guide: "Guide") -> TradePage:
    guide.view.open_room("trade")
    await guide.happens(lambda: isinstance(guide.view.page("trade"), TradePage), "the Trade room opens")
    page = guide.view.page("trade")
    assert isinstance(page, TradePage)  # noqa: S101 - it was just waited for
    await guide.shoot("trade-start")
    return page


async def _see_the_chain(guide: "Guide", page: TradePage) -> None:
    guide.view.trade(UNDERLYING)
    await _priced(guide, page, UNDERLYING)
    await guide.happens(lambda: len(page.chain.table.chain.rows) > 30, "more strikes come in around them")
    await guide.shoot("trade-chain")


async def _build_a_spread(guide: "Guide", page: TradePage) -> None:
    """A put spread, sold, below the price: as the mark stands among the puts."""
    chain = page.chain
    picker = chain.card.picker
    picker.right, picker.is_long = Right.PUT, False
    picker.choose(TemplateName.VERTICAL)
    await guide.happens(lambda: len(page.ticket.legs) == 2, "a spread is in the ticket")
    await guide.happens(lambda: len(page.watched) > 20, "its contracts and the strikes on screen are streamed")
    await guide.happens(lambda: "Checking" not in _words(page), "its rules have answered")
    await guide.shoot("trade-legs")
    guide.resize(LARGE)
    await guide.shoot("trade-large")
    guide.resize(MIDDLE)
    picker.right, picker.is_long = None, None


async def _see_what_is_missing(guide: "Guide", page: TradePage) -> None:
    state = page.chain.card.state
    guide.view.trade(ON_A_FUTURE)
    await _priced(guide, page, ON_A_FUTURE)
    await guide.shoot("trade-future")
    guide.view.trade(WITHOUT_OPTIONS)
    await guide.happens(lambda: "has no options" in state.title.text(), f"{WITHOUT_OPTIONS} has none, and says so")
    await guide.shoot("trade-no-options")
    page.show_underlying(UNKNOWN)
    await guide.happens(lambda: state.button.text() == "Try again", "what cannot be opened says why")
    await guide.shoot("trade-failed")
    page.chain.search(UNDERLYING)
    await _priced(guide, page, UNDERLYING)


async def _priced(guide: "Guide", page: TradePage, symbol: str) -> None:
    loader = page.chain.loader
    assert loader is not None  # noqa: S101 - the demo has an account
    await guide.happens(
        lambda: loader.underlying is not None and loader.underlying.instrument.symbol == symbol
        and loader.chain is not None and loader.chain.is_priced,
        f"the options of {symbol} are listed with their prices",
    )  # fmt: skip


def _words(page: TradePage) -> str:
    return " ".join(label.text() for label in page.ticket.findChildren(QLabel))
