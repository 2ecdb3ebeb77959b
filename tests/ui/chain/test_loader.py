"""What came too late is dropped, and what failed can be asked again."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.chains import Chain, Expiry
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable
from ibdesk.services.chains import Chains
from ibdesk.ui.chain.loader import ChainLoader
from tests.ui.chain.bench import AAPL, SPY, Bench, chain_bench
from tests.ui.conftest import Run


def loader_of(bench: Bench) -> ChainLoader:
    assert bench.view.loader is not None
    return bench.view.loader


def test_the_last_of_two_quick_choices_is_shown(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            loader = loader_of(bench)
            opened: list[str] = []
            loader.opened.connect(lambda underlying: opened.append(underlying.instrument.symbol))
            loader.open(SPY)
            loader.open(AAPL)
            await bench.priced()
            assert opened == ["AAPL"] and loader.conid == AAPL
            assert loader.chain is not None and loader.chain.underlying_conid == AAPL

    run(look())


def test_another_expiry_drops_the_one_before(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            loader = loader_of(bench)
            await bench.open()
            await bench.until(lambda: len(loader.expiries) > 2)
            first, other = loader.expiry, loader.expiries[0]
            seen: list[Expiry] = []
            loader.stepped.connect(lambda chain: seen.append(chain.expiry))
            loader.choose(other)
            await bench.priced()
            assert first not in seen and set(seen) == {other}

    run(look())


def test_the_other_months_are_learnt_once_the_prices_are_there(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            loader = loader_of(bench)
            counts: list[int] = []
            loader.expiries_known.connect(lambda: counts.append(len(loader.expiries)))
            await bench.open()
            assert loader.underlying is not None
            months = set(loader.underlying.months)
            await bench.until(lambda: {each.day.replace(day=1) for each in loader.expiries} == months)
            assert counts == sorted(counts) and list(loader.expiries) == sorted(loader.expiries)

    run(look())


def test_a_wider_band_is_asked_for_at_once(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            loader = loader_of(bench)
            await bench.open()
            loader.set_band(12)
            await bench.until(lambda: loader.chain is not None and len(loader.chain.rows) >= 25)
            await bench.priced()

    run(look())


def test_what_failed_to_open_is_opened_by_another_try(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            loader = loader_of(bench)
            failures: list[object] = []
            loader.failed.connect(failures.append)
            await bench.shop.gateway.kill()
            await bench.shop.session.refresh()
            loader.open(SPY)
            await bench.until(lambda: bool(failures))
            assert loader.underlying is None and loader.conid == SPY
            await bench.shop.gateway.restore()
            await bench.sign_in_again()
            loader.again()
            await bench.priced()

    run(look())


def test_strikes_that_come_on_screen_are_priced_in_one_request(run: Run, tmp_path: Path) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()
            chain = bench.view.table.chain
            await bench.until(lambda: len(chain.rows) > 50)
            bar = bench.view.table.verticalScrollBar()
            bar.triggerAction(bar.SliderAction.SliderToMinimum)
            first = chain.rows[0]
            since = bench.shop.asked("snapshot")
            await bench.until(lambda: all(chain.quote_of(conid) is not None for conid in first.conids))
            assert bench.shop.asked("snapshot") - since <= 4

    run(look())


@pytest.mark.parametrize(("error", "notices"), [
    (NeedsPerson("You are signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED), 0),
    (Unavailable("No answer came.", remedy="Wait.", cause=Cause.TIMED_OUT), 1),
])  # fmt: skip
def test_what_is_priced_stays_when_the_rest_fails(
    run: Run, tmp_path: Path, error: DeskError, notices: int
) -> None:
    async def look() -> None:
        async with chain_bench(tmp_path) as bench:
            await bench.open()

            class Breaking(Chains):
                async def follow(self, *asked: Any, **more: Any) -> AsyncGenerator[Chain, None]:
                    async for chain in super().follow(*asked, **more):
                        yield chain
                        if chain.is_priced:
                            raise error

            assert bench.shop.broker.market is not None
            chains = Breaking(bench.shop.broker.market, session=bench.shop.session, clock=bench.shop.dial)
            loader = ChainLoader(chains, bench.bridge, bench.view)
            failed: list[object] = []
            loader.failed.connect(failed.append)
            loader.open(SPY)
            await bench.until(lambda: loader.chain is not None and loader.chain.is_priced)
            await bench.until(lambda: len(bench.notices) == notices)
            assert failed == [] and loader.chain is not None and len(loader.chain.rows) == 17

    run(look())
