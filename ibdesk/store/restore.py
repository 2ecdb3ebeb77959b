"""How a backup becomes a vault again, on this computer or another, and what is kept of the vault that was there.

Safe at every instant: the backup is unpacked and proved beside the vault, what is there is kept, and then header and
database are exchanged as `vault.put_in_place` does it. A desk killed in between finds the old vault or the new one.
"""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ibdesk.domain.records import BackupInfo, RestoreInfo
from ibdesk.store import audit, backup, cipher, header
from ibdesk.store.files import Paths, damaged, disk_errors, make_folder, sync_file, sync_folder, with_sidecars
from ibdesk.store.lock import take_lock, unlock
from ibdesk.store.migrations import revisions
from ibdesk.store.vault import discard_unfinished, exists, put_in_place, subkey_of, unwrapped


def restore(
    source: Path, folder: Path, secret: str, *, now: datetime, go_on: Callable[[], None] = lambda: None
) -> RestoreInfo:
    """Make the vault in `folder` what the backup holds. `secret` is the passphrase or recovery code the vault had when
    the backup was made, and has again afterwards. No desk may have the vault open. Blocks.

    What was in the folder is kept in `backups/replaced-…`, as a vault folder of its own. Nothing is changed on any
    failure: NeedsPerson(WRONG_PASSPHRASE), Refused(VAULT_IN_USE, VAULT_NEWER), BadData(VAULT_DAMAGED),
    Unavailable(DISK_FULL), and what `go_on` raises, which is asked last before anything is kept and exchanged.
    """
    paths = Paths(folder=folder.absolute())
    info = backup.look(source)  # before anything is made: a mistyped name leaves no folder behind
    lock = take_lock(paths)
    try:
        with disk_errors(paths.folder), cipher.engine_errors(source):
            discard_unfinished(paths)
            try:
                head, key = _unpacked(source, paths.unfinished_database, secret)
                go_on()
                kept = _keep(paths, now)
                put_in_place(paths, head)
            finally:
                discard_unfinished(paths)
            if info.revision == revisions()[-1]:
                _note(paths.database, key, info, now)
        return RestoreInfo(folder=str(paths.folder), backup=replace(info, is_checked=True), kept=kept)
    finally:
        unlock(paths, lock)


def try_out(source: Path, scratch: Path, secret: str) -> BackupInfo:
    """Prove that the backup can be restored with `secret`, in the empty folder `scratch`; nothing is left of it there.
    Errors are those of `restore`."""
    trial = scratch / "trial.vault"
    try:
        with disk_errors(scratch), cipher.engine_errors(source):
            _unpacked(source, trial, secret)
    finally:
        trial.unlink(missing_ok=True)
    return backup.check(source)


def _unpacked(source: Path, database: Path, secret: str) -> tuple[bytes, bytes]:
    """Header and database key of the backup, its database unpacked and proved: key, pages, references, version."""
    manifest, head = backup.unpack(source, database)
    read = header.decode(head)
    key = subkey_of(unwrapped(read, secret), read.vault_id, "database")
    if not cipher.is_keyed(database, key):
        raise damaged(f"The database in {source} does not belong to the header in it.")
    with closing(cipher.connect(database, key)) as connection:
        findings = cipher.integrity_findings(connection)
        revision, rows = cipher.revision(connection), sum(cipher.row_counts(connection).values())
    if findings or rows != manifest.rows:
        raise damaged(f"The database in {source} is damaged: {(*findings, 'rows are missing')[0]}.")
    if revision is not None and revision not in revisions():
        raise header.newer_vault()
    return head, key


def _keep(paths: Paths, now: datetime) -> str:
    """Keep the vault that is there, whole or damaged, and say where; it stays in use until the exchange."""
    if not exists(paths.folder):
        return ""
    stamp, number = f"replaced-{now:%Y%m%dT%H%M%SZ}", 1
    kept = paths.backups / stamp
    while kept.exists():
        number += 1
        kept = paths.backups / f"{stamp}-{number}"
    begun = kept.with_name("replaced.part")
    shutil.rmtree(begun, ignore_errors=True)
    make_folder(begun)
    try:
        for path in (paths.header, *with_sidecars(paths.database)[:2]):
            if path.exists():  # copied, not linked: until the exchange the vault may be opened and written to again
                shutil.copy2(path, begun / path.name)
                sync_file(begun / path.name)
        begun.rename(kept)
    except OSError:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    sync_folder(paths.backups)
    return str(kept)


def _note(database: Path, key: bytes, info: BackupInfo, now: datetime) -> None:
    engine = cipher.engine(database, key, begin="IMMEDIATE")
    try:
        with engine.begin() as tx:
            detail = f"The backup of {info.made_at:%Y-%m-%d %H:%M:%S} UTC was restored."
            audit.append_doing(tx, now, "RESTORE", "vault/backup", detail)
    finally:
        engine.dispose()
