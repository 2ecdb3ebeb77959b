"""The tour's look at what keeps a trader safe: an order that is blocked, receipts, disclosures, and the kill switch."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QDialog

from ibdesk.domain.errors import Refused
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.orders import Leg, OrderTicket, Question, Side
from ibdesk.domain.receipts import Outcome, ReceiptFilter
from ibdesk.services.questioning import Reply
from ibdesk.ui.pages.activity.compliance_tab import ComplianceTab
from ibdesk.ui.pages.activity.page import ActivityPage
from ibdesk.ui.pages.activity.receipts_tab import ReceiptsTab
from ibdesk.ui.pages.activity.tab import ActivityTab
from ibdesk.ui.safety.kill_panel import KillPanel
from ibdesk.ui.safety.kill_questions import CloseThem
from ibdesk.ui.safety.receipts import ReceiptDialog
from ibdesk.ui.wizard.parts import Question as YesOrNo

if TYPE_CHECKING:
    from ibdesk.ui.tour_doctor import Guide

SMALL, SIZE = QSize(1280, 800), QSize(1440, 900)
#: What is left behind, each in both themes.
PICTURES = (
    "receipts", "receipt-blocked", "receipt-sent", "disclosures", "kill-panel", "kill-strip", "kill-positions",
)  # fmt: skip
#: So many shares are past every limit there is.
ABSURD = Decimal(1_000_000)

Dialog = TypeVar("Dialog", bound=QDialog)
Tab = TypeVar("Tab", bound=ActivityTab)


async def visit_safety(guide: "Guide") -> None:
    """Block an order, read the receipts, look at the disclosures, stop trading and let it go on."""
    guide.resize(SIZE)
    await _be_blocked(guide)
    await _read_the_receipts(guide)
    await _look_at_disclosures(guide)
    guide.resize(SMALL)
    await _stop_trading(guide)


async def _be_blocked(guide: "Guide") -> None:
    """The ticket of a slipped finger: the desk keeps it, and its receipt says why."""
    orders = guide.desk.orders
    assert orders is not None  # noqa: S101 - the demo trades
    page = (await guide.desk.book.pages())[0]
    share = next(row.position.instrument for row in page.rows
                 if row.position.instrument.asset_class in (AssetClass.STOCK, AssetClass.ETF))  # fmt: skip
    ticket = OrderTicket(
        account=page.account.id, mode=guide.desk.mode, legs=(Leg(instrument=share, side=Side.BUY),), quantity=ABSURD,
        limit=Decimal(1),
    )  # fmt: skip
    shown = await orders.check(ticket)
    refused: list[str] = []
    try:
        await orders.send("tour-blocked", shown, ask=_no)
    except Refused as error:
        refused.append(error.message)
    await guide.happens(lambda: bool(refused), "an absurd order is blocked")


async def _no(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
    return Reply(yes=False)


async def _read_the_receipts(guide: "Guide") -> None:
    tab = await _tab(guide, "receipts", ReceiptsTab)
    await guide.happens(lambda: tab.list.model.rowCount() > 0, "the receipts are listed")
    await guide.shoot("receipts")
    await _read_one(guide, tab, "receipt-blocked", lambda outcome: outcome is Outcome.BLOCKED)
    left = await guide.desk.activity.receipt_heads(ReceiptFilter(blocked=False))
    if left:
        await _read_one(guide, tab, "receipt-sent", lambda outcome: outcome in (Outcome.FILLED, Outcome.SENT))


async def _read_one(guide: "Guide", tab: ReceiptsTab, name: str, is_it: Callable[[Outcome], bool]) -> None:
    rows = [at for at, head in enumerate(tab.list.model.records) if is_it(head.outcome)]
    await guide.happens(lambda: bool(rows), f"there is a {name.replace('-', ' ')}")
    tab.list.table.select_line(rows[0])
    tab.open.click()
    await guide.happens(lambda: _shown(ReceiptDialog) is not None, f"the {name.replace('-', ' ')} opens")
    dialog = _shown(ReceiptDialog)
    assert dialog is not None  # noqa: S101 - it was just waited for
    await guide.shoot(name, dialog)
    dialog.leave.click()
    await guide.happens(lambda: _shown(ReceiptDialog) is None, "and closes")


async def _look_at_disclosures(guide: "Guide") -> None:
    guide.view.run("disclosures")
    tab = await _tab(guide, "compliance", ComplianceTab)
    await guide.happens(lambda: bool(tab.disclosures.states), "the disclosures tell how they stand")
    await guide.shoot("disclosures")


async def _stop_trading(guide: "Guide") -> None:
    switch = guide.desk.kill_switch
    assert switch is not None  # noqa: S101 - the demo has an account
    guide.view.open_room("dashboard")
    guide.view.run("kill")
    await guide.happens(lambda: switch.lock is not None, "trading is stopped at once")
    await guide.happens(
        lambda: _shown(KillPanel) is not None and switch.report is not None and not switch.report.is_cancelling,
        "every working order is cancelled",
    )
    panel = _shown(KillPanel)
    assert panel is not None  # noqa: S101 - it was just waited for
    await guide.happens(panel.close_all.isVisible, "the positions are counted")
    await guide.shoot("kill-panel", panel)
    await guide.shoot("kill-strip")
    asked = CloseThem(await switch.positions(), panel)
    asked.resize(asked.size().expandedTo(asked.sizeHint()))
    await guide.shoot("kill-positions", asked)
    asked.deleteLater()
    panel.lift.click()
    await guide.happens(lambda: _shown(YesOrNo) is not None, "lifting asks first")
    question = _shown(YesOrNo)
    assert question is not None  # noqa: S101 - it was just waited for
    question.yes.click()
    await guide.happens(lambda: switch.lock is None and _shown(KillPanel) is None, "trading may go on")


async def _tab(guide: "Guide", key: str, kind: type[Tab]) -> Tab:
    guide.view.open_tab("activity", key)
    await guide.happens(lambda: isinstance(guide.view.page("activity"), ActivityPage), f"Activity opens at {key}")
    page = guide.view.page("activity")
    assert isinstance(page, ActivityPage)  # noqa: S101 - it was just waited for
    tab = page.tab(key)
    assert isinstance(tab, kind)  # noqa: S101 - its file says so
    return tab


def _shown(kind: type[Dialog]) -> Dialog | None:
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)
