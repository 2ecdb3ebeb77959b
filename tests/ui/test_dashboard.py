"""The Dashboard through its real wiring: the stored book, live figures, ages, failures and every empty state."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.compliance.day_trade_rule import DayTrades, DayTradeStanding
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.domain.errors import Cause, NeedsPerson, Unavailable
from ibdesk.domain.events import (
    AccountChanged,
    ConnectionLost,
    ConnectionRestored,
    LinkChanged,
    PnlChanged,
    QuotesChanged,
    SessionChanged,
    SyncChanged,
)
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.records import SyncStatus
from ibdesk.domain.returns import Range
from ibdesk.domain.session import SessionState
from ibdesk.domain.settings import ThemeName
from ibdesk.services.desk import Desk
from ibdesk.services.market import Series
from ibdesk.services.sync import SyncOutcome
from ibdesk.ui import theme
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.pages.dashboard import Dashboard, build
from ibdesk.ui.widgets import Chip, Figure, Label
from tests.ui.conftest import Run
from tests.ui.sample_book import EUR, MAIN, NOW, SECOND, equity, page
from tests.ui.sample_desk import MadeUpSession
from tests.ui.sample_rooms import MadeUpMarket, StoredBook, bridge_to, room_desk


async def frames(count: int = 4) -> None:
    """Let the bridge's frame clock run a few times."""
    for _ in range(count):
        await asyncio.sleep(0.02)


class Room:
    """A dashboard on screen and what it hangs on."""

    def __init__(self, desk: Desk, chosen: AccountId | None, qtbot: QtBot) -> None:
        self.desk, self.bridge = desk, bridge_to(desk, chosen)
        made = build(desk, self.bridge)
        assert isinstance(made, Dashboard)
        self.page = made
        qtbot.addWidget(made)
        made.resize(1104, 700)

    async def open(self) -> Dashboard:
        self.page.show()
        await frames()
        return self.page

    async def close(self) -> None:
        self.page.hide()
        await self.desk.tasks.close()


class FailingMarket(MadeUpMarket):
    """Notes what was asked and answers nothing."""

    async def trends(self, conids: Sequence[Conid]) -> Mapping[Conid, tuple[Decimal, ...]]:
        self.asked.append(tuple(conids))
        raise Unavailable("No answer.", remedy="Try later.", cause=Cause.TIMED_OUT)


@dataclass
class Heard:
    """What the live service knows."""

    quotes: Mapping[Conid, Quote]
    pnl: Mapping[AccountId, AccountPnl]


@dataclass
class FailedSync:
    """A sync that has already run."""

    last: SyncOutcome


def room(
    qtbot: QtBot, *pages: AccountPage, chosen: AccountId | None = MAIN, **parts: object
) -> Room:
    return Room(room_desk(*pages, **parts), chosen, qtbot)  # type: ignore[arg-type]


def test_the_first_paint_is_a_skeleton_and_the_stored_book_follows_without_any_network(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(), session=None, sync=None)
        assert made.page.overview.figures.net.value.text() == "—"
        shown = await made.open()
        assert shown.overview.figures.net.value.text() == "$1,284,930.42"
        assert shown.overview.figures.daily.sub.text() == "+0.66 %"
        assert shown.overview.figures.unrealized.sub.text() == "20 positions"
        assert shown.overview.figures.power.value.text() == "$2,410,552"
        assert shown.age.text() == "As of 4 s ago · Client Portal"
        assert shown.overview.positions.table.position_model.rowCount() == 20
        await made.close()

    run(journey())


def test_an_empty_desk_offers_the_one_button_that_helps(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot)
        shown = await made.open()
        asked: list[str] = []
        made.bridge.command.connect(asked.append)
        assert shown.empty.isVisible()
        assert shown.empty.button.text() == "Connect IBKR Account"
        qtbot.mouseClick(shown.empty.button, Qt.MouseButton.LeftButton)
        assert asked == ["connect"]
        await made.close()

    run(journey())


def test_a_connected_account_without_a_first_sync_keeps_the_skeleton(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, book=StoredBook((), known=(page().account,)))
        shown = await made.open()
        assert not shown.empty.isVisible()
        assert not shown.overview.positions.table.isVisible()
        await made.close()

    run(journey())


def test_live_figures_and_quotes_arrive_without_reading_the_book_again(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        reads = made.desk.book.reads  # type: ignore[attr-defined]
        made.desk.hub.publish(PnlChanged(pnl=AccountPnl(
            account=MAIN, daily=Decimal("-25.50"), unrealized=Decimal("1.00"), net_liquidation=Decimal("1000.00"),
            excess_liquidity=None, as_of=NOW,
        )))
        price = Decimal("999.99")
        made.desk.hub.publish(QuotesChanged(quotes=(
            Quote(conid=Conid(265598), received_at=NOW, last=price, bid=price, ask=price, daily_pnl=Decimal("4.20")),
        )))
        await frames(8)
        model = shown.overview.positions.table.position_model
        assert shown.overview.figures.daily.value.text() == "−$25.50"
        assert shown.overview.figures.net.value.text() == "$1,000.00"
        assert [model.cell(0, at).text for at in (4, 9)] == ["999.99", "+4.20"]
        assert made.desk.book.reads == reads  # type: ignore[attr-defined]
        await made.close()

    run(journey())


def test_quotes_that_came_before_the_room_or_for_another_account_are_not_lost(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        price = Decimal("321.00")
        known = Quote(conid=Conid(8719), received_at=NOW, last=price, bid=price, ask=price, daily_pnl=price)
        live = Heard(quotes={known.conid: known}, pnl={})
        made = room(qtbot, page(MAIN), page(SECOND), live=live)
        shown = await made.open()
        model = shown.overview.positions.table.position_model
        assert model.row_at(3).last == price  # type: ignore[union-attr]
        made.bridge.select(SECOND)
        made.bridge.select(MAIN)
        assert model.row_at(3).last == price  # type: ignore[union-attr]
        await made.close()

    run(journey())


def test_a_new_snapshot_is_read_and_drawn(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        made.desk.book.stored = (replace(page(), rows=page().rows[:3]),)  # type: ignore[attr-defined]
        made.desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW))
        await frames()
        assert shown.overview.positions.table.position_model.rowCount() == 3
        await made.close()

    run(journey())


def test_old_figures_are_dimmed_and_carry_their_age(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(), now=NOW + timedelta(minutes=12))
        shown = await made.open()
        assert shown.age.text() == "Old: as of 12 min ago · Client Portal"
        assert all(figure.is_stale for figure in shown.overview.figures.all)
        assert shown.overview.positions.table.position_model.is_dimmed
        await made.close()

    run(journey())


@pytest.mark.parametrize("lost", [
    ConnectionLost(source="portal", since=NOW, reason="The stream broke."),
    LinkChanged(source="portal", is_up=False, since=NOW, reason="The gateway does not answer."),
])
def test_everything_of_a_lost_source_is_drawn_old_at_once(
    run: Run, qtbot: QtBot, lost: ConnectionLost | LinkChanged
) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        overview, account = shown.overview, shown.account
        chart, donut = overview.equity.chart, overview.allocation.donut
        assert chart is not None
        bright = chart.grab().toImage(), donut.grab().toImage()
        made.desk.hub.publish(lost)
        await frames()
        assert all(figure.is_stale for figure in overview.figures.all)
        assert overview.positions.table.position_model.is_dimmed
        assert (chart.grab().toImage(), donut.grab().toImage()) != bright
        assert chart.age.text() == "as of 4 s ago" and not chart.age.isHidden()
        assert overview.equity.change.property("tone") == "muted"
        assert {label.property("tone") for label in overview.allocation.findChildren(Label) if "%" in label.text()} == {
            "muted"}
        shown.show_tab("account")
        for card in (overview.positions, account.value, account.cash):
            assert "as of 4 s ago" in {chip.text() for chip in card.findChildren(Chip)}, card.accessibleName()
        shown.show_tab("overview")
        made.desk.hub.publish(
            ConnectionRestored(source="portal", at=NOW) if isinstance(lost, ConnectionLost)
            else LinkChanged(source="portal", is_up=True, since=NOW))
        await frames()
        assert (chart.grab().toImage(), donut.grab().toImage()) == bright
        assert chart.age.isHidden() and overview.equity.change.property("tone") == "gain"
        assert not any(figure.is_stale for figure in overview.figures.all)
        await made.close()

    run(journey())


def test_what_the_running_figures_say_is_drawn_on_the_tab_that_is_looked_at(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        stored = page().pnl
        assert stored is not None
        told = replace(stored, net_liquidation=Decimal("1234567.89"))
        made.desk.hub.publish(PnlChanged(pnl=told))
        await frames()
        shown.show_tab("account")
        assert "$1,234,567.89" in {figure for _, figure, _ in shown.account.value.facts}
        await made.close()

    run(journey())


def test_a_session_that_comes_back_is_told_before_its_account_is_read(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        session = made.desk.session
        assert isinstance(session, MadeUpSession)
        ready, session.session = session.session, replace(session.session, state=SessionState.OFFLINE)
        made.desk.hub.publish(LinkChanged(source="portal", is_up=False, since=NOW - timedelta(minutes=1)))
        await frames()
        assert shown.stopped.banner.text.text() == "The connection is lost."
        session.session = ready
        made.desk.hub.publish(SessionChanged(session=ready))
        await frames()
        assert shown.stopped.banner.text.text().startswith("The session is ready.")
        await made.close()

    run(journey())


def test_one_more_try_of_a_search_redraws_no_table(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        drawn: list[None] = []
        shown.book.changed.connect(lambda: drawn.append(None))
        for attempt in range(3):
            made.desk.hub.publish(
                LinkChanged(source="portal", is_up=False, since=NOW - timedelta(minutes=1), attempts=attempt))
            await frames()
        assert len(drawn) == 1
        assert shown.stopped.banner.isVisible()
        await made.close()

    run(journey())


def test_a_lost_source_makes_fresh_figures_stale_at_once(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        assert not shown.overview.figures.net.is_stale
        made.desk.hub.publish(ConnectionLost(source="portal", since=NOW, reason="The gateway does not answer."))
        await frames()
        assert shown.overview.figures.net.is_stale
        await made.close()

    run(journey())


@pytest.mark.parametrize(
    ("error", "button", "command"),
    [
        (NeedsPerson("You are signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED), "Sign in", "sign-in"),
        (Unavailable("No gateway answers.", remedy="Start it.", cause=Cause.GATEWAY_NOT_RUNNING), "Try again", "sync"),
    ],
)
def test_a_failed_sync_says_why_keeps_the_book_and_offers_one_action(
    run: Run, qtbot: QtBot, error: NeedsPerson | Unavailable, button: str, command: str
) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        asked: list[str] = []
        made.bridge.command.connect(asked.append)
        made.desk.hub.publish(SyncChanged(account=None, started_at=NOW, finished_at=NOW, error=error))
        await frames()
        banner = shown.stopped.banner
        assert banner.isVisible()
        assert banner.text.text() == error.message
        assert error.remedy in banner.detail.text()
        assert shown.overview.figures.net.value.text() == "$1,284,930.42"
        assert banner.button.text() == button
        qtbot.mouseClick(banner.button, Qt.MouseButton.LeftButton)
        assert asked == [command]
        made.desk.hub.publish(SyncChanged(account=None, started_at=NOW, finished_at=NOW))
        await frames()
        assert not banner.isVisible()
        await made.close()

    run(journey())


def test_one_accounts_failure_is_not_hidden_by_anothers_success(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND), chosen=None)
        shown = await made.open()
        error = Unavailable("The second page was cut off.", remedy="Try again.", cause=Cause.BAD_ANSWER)
        made.desk.hub.publish(SyncChanged(account=MAIN, started_at=NOW, finished_at=NOW, error=error))
        made.desk.hub.publish(SyncChanged(account=SECOND, started_at=NOW, finished_at=NOW))
        await frames()
        assert shown.stopped.banner.isVisible()
        made.bridge.select(SECOND)
        assert not shown.stopped.banner.isVisible()
        made.bridge.select(MAIN)
        assert shown.stopped.banner.isVisible()
        await made.close()

    run(journey())


def test_a_sync_that_failed_before_the_room_was_built_is_told(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        error = Unavailable("No gateway answers.", remedy="Start it.", cause=Cause.GATEWAY_NOT_RUNNING)
        made = room(qtbot, page(), sync=FailedSync(SyncOutcome(status=SyncStatus.FAILED, records=(), error=error)))
        shown = await made.open()
        assert shown.stopped.banner.text.text() == "No gateway answers."
        await made.close()

    run(journey())


def test_switching_the_account_switches_every_card(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND))
        shown = await made.open()
        made.bridge.select(SECOND)
        assert shown.overview.positions.table.position_model.rowCount() == 3
        made.bridge.select(None)
        assert shown.overview.positions.table.position_model.rowCount() == 23
        assert shown.overview.figures.net.value.text() == "$2,569,860.84"
        assert shown.overview.figures.net.sub.text() == "USD · 2 accounts"
        assert shown.overview.figures.rule.value.text() == "Per account"
        await made.close()

    run(journey())


def test_accounts_in_different_currencies_are_not_added_and_say_why(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(MAIN), page(SECOND, currency=EUR), chosen=None)
        shown = await made.open()
        assert shown.overview.figures.net.value.text() == "—"
        assert shown.overview.figures.net.sub.text() == "base currencies differ"
        assert "EUR, USD" in shown.overview.figures.net.toolTip()
        await made.close()

    run(journey())


def test_the_ranges_tell_the_change_over_each(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        card = shown.overview.equity
        told = set()
        for span in Range:
            card.ranges.set_current(span.value)
            card.ranges.chosen.emit(span.value)
            told.add(card.change.text())
        assert len(told) == len(Range)
        assert all(text[0] in "+−" and "$" in text and text.endswith(" %") for text in told)
        await made.close()

    run(journey())


def test_the_benchmark_is_drawn_when_it_is_there(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        market = MadeUpMarket(series=Series(points=equity(), reason=""))
        made = room(qtbot, page(), market=market)
        shown = await made.open()
        card = shown.overview.equity
        qtbot.mouseClick(card.versus, Qt.MouseButton.LeftButton)
        await frames()
        assert ("SPY", Range.YEAR_TO_DATE) in market.asked
        assert card.chart is not None
        assert len(card.chart._against) > 100
        assert card.why.text() == ""
        await made.close()

    run(journey())


def test_a_benchmark_without_history_is_hidden_with_its_reason(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page(), market=MadeUpMarket())
        shown = await made.open()
        card = shown.overview.equity
        qtbot.mouseClick(card.versus, Qt.MouseButton.LeftButton)
        await frames()
        assert card.why.text() == "SPY hidden"
        assert card.why.toolTip() == "The broker has no history for SPY."
        await made.close()

    run(journey())


def test_an_account_without_history_says_so_where_the_curve_would_be(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, replace(page(), equity=()))
        shown = await made.open()
        assert shown.overview.equity._empty.isVisible()
        assert shown.overview.equity._empty.title.text() == "No history yet"
        await made.close()

    run(journey())


def test_missing_trends_are_asked_for_once_and_drawn(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        bare = replace(page(), rows=tuple(replace(row, trend=()) for row in page().rows))
        market = MadeUpMarket(closes={Conid(265598): (Decimal(1), Decimal(2))})
        made = room(qtbot, bare, market=market)
        shown = await made.open()
        row = shown.overview.positions.table.position_model.row_at(0)
        assert row is not None
        assert row.trend == (1, 2)
        made.desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW))
        await frames()
        assert len(market.asked) == 1
        await made.close()

    run(journey())


def test_trends_that_fail_are_asked_for_again_with_the_next_sync(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        bare = replace(page(), rows=tuple(replace(row, trend=()) for row in page().rows))
        market = FailingMarket()
        made = room(qtbot, bare, market=market)
        shown = await made.open()
        told: list[object] = []
        made.bridge.notice.connect(told.append)
        made.desk.hub.publish(AccountChanged(account=MAIN, as_of=NOW))
        await frames()
        assert len(market.asked) == 2
        assert told == []
        assert shown.overview.positions.table.position_model.rowCount() == 20
        await made.close()

    run(journey())


def test_the_penalty_box_is_told_by_the_window_alone(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        error = Unavailable("Locked out.", remedy="Wait.", cause=Cause.PENALTY_BOX)
        made.desk.hub.publish(SyncChanged(account=None, started_at=NOW, finished_at=NOW, error=error))
        await frames()
        assert not shown.stopped.banner.isVisible()
        await made.close()

    run(journey())


def test_the_allocation_sums_to_a_hundred_percent_each_way(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        card = shown.overview.allocation
        for way in ("class", "currency", "sector"):
            card.by.set_current(way)
            card.by.chosen.emit(way)
            shares = made.page.book.view.shares(way)
            assert sum(share.percent for share in shares) == pytest.approx(100)
            assert shares[0].name in card.donut.accessibleDescription()
        await made.close()

    run(journey())


def test_no_figure_needs_more_than_its_width_after_dark_light_and_dark_again(
    run: Run, qtbot: QtBot, dressed: QApplication
) -> None:
    """In a window of 1280 x 800, which leaves a room 1104 pixels, with amounts of eight digits."""

    async def journey() -> None:
        large = page()
        value = Decimal("-21284930.42")
        assert large.pnl is not None
        pnl = replace(large.pnl, daily=value, unrealized=value)
        made = room(qtbot, replace(large, pnl=pnl))
        shown = await made.open()
        try:
            for name in (ThemeName.DARK, ThemeName.LIGHT, ThemeName.DARK):
                theme.change(dressed, name=name)
                await frames()
                figures = shown.overview.figures.findChildren(Figure)
                assert len(figures) == 6
                for figure in figures:
                    assert figure.value.sizeHint().width() <= figure.value.width(), (name, figure.accessibleName())
        finally:
            await made.close()

    run(journey())


@pytest.mark.parametrize("height", [190, 205, 220, 260, 400])
def test_no_line_of_the_allocation_is_cut_however_low_its_card_is(run: Run, qtbot: QtBot, height: int) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        card = (await made.open()).overview.allocation
        card.setParent(None)
        qtbot.addWidget(card)
        card.by.choose("sector")
        card.resize(360, height)
        card.show()
        await frames()
        scroll = card.findChild(QScrollArea)
        assert scroll is not None
        assert scroll.widget().minimumSizeHint().height() <= scroll.viewport().height()
        names = [label.text() for label in scroll.findChildren(QLabel) if label.isVisible()]
        shares = made.page.book.view.shares("sector")
        own = [name for name in names if any(share.name == name.removesuffix(" (short)") for share in shares)]
        told = [name for name in names if name.endswith("more, each smaller")]
        assert told or height > 190
        assert len(own) == len(shares) or told == [f"{len(shares) - len(own)} more, each smaller"]
        await made.close()

    run(journey())


def test_the_account_tab_has_every_group_a_trader_looks_for(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        shown.show_tab("account")
        tab = shown.account
        facts = {name: figure for card in (tab.value, tab.power, tab.margin, tab.trading, tab.options, tab.who)
                 for name, figure, _ in card.facts}
        assert facts["Net liquidation"] == "$1,284,930.42"
        assert facts["Equity with loan value"] == "$1,283,010.42"
        assert facts["Available funds"] == "$602,638.00"
        assert facts["Day trades left today"] == "not reported"
        assert facts["Pattern day trader"] == "not reported"
        assert facts["Options level"] == "Level 3"
        assert facts["Cushion"] == "50.98 %"
        assert facts["Number"] == MAIN
        assert tab.cash.table.rowCount() == 5
        assert tab.cash.table.item(2, 1).text() == "¥1,250,000"
        await made.close()

    run(journey())


class Standing:
    """One account's standing with day trading, as told."""

    def __init__(self, standing: DayTradeStanding) -> None:
        self._standing = standing

    async def of(self, _page: AccountPage) -> DayTradeStanding:
        return self._standing


def test_the_account_tab_counts_day_trades_itself_and_looks_five_days_ahead(run: Run, qtbot: QtBot) -> None:
    """B56, B57; reference/compliance.md 0.6: counted and shown whichever rule binds."""

    async def journey() -> None:
        trades = DayTrades(account=MAIN, day=NOW.date(), counts={}, made=2, left=(1, 1, 2, 3, 3), as_spreads=2,
                           is_guessed=False)  # fmt: skip
        regime = Regime(regime=MarginRegime.PDT_LEGACY, source=RegimeSource.BROKER, by_refusal=True,
                        overruled=MarginRegime.INTRADAY_MARGIN)  # fmt: skip
        standing = Standing(DayTradeStanding(regime=regime, trades=trades))
        made = room(qtbot, page(), day_trading=standing)
        shown = await made.open()
        shown.show_tab("account")
        facts = {name: (figure, note) for name, figure, note in shown.account.trading.facts}
        assert facts["Rule"][0] == "Pattern day trader"
        assert facts["Who says so"] == (
            "The broker reports", "It lately refused an order for pattern day trading. Your setting, Intraday margin, "
            "gives way to it.")  # fmt: skip
        assert facts["Own count, old rule"] == (
            "2 in 5 business days", "For information: it leaves 1 today, and 1, 2, 3, 3 on the business days after.")
        meter = shown.account.meter
        assert (meter.value(), meter.maximum(), meter.isVisible()) == (2, 3, True)
        assert meter.accessibleName() == "Own count of day trades: 2 of 3"
        assert "Own count, old rule: 2 in 5 business days." in shown.overview.figures.rule.toolTip()
        await made.close()

    run(journey())


def test_day_trades_not_counted_yet_are_not_called_none(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        shown.show_tab("account")
        facts = {name: figure for name, figure, _ in shown.account.trading.facts}
        assert facts["Own count, old rule"] == "not counted yet" and shown.account.meter.isHidden()
        await made.close()

    run(journey())


def test_every_control_has_a_name_and_every_figure_a_sentence(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        unnamed = [
            type(widget).__name__ for widget in shown.findChildren(QWidget)
            if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.accessibleName()
            and not widget.objectName().startswith("qt_")
        ]
        assert unnamed == []
        assert shown.overview.figures.net.accessibleName() == "Net liquidation: $1,284,930.42"
        await made.close()

    run(journey())


def test_hidden_amounts_are_hidden_everywhere(run: Run, qtbot: QtBot, dressed: QApplication) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        shown = await made.open()
        theme.apply(dressed, theme.Theme(name=ThemeName.DARK, discreet=True))
        await frames()
        model = shown.overview.positions.table.position_model
        assert shown.overview.figures.net.value.text() == "•••"
        assert model.cell(0, 6).text == "•••"
        assert model.totals().texts["value"][0] == "•••*"
        assert "$1,284" not in shown.overview.equity.change.text()
        await made.close()

    run(journey())


def test_nothing_is_read_while_the_room_was_never_shown(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = room(qtbot, page())
        await frames()
        assert made.desk.book.reads == 0  # type: ignore[attr-defined]
        assert isinstance(made.bridge, Bridge)
        await made.close()

    run(journey())
