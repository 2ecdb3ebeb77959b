"""What no accident may do to a vault: a process killed anywhere, a log cut anywhere, a copy taken while it is used."""

import asyncio
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.domain.errors import BadData, Cause
from ibdesk.store import audit, cipher, vault
from ibdesk.store.check import check
from ibdesk.store.database import Database, open_database
from ibdesk.store.files import Paths, with_sidecars
from ibdesk.store.header import LOWEST_COST
from tests.store.examples import call

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery staple"
needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="a process is forked for each death")


def deaths(what: str, folder: Path, times: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.killed", what, str(folder), "7", str(times)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_fork
@pytest.mark.parametrize("what", ["migration", "backup", "passphrase", "rekey", "restore", "restore another"])
def test_killed_at_twenty_random_moments_nothing_is_lost(what: str, tmp_path: Path) -> None:
    assert int(deaths(what, tmp_path, 20).split()[0]) >= 10, "most of the deaths came too late to count"


@needs_fork
@pytest.mark.parametrize(("what", "steps"), [("passphrase", 8), ("rekey", 25), ("restore another", 25)])
def test_killed_at_every_single_step_on_the_disk_nothing_is_lost(what: str, steps: int, tmp_path: Path) -> None:
    told = deaths(what, tmp_path, 0)
    assert int(told.split()[0]) >= steps
    assert "old" in told and ("new" in told or "406" in told), "every death left the same vault"


FRAME, WAL_HEADER, PAGE = 24, 32, 4096
COMMITS = 8


def commits_within(log: bytes) -> int:
    """How many transactions the first so many bytes of a write-ahead log hold wholly: a frame's second number is the
    size of the database where it ends one (https://sqlite.org/fileformat2.html#walformat)."""
    frames = range(WAL_HEADER, len(log) - FRAME - PAGE + 1, FRAME + PAGE)
    return sum(struct.unpack_from(">I", log, frame + 4)[0] > 0 for frame in frames)


@pytest.fixture
def crashed(tmp_path: Path) -> Iterator[tuple[Path, bytes]]:
    """A vault as a crash leaves it: `COMMITS` transactions of one call each in its log, and that log."""
    home = tmp_path / "home"
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    open_database(made)
    made.close()
    opened = vault.open(home, PASSPHRASE)
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    for number in range(COMMITS):
        with engine.begin() as tx:
            audit.append_calls(tx, [call(number)])
    for path in with_sidecars(opened.paths.database)[:2]:
        shutil.copy(path, tmp_path)
    engine.dispose()
    opened.close()
    shutil.move(tmp_path / "ibdesk.vault", home / "ibdesk.vault")
    (home / "ibdesk.lock.pid").write_text("1")
    yield home, (tmp_path / "ibdesk.vault-wal").read_bytes()


def calls_in(home: Path) -> int:
    """How many calls are in the vault, which opens and is whole."""
    opened = vault.open(home, PASSPHRASE)
    try:
        engine = cipher.engine(opened.paths.database, opened.database_key(), begin="DEFERRED")
        with engine.begin() as tx:
            assert cipher.integrity_findings(cipher.raw(tx)) == ()
            assert audit.find_fault(tx) is None
            count = len(audit.load_calls(tx))
        engine.dispose()
    finally:
        opened.close()
    return count


def left_with(crashed: Path, folder: Path, log: bytes) -> Path:
    """A copy of the crashed vault with another log."""
    home = folder / "cut"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(crashed, home)
    (home / "ibdesk.vault-wal").write_bytes(log)
    return home


def test_a_log_cut_anywhere_opens_with_all_that_was_committed_before_the_cut(
    crashed: tuple[Path, bytes], tmp_path: Path
) -> None:
    home, log = crashed
    assert commits_within(log) >= COMMITS
    before = commits_within(log) - COMMITS
    seen = []
    for boundary in range(WAL_HEADER, len(log) + 1, FRAME + PAGE):
        for cut in (boundary - 1, boundary, boundary + FRAME // 2, boundary + FRAME + PAGE // 2):
            kept = log[: max(0, cut)]
            seen.append(calls_in(left_with(home, tmp_path, kept)))
            assert seen[-1] == max(0, commits_within(kept) - before), f"cut at byte {cut}"
    assert (seen[0], seen[-1]) == (0, COMMITS) and seen == sorted(seen)


@pytest.mark.parametrize("place", [0.1, 0.4, 0.8])
def test_a_log_with_a_wrong_byte_counts_up_to_there(crashed: tuple[Path, bytes], tmp_path: Path, place: float) -> None:
    home, log = crashed
    at = int(len(log) * place)
    wrong = log[:at] + bytes([log[at] ^ 1]) + log[at + 1 :]
    assert calls_in(left_with(home, tmp_path, wrong)) <= COMMITS * place + 1


def test_a_copy_taken_while_the_desk_writes_opens_or_says_what_is_wrong(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    database = open_database(made)

    def take(number: int) -> Path:
        copy = tmp_path / f"copy {number}"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*.lock", "logs"))
        return copy

    async def write_and_copy() -> list[tuple[Path, int]]:
        copies, written = [], 0
        for number in range(12):
            writing = asyncio.gather(*(database.write(audit.append_calls, [call(n) for n in range(700)])
                                       for _ in range(3)))
            copies.append((await asyncio.to_thread(take, number), written))
            written += sum(await writing)
        await database.close()
        return copies

    copies = asyncio.run(write_and_copy())
    made.close()
    opened = 0
    for copy, committed in copies:
        try:
            found = whole_calls(copy)
        except BadData as error:
            assert error.cause is Cause.VAULT_DAMAGED and "Restore" in error.remedy
        else:
            opened += 1
            assert found <= committed + 3 * 700
    assert opened


def whole_calls(home: Path) -> int:
    opened = vault.open(home, PASSPHRASE)
    try:
        with closing(cipher.connect(opened.paths.database, opened.database_key())) as connection:
            assert cipher.integrity_findings(connection) == ()
            count: int = connection.execute("SELECT count(*) FROM ibkr_trading_activity_log").fetchone()[0]
            return count
    finally:
        opened.close()


def test_a_clock_set_back_keeps_nobody_out_and_every_row(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    database = open_database(made)

    async def write() -> None:
        now = call(0)
        past = call(0, at=now.at - timedelta(days=3650))
        await database.write(audit.append_calls, [now, past, now])
        report = await check(database)
        assert report.findings == () and report.audit_rows == 3
        await database.close()

    asyncio.run(write())
    made.close()
    for path in (Paths(folder=home).header, Paths(folder=home).database):
        os.utime(path, (4_000_000_000, 4_000_000_000))  # files from a future the clock no longer knows
    again = vault.open(home, PASSPHRASE)
    assert isinstance(open_database(again), Database)
    again.close()
