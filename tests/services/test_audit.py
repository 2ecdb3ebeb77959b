"""The audit of calls: in batches, in order, none lost."""

import asyncio
import threading
from pathlib import Path

import pytest

from ibdesk.domain.calls import ApiCall
from ibdesk.domain.events import CallsLogged
from ibdesk.services.audit import CallLog
from ibdesk.services.hub import Hub
from ibdesk.store import audit
from tests.services.workshop import NOON, Dial, Heard, beside, eventually, open_database_in


def call(number: int) -> ApiCall:
    return ApiCall(
        at=NOON, channel="rest", method="GET", path=f"tickle/{number}", status=200, outcome="ok", milliseconds=3,
        bytes_out=0, bytes_in=10,
    )


def test_calls_of_a_moment_are_written_in_one_batch_and_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            hub, dial = Hub(), Dial()
            told = Heard(hub, CallsLogged)
            log = CallLog(database, hub, wait=dial.wait)
            log.start()
            for number in range(5):
                log.record(call(number))
            await eventually(lambda: dial.next_in is not None)
            assert await database.read(lambda tx: audit.load_calls(tx)) == ()
            dial.advance(dial.next_in or NOON - NOON)
            assert (await told.until(lambda event: True)).count == 5
            await log.close()

    asyncio.run(run())


def test_closing_writes_what_is_left_in_the_order_it_came(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            log = CallLog(database, Hub(), wait=Dial().wait)
            log.start()
            for number in range(3):
                log.record(call(number))
            await log.close()
            stored = await database.read(lambda tx: audit.load_calls(tx))
            assert [each.call.path for each in stored] == ["tickle/2", "tickle/1", "tickle/0"]
            assert await database.read(audit.verify) is None

    asyncio.run(run())


def test_a_call_made_while_others_are_written_is_written_after_them(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            dial, turn = Dial(), threading.Event()
            log = CallLog(database, Hub(), wait=dial.wait)
            log.start()
            held = beside(database.write(lambda tx: turn.wait(10)))
            log.record(call(0))
            await eventually(lambda: dial.next_in is not None)
            dial.advance(dial.next_in or NOON - NOON)
            await eventually(lambda: dial.next_in is None)  # the batch waits for its turn at the database
            log.record(call(1))
            turn.set()
            assert await held
            await log.close()
            stored = await database.read(lambda tx: audit.load_calls(tx))
            assert [each.call.path for each in stored] == ["tickle/1", "tickle/0"]

    asyncio.run(run())


@pytest.mark.logs("The audit could not be written: The vault is closed.", "2 calls could not be written")
def test_what_a_closed_vault_refuses_is_counted_in_the_log(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            log = CallLog(database, Hub(), wait=Dial().wait)
            log.start()
            await database.close()
            log.record(call(1))
            log.record(call(2))
            await log.close()

    asyncio.run(run())
