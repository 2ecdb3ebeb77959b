"""The account of Local Paper lives in the vault, and a new one never mixes with the one before."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.paper.book import PaperBook
from ibdesk.domain.paper.ledger import replayed
from ibdesk.services.local_paper import LocalPaper
from ibdesk.store import paper
from ibdesk.store import vault as vaults
from ibdesk.store.database import open_database
from ibdesk.store.header import LOWEST_COST
from tests.services.workshop import PASSPHRASE, Dial, open_database_in, workshop


def play(folder: Path, scene: Callable[[LocalPaper, Dial], Awaitable[None]]) -> None:
    async def run() -> None:
        dial = Dial()
        async with open_database_in(folder) as (_, database):
            await scene(LocalPaper(database, clock=dial, start=lambda: Decimal(25_000)), dial)

    asyncio.run(run())


def test_the_first_account_is_made_when_it_is_asked_for_and_stays(tmp_path: Path) -> None:
    async def scene(local: LocalPaper, _dial: Dial) -> None:
        book = await local.load()
        assert (book.account, book.ledger.cash[0].amount) == ("LP0000001", 25_000)
        await local.save(replace(book, last_number=7))
        assert (await local.load()).last_number == 7

    play(tmp_path, scene)


def test_a_reset_begins_an_account_of_another_number(tmp_path: Path) -> None:
    async def scene(local: LocalPaper, _dial: Dial) -> None:
        first = await local.load()
        fresh = await local.reset()
        assert fresh.account == "LP0000002" and fresh.orders == ()
        await local.save(first)  # a desk that still has the old one open
        assert (await local.load()).account == "LP0000002"

    play(tmp_path, scene)


def test_a_reset_counts_also_when_the_clock_was_set_back(tmp_path: Path) -> None:
    async def scene(local: LocalPaper, dial: Dial) -> None:
        await local.load()
        dial.instant -= timedelta(days=1)
        assert (await local.reset()).account == (await local.load()).account == "LP0000002"

    play(tmp_path, scene)


CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ibdesk.brokers.base import Connection
from ibdesk.brokers.paper.broker import PaperBroker
from ibdesk.brokers.portal.broker import PortalBroker
from ibdesk.domain.accounts import Environment
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderIntent, OrderRef, OrderTicket, OrderType, Side
from ibdesk.services.local_paper import LocalPaper
from ibdesk.services.tasks import Tasks
from ibdesk.store import vault as vaults
from ibdesk.store.database import open_database

NOON = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)

async def main(home, passphrase, url, pin, begin):
    database = open_database(vaults.open(Path(home), passphrase))
    portal = PortalBroker(
        Connection(url=url, environment=Environment.DEMO, certificate_sha256=pin, requests_per_second=1000),
        on_call=lambda call: None, on_rate=lambda rate: None, clock=lambda: NOON)
    local = LocalPaper(database, clock=lambda: NOON, start=lambda: Decimal(10_000_000))
    paper = PaperBroker(portal, await local.load(), save=local.save, start=Tasks().start, clock=lambda: NOON,
                        calendar=Calendar(closed={}), latency=0.0)
    await paper.open()
    (share,) = await portal.market.instruments([(await portal.market.find("AAPL"))[0].conid])
    (account,) = await paper.accounts()
    for number in range(int(begin), 100_000):
        ticket = OrderTicket(account=account.id, mode=Mode.LOCAL_PAPER, quantity=Decimal(2),
                             legs=(Leg(instrument=share, side=Side.BUY),), order_type=OrderType.MARKET)
        print("sending", number, flush=True)
        await paper.trading.place(OrderIntent(ref=OrderRef(str(number)), ticket=ticket, at=NOON))
        print("told", number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.timeout(120)
def test_killing_the_desk_while_it_trades_loses_no_order_and_makes_none_twice(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            home = tmp_path / "killed"
            made, _ = vaults.create(home, PASSPHRASE, cost=LOWEST_COST)
            made.close()
            heard: list[tuple[str, int]] = []
            for pause in (0.05, 0.21, 0.4):
                begin = 1 + max((number for _, number in heard), default=0)
                child = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", CHILD, str(home), PASSPHRASE, shop.gateway.url,
                    shop.gateway.certificate_sha256, str(begin), stdout=subprocess.PIPE,
                )  # fmt: skip
                assert child.stdout is not None
                first = await child.stdout.readline()
                await asyncio.sleep(pause)
                child.send_signal(signal.SIGKILL)
                rest, _ = await child.communicate()
                lines = [line.split() for line in (first + rest).decode().splitlines()]
                heard += [(line[0], int(line[1])) for line in lines if len(line) == 2]
                opened = vaults.open(home, PASSPHRASE)
                database = open_database(opened)
                _is_sound(await database.read(paper.load_book), heard)
                await database.close()
                opened.close()
            assert any(what == "told" for what, _ in heard)

    asyncio.run(run())


def _is_sound(book: PaperBook | None, heard: list[tuple[str, int]]) -> None:
    """What was told is there, what was sent is there at most once, and the prints add up."""
    assert book is not None
    refs = [order.ref for order in book.orders]
    assert len(refs) == len(set(refs))
    assert {str(number) for what, number in heard if what == "told"} <= set(refs)
    assert set(refs) <= {str(number) for what, number in heard if what == "sending"}
    assert replayed(book.base, book.fills) == book.ledger
    assert len({fill.execution.exec_id for fill in book.fills}) == len(book.fills)
    filled = sum((order.resting.filled for order in book.orders), Decimal(0))
    assert filled == sum((holding.quantity for holding in book.ledger.holdings), Decimal(0))
