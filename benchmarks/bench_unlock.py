"""G3: opening a vault through the app's own code, against the Argon2id it ships with plus one raw-key open.

The app's side is everything between the passphrase and the first answer of the database: header, Argon2id, unwrapping,
the check of the whole file, the version check, and a first read through the reader's thread. Wall time from the
passphrase to that answer, sides in random order within each round, best of each (a busy machine only
adds); closing is not in it, on either side.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sqlcipher3.dbapi2 as sqlcipher
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.returns import Point
from ibdesk.store import cipher, series, vault
from ibdesk.store.accounts import load_accounts
from ibdesk.store.database import open_database
from ibdesk.store.header import DEFAULT_COST, KEY_BYTES, passphrase_bytes

PASSPHRASE = "correct horse battery staple"
ROUNDS = 41
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def wall(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def filled(folder: Path, points: int) -> tuple[vault.Paths, bytes]:
    """A vault with so many points of history; its paths and its database key."""
    made, _code = vault.create(folder, PASSPHRASE)

    async def fill() -> None:
        database = open_database(made)
        history = [Point(at=NOW + timedelta(minutes=n), value=Decimal(n) / 100) for n in range(points)]
        await database.write(series.add_equity, AccountId("DU7654321"), history)
        await database.close()

    asyncio.run(fill())
    key = made.database_key()
    made.close()
    return made.paths, key


def app_side(paths: vault.Paths, runner: asyncio.Runner) -> float:
    start = time.perf_counter()
    opened = vault.open(paths.folder, PASSPHRASE)
    database = open_database(opened)
    runner.run(database.read(load_accounts))
    took = time.perf_counter() - start
    runner.run(database.close())
    opened.close()
    return took


def bare_side(paths: vault.Paths, key: bytes) -> float:
    start = time.perf_counter()
    Argon2id(
        salt=os.urandom(16), length=KEY_BYTES, iterations=DEFAULT_COST.iterations, lanes=DEFAULT_COST.lanes,
        memory_cost=DEFAULT_COST.memory_kib,
    ).derive(passphrase_bytes(PASSPHRASE))  # fmt: skip
    with closing(cipher.connect(paths.database, key)) as connection:
        cipher.settle(connection)
        connection.execute("SELECT * FROM ibkr_account_metadata").fetchall()
        return time.perf_counter() - start


def passphrase_open(path: Path) -> None:
    """What every connection would cost with SQLCipher's own derivation."""
    with closing(sqlcipher.connect(path)) as connection:
        connection.execute("PRAGMA key = 'correct horse battery staple'")
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")


def measure(points: int) -> float:
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        paths, key = filled(Path(name) / "home", points)
        sides: dict[str, Callable[[], float]] = {
            "app": lambda: app_side(paths, runner),
            "bare": lambda: bare_side(paths, key),
        }
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(ROUNDS):
            for side in random.sample(list(sides), 2):
                times[side].append(sides[side]())
        app, bare = min(times["app"]), min(times["bare"])
        megabytes = paths.database.stat().st_size / 1e6
        print(f"vault of {megabytes:5.1f} MB: app {app * 1000:6.1f} ms, Argon2id and one open {bare * 1000:6.1f} ms")
        return app / bare


def measure_connections() -> float:
    with tempfile.TemporaryDirectory() as name:
        paths, key = filled(Path(name) / "home", 0)
        raw = min(wall(lambda: cipher.connect(paths.database, key).close()) for _ in range(ROUNDS))
        derived = min(wall(lambda: passphrase_open(Path(name) / "derived.db")) for _ in range(ROUNDS))
        print(f"every further connection: {raw * 1000:.2f} ms, with SQLCipher's derivation {derived * 1000:.1f} ms")
        return derived / raw


def main() -> int:
    goals = [
        ("unlock a new vault / (Argon2id + one open)", measure(0), "<=", 1.05),
        ("unlock, 100,000 points / (Argon2id + one open)", measure(100_000), "<=", 1.05),
        ("derived connection / ours", measure_connections(), ">=", 150.0),
    ]
    missed = 0
    for name, ratio, sign, goal in goals:
        met = ratio <= goal if sign == "<=" else ratio >= goal
        missed += not met
        print(f"G3 {name:50} {ratio:8.3f}  goal {sign} {goal:6.2f}  {'met' if met else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
