"""Ten days at a TWS that breaks in every way one can, several over each other and in random order: at the end of each
trouble, of each day and of all, executions, commissions, realised profit and positions are the server's, to the cent.

A seed gives the same days again. Here two of them are lived through; all ten with IBDESK_LONG=1.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.journeys.simulated import Time, run_simulated
from tests.journeys.tws_days import Days, days_at_tws
from tests.journeys.tws_mishaps import one_day

IS_LONG = os.environ.get("IBDESK_LONG") == "1"


def live_through(seed: int, count: int, troubles: int, folder: Path) -> None:
    """So many days of the seed's troubles."""
    told: list[Days] = []

    async def journey(time: Time) -> None:
        asyncio.set_event_loop(asyncio.get_running_loop())  # the library asks for the thread's loop, not the running
        random.seed(seed)  # the jitter of those who come back
        async with days_at_tws(time, folder, random.Random(seed)) as days:
            told.append(days)
            await days.agrees()
            for _ in range(count):
                await one_day(days, troubles)
            assert len(days.prints()) > count

    try:
        run_simulated(journey)
    except BaseException:
        print(f"seed {seed}:", *(told[0].diary if told else ()), sep="\n  ")  # noqa: T201 - shown with the failure
        raise
    finally:
        asyncio.set_event_loop(None)


@pytest.mark.timeout(300)
def test_two_days_of_faults_leave_vault_and_book_with_the_servers_truth(tmp_path: Path) -> None:
    live_through(5, 2, 8, tmp_path)


@pytest.mark.skipif(not IS_LONG, reason="takes minutes; set IBDESK_LONG=1")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_ten_days_of_faults_leave_vault_and_book_with_the_servers_truth(seed: int, tmp_path: Path) -> None:
    live_through(seed, 10, 14, tmp_path)
