import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ibdesk.domain.errors import BadData, Cause, Refused
from ibdesk.domain.records import BackupReason
from ibdesk.store import audit, backup
from ibdesk.store.vault import OpenVault
from tests.store.conftest import PASSPHRASE
from tests.store.examples import NOW, call

Run = Callable[..., Any]


@pytest.fixture
def made(open_vault: OpenVault, in_transaction: Run, tmp_path: Path) -> Path:
    """A backup of a vault with three calls in it, elsewhere."""
    in_transaction(audit.append_calls, [call(n) for n in range(3)])
    target = backup.free_place(tmp_path / "elsewhere", open_vault, NOW)
    backup.write(open_vault, target, reason=BackupReason.PERSON, made_at=NOW)
    return target


def test_a_backup_is_one_private_file_that_says_what_it_is(open_vault: OpenVault, made: Path) -> None:
    info = backup.check(made)
    assert (info.made_at, info.reason, info.revision, info.is_checked) == (
        NOW, BackupReason.PERSON, open_vault.revision, True,
    )  # fmt: skip
    assert info.bytes == made.stat().st_size
    assert info.rows >= 4
    assert [path.name for path in made.parent.iterdir()] == [made.name]
    if sys.platform != "win32":
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert backup.look(made) == backup.list_in(made.parent, open_vault.id)[0]


def test_nothing_in_a_backup_can_be_read_without_the_passphrase(made: Path) -> None:
    data = made.read_bytes()
    for secret in (b"SQLite", b"tickle", b"portfolio", b"DU7654321", PASSPHRASE.encode()):
        assert secret not in data


def test_a_backup_never_overwrites(open_vault: OpenVault, made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(Refused) as caught:
        backup.write(open_vault, made, reason=BackupReason.PERSON, made_at=NOW)
    assert caught.value.cause is Cause.FILE_EXISTS
    assert made.read_bytes() == before


def test_a_second_backup_in_one_second_gets_a_name_of_its_own(open_vault: OpenVault, made: Path) -> None:
    again = backup.free_place(made.parent, open_vault, NOW)
    backup.write(open_vault, again, reason=BackupReason.PERSON, made_at=NOW)

    assert again != made and len(backup.list_in(made.parent, open_vault.id)) == 2


@pytest.mark.parametrize("name", ["mine.ibdesk-backup", "sub/mine.ibdesk-backup"])
def test_a_backup_may_go_to_where_the_person_is(
    open_vault: OpenVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    info = backup.write(open_vault, Path(name), reason=BackupReason.PERSON, made_at=NOW)

    assert info.path == str(tmp_path / name) and (tmp_path / name).is_file()


@pytest.mark.parametrize("chosen", ["kept", "./kept", "~nobody-known-here/kept", "/kept\0"])
def test_a_backup_folder_that_makes_no_sense_is_named(tmp_path: Path, chosen: str) -> None:
    with pytest.raises(Refused, match="Backup folder") as caught:
        backup.folder_of(chosen, tmp_path)
    assert caught.value.cause is Cause.BAD_SETTING


def test_the_backup_folder_is_the_vaults_own_until_another_is_chosen(tmp_path: Path) -> None:
    assert backup.folder_of("", tmp_path) == tmp_path / "backups"
    assert backup.folder_of("~/kept", tmp_path) == Path.home() / "kept"


@pytest.mark.parametrize(("name", "words"), [("none.ibdesk-backup", "There is no"), ("", "is a folder"),
                                             ("taken/b", "is a file, not a folder"), ("x" * 300, "too long")])
def test_a_backup_that_cannot_be_read_says_why_and_not_that_the_vault_is_damaged(
    tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Refused, match=words) as caught:
        backup.look(tmp_path / name)
    assert "Restore" not in caught.value.remedy


def test_what_is_written_meanwhile_neither_disturbs_nor_gets_in(
    open_vault: OpenVault, in_transaction: Run, tmp_path: Path
) -> None:
    in_transaction(audit.append_calls, [call(n) for n in range(30_000)])
    written = []

    def write_too(_done: float) -> None:
        written.append(in_transaction(audit.append_calls, [call()]))

    info = backup.write(
        open_vault, tmp_path / "busy.ibdesk-backup", reason=BackupReason.PERSON, made_at=NOW, progress=write_too
    )
    assert len(written) > 1
    assert info.rows == 30_000 + 2  # the seal, and the tables' version
    assert in_transaction(audit.find_fault) is None


def test_a_backup_that_is_stopped_leaves_nothing(open_vault: OpenVault, tmp_path: Path) -> None:
    def stop(_done: float) -> None:
        for ending in ("-wal", "-shm"):  # as the engine leaves them where the disk is full
            (tmp_path / "b" / f"x.ibdesk-backup.making{ending}").touch()
        raise InterruptedError("the desk closes")

    with pytest.raises(Refused, match="the desk closes"):
        backup.write(
            open_vault, tmp_path / "b" / "x.ibdesk-backup", reason=BackupReason.PERSON, made_at=NOW, progress=stop
        )
    assert list((tmp_path / "b").iterdir()) == []


def test_backups_are_listed_newest_first_and_only_this_vaults(open_vault: OpenVault, made: Path) -> None:
    later = NOW + timedelta(days=1)
    newer = backup.free_place(made.parent, open_vault, later)
    backup.write(open_vault, newer, reason=BackupReason.SCHEDULE, made_at=later)
    made.with_name("broken.ibdesk-backup").write_bytes(b"no archive")
    assert [info.path for info in backup.list_in(made.parent, open_vault.id)] == [str(newer), str(made)]
    assert backup.list_in(made.parent, "00" * 16) == ()
    assert backup.list_in(made.parent / "nowhere", open_vault.id) == ()


def test_what_a_killed_desk_left_is_cleared(open_vault: OpenVault, made: Path) -> None:
    for ending in (".making", ".making-journal", ".new"):
        made.with_name(made.name + ending).write_bytes(b"half")
    backup.clear_leftovers(made.parent, open_vault)
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_any_changed_byte_of_the_vault_in_it_is_found(made: Path) -> None:
    good = made.read_bytes()
    for place in range(3000, len(good) - 3000, 9973):
        made.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(BadData) as caught:
            backup.check(made)
        assert caught.value.cause is Cause.VAULT_DAMAGED


@pytest.mark.parametrize("kept", [0, 10, 2000, 50_000])
def test_a_backup_that_was_cut_off_says_so(made: Path, kept: int) -> None:
    made.write_bytes(made.read_bytes()[:kept])
    with pytest.raises(BadData, match="no backup, or was cut off"):
        backup.look(made)


def with_manifest(made: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The same backup with another manifest."""
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = msgspec.json.decode(parts[backup.MANIFEST])
    change(manifest)
    parts[backup.MANIFEST] = msgspec.json.encode(manifest)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_a_backup_of_a_newer_version_is_refused(made: Path) -> None:
    with_manifest(made, lambda manifest: manifest.update(format=99, surprise=True))
    with pytest.raises(Refused) as caught:
        backup.look(made)
    assert caught.value.cause is Cause.VAULT_NEWER


@pytest.mark.parametrize(
    "change", [lambda m: m.update(rows="many"), lambda m: m["files"].popitem(), lambda m: m.pop("made_at")]
)
def test_a_manifest_that_makes_no_sense_is_refused(made: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with_manifest(made, change)
    with pytest.raises(BadData, match="manifest"):
        backup.look(made)


def test_a_compressed_archive_is_not_taken_apart(made: Path) -> None:
    """A small file must not become a huge one."""
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(BadData, match="not written by ibdesk"):
        backup.look(made)


FULL = """
import resource, sys
from pathlib import Path
from ibdesk.domain.errors import DeskError
from ibdesk.domain.records import BackupReason
from ibdesk.store import backup, vault
from tests.store.examples import NOW
opened = vault.open(Path(sys.argv[1]), sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
try: backup.write(opened, Path(sys.argv[3]), reason=BackupReason.PERSON, made_at=NOW)
except DeskError as error: print(error.cause)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
@pytest.mark.parametrize("limit", [0, 20_000, 137_000])
def test_a_full_disk_is_a_sentence_and_leaves_no_half_backup(
    open_vault: OpenVault, home: Path, tmp_path: Path, limit: int
) -> None:
    open_vault.close()
    target = tmp_path / "full" / "b.ibdesk-backup"
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(home), PASSPHRASE, str(target), str(limit)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert told.stdout.strip() == "disk_full"
    assert list(target.parent.iterdir()) == []
