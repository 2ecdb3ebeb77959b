"""A text in the field becomes offers, a chain or a leg; what nobody knows is said."""

from pathlib import Path

from ibdesk.domain.events import Notice
from ibdesk.domain.orders import Side
from ibdesk.ui.chain.finder import Finder
from tests.ui.chain.bench import AAPL, Bench, chain_bench
from tests.ui.conftest import Run


def heard(bench: Bench) -> list[object]:
    """What a finder of its own says from now on."""
    assert bench.desk.chains is not None
    finder = Finder(bench.desk.chains, bench.bridge, bench.view.bar.field, bench.view)
    found: list[object] = []
    finder.opened.connect(found.append)
    finder.option_found.connect(lambda underlying, instrument, side: found.append((instrument.label, side)))
    finder.nothing.connect(found.append)
    bench.view.finder = finder
    return found


def test_symbols_options_and_nonsense_are_told_apart(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            found = heard(bench)
            for text in ("aapl", "SPY 261218P600", "−SPY Dec18'26 600 C", "zzzz"):
                before = len(found)
                bench.view.search(text)
                await bench.until(lambda count=before: len(found) > count)  # type: ignore[misc]
            assert found == [
                AAPL, ("SPY Dec18'26 600 P", Side.BUY), ("SPY Dec18'26 600 C", Side.SELL), "zzzz",
            ]

    run(look())


def test_a_day_in_doubt_is_told_with_both_readings_and_nothing_is_looked_for(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            found = heard(bench)
            told: list[Notice] = []
            bench.bridge.notice.connect(told.append)
            bench.view.search("SPY 12/11/26 600 C")
            await bench.until(lambda: bool(told))
            doubt = told[0].error
            assert doubt is not None and "11 December 2026 or 12 November 2026" in doubt.message
            assert found == [] and bench.view.bar.field.text() == "SPY 12/11/26 600 C", "it can be mended"

    run(look())


def test_what_is_typed_is_offered_while_it_stands_there(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            field = bench.view.bar.field
            field.activateWindow()
            field.setFocus()
            field.setText("apple")
            field.asked.emit("apple")
            await bench.until(lambda: bool(field.offers))
            assert "AAPL" in [each.symbol for each in field.offers]
            field.shut()

    run(look())
