"""One desk per vault: who holds the vault now, and what the second one is told."""

import os
import sys
from contextlib import suppress

from filelock import FileLock, Timeout

from ibdesk.domain.errors import Cause, Refused
from ibdesk.store.files import FILE_MODE, Paths, disk_errors, make_folder, note_private

if sys.platform != "win32":
    import resource


def take_lock(paths: Paths) -> FileLock:
    """Take the vault's lock or say who has it: Refused(VAULT_IN_USE). The system holds it, so a crash lets go of it."""
    forbid_core_dumps()
    with disk_errors(paths.folder):
        make_folder(paths.folder)
        lock = FileLock(paths.lock, timeout=0, mode=FILE_MODE, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise _in_use(paths) from error
        try:
            note_private(paths.owner, str(os.getpid()))
        except OSError:
            lock.release()
            raise
    return lock


def unlock(paths: Paths, lock: FileLock) -> None:
    """Let other desks in."""
    with suppress(OSError):
        paths.owner.unlink(missing_ok=True)
    lock.release()


def _in_use(paths: Paths) -> Refused:
    try:
        owner = f" (process {int(paths.owner.read_text())})"
    except (OSError, ValueError):
        owner = ""
    return Refused(
        f"Another ibdesk{owner} has this vault open.",
        remedy="Use that window or close it; if it is a command, wait for its end.",
        cause=Cause.VAULT_IN_USE,
    )


def forbid_core_dumps() -> None:
    """A crash must not write the keys to disk. Windows writes no dumps by itself."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
