import errno
import stat
from pathlib import Path

import pytest

from ibdesk.domain.errors import Cause, DeskError
from ibdesk.store import files


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, Cause.DISK_FULL),
        (errno.EFBIG, Cause.DISK_FULL),
        (errno.EDQUOT, Cause.DISK_FULL),
        (errno.EACCES, Cause.FOLDER_READ_ONLY),
        (errno.EROFS, Cause.FOLDER_READ_ONLY),
        (errno.ENOTDIR, Cause.FOLDER_READ_ONLY),
        (errno.EIO, Cause.VAULT_DAMAGED),
    ],
)
def test_what_the_system_refuses_is_a_sentence_that_names_the_place(number: int, cause: Cause, tmp_path: Path) -> None:
    with pytest.raises(DeskError) as caught, files.disk_errors(tmp_path):
        raise OSError(number, "the system's word")
    assert caught.value.cause is cause
    assert str(tmp_path) in caught.value.message
    assert caught.value.remedy.endswith(".")


def test_a_replaced_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    files.replace_private(path, b"old")
    files.replace_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_a_replacement_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    files.replace_private(path, b"old")
    (tmp_path / "kept.new").mkdir()  # in the way
    with pytest.raises(OSError, match=r"kept\.new"):
        files.replace_private(path, b"new")
    assert path.read_bytes() == b"old"


def test_leftovers_of_a_crash_are_not_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    (tmp_path / "kept.new").write_bytes(b"half")
    files.replace_private(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_private_file_is_never_made_over_another(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        files.create_private(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b"somebody's"


def test_a_note_is_private_and_can_be_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "note"
    files.note_private(path, "a longer text")
    files.note_private(path, "short")
    assert path.read_text() == "short"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("number", "cause", "words"), [
    (errno.ENOENT, Cause.NOTHING_FOUND, "There is no"), (errno.EISDIR, Cause.BAD_SETTING, "is a folder"),
    (errno.ENOTDIR, Cause.BAD_SETTING, "is a file, not a folder"), (errno.ENAMETOOLONG, Cause.BAD_SETTING, "too long"),
    (errno.EACCES, Cause.FOLDER_READ_ONLY, "may not"), (errno.EINVAL, Cause.BAD_SETTING, "cannot be used"),
    (errno.ENOSPC, Cause.DISK_FULL, "is full"), (errno.EIO, Cause.BAD_SETTING, "the system's word"),
])  # fmt: skip
def test_trouble_with_a_file_a_person_named_is_not_the_vaults(
    number: int, cause: Cause, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DeskError, match=words) as caught, files.named_errors(tmp_path / "{x}"):
        raise OSError(number, "the system's word")
    assert caught.value.cause is cause
    assert str(tmp_path / "{x}") in caught.value.message and "backup" not in caught.value.remedy
