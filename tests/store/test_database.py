import asyncio
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import OperationalError

from ibdesk.domain.errors import BadData, Cause, Refused
from ibdesk.store import cipher, vault
from ibdesk.store.check import check
from ibdesk.store.database import Database
from ibdesk.store.tables import accounts
from ibdesk.store.vault import OpenVault
from tests.store.conftest import PASSPHRASE


def add(tx: Connection, name: str) -> str:
    tx.execute(
        insert(accounts).values(
            name=name, broker_code="ibkr", account_identifier=name, account_type="brokerage", currency="USD"
        )
    )
    return name


def names(tx: Connection) -> list[str]:
    return list(tx.execute(select(accounts.c.name).order_by(accounts.c.id)).scalars())


def run(open_vault: OpenVault, work: Callable[[Database], Coroutine[Any, Any, Any]]) -> Any:
    async def whole() -> Any:
        database = Database(open_vault)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(whole())


def test_what_was_written_is_read(open_vault: OpenVault) -> None:
    async def work(database: Database) -> Any:
        assert await database.write(add, "first") == "first"
        return await database.read(names)

    assert run(open_vault, work) == ["first"]
    assert run(open_vault, lambda database: database.read(names)) == ["first"]


def test_a_failing_write_leaves_nothing_and_the_next_one_works(open_vault: OpenVault) -> None:
    def half(tx: Connection) -> None:
        add(tx, "half")
        raise LookupError("on purpose")

    async def work(database: Database) -> Any:
        with pytest.raises(LookupError):
            await database.write(half)
        await database.write(add, "whole")
        return await database.read(names)

    assert run(open_vault, work) == ["whole"]


def test_what_was_read_is_recalled_until_it_is_written(open_vault: OpenVault) -> None:
    asked: list[int] = []

    def counted(tx: Connection, number: int) -> list[str]:
        asked.append(number)
        return names(tx)

    def fails(tx: Connection) -> None:
        add(tx, "half")
        raise LookupError("on purpose")

    async def work(database: Database) -> None:
        assert await database.recall(counted, 1) == await database.recall(counted, 1) == []
        assert await database.recall(counted, 2) == [] and asked == [1, 2]
        await database.write(lambda tx: tx.execute(text("UPDATE ibkr_positions SET shown_order = 1")).rowcount)
        assert await database.recall(counted, 1) == [] and asked == [1, 2]
        await database.write(add, "first")
        assert await database.recall(counted, 1) == ["first"] and asked == [1, 2, 1]
        with pytest.raises(LookupError):
            await database.write(fails)
        assert await database.recall(counted, 1) == ["first"] and asked == [1, 2, 1, 1]
        await database.close()
        with pytest.raises(Refused):
            await database.recall(counted, 1)

    run(open_vault, work)


def test_what_is_written_while_it_is_read_is_not_missed(open_vault: OpenVault) -> None:
    reading, written = threading.Event(), threading.Event()

    def slowly(tx: Connection) -> list[str]:
        found = names(tx)
        reading.set()
        written.wait(20)
        return found

    async def work(database: Database) -> None:
        async def write_meanwhile() -> None:
            await asyncio.to_thread(reading.wait, 20)
            await database.write(add, "first")
            written.set()

        before, _ = await asyncio.gather(database.recall(slowly), write_meanwhile())
        assert before == []
        assert await database.recall(slowly) == ["first"]

    run(open_vault, work)


def test_a_reader_cannot_write(open_vault: OpenVault) -> None:
    async def work(database: Database) -> None:
        with pytest.raises((Refused, OperationalError)):
            await database.read(add, "sneaked in")
        assert await database.read(names) == []

    run(open_vault, work)


def test_a_reader_does_not_wait_for_a_writer(open_vault: OpenVault) -> None:
    async def work(database: Database) -> None:
        begun, may_end = threading.Event(), threading.Event()

        def slow(tx: Connection) -> None:
            add(tx, "slow")
            begun.set()
            assert may_end.wait(20)

        writing = asyncio.ensure_future(database.write(slow))  # noqa: TID251 - a test holds it
        await asyncio.to_thread(begun.wait, 20)
        assert await database.read(names) == []
        may_end.set()
        await writing
        assert await database.read(names) == ["slow"]

    run(open_vault, work)


def test_urgent_writes_go_before_those_that_wait(open_vault: OpenVault) -> None:
    async def work(database: Database) -> Any:
        begun, may_end = threading.Event(), threading.Event()

        def hold(tx: Connection) -> None:
            begun.set()
            assert may_end.wait(20)

        held = asyncio.ensure_future(database.write(hold))  # noqa: TID251
        await asyncio.to_thread(begun.wait, 20)
        waiting = [asyncio.ensure_future(database.write(add, name)) for name in ("one", "two")]  # noqa: TID251
        urgent = asyncio.ensure_future(database.write(add, "urgent", urgent=True))  # noqa: TID251
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(held, urgent, *waiting)
        return await database.read(names)

    assert run(open_vault, work) == ["urgent", "one", "two"]


def test_many_at_once_lose_nothing(open_vault: OpenVault) -> None:
    async def work(database: Database) -> Any:
        wanted = [f"n{number}" for number in range(60)]
        await asyncio.gather(*(database.write(add, name) for name in wanted), *(database.read(names) for _ in wanted))
        return sorted(await database.read(names)) == sorted(wanted)

    assert run(open_vault, work)


def test_a_cancelled_write_that_waits_is_not_done(open_vault: OpenVault) -> None:
    async def work(database: Database) -> Any:
        begun, may_end = threading.Event(), threading.Event()

        def hold(tx: Connection) -> None:
            begun.set()
            assert may_end.wait(20)

        held = asyncio.ensure_future(database.write(hold))  # noqa: TID251
        await asyncio.to_thread(begun.wait, 20)
        unwanted = asyncio.ensure_future(database.write(add, "unwanted"))  # noqa: TID251
        await asyncio.sleep(0)
        unwanted.cancel()
        may_end.set()
        await held
        return await database.read(names)

    assert run(open_vault, work) == []


def test_closing_finishes_what_is_queued_and_folds_the_log_in(open_vault: OpenVault) -> None:
    async def work(database: Database) -> None:
        writing = [asyncio.ensure_future(database.write(add, f"n{n}")) for n in range(20)]  # noqa: TID251
        await asyncio.sleep(0)
        await database.close()
        assert all(task.done() or task for task in writing)
        await asyncio.gather(*writing)

    run(open_vault, work)
    assert sorted(path.name for path in open_vault.paths.folder.iterdir()) == [
        "ibdesk.lock", "ibdesk.lock.pid", "ibdesk.vault", "ibdesk.vault.json",
    ]  # fmt: skip
    assert len(run(open_vault, lambda database: database.read(names))) == 20


def test_a_closed_database_says_so(open_vault: OpenVault) -> None:
    async def work(database: Database) -> None:
        await database.close()
        for late in (database.read(names), database.write(add, "late")):
            with pytest.raises(Refused) as caught:
                await late
            assert caught.value.cause is Cause.VAULT_CLOSED

    run(open_vault, work)


def test_durability_settings_hold_on_every_connection(open_vault: OpenVault) -> None:
    def settings(tx: Connection) -> list[Any]:
        wanted = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        return [tx.execute(text(f"PRAGMA {name}")).scalar() for name in wanted]

    async def work(database: Database) -> None:
        expected = ["wal", 2, 1, cipher.BUSY_MS, 1]
        assert await database.write(settings) == expected
        for found in await asyncio.gather(*(database.read(settings) for _ in range(4))):
            assert found == expected

    run(open_vault, work)


def test_the_key_is_in_no_url_and_in_no_message(open_vault: OpenVault) -> None:
    key = open_vault.database_key().hex()
    engine = cipher.engine(open_vault.paths.database, open_vault.database_key(), begin="DEFERRED")
    assert key not in repr(engine.url) + str(engine)
    engine.dispose()


def test_damage_found_while_reading_is_said_as_such(open_vault: OpenVault) -> None:
    async def fill(database: Database) -> None:
        await asyncio.gather(*(database.write(add, f"{n:0200}") for n in range(200)))

    run(open_vault, fill)
    path = open_vault.paths.database
    data = bytearray(path.read_bytes())
    for page in range(8, len(data) // 4096):
        data[page * 4096 + 99] ^= 1
    path.write_bytes(data)

    async def read(database: Database) -> None:
        with pytest.raises(BadData) as caught:
            await database.read(names)
        assert caught.value.cause is Cause.VAULT_DAMAGED

    run(open_vault, read)


def test_a_check_of_a_good_vault_finds_nothing_and_counts_rows(open_vault: OpenVault) -> None:
    async def work(database: Database) -> Any:
        await database.write(add, "one")
        return await check(database)

    report = run(open_vault, work)
    assert report.findings == ()
    assert report.rows["accounts"] == 1
    assert report.bytes_on_disk > 4096


def test_a_check_names_a_dangling_chain_and_a_damaged_page(open_vault: OpenVault) -> None:
    run(open_vault, lambda database: database.write(add, "one"))
    path = open_vault.paths.database
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    report = run(open_vault, check)
    assert len(report.findings) == 1
    assert "page" in report.findings[0]


WRITER = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import text
from ibdesk.store import vault
from ibdesk.store.database import Database

def both(tx, n):
    tx.execute(text("INSERT INTO equity_history VALUES (:c, 'portal', :n, '1')"), {"n": n, "c": "x" * (n * 37 % 4000)})
    tx.execute(text("INSERT INTO accounts VALUES (:n, :c, 'ibkr', :n, 'b', 'USD')"), {"n": n, "c": "y" * 50})

async def main():
    database = Database(vault.open(Path(sys.argv[1]), sys.argv[2]))
    start = await database.read(lambda tx: tx.execute(text("SELECT count(*) FROM accounts")).scalar())
    for n in range(start, start + 100000):
        await database.write(both, n)
        print(n + 1, flush=True)

asyncio.run(main())
"""


def test_a_killed_desk_loses_nothing_it_confirmed(open_vault: OpenVault, home: Path) -> None:
    open_vault.close()
    chance = random.Random(20261121)
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(home), PASSPHRASE], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        with writer.stdout:
            for _ in range(chance.randrange(5, 60)):
                confirmed = int(writer.stdout.readline())
            writer.kill()
            writer.wait(20)
            confirmed = int((writer.stdout.read().splitlines() or [confirmed])[-1])
        kept = vault.open(home, PASSPHRASE)

        async def look(database: Database) -> tuple[int, int, tuple[str, ...]]:
            report = await check(database)
            return report.rows["accounts"], report.rows["equity_history"], report.findings

        points, rows, findings = run(kept, look)
        kept.close()
        assert findings == ()
        assert points == rows >= confirmed


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from sqlalchemy import text
from ibdesk.domain.errors import DeskError
from ibdesk.store import vault
from ibdesk.store.check import check
from ibdesk.store.database import Database

def add(tx, n):
    tx.execute(text("INSERT INTO accounts VALUES (:n, :c, 'ibkr', :n, 'b', 'USD')"), {"n": n, "c": "y" * 3000})

async def main():
    opened = vault.open(Path(sys.argv[1]), sys.argv[2])
    database = Database(opened)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    written = 0
    try:
        while True:
            await database.write(add, written)
            written += 1
    except DeskError as error:
        print(error.cause, error.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await database.write(add, written)
    report = await check(database)
    print(report.findings, report.rows["accounts"] - written)
    await database.close()
    opened.close()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
def test_a_full_disk_is_a_sentence_and_costs_nothing_stored(open_vault: OpenVault, home: Path) -> None:
    open_vault.close()
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(home), PASSPHRASE], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert told[0].startswith("disk_full The disk that holds")
    assert told[1] == "() 1"


FULL_AT_BIRTH = """
import resource, sys
from pathlib import Path
from ibdesk.domain.errors import DeskError
from ibdesk.store import vault
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try: vault.create(Path(sys.argv[1]), sys.argv[2])
except DeskError as error: print(error.cause)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
@pytest.mark.parametrize("limit", [0, 100, 4000])
def test_a_vault_that_cannot_be_finished_leaves_nothing(home: Path, limit: int) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL_AT_BIRTH, str(home), PASSPHRASE, str(limit)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "disk_full"
    assert not vault.exists(home)


READ_ONLY = """
import os, sys
from pathlib import Path
from ibdesk.domain.errors import DeskError
from ibdesk.store import vault
home = Path(sys.argv[1])
home.chmod(0o555)
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write anywhere
for act in (lambda: vault.create(home / "new", sys.argv[2]), lambda: vault.open(home / "old", sys.argv[2])):
    try: act()
    except DeskError as error: print(error.cause)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps access rights elsewhere")
def test_a_read_only_folder_is_a_sentence(tmp_path_factory: pytest.TempPathFactory) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        vault.create(folder / "old", PASSPHRASE)[0].close()
        (folder / "old").chmod(0o555)
        for path in (folder / "old").iterdir():
            path.chmod(0o444)
        told = subprocess.run(
            [sys.executable, "-c", READ_ONLY, name, PASSPHRASE], capture_output=True, text=True, check=True
        ).stdout
        folder.chmod(0o755)
        (folder / "old").chmod(0o755)
    assert told.split() == ["folder_read_only", "folder_read_only"]
