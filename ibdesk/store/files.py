"""Where the vault's files are, private from birth and replaced as a whole; the system's refusals put in words."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ibdesk.domain.errors import BadData, Cause, DeskError, Refused, Unavailable

FOLDER_MODE = 0o700
FILE_MODE = 0o600

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_CLOSED_TO_US = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
#: What only a path that a person named can bring about, never the vault's own files in it.
_NEVER_OURS = {errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP}

_NOT_ALLOWED = ("ibdesk may not read or write {}.", Cause.FOLDER_READ_ONLY)
#: What is wrong with a path a person named, by the system's number for it.
_NAMED = {
    errno.ENOENT: ("There is no {}.", Cause.NOTHING_FOUND),
    errno.EISDIR: ("{} is a folder, not a file.", Cause.BAD_SETTING),
    errno.ENOTDIR: ("A part of {} is a file, not a folder.", Cause.BAD_SETTING),
    errno.EEXIST: ("A part of {} is a file, not a folder.", Cause.BAD_SETTING),
    errno.ENAMETOOLONG: ("The name {} is too long for this disk.", Cause.BAD_SETTING),
    errno.EINVAL: ("The name {} cannot be used on this disk.", Cause.BAD_SETTING),
    errno.EACCES: _NOT_ALLOWED, errno.EPERM: _NOT_ALLOWED, errno.EROFS: _NOT_ALLOWED,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where the files of the vault in `folder` are."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "ibdesk.vault"

    @property
    def staged_database(self) -> Path:
        return self.folder / "ibdesk.vault.new"

    @property
    def unfinished_database(self) -> Path:
        """A copy being made; it counts for nothing and is deleted by whoever finds it."""
        return self.folder / "ibdesk.vault.making"

    @property
    def header(self) -> Path:
        return self.folder / "ibdesk.vault.json"

    @property
    def lock(self) -> Path:
        return self.folder / "ibdesk.lock"

    @property
    def owner(self) -> Path:
        return self.folder / "ibdesk.lock.pid"

    @property
    def backups(self) -> Path:
        return self.folder / "backups"


def with_sidecars(database: Path) -> tuple[Path, Path, Path]:
    """A database and what the engine keeps beside it: its write-ahead log and the log's index."""
    return database, database.with_name(database.name + "-wal"), database.with_name(database.name + "-shm")


def disk_full(path: Path) -> Unavailable:
    """The sentence for a disk that takes no more."""
    return Unavailable(
        f"The disk that holds {path} is full, so nothing more could be written.",
        remedy="Free some space on that disk and try again; what was stored before is safe.",
        cause=Cause.DISK_FULL,
    )


def read_only(path: Path) -> Refused:
    """The sentence for a folder we may not write to."""
    return Refused(
        f"ibdesk may not write to {path}.",
        remedy="Give your user write access to that folder, or choose another one with --home.",
        cause=Cause.FOLDER_READ_ONLY,
    )


def damaged(message: str, *, raw: bytes = b"") -> BadData:
    """The sentence for vault files that cannot be used as they are."""
    return BadData(
        message,
        remedy="Restore the vault from a backup, and keep the damaged files until that has worked.",
        cause=Cause.VAULT_DAMAGED,
        raw=raw,
    )


def in_words(error: OSError, path: Path) -> DeskError:
    """What an operating-system error about `path` means to a person."""
    if error.errno in _FULL:
        return disk_full(path)
    if error.errno in _CLOSED_TO_US:
        return read_only(path)
    if error.errno in _NEVER_OURS:
        return about_named(error, path)
    return damaged(f"The system could not read or write {path}: {error.strerror or error}.")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn operating-system errors about `path` into ours."""
    try:
        yield
    except OSError as error:
        raise in_words(error, path) from error


def about_named(error: OSError, path: Path) -> DeskError:
    """What an operating-system error about `path`, which a person named, means: nothing is wrong with the vault."""
    if error.errno in _FULL:
        return disk_full(path)
    unforeseen = ("The system could not read or write {}: " f"{error.strerror or error}.", Cause.BAD_SETTING)
    what, cause = _NAMED.get(error.errno or 0, unforeseen)
    return Refused(what.format(path), remedy="Check the name, or choose another place.", cause=cause)


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn operating-system errors about `path`, which a person named, into ours."""
    try:
        yield
    except OSError as error:
        raise about_named(error, path) from error


def open_to_others(paths: Paths) -> tuple[Path, ...]:
    """The vault's files that other users of this computer may read or write. They are made private; a copy or a
    restored home folder may have lost that. Windows keeps the folder to its user instead."""
    if sys.platform == "win32":
        return ()
    files = (paths.header, *with_sidecars(paths.database), paths.folder / "settings.toml")
    with disk_errors(paths.folder):
        return tuple(path for path in files if path.exists() and path.stat().st_mode & 0o077)


def make_folder(path: Path) -> None:
    """Create `path` for this user alone; an existing folder is left as it is."""
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def create_private(path: Path, data: bytes = b"") -> None:
    """Create a file only this user can read; it must not exist yet. On disk when this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()
        raise


def note_private(path: Path, text: str) -> None:
    """Write a file only this user can read, in place and without waiting for the disk: for what a crash may lose."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def replace_private(path: Path, data: bytes) -> None:
    """Write `data` to `path` as a whole: a crash leaves either the old file or the new one."""
    staged = path.with_name(path.name + ".new")
    staged.unlink(missing_ok=True)
    create_private(staged, data)
    staged.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make sure that what was written to `path` is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make renames in `path` survive a power cut, where the system knows how."""
    with suppress(OSError):  # Windows cannot open a folder, and does not need to
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
