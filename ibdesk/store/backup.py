"""What a backup is: header, encrypted copy of the database and manifest in one file, and how one is made and checked.

The file is a ZIP archive without compression (what is encrypted does not shrink), so that it can be moved as one thing
and still be taken apart by hand when everything else fails. It opens with the passphrase or recovery code the vault had
when it was made. The manifest is readable by anybody and holds no secret: hashes, sizes, dates, the number of rows.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from ibdesk import __version__
from ibdesk.domain.errors import BadData, Cause, DeskError, Refused
from ibdesk.domain.records import BackupInfo, BackupReason
from ibdesk.store import cipher, header
from ibdesk.store.files import (
    Paths,
    create_private,
    disk_errors,
    make_folder,
    named_errors,
    sync_file,
    sync_folder,
    with_sidecars,
)
from ibdesk.store.vault import OpenVault

SUFFIX = ".ibdesk-backup"
FORMAT = 1
HEADER, DATABASE, MANIFEST = "ibdesk.vault.json", "ibdesk.vault", "manifest.json"
MAX_MANIFEST_BYTES = 64 * 1024
_CHUNK = 1024 * 1024


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file in a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a backup says of itself."""

    format: int
    made_at: datetime
    app_version: str
    vault_id: str
    revision: str | None
    reason: BackupReason
    rows: int
    files: dict[str, Member]


class _Version(msgspec.Struct):
    format: int


def folder_of(chosen: str, vault: Path) -> Path:
    """Where backups of the vault in the folder `vault` go, by the setting `chosen`. Refused(BAD_SETTING) for a folder
    that would be another one each time, or nobody's."""
    if not chosen:
        return Paths(folder=vault).backups
    try:
        folder = Path(chosen).expanduser()
    except RuntimeError:
        folder = Path(chosen)
    if not folder.is_absolute() or "\0" in chosen:
        raise Refused(
            f"The setting “Backup folder” names no whole path: {chosen!r}.",
            remedy="Set it to a path from the root on, or leave it empty.", cause=Cause.BAD_SETTING,
        )
    return folder


def free_place(folder: Path, vault: OpenVault, made_at: datetime) -> Path:
    """A new file's name in `folder`: which vault it is of, and when (UTC) it was made."""
    name, number = f"{_prefix(vault)}{made_at:%Y%m%dT%H%M%SZ}", 1
    place = folder / f"{name}{SUFFIX}"
    with named_errors(folder):
        while place.exists():
            number += 1
            place = folder / f"{name}-{number}{SUFFIX}"
    return place


def write(
    vault: OpenVault,
    target: Path,
    *,
    reason: BackupReason,
    made_at: datetime,
    progress: Callable[[float], None] | None = None,
) -> BackupInfo:
    """Back the open vault up to the file `target`, which must not exist yet. Blocks; the vault may be in use.

    The copy is examined as a database, and the finished file is read again and compared with its manifest.
    Refused(FILE_EXISTS, FOLDER_READ_ONLY, NOTHING_FOUND, BAD_SETTING), Unavailable(DISK_FULL),
    BadData(VAULT_DAMAGED). Nothing is left of a backup that failed.
    """
    target = target.absolute()
    copy, staged = (target.with_name(target.name + ending) for ending in (".making", ".new"))
    try:
        with named_errors(target), cipher.engine_errors(vault.paths.database):
            make_folder(target.parent)
            if target.exists():
                raise _is_there(target)
            for leftover in _unfinished(copy, staged):
                leftover.unlink(missing_ok=True)
            with disk_errors(vault.paths.header):
                head = vault.paths.header.read_bytes()
            create_private(copy)
            revision, rows = _copy(vault, copy, progress)
            files = {HEADER: _member(head), DATABASE: _member_of(copy)}
            manifest = Manifest(
                format=FORMAT, made_at=made_at, app_version=__version__, vault_id=vault.id, revision=revision,
                reason=reason, rows=rows, files=files,
            )  # fmt: skip
            _pack(staged, head, copy, manifest)
            info = check(staged)
            staged.replace(target)
            sync_folder(target.parent)
    finally:
        for leftover in _unfinished(copy, staged):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
    return replace(info, path=str(target))


def _unfinished(copy: Path, staged: Path) -> tuple[Path, ...]:
    """All that making a backup may leave, the engine's own files beside the copy too: a full disk keeps them there."""
    return (*with_sidecars(copy), copy.with_name(copy.name + "-journal"), staged)


def _copy(vault: OpenVault, copy: Path, progress: Callable[[float], None] | None) -> tuple[str | None, int]:
    key = vault.database_key()
    with closing(cipher.connect(vault.paths.database, key)) as connection:
        cipher.copy(connection, copy, key, progress)
    with closing(cipher.connect(copy, key)) as connection:
        return cipher.revision(connection), sum(cipher.row_counts(connection).values())


def _pack(staged: Path, head: bytes, copy: Path, manifest: Manifest) -> None:
    create_private(staged)
    with staged.open("r+b") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST, manifest), msgspec.json.format(msgspec.json.encode(manifest)))
        archive.writestr(_entry(HEADER, manifest), head)
        with copy.open("rb") as source, archive.open(_entry(DATABASE, manifest), "w", force_zip64=True) as packed:
            shutil.copyfileobj(source, packed, _CHUNK)
    sync_file(staged)


def _entry(name: str, manifest: Manifest) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=max((1980, 1, 1, 0, 0, 0), manifest.made_at.timetuple()[:6]))
    entry.external_attr = 0o600 << 16
    return entry


def _member(data: bytes) -> Member:
    return Member(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _member_of(path: Path) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Member(bytes=file.tell(), sha256=digest.hexdigest())


def look(path: Path) -> BackupInfo:
    """What a backup says of itself; nothing of it is checked. BadData(VAULT_DAMAGED), Refused(VAULT_NEWER)."""
    with _opened(path) as archive:
        return _info(path, _manifest(path, archive))


def check(path: Path) -> BackupInfo:
    """The backup once all its bytes were compared with its manifest. Errors are those of `look`."""
    with _opened(path) as archive:
        manifest = _manifest(path, archive)
        _read_header(path, archive, manifest)
        with _part(archive, path, DATABASE) as part:
            _require(path, manifest, DATABASE, _pour(part, None))
    return _info(path, manifest, is_checked=True)


def unpack(path: Path, database: Path) -> tuple[Manifest, bytes]:
    """Write the backup's database to the new private file `database`; its manifest and header. Every byte is compared
    with the manifest. Errors are those of `look`, and the system's for `database`."""
    with _opened(path) as archive:
        manifest = _manifest(path, archive)
        head = _read_header(path, archive, manifest)
        with disk_errors(database.parent), _part(archive, path, DATABASE) as part:
            create_private(database)
            with database.open("r+b") as file:
                found = _pour(part, file)
            sync_file(database)
        _require(path, manifest, DATABASE, found)
    return manifest, head


def list_in(folder: Path, vault_id: str) -> tuple[BackupInfo, ...]:
    """The backups of one vault in a folder, newest first; a file that cannot be read is none."""
    found: list[BackupInfo] = []
    with named_errors(folder):
        paths = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    for path in paths:
        with suppress(DeskError), _opened(path) as archive:
            manifest = _manifest(path, archive)
            if manifest.vault_id == vault_id:
                found.append(_info(path, manifest))
    return tuple(sorted(found, key=lambda info: info.made_at, reverse=True))


def clear_leftovers(folder: Path, vault: OpenVault) -> None:
    """Delete what a killed desk left of its backups of this vault."""
    with named_errors(folder):
        for ending in (".making", ".making-journal", ".making-wal", ".making-shm", ".new"):
            for path in folder.glob(f"{_prefix(vault)}*{SUFFIX}{ending}"):
                path.unlink(missing_ok=True)


def _prefix(vault: OpenVault) -> str:
    return f"vault-{vault.id[:6]}-"


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with named_errors(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield archive
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
            # zipfile's last two: a packing method it does not know, and an archive with a password of its own
            raise _bad(path, "it is no backup, or was cut off") from error


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    data = _small(archive, path, MANIFEST, MAX_MANIFEST_BYTES)
    try:
        if msgspec.json.decode(data, type=_Version).format > FORMAT:
            raise header.newer_vault()
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _bad(path, "its manifest cannot be read") from error
    if manifest.made_at.tzinfo is None or set(manifest.files) != {HEADER, DATABASE}:
        raise _bad(path, "its manifest cannot be read")
    return manifest


def _read_header(path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> bytes:
    head = _small(archive, path, HEADER, header.MAX_HEADER_BYTES)
    _require(path, manifest, HEADER, _member(head))
    return head


def _small(archive: zipfile.ZipFile, path: Path, name: str, limit: int) -> bytes:
    with _part(archive, path, name) as part:
        data = part.read(limit + 1)
    if len(data) > limit:
        raise _bad(path, f"its {name} is far too long")
    return data


def _part(archive: zipfile.ZipFile, path: Path, name: str) -> IO[bytes]:
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:  # we never compress: no small file becomes huge
        raise _bad(path, "it was not written by ibdesk")
    return archive.open(name)


def _pour(part: IO[bytes], into: IO[bytes] | None) -> Member:
    digest, size = hashlib.sha256(), 0
    while chunk := part.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if into is not None:
            into.write(chunk)
    return Member(bytes=size, sha256=digest.hexdigest())


def _require(path: Path, manifest: Manifest, name: str, found: Member) -> None:
    if manifest.files[name] != found:
        raise _bad(path, f"{name} in it is not what the manifest says")


def _info(path: Path, manifest: Manifest, *, is_checked: bool = False) -> BackupInfo:
    return BackupInfo(
        path=str(path), made_at=manifest.made_at, bytes=path.stat().st_size, revision=manifest.revision,
        reason=manifest.reason, rows=manifest.rows, is_checked=is_checked,
    )  # fmt: skip


def _bad(path: Path, why: str) -> BadData:
    return BadData(
        f"The backup {path} cannot be used: {why}.", remedy="Use another backup.", cause=Cause.VAULT_DAMAGED
    )


def _is_there(target: Path) -> Refused:
    return Refused(
        f"There is a file {target} already.", remedy="Choose another name; backups are never overwritten.",
        cause=Cause.FILE_EXISTS,
    )  # fmt: skip
