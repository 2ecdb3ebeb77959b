"""Kills a process in the middle of what it does to a vault, again and again, and looks at what it left.

Run as `python -m tests.journeys.killed WHAT FOLDER SEED TIMES`; says how it went, or ends with what went wrong. A
process of its own, with one thread and no open database, forks one child for each death: that costs milliseconds, not
seconds. A child dies at a random moment of the work, or (`TIMES` 0) at each single step it takes on the disk in turn.
"""

import os
import random
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibdesk.domain.errors import NeedsPerson
from ibdesk.domain.records import BackupReason
from ibdesk.store import audit, backup, cipher, header, migrations, rekey, restore, vault
from ibdesk.store.files import Paths
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.migrations import upgrade
from ibdesk.store.vault import OpenVault
from tests.store.examples import NOW, call

FIRST, SECOND = "correct horse battery staple", "walnut kettle orbit plaster"
ROWS = 400
#: What Python does to files, as its audit hooks name it.
STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile"}


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What is done to the vault in a folder, and which numbers of calls may be in it afterwards, by secret."""

    prepare: Callable[[Path], None]
    work: Callable[[Path], object]
    allowed: dict[str, set[int]]
    look: Callable[[Path], None] = lambda home: None


def new_vault(home: Path, passphrase: str, rows: int, steps: Path = migrations.FOLDER) -> None:
    made, _ = vault.create(home, passphrase, cost=LOWEST_COST)
    upgrade(made, steps)
    if steps == migrations.FOLDER:
        add(made, rows)
    made.close()


def add(opened: OpenVault, rows: int) -> None:
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    with engine.begin() as tx:
        audit.append_calls(tx, [call(n) for n in range(rows)])
    engine.dispose()


def with_log(home: Path, rows: int) -> None:
    """More calls, committed and still in the write-ahead log, as a crash leaves them."""
    opened = vault.open(home, FIRST)
    with closing(cipher.connect(opened.paths.database, opened.database_key())):
        add(opened, rows)
        kept = [(path, path.read_bytes()) for path in home.iterdir() if path.name.startswith("ibdesk.vault")]
    opened.close()
    for path, data in kept:
        path.write_bytes(data)
    (home / "ibdesk.vault-shm").unlink(missing_ok=True)


def old_tables(home: Path) -> None:
    """A vault at the first step, with calls in its log."""
    steps = home.parent / "first steps"
    shutil.copytree(
        migrations.FOLDER, steps, dirs_exist_ok=True,
        ignore=lambda _folder, names: [n for n in names if "0001" < n[:4] < "9999" or n == "__pycache__"],
    )  # fmt: skip
    new_vault(home, FIRST, 0, steps)
    opened = vault.open(home, FIRST)
    with closing(cipher.connect(opened.paths.database, opened.database_key())) as connection:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO equity_history VALUES (?, 'portal', ?, '1.5')",
                               [("DU1234567", n) for n in range(ROWS)])
        connection.execute("COMMIT")
    opened.close()


def migrate(home: Path) -> None:
    opened = vault.open(home, FIRST)
    upgrade(opened)
    opened.close()


def whole_backups(home: Path) -> None:
    """What has a backup's name is one."""
    for path in (home / "backups").glob(f"*{backup.SUFFIX}"):
        assert backup.check(path).is_checked


def migrated(home: Path) -> None:
    whole_backups(home)
    opened = vault.open(home, FIRST)
    with closing(cipher.connect(opened.paths.database, opened.database_key())) as connection:
        assert connection.execute("SELECT count(*) FROM equity_history").fetchone() == (ROWS,)
    opened.close()


def back_up(home: Path) -> None:
    opened = vault.open(home, FIRST)
    backup.write(opened, home / "backups" / "one.ibdesk-backup", reason=BackupReason.PERSON, made_at=NOW)
    opened.close()


def backup_again(home: Path) -> None:
    whole_backups(home)
    (home / "backups" / "one.ibdesk-backup").unlink(missing_ok=True)
    back_up(home)
    whole_backups(home)
    assert [path.name for path in (home / "backups").iterdir()] == ["one.ibdesk-backup"]


def change_passphrase(home: Path) -> None:
    opened = vault.open(home, FIRST)
    vault.change_slot(opened, header.PASSPHRASE, header.passphrase_bytes(SECOND), cost=LOWEST_COST)
    opened.close()


def change_key(home: Path) -> None:
    rekey.rekey(home, FIRST, now=NOW, cost=LOWEST_COST)


def prepared(home: Path) -> None:
    new_vault(home, FIRST, ROWS)
    with_log(home, 5)


def prepared_restore(passphrase: str) -> Callable[[Path], None]:
    """A vault with a backup of itself, or of another vault with another passphrase, beside it."""

    def prepare(home: Path) -> None:
        new_vault(home, FIRST, 7)
        source = home
        if passphrase != FIRST:
            source = home.parent / "other"
            new_vault(source, passphrase, 7)
        opened = vault.open(source, passphrase)
        backup.write(opened, home / "b.ibdesk-backup", reason=BackupReason.PERSON, made_at=NOW)
        opened.close()
        with_log(home, ROWS - 2)

    return prepare


def restore_as(passphrase: str) -> Callable[[Path], object]:
    return lambda home: restore.restore(home / "b.ibdesk-backup", home, passphrase, now=NOW)


ALL = ROWS + 5
DEEDS = {
    "migration": Deed(prepare=old_tables, work=migrate, allowed={FIRST: {0}}, look=migrated),
    "backup": Deed(prepare=prepared, work=back_up, allowed={FIRST: {ALL}}, look=backup_again),
    "passphrase": Deed(prepare=prepared, work=change_passphrase, allowed={FIRST: {ALL}, SECOND: {ALL}}),
    "rekey": Deed(prepare=prepared, work=change_key, allowed={FIRST: {ALL, ALL + 1}}, look=whole_backups),
    "restore": Deed(prepare=prepared_restore(FIRST), work=restore_as(FIRST), allowed={FIRST: {ALL, 7, 8}}),
    "restore another": Deed(
        prepare=prepared_restore(SECOND), work=restore_as(SECOND), allowed={FIRST: {ALL}, SECOND: {7, 8}}
    ),
}


def examine(home: Path, deed: Deed) -> str:
    """Open what was left, with one of the secrets and no other; which, and how many calls are in it."""
    opened = None
    for secret, numbers in deed.allowed.items():
        with suppress(NeedsPerson):
            opened, allowed = vault.open(home, secret), numbers
            name = "old" if secret == FIRST else "new"
            break
    assert opened is not None, "it opens with neither secret"
    upgrade(opened)
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    with engine.begin() as tx:
        assert cipher.integrity_findings(cipher.raw(tx)) == ()
        assert audit.find_fault(tx) is None
        calls = tx.exec_driver_sql("SELECT count(*) FROM ibkr_trading_activity_log").scalar()
    engine.dispose()
    opened.close()
    assert calls in allowed, f"{calls} calls"
    paths = Paths(folder=home)
    assert not paths.staged_database.exists() and not paths.unfinished_database.exists()
    deed.look(home)
    return f"{name} {calls}"


def die_in(home: Path, work: Callable[[Path], object], *, after: float = 0.0, step: int = 0) -> bool:
    """Do the work in a child that is killed after so many seconds, or at its so manieth step on the disk; whether it
    was killed before it was done."""
    ends, is_held_by_child = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if step:
                sys.addaudithook(_Reaper(step))
            work(home)
        finally:
            os._exit(0)
    os.close(is_held_by_child)
    if not step and select.select([ends], [], [], after)[0] == []:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(ends)
    return os.WIFSIGNALED(status)


class _Reaper:
    """Kills this process when it is about to do its n-th step on the disk."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STEPS or (event == "open" and not _writes(arguments)):
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def main(what: str, folder: Path, seed: int, times: int) -> str:
    deed, chance = DEEDS[what], random.Random(seed)
    template = folder / "template" / "home"
    template.parent.mkdir()
    deed.prepare(template)

    def fresh(number: int) -> Path:
        home = folder / str(number) / "home"
        shutil.copytree(template, home)
        return home

    home = fresh(0)
    began = time.perf_counter()
    assert not die_in(home, deed.work, step=1_000_000)
    lasts = time.perf_counter() - began
    seen = [examine(home, deed)]
    killed = 0
    for number in range(1, times + 1 if times else 1000):
        home, began = fresh(number), time.perf_counter()
        was_killed = die_in(home, deed.work, after=chance.uniform(0, lasts), step=0 if times else number)
        killed += was_killed
        if not was_killed:  # the first time may have been a slow one
            lasts = min(lasts, time.perf_counter() - began)
        try:
            seen.append(examine(home, deed))
        except BaseException as error:
            left = sorted(str(path.relative_to(home)) for path in home.rglob("*"))
            raise AssertionError(f"death {number} of {what} (seed {seed}) left {left}") from error
        shutil.rmtree(home.parent)
        if not times and not was_killed:
            break
    outcomes = {each: seen.count(each) for each in sorted(set(seen))}
    return f"{killed} deaths {outcomes}"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
