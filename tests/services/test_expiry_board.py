import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.expiries import Settles, Window
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import Quote
from ibdesk.services.expiry_board import Boards, moved
from tests.services.workshop import MAIN, SECOND, Workshop, workshop

SPY = Conid(756733)
OPEN_DAYS = Calendar(closed={})


def in_the_demo(folder: Path, life: Callable[[Workshop], Awaitable[None]]) -> None:
    async def run() -> None:
        async with workshop(folder) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            await life(shop)

    asyncio.run(run())


def boards(shop: Workshop, quotes: Mapping[Conid, Quote] | None = None) -> Boards:
    return Boards(shop.book, shop.broker.market, quotes=lambda: quotes or {}, calendar=OPEN_DAYS, clock=shop.dial)


async def turn_to_the_expiry(shop: Workshop, symbol: str = "SPY") -> date:
    """Eleven o'clock on the last day of the option on this symbol."""
    page = await shop.book.page(MAIN)
    assert page is not None
    found = (row.position.instrument for row in page.rows if row.position.instrument.symbol == symbol)
    expiry = next(each.option.expiry for each in found if each.option is not None)
    shop.dial.instant = datetime.combine(expiry, time(11), NEW_YORK)
    return expiry


def quote(shop: Workshop, conid: Conid, last: str, bid: str = "", ask: str = "") -> Quote:
    return Quote(conid=conid, received_at=shop.dial(), last=Decimal(last), bid=Decimal(bid) if bid else None,
                 ask=Decimal(ask) if ask else None)  # fmt: skip


def test_the_board_tells_what_ends_with_prices_the_broker_was_asked_for(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        expiry = await turn_to_the_expiry(shop)
        board = await boards(shop).of(None)
        told = {line.row.instrument.symbol: line.row for line in board.within(Window.TODAY)}
        assert set(told) == {"SPY", "MSFT", "ES"} and not board.trouble
        spy = told["SPY"]
        assert spy.account == MAIN and spy.quantity == -10 and spy.terms.expiry == expiry
        assert spy.spot is not None and spy.spot_at is not None and spy.mark is not None and spy.bid is not None
        assert spy.need.cash == 600_000 and spy.cash is not None
        assert told["MSFT"].shares == 250 and told["MSFT"].is_covered, "two short calls on 250 shares"
        assert told["ES"].settles is Settles.FUTURE
        settling = board.settling(spy)
        assert settling is not None and settling.symbol == "SPY" and settling.due == spy.effect
        assert board.received_at is not None

    in_the_demo(tmp_path, life)


def test_an_account_without_options_has_an_empty_board(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop)
        assert not (await boards(shop).of(SECOND)).lines

    in_the_demo(tmp_path, life)


def test_what_ends_later_is_not_of_this_week(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        expiry = await turn_to_the_expiry(shop)
        shop.dial.instant = datetime.combine(expiry.replace(day=1), time(11), NEW_YORK)
        board = await boards(shop).of(MAIN)
        assert not board.within(Window.TODAY) and len(board.within(Window.MONTH)) == 3

    in_the_demo(tmp_path, life)


def test_a_position_that_has_ended_and_is_still_there_stays_on_the_board(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        expiry = await turn_to_the_expiry(shop)
        shop.dial.instant = datetime.combine(expiry, time(23), NEW_YORK)
        (line, *_) = (await boards(shop).of(MAIN)).within(Window.TODAY)
        left = line.row.left(shop.dial())
        assert left is None or left.total_seconds() < 0

    in_the_demo(tmp_path, life)


def test_streamed_prices_go_before_asked_ones(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop)
        board = await boards(shop, {SPY: quote(shop, SPY, "599.50")}).of(MAIN)
        (spy,) = (line for line in board.lines if line.row.instrument.symbol == "SPY")
        assert spy.row.spot == Decimal("599.50") and spy.row.distance == Decimal("0.50")
        assert Code.EXPIRING_TODAY in [finding.code for finding in spy.findings], "half a dollar from its strike"

    in_the_demo(tmp_path, life)


def test_prices_are_not_asked_again_within_seconds(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop)
        made = boards(shop)
        await made.of(MAIN)
        asked = shop.asked("marketdata/snapshot")
        await made.of(MAIN)
        assert shop.asked("marketdata/snapshot") == asked > 0

    in_the_demo(tmp_path, life)


def test_without_a_gateway_the_stored_prices_stand_and_the_trouble_is_said(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop)
        await shop.gateway.kill()
        board = await boards(shop).of(MAIN)
        told = {line.row.instrument.symbol: line.row for line in board.lines}
        assert board.trouble
        assert told["MSFT"].spot is not None and told["MSFT"].spot_at is None, "the price of the shares that are held"
        assert told["SPY"].mark is not None and told["SPY"].bid is None

    in_the_demo(tmp_path, life)


def test_the_next_dividend_is_asked_for_once_a_day_and_weighed(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop, "MSFT")
        page = await shop.book.page(MAIN)
        assert page is not None
        calls = (row.position.instrument for row in page.rows if row.position.instrument.symbol == "MSFT")
        call = next(each for each in calls if each.asset_class is AssetClass.OPTION)
        under, market = call.underlying_conid, shop.broker.market
        assert under is not None and market is not None
        coming = (await market.dividends((under,)))[under]
        assert call.option is not None and coming.ex_date <= call.option.expiry
        shop.dial.instant = datetime.combine(coming.ex_date - timedelta(days=1), time(11), NEW_YORK)
        quotes = {under: quote(shop, under, "470"), call.conid: quote(shop, call.conid, "20.10", "20.05", "20.15")}
        made = boards(shop, quotes)
        board = await made.of(MAIN)
        (line,) = (each for each in board.lines if each.row.instrument.conid == call.conid)
        assert line.row.dividend == coming
        assert Code.DIVIDEND_ASSIGNMENT in [finding.code for finding in line.findings]
        asked = shop.asked("marketdata/snapshot")
        await made.of(MAIN)
        assert shop.asked("marketdata/snapshot") == asked

    in_the_demo(tmp_path, life)


def test_streamed_prices_move_a_board_without_reading_it_again(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop)
        quotes = {SPY: quote(shop, SPY, "599.50")}
        made = boards(shop, quotes)
        board = await made.of(MAIN)
        quotes[SPY] = quote(shop, SPY, "612.00")
        moved_on = made.requoted(board)
        (spy,) = (line.row for line in moved_on.lines if line.row.instrument.symbol == "SPY")
        assert spy.distance == -12 and moved_on.received_at == board.received_at

    in_the_demo(tmp_path, life)


def test_the_sum_of_a_board_is_by_currency_and_leaves_out_what_is_not_known(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        await turn_to_the_expiry(shop)
        board = await boards(shop, {SPY: quote(shop, SPY, "590.00")}).of(MAIN)
        total = moved(line for line in board.lines if line.row.instrument.symbol in ("SPY", "ES"))
        assert total.shares == {"SPY": 1000} and total.cash == {"USD": -600_000} and total.left_out == 1
        assert not board.settlings_within(Window.TODAY), "each underlying has one position"

    in_the_demo(tmp_path, life)


def test_what_is_not_held_is_not_found(tmp_path: Path) -> None:
    async def life(shop: Workshop) -> None:
        with pytest.raises(Refused) as refused:
            await boards(shop).find(MAIN, SPY)
        assert refused.value.cause is Cause.NOTHING_FOUND

    in_the_demo(tmp_path, life)
