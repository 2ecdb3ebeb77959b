"""The card of day trading: our own count beside what the broker says, for the account that is shown."""

import asyncio
from dataclasses import dataclass, field, replace

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import AccountId, MarginType
from ibdesk.domain.compliance.day_trade_rule import DayTrades
from ibdesk.domain.events import FillsArrived
from ibdesk.services.desk import Desk
from ibdesk.ui.pages.dashboard import Dashboard, build
from ibdesk.ui.pages.dashboard.day_trading import DayTradeCard
from tests.ui.conftest import Run
from tests.ui.sample_book import MAIN, NOW, SECOND, page
from tests.ui.sample_rooms import bridge_to, room_desk

NAME = "Counted by ibdesk, five business days"


def counted(made: int, *left: int, account: AccountId = MAIN, is_guessed: bool = False) -> DayTrades:
    return DayTrades(
        account=account, day=NOW.date(), counts={NOW.date(): made}, made=made, left=left, as_spreads=made,
        is_guessed=is_guessed,
    )  # fmt: skip


@dataclass
class MadeUpDigests:
    """What was counted, and for whom it was asked."""

    found: dict[AccountId, DayTrades | None]
    asked: list[AccountId] = field(default_factory=list)

    async def day_trades(self, account: AccountId) -> DayTrades | None:
        self.asked.append(account)
        return self.found[account]


def row(card: DayTradeCard) -> tuple[str, str]:
    return next((figure, note) for name, figure, note in card.facts if name == NAME)


def test_the_count_has_its_meter_and_the_days_ahead(dressed: QApplication, qtbot: QtBot) -> None:
    card = DayTradeCard()
    qtbot.addWidget(card)
    summary = page().summary
    card.show_account(summary, None, NOW)
    assert row(card)[0] == "not counted yet" and card.meter.isHidden()
    card.show_account(summary, counted(2, 1, 1, 1, 2, 3), NOW)
    assert row(card) == ("2 of 3", "Left today 1; if none is made, on the next days +1 1; +2 1; +3 2; +4 3.")
    assert (card.meter.value(), card.meter.maximum(), card.meter.isHidden()) == (2, 3, False)
    assert card.meter.accessibleName() == "Day trades counted: 2 of 3"
    card.show_account(summary, counted(5, 0, 0, 0, 0, 3, is_guessed=True), NOW)
    assert row(card)[0] == "5 of 3" and card.meter.value() == 3 and row(card)[1].endswith("is a guess.")


def test_an_account_that_no_count_concerns_shows_none(dressed: QApplication, qtbot: QtBot) -> None:
    card = DayTradeCard()
    qtbot.addWidget(card)
    card.show_account(replace(page().summary, margin_type=MarginType.CASH), counted(1, 2, 2, 2, 2, 2), NOW)
    assert NAME not in [name for name, _, _ in card.facts] and card.meter.isHidden()


async def opened(desk: Desk, qtbot: QtBot, chosen: AccountId) -> Dashboard:
    shown = build(desk, bridge_to(desk, chosen))
    assert isinstance(shown, Dashboard)
    qtbot.addWidget(shown)
    shown.show()
    await told(lambda: bool(shown.book.view.pages))
    return shown


async def told(is_true: object) -> None:
    assert callable(is_true)
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.01)


def test_it_is_counted_when_it_is_looked_at_and_anew_with_each_print(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        digests = MadeUpDigests({MAIN: counted(1, 2, 2, 2, 2, 3)})
        desk = room_desk(page(), digests=digests)
        shown = await opened(desk, qtbot, MAIN)
        assert digests.asked == []
        shown.show_tab("account")
        card = shown.account.trading
        await told(lambda: row(card)[0] == "1 of 3")
        digests.found[MAIN] = counted(2, 1, 1, 1, 1, 3)
        desk.hub.publish(FillsArrived(fills=()))
        await told(lambda: row(card)[0] == "2 of 3")
        shown.hide()
        await desk.tasks.close()

    run(journey())


def test_one_accounts_count_is_not_shown_for_another(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        digests = MadeUpDigests({MAIN: counted(3, 0, 0, 0, 0, 3), SECOND: None})
        desk = room_desk(page(), page(SECOND), digests=digests)
        shown = await opened(desk, qtbot, MAIN)
        shown.show_tab("account")
        card = shown.account.trading
        await told(lambda: row(card)[0] == "3 of 3")
        shown._bridge.select(SECOND)
        await told(lambda: SECOND in digests.asked)
        await told(lambda: row(card)[0] == "not counted yet")
        shown.hide()
        await desk.tasks.close()

    run(journey())
