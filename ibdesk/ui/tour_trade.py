"""The tour's Trade room: a chain fills, a spread is built out of it, the ticket gets every verdict there is, and what
is said where nothing can be traded."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.orders import Leg, Side
from ibdesk.domain.templates import TemplateName
from ibdesk.ui.pages.trade.page import TradePage
from ibdesk.ui.ticket.confirm_dialog import ConfirmDialog

if TYPE_CHECKING:
    from ibdesk.ui.tour_doctor import Guide

SMALL, MIDDLE, LARGE = QSize(1280, 800), QSize(1440, 900), QSize(1920, 1080)
#: What is left behind, each in both themes.
PICTURES = ("trade-start", "trade-chain", "trade-legs", "trade-large", "trade-future", "trade-no-options",
            "trade-failed", "trade-verdict-pass", "trade-verdict-note", "trade-verdict-warn", "trade-verdict-confirm",
            "trade-verdict-confirm-dialog", "trade-verdict-block", "trade-level-blocked")
UNDERLYING, ON_A_FUTURE, WITHOUT_OPTIONS = "SPY", "ES", "VTI"
#: No contract has this id.
UNKNOWN = Conid(1)
#: So many spreads may lose more than is usual; nobody pays so many steps more than the middle, and no broker lets him.
MANY, ABSURD = "60", 30_000


async def visit_the_trade_room(guide: "Guide") -> None:
    """From an empty room to a spread in the ticket; then without options, and with an error."""
    guide.resize(SMALL)
    page = await _enter(guide)
    await _see_the_chain(guide, page)
    await _build_a_spread(guide, page)
    await _be_judged(guide, page)
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
    await _judged(guide, page, Severity.NOTE)
    await guide.shoot("trade-legs")
    guide.resize(LARGE)
    await guide.shoot("trade-large")
    guide.resize(MIDDLE)
    picker.right, picker.is_long = None, None


async def _be_judged(guide: "Guide", page: TradePage) -> None:
    """The ticket with each verdict there is, and the dialog of the one that has to be confirmed."""
    ticket = page.ticket
    spread, held = ticket.legs, await _held(guide)
    await guide.shoot("trade-verdict-note")
    ticket.editor.read_quantity(MANY)
    await _judged(guide, page, Severity.CONFIRM)
    await guide.shoot("trade-verdict-confirm")
    await _be_asked(guide, page)
    ticket.clear()
    ticket.take_legs(_narrow(page, spread))
    await _judged(guide, page, Severity.WARN)
    await guide.shoot("trade-verdict-warn")
    ticket.clear()
    ticket.add_leg(held, Side.SELL)
    await _judged(guide, page, Severity.PASS)
    await guide.shoot("trade-verdict-pass")
    ticket.clear()
    ticket.add_leg(_share(page), Side.BUY)
    await _judged(guide, page, Severity.NOTE)
    ticket.slider.stepped.emit(ABSURD)
    await _judged(guide, page, Severity.BLOCK)
    await guide.shoot("trade-verdict-block")
    ticket.clear()
    ticket.add_leg(_uncovered(page), Side.SELL)
    await _judged(guide, page, Severity.BLOCK)
    checked = ticket.form.checked
    await guide.happens(
        lambda: checked is not None and any(each.code is Code.LEVEL_REQUIRED for each in checked.verdict.findings),
        "an uncovered call is blocked by the account's option level",
    )
    await guide.shoot("trade-level-blocked")
    ticket.take_legs(spread)


async def _be_asked(guide: "Guide", page: TradePage) -> None:
    """Send, look at what has to be confirmed, and go back."""
    page.ticket.send_button.press()
    await guide.happens(lambda: bool(_dialogs(page)), "what has to be confirmed is asked")
    (dialog,) = _dialogs(page)
    await guide.shoot("trade-verdict-confirm-dialog", dialog)
    dialog.no.click()
    await guide.happens(lambda: not page.ticket.form.is_sending, "a no sends nothing")


def _dialogs(page: TradePage) -> list[ConfirmDialog]:
    return [each for each in page.ticket.findChildren(ConfirmDialog) if each.isVisible()]


def _share(page: TradePage) -> Instrument:
    loader = page.chain.loader
    assert loader is not None and loader.underlying is not None  # noqa: S101 - its chain is on screen
    return loader.underlying.instrument


def _uncovered(page: TradePage) -> Instrument:
    """The highest call on screen: nothing that is held covers it."""
    return [row.call for row in page.chain.table.chain.rows if row.call is not None][-1]


async def _held(guide: "Guide") -> Instrument:
    """A future that is held: to sell one needs nothing, and is no day trade, of which the count is noted."""
    page = (await guide.desk.book.pages())[0]
    return next(row.position.instrument for row in page.rows
                if row.position.instrument.asset_class is AssetClass.FUTURE and row.position.quantity > 0)  # fmt: skip


def _narrow(page: TradePage, legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """A spread one strike wide, below these: it costs so little that bid and ask are far apart."""
    lowest = min(leg.instrument.option.strike for leg in legs if leg.instrument.option is not None)
    puts = [row.put for row in page.chain.table.chain.rows if row.put is not None and row.strike <= lowest]
    return Leg(instrument=puts[-1], side=Side.SELL), Leg(instrument=puts[-2], side=Side.BUY)


async def _judged(guide: "Guide", page: TradePage, verdict: Severity) -> None:
    """Wait until the check and the broker's preview say so."""
    ticket = page.ticket

    def is_settled() -> bool:
        checked = ticket.form.checked
        return (
            checked is not None and checked.verdict.severity is verdict and checked.context.what_if is not None
            and not ticket.answers.is_previewing
        )  # fmt: skip

    await guide.happens(is_settled, f"the ticket is judged: {verdict.word}")


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

