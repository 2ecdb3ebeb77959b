"""A trader's way through the chain: find, look, press, and what is said when something is missing."""

from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest

from ibdesk.domain.instruments import Conid, Right
from ibdesk.domain.orders import Leg, Side
from ibdesk.domain.templates import TemplateName
from ibdesk.ui.chain.columns import COLUMNS, STRIKE, Field
from ibdesk.ui.chain.view import LAST, STREAMED
from ibdesk.ui.widgets import SkeletonRows
from tests.ui.chain.bench import AAPL, ES, NESN, SPY, Bench, chain_bench
from tests.ui.conftest import Run
from tests.ui.rooms_desk import unnamed

ASK_OF_CALL = next(at for at, each in enumerate(COLUMNS) if each.field is Field.ASK and each.right is Right.CALL)
BID_OF_PUT = next(at for at, each in enumerate(COLUMNS) if each.field is Field.BID and each.right is Right.PUT)
#: Where there are not two.
LEGS = {TemplateName.SINGLE: 1, TemplateName.CASH_SECURED_PUT: 1, TemplateName.CUSTOM: 0, TemplateName.BUTTERFLY: 3,
        TemplateName.COLLAR: 3, TemplateName.IRON_CONDOR: 4}  # fmt: skip


def press(bench: Bench, line: int, column: int) -> None:
    table = bench.view.table
    table.scrollTo(table.chain.index(line, column))
    place: QPoint = table.visualRect(table.chain.index(line, column)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def key(bench: Bench, wanted: Qt.Key) -> None:
    QTest.keyClick(bench.view.table, wanted)


def test_an_underlying_opens_around_the_money_at_the_usual_expiry(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            view = bench.view
            view.show_underlying(SPY)
            assert isinstance(view.card._places.currentWidget(), SkeletonRows)
            await bench.priced()
            bar, chain = view.bar, view.table.chain
            assert bar.symbol.text() == "SPY" and bar.exchange.text() == "ARCA" and bar.last.text() != ""
            assert bar.strip.current is not None and bar.strip.current.day.isoformat() == "2026-12-18"
            assert view.card.days.text() == "28 days" and len(chain.rows) >= 17
            texts = [chain.cell(8, at).text for at in range(len(COLUMNS))]
            assert "" not in texts and texts[STRIKE].isdigit()
            assert bench.told[-1][0] == SPY and len(bench.told[-1]) <= STREAMED + 2
            view.modeller.reckon()
            assert view.bar.volatility.text().startswith("IV ") and not bench.notices

    run(look())


def test_asks_buy_bids_sell_and_other_cells_do_nothing(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            rows = bench.view.table.chain.rows
            press(bench, 8, ASK_OF_CALL)
            press(bench, 8, BID_OF_PUT)
            press(bench, 8, STRIKE)
            assert bench.legs == [(rows[8].call, Side.BUY), (rows[8].put, Side.SELL)]

    run(look())


def test_keys_walk_the_strikes_and_add_legs(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            table = bench.view.table
            rows = {row.strike: row for row in table.chain.rows}
            wanted = []
            bench.view.quantity_wanted.connect(lambda: wanted.append("quantity"))
            key(bench, Qt.Key.Key_Home)
            here = table.marked_row
            assert here is not None
            key(bench, Qt.Key.Key_B)
            key(bench, Qt.Key.Key_Down)
            key(bench, Qt.Key.Key_S)
            below = table.marked_row
            assert below is not None and below.strike > here.strike
            key(bench, Qt.Key.Key_Return)
            key(bench, Qt.Key.Key_Right)
            key(bench, Qt.Key.Key_Right)
            key(bench, Qt.Key.Key_Return)
            key(bench, Qt.Key.Key_Q)
            assert bench.legs == [
                (rows[here.strike].call, Side.BUY), (rows[below.strike].call, Side.SELL),
                (rows[below.strike].call, Side.BUY), (rows[below.strike].put, Side.SELL),
            ]
            assert wanted == ["quantity"]

    run(look())


def test_a_digit_chooses_the_expiry_at_that_place_of_the_strip(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            loader = bench.view.loader
            assert loader is not None
            await bench.until(lambda: len(bench.view.bar.strip.shown) > 2)
            other = bench.view.bar.strip.shown[0]
            key(bench, Qt.Key.Key_1)
            await bench.until(lambda: loader.expiry == other and loader.chain is not None and loader.chain.is_priced)
            assert all(each.option.expiry == other.day for each in loader.chain.instruments)  # type: ignore[union-attr]

    run(look())


def test_a_written_option_goes_to_the_ticket_and_under_the_mark(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            field = bench.view.bar.field
            field.setText("SPY 261218P600")
            QTest.keyClick(field, Qt.Key.Key_Return)
            await bench.until(lambda: bool(bench.legs))
            assert bench.labels == [("BUY", "SPY Dec18'26 600 P")]
            await bench.priced()
            row = bench.view.table.marked_row
            assert row is not None and row.strike == 600 and bench.view.table.marked_right is Right.PUT
            bench.view.search("-SPY   261218C00601000")
            await bench.until(lambda: len(bench.legs) == 2)
            assert bench.labels[1] == ("SELL", "SPY Dec18'26 601 C")

    run(look())


def test_an_option_nobody_lists_is_said_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            bench.view.search("SPY 261219P600")
            await bench.until(lambda: bool(bench.notices))
            assert bench.notices == ["The broker lists no SPY Dec19'26 600 P."] and not bench.legs

    run(look())


def test_a_symbol_is_opened_by_enter_and_a_name_is_offered(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            bench.view.search("aapl")
            await bench.until(lambda: bench.view.bar.symbol.text() == "AAPL")
            await bench.priced()
            bench.view.search("no such thing")
            await bench.until(lambda: "no such thing" in bench.view.card.state.title.text())

    run(look())


def test_what_has_no_options_can_be_bought_itself(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            bench.view.show_underlying(NESN)
            await bench.until(lambda: "no options" in bench.view.card.state.title.text())
            bench.view.card.state.button.click()
            assert bench.labels == [("BUY", "NESN")]

    run(look())


def test_options_on_futures_show_the_future_they_follow(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open(ES)
            await bench.until(lambda: bench.view.bar.symbol.text() == "ES Dec'26")
            assert bench.view.bar.ask.isEnabled()

    run(look())


def test_a_lost_session_dims_what_is_shown_and_ready_again_asks_anew(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            bench.shop.gateway.expire_session()
            await bench.shop.session.refresh()
            await bench.until(lambda: bench.view.table.chain.is_dimmed)
            assert not bench.view.card.picker.isEnabled()
            bench.bridge.second.emit(bench.shop.dial())
            since = bench.shop.asked("snapshot")
            await bench.sign_in_again()
            await bench.until(lambda: not bench.view.table.chain.is_dimmed)
            await bench.until(lambda: bench.shop.asked("snapshot") > since)

    run(look())


def test_without_a_session_the_reason_and_the_remedy_are_shown_with_another_try(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            bench.shop.gateway.expire_session()
            await bench.shop.session.refresh()
            problem = bench.shop.session.problem
            assert problem is not None
            bench.view.show_underlying(SPY)
            state = bench.view.card.state
            await bench.until(lambda: state.title.text() == problem.message)
            assert state.why.text() == problem.remedy and state.button.text() == "Try again"
            await bench.sign_in_again()
            await bench.priced()

    run(look())


def test_every_strategy_is_built_around_the_mark(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            loader = bench.view.loader
            assert loader is not None
            await bench.until(lambda: len({each.day.month for each in loader.expiries}) > 2)
            row = bench.view.table.marked_row
            assert row is not None
            for name in TemplateName:
                bench.strategies.clear()
                bench.view.card.picker.choose(name)
                await bench.until(lambda: bool(bench.strategies))
                legs, title = bench.strategies[-1]
                strikes = [leg.instrument.option.strike for leg in legs if leg.instrument.option is not None]
                assert name.value.lower() in title.lower()
                assert len(legs) == LEGS.get(name, 2) and all(abs(strike - row.strike) <= 10 for strike in strikes)

    run(look())


def test_legs_are_outlined_until_the_ticket_is_empty(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            chain = bench.view.table.chain
            put = chain.rows[3].put
            assert put is not None
            bench.view.set_legs([Leg(instrument=put, side=Side.SELL, ratio=2)])
            leg = chain.leg_at(3, BID_OF_PUT)
            assert leg is not None and leg.ratio == 2
            assert "in the ticket: sell 2" in chain.data(chain.index(3, BID_OF_PUT), Qt.ItemDataRole.AccessibleTextRole)
            bench.view.card.picker.set_current(TemplateName.VERTICAL)
            bench.view.set_legs([])
            assert chain.leg_at(3, BID_OF_PUT) is None
            assert bench.view.card.picker.current is TemplateName.SINGLE

    run(look())


def test_an_option_from_elsewhere_is_shown_at_its_own_expiry(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open(AAPL)
            chains = bench.desk.chains
            assert chains is not None
            from ibdesk.domain.occ import parse_option

            _, put = await chains.option(parse_option("SPY 261218P600"))
            bench.view.show_instrument(put)
            await bench.until(lambda: bench.view.bar.symbol.text() == "SPY")
            await bench.priced()
            row = bench.view.table.marked_row
            assert row is not None and row.put == put and bench.legs == []

    run(look())


def test_what_was_looked_at_last_is_opened_again(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open(AAPL)
            assert str(QSettings().value(LAST)) == str(AAPL)

    async def again() -> None:
        async with chain_bench(tmp_path / "again") as bench:
            await bench.priced()
            assert bench.view.bar.symbol.text() == "AAPL"

    run(look())
    run(again())


def test_prices_that_stream_reach_the_table(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path, streaming=True) as bench:
            live = bench.desk.live
            assert live is not None
            bench.view.conids_changed.connect(lambda conids: bench.bridge.start("watch", live.watch(conids)))
            await bench.open()
            call = bench.view.table.chain.rows[8].call
            assert call is not None
            await bench.until(lambda: call.conid in live.quotes)
            spot = bench.view.table.chain._spot
            await bench.until(lambda: bench.view.bar._quote is not None and Conid(SPY) in live.quotes)
            assert spot is not None

    run(look())


def test_every_control_has_a_name(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            assert not unnamed(bench.view)

    run(look())


def test_before_an_account_is_connected_the_one_button_connects(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        from ibdesk.ui.chain import ChainView
        from tests.ui.sample_desk import sample_desk

        async with chain_bench(tmp_path) as bench:
            alone = ChainView(sample_desk(chains=None), bench.bridge)
            alone.card.state.button.click()
            assert bench.commands == ["connect"]
            alone.deleteLater()

    run(look())
