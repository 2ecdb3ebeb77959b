"""An account's standing with day trading outside any ticket: the evidence of its rules, and the own count."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ibdesk.domain.compliance.regime import MarginRegime, RegimeSource
from ibdesk.domain.modes import Mode
from ibdesk.domain.receipts import Step
from ibdesk.domain.risk_settings import DayTradeChoice
from ibdesk.domain.settings import Settings
from ibdesk.services.day_trading import DayTrading
from tests.domain.compliance.sample import CALENDAR
from tests.services.test_own_past import Bench, page
from tests.services.workshop import NOON, open_database_in

Life = Callable[[Bench, DayTrading, Any], Awaitable[None]]


def with_standing(folder: Path, life: Life, settings: Settings | None = None) -> None:
    async def run() -> None:
        async with open_database_in(folder / "home") as (_, database):
            bench, orders = Bench(database), SimpleNamespace(has_read=lambda _: True)
            await life(bench, DayTrading(
                mode=Mode.DEMO, orders=lambda: orders, settings=lambda: settings or Settings(),  # type: ignore[arg-type, return-value]
                calendar=CALENDAR, database=database, clock=bench.dial,
            ), orders)  # fmt: skip

    asyncio.run(run())


def test_the_own_count_and_what_it_leaves_are_told_whichever_rule_binds(tmp_path: Path) -> None:
    async def life(bench: Bench, standing: DayTrading, _orders: Any) -> None:
        for minute, quantity in enumerate((100, -100)):
            await bench.print(quantity, NOON - timedelta(minutes=10 - minute))
        told = replace(page().summary, day_trades_remaining=(-1,) * 5)
        found = await standing.of(replace(page(), summary=told))
        assert found.regime.regime is MarginRegime.UNLIMITED
        assert found.trades is not None and (found.trades.made, found.trades.left) == (1, (2, 2, 2, 2, 2))

    with_standing(tmp_path, life)


def test_not_read_yet_is_not_zero(tmp_path: Path) -> None:
    async def life(_bench: Bench, standing: DayTrading, orders: Any) -> None:
        orders.has_read = lambda _: False
        assert (await standing.of(page())).trades is None

    with_standing(tmp_path, life)


def test_the_setting_decides_here_as_on_the_ticket(tmp_path: Path) -> None:
    async def life(_bench: Bench, standing: DayTrading, _orders: Any) -> None:
        regime = (await standing.of(page())).regime
        assert (regime.regime, regime.source) == (MarginRegime.INTRADAY_MARGIN, RegimeSource.SETTING)

    with_standing(tmp_path, life, Settings(risk_day_trade_rule=DayTradeChoice.INTRADAY_MARGIN))


def test_a_late_refusal_decides_here_as_on_the_ticket(tmp_path: Path) -> None:
    async def life(bench: Bench, standing: DayTrading, _orders: Any) -> None:
        assert (await standing.of(page())).regime.regime is MarginRegime.UNKNOWN_TRANSITION
        await bench.step(Step.BROKER_REJECT, NOON, "Potential pattern day trader")
        regime = (await standing.of(page())).regime
        assert (regime.regime, regime.by_refusal) == (MarginRegime.PDT_LEGACY, True)

    with_standing(tmp_path, life)
