"""Where a person may let something be written: never over the vault's own files, over others only when told so.

What leaves the vault (the log, a statement, a support bundle, a backup) goes to a path that was typed or chosen. A slip
there must cost nothing: a new name is free, a file that is there needs a yes, and neither a device, a link, a folder
nor anything of the vault is ever replaced.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ibdesk.domain.errors import Cause, Refused
from ibdesk.store.files import create_private, make_folder, named_errors, read_only, sync_folder

#: What is the vault's in its folder beside files that begin with `OWN`.
OWN, OWN_NAMES, LOGS = "ibdesk.", ("settings.toml",), "logs"


def require_free(path: Path, vault: Path, *, replace: bool = False) -> None:
    """Refuse `path` unless it may be written: BAD_SETTING for what is the vault's in the folder `vault` or is no plain
    file, FILE_EXISTS for a file that is there (unless `replace`), FOLDER_READ_ONLY where we may not write."""
    require_not_the_vaults(path, vault)
    with named_errors(path):
        known = _look(path)
        if known is None:
            _require_writable(path.parent)
        elif not stat.S_ISREG(known.st_mode):
            raise Refused(
                f"{path} is no plain file, so it is not replaced.", remedy="Choose another name.",
                cause=Cause.BAD_SETTING)
        elif not replace:
            raise Refused(
                f"There is a file {path} already.", remedy="Choose another name, or say --replace.",
                cause=Cause.FILE_EXISTS)


def require_not_the_vaults(path: Path, vault: Path) -> None:
    """Refused(BAD_SETTING) for a path that is the vault's, or no file's at all."""
    if not path.name or path.name == "..":
        raise Refused("A file needs a name.", remedy="Name the file that is to be written.", cause=Cause.BAD_SETTING)
    with named_errors(path):
        if _is_the_vaults(path, vault):
            raise Refused(
                f"{path} belongs to the vault.", remedy="Choose another place: a folder of your own.",
                cause=Cause.BAD_SETTING)


@contextmanager
def exported(path: Path, vault: Path, *, replace: bool = False) -> Iterator[IO[bytes]]:
    """A file to write to that takes the name `path` once it is whole, private, and leaves nothing when it never is.

    Raises what `require_free` does, and Unavailable(DISK_FULL).
    """
    require_free(path, vault, replace=replace)
    with named_errors(path):
        make_folder(path.parent)
        staged = path.with_name(f".ibdesk-{secrets.token_hex(8)}.part")
        create_private(staged)
        try:
            with staged.open("r+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            require_free(path, vault, replace=replace)  # writing may have taken minutes
            staged.replace(path)
        except BaseException:
            with suppress(OSError):
                staged.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def _is_the_vaults(path: Path, vault: Path) -> bool:
    """Whether this is one of the vault's files, there or yet to come; of the others in its folder, those there are
    too: backups, and vaults that were replaced."""
    own = Path(os.path.realpath(vault))
    meant = Path(os.path.realpath(path.parent), path.name)
    if own not in meant.parents:
        return False
    first = meant.relative_to(own).parts[0].casefold()
    return first.startswith(OWN) or first in (*OWN_NAMES, LOGS) or os.path.lexists(meant)


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _require_writable(folder: Path) -> None:
    """Refused unless files can be made in `folder`, or it can be made itself."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise read_only(there)
