import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.errors import BadData, Cause, NeedsPerson, Refused
from ibdesk.domain.records import BackupReason
from ibdesk.store import audit, backup, cipher, restore, vault
from ibdesk.store.files import Paths
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.migrations import upgrade
from tests.store.conftest import PASSPHRASE
from tests.store.examples import NOW, call
from tests.store.test_backup import with_manifest

Run = Callable[..., Any]
OTHER = "walnut kettle orbit plaster"


def fill(folder: Path, passphrase: str, calls: int) -> str:
    """A closed vault with so many calls in it; its recovery code."""
    made, code = vault.create(folder, passphrase, cost=LOWEST_COST)
    upgrade(made)
    add_calls(made, calls)
    made.close()
    return code


def add_calls(opened: vault.OpenVault, calls: int) -> None:
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    with engine.begin() as tx:
        audit.append_calls(tx, [call(n) for n in range(calls)])
    engine.dispose()


def paths_of(folder: Path, secret: str) -> list[str]:
    """What the log of the vault says was called, once the vault proved to be whole."""
    opened = vault.open(folder, secret)
    try:
        with closing(cipher.connect(opened.paths.database, opened.database_key())) as connection:
            assert cipher.integrity_findings(connection) == ()
            return [row[0] for row in connection.execute("SELECT path FROM ibkr_trading_activity_log ORDER BY seq")]
    finally:
        opened.close()


def back_up(folder: Path, secret: str, target: Path) -> Path:
    opened = vault.open(folder, secret)
    backup.write(opened, target, reason=BackupReason.PERSON, made_at=NOW)
    opened.close()
    return target


@pytest.fixture
def made(home: Path, tmp_path: Path) -> Path:
    """A backup of a vault with three calls."""
    fill(home, PASSPHRASE, 3)
    return back_up(home, PASSPHRASE, tmp_path / "moved.ibdesk-backup")


def test_a_vault_moves_to_another_computer(made: Path, tmp_path: Path) -> None:
    told = restore.restore(made, tmp_path / "new computer", PASSPHRASE, now=NOW)
    assert (told.kept, told.backup.is_checked) == ("", True)
    calls = paths_of(tmp_path / "new computer", PASSPHRASE)
    assert calls[:3] == [call(n).path for n in range(3)]
    assert calls[3:] == ["vault/backup"]  # and the log says what was done


def test_the_recovery_code_restores_too(home: Path, tmp_path: Path) -> None:
    code = fill(home, PASSPHRASE, 2)
    source = back_up(home, PASSPHRASE, tmp_path / "b.ibdesk-backup")
    restore.restore(source, tmp_path / "new", code, now=NOW)
    assert len(paths_of(tmp_path / "new", PASSPHRASE)) == 3


def test_what_was_there_is_kept_as_a_vault_of_its_own(made: Path, home: Path) -> None:
    opened = vault.open(home, PASSPHRASE)
    add_calls(opened, 4)
    opened.close()
    told = restore.restore(made, home, PASSPHRASE, now=NOW)
    again = restore.restore(made, home, PASSPHRASE, now=NOW)
    assert len(paths_of(home, PASSPHRASE)) == 4
    assert len(paths_of(Path(told.kept), PASSPHRASE)) == 7
    assert again.kept != told.kept


def test_another_vault_in_the_folder_gives_way_and_is_kept(made: Path, tmp_path: Path) -> None:
    fill(tmp_path / "theirs", OTHER, 9)
    told = restore.restore(made, tmp_path / "theirs", PASSPHRASE, now=NOW)
    assert len(paths_of(tmp_path / "theirs", PASSPHRASE)) == 4
    assert len(paths_of(Path(told.kept), OTHER)) == 9


@pytest.mark.parametrize("damage", ["header", "database"])
def test_a_damaged_vault_is_replaced_and_kept_as_it_was(made: Path, home: Path, damage: str) -> None:
    file: Path = getattr(Paths(folder=home), damage)
    file.write_bytes(b"junk" * 3000)
    with pytest.raises(BadData):
        vault.open(home, PASSPHRASE)
    told = restore.restore(made, home, PASSPHRASE, now=NOW)
    assert len(paths_of(home, PASSPHRASE)) == 4
    assert (Path(told.kept) / file.name).read_bytes() == b"junk" * 3000


def test_a_wrong_passphrase_restores_nothing(made: Path, home: Path) -> None:
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    with pytest.raises(NeedsPerson) as caught:
        restore.restore(made, home, OTHER, now=NOW)
    assert caught.value.cause is Cause.WRONG_PASSPHRASE
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()} == before


def test_a_vault_in_use_is_left_alone(made: Path, home: Path) -> None:
    opened = vault.open(home, PASSPHRASE)
    with pytest.raises(Refused) as caught:
        restore.restore(made, home, PASSPHRASE, now=NOW)
    opened.close()
    assert caught.value.cause is Cause.VAULT_IN_USE


def test_a_backup_that_is_not_there_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no"):
        restore.restore(tmp_path / "none.ibdesk-backup", tmp_path / "new", PASSPHRASE, now=NOW)
    assert not (tmp_path / "new").exists()


FULL = """
import resource, sys
from pathlib import Path
from ibdesk.domain.errors import DeskError
from ibdesk.store import restore
from tests.store.examples import NOW
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
try: restore.restore(Path(sys.argv[2]), Path(sys.argv[1]), sys.argv[3], now=NOW)
except DeskError as error: print(error.cause)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
def test_a_disk_too_full_to_keep_what_was_there_changes_nothing_and_leaves_nothing(made: Path, home: Path) -> None:
    opened = vault.open(home, PASSPHRASE)
    add_calls(opened, 2_000)
    opened.close()
    before = [str(each) for each in home.rglob("*")]
    limit = (made.stat().st_size + Paths(folder=home).database.stat().st_size) // 2
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(home), str(made), PASSPHRASE, str(limit)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert told.stdout.strip() == "disk_full"
    assert [str(each) for each in home.rglob("*") if str(each) not in before] in ([], [str(home / "backups")])
    assert len(paths_of(home, PASSPHRASE)) > 2_000


def test_a_damaged_backup_changes_nothing(made: Path, home: Path) -> None:
    data = bytearray(made.read_bytes())
    data[len(data) // 2] ^= 1
    made.write_bytes(data)
    with pytest.raises(BadData, match="Use another backup") as caught:
        raise_with_remedy(lambda: restore.restore(made, home, PASSPHRASE, now=NOW))
    assert caught.value is not None
    assert len(paths_of(home, PASSPHRASE)) == 3
    assert not (home / "backups").exists()


def raise_with_remedy(work: Callable[[], object]) -> None:
    try:
        work()
    except BadData as error:
        raise BadData(f"{error.message} {error.remedy}", remedy="", cause=error.cause) from error


def test_missing_rows_are_noticed(made: Path, tmp_path: Path) -> None:
    with_manifest(made, lambda manifest: manifest.update(rows=999))
    with pytest.raises(BadData, match="rows are missing"):
        restore.restore(made, tmp_path / "new", PASSPHRASE, now=NOW)
    assert not vault.exists(tmp_path / "new")


def test_a_backup_of_newer_tables_is_refused(home: Path, tmp_path: Path) -> None:
    fill(home, PASSPHRASE, 1)
    opened = vault.open(home, PASSPHRASE)
    with closing(cipher.connect(opened.paths.database, opened.database_key())) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    opened.close()
    source = back_up(home, PASSPHRASE, tmp_path / "b.ibdesk-backup")
    with pytest.raises(Refused) as caught:
        restore.restore(source, tmp_path / "new", PASSPHRASE, now=NOW)
    assert caught.value.cause is Cause.VAULT_NEWER
    assert not vault.exists(tmp_path / "new")


def test_a_restore_can_be_tried_without_touching_anything(made: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert restore.try_out(made, scratch, PASSPHRASE).is_checked
    with pytest.raises(NeedsPerson):
        restore.try_out(made, scratch, OTHER)
    assert list(scratch.iterdir()) == []
