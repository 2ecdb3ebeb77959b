"""What a person lets be written: it costs no other file, and none of the vault's at all."""

import os
import stat
import sys
from pathlib import Path

import pytest

from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.store.exports import exported, require_free


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "backups").mkdir(parents=True)
    for name in ("ibdesk.vault", "ibdesk.vault.json", "settings.toml", "backups/b.ibdesk-backup"):
        (folder / name).write_text("the vault's")
    return folder


def write(path: Path, vault: Path, *, replace: bool = False) -> None:
    with exported(path, vault, replace=replace) as file:
        file.write(b"new")


def cause_of(path: Path, vault: Path, *, replace: bool = False) -> Cause:
    with pytest.raises(DeskError) as caught:
        write(path, vault, replace=replace)
    assert str(path) in caught.value.message or caught.value.cause is Cause.FOLDER_READ_ONLY
    return caught.value.cause


def test_a_new_file_appears_when_it_is_whole_for_this_user_alone(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "a.csv"
    with exported(path, home) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ValueError, match="no more"), exported(tmp_path / "out" / "b.csv", home):
        raise ValueError("no more")
    assert [each.name for each in path.parent.iterdir()] == ["a.csv"]


def test_a_file_that_is_there_is_replaced_only_when_told_so_and_its_neighbours_never(
    home: Path, tmp_path: Path
) -> None:
    path, beside = tmp_path / "a.csv", tmp_path / "a.csv.new"
    path.write_text("old")
    beside.write_text("somebody's")
    assert cause_of(path, home) is Cause.FILE_EXISTS
    assert path.read_text() == "old"
    write(path, home, replace=True)
    assert (path.read_text(), beside.read_text()) == ("new", "somebody's")


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("name", [
    "ibdesk.vault", "ibdesk.vault.json", "ibdesk.vault-wal", "ibdesk.vault.new", "IBDESK.VAULT", "ibdesk.door",
    "settings.toml", "logs/ibdesk.log", "backups/b.ibdesk-backup", "backups/../ibdesk.vault",
])  # fmt: skip
def test_nothing_of_the_vault_is_ever_replaced_or_feigned(home: Path, name: str, replace: bool) -> None:
    assert cause_of(home / name, home, replace=replace) is Cause.BAD_SETTING
    assert (home / "ibdesk.vault").read_text() == "the vault's"
    assert sorted(each.name for each in home.iterdir()) == [
        "backups", "ibdesk.vault", "ibdesk.vault.json", "settings.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and devices")
def test_neither_a_link_nor_a_device_nor_a_folder_is_replaced(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home / "ibdesk.vault")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    (tmp_path / "door").symlink_to(home)
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "dangling", "pipe", "home", "door/ibdesk.vault"):
        assert cause_of(tmp_path / name, home, replace=True) is Cause.BAD_SETTING
    assert cause_of(Path("/dev/full"), home, replace=True) is Cause.BAD_SETTING
    assert (home / "ibdesk.vault").read_text() == "the vault's"


def test_a_free_name_beside_the_vault_may_be_written(home: Path) -> None:
    write(home / "audit.csv", home)
    assert (home / "audit.csv").read_text() == "new"


@pytest.mark.parametrize(("name", "words"), [
    ("", "name"), (".", "name"), ("taken/a.csv", "is a file, not a folder"), ("x" * 300, "too long"),
])  # fmt: skip
def test_a_place_that_cannot_be_is_said_before_anything_is_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Refused, match=words):
        require_free(Path(name), home)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "taken"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_we_may_not_write_to_is_said_before_anything_is_made(home: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(Refused) as caught:
        require_free(tmp_path / "closed" / "a.csv", home)
    assert caught.value.cause is Cause.FOLDER_READ_ONLY
