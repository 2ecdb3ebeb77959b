"""How a vault gets a new data key, and with it new keys for everything that is derived from it.

The whole database is copied under the new key beside the old one, proved, and then header and database are exchanged
as `vault.put_in_place` does it: whoever is killed finds a vault that opens with the old key or with the new one, with
every row. The passphrase stays; the recovery code is a new one, because the old one is known to nobody here; this
computer goes on remembering the vault if it did.

Backups made before keep the old key and open with the old passphrase and recovery code. After a leak, delete them:
`rekey` makes one more of them first, to be deleted once the vault has proved to be in order.
"""

import os
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.records import BackupReason
from ibdesk.store import audit, backup, cipher, flex, header, keystore, receipts, records, recovery, secrets, vault
from ibdesk.store.files import create_private, damaged, disk_errors, sync_file
from ibdesk.store.header import DEFAULT_COST, Cost
from ibdesk.store.keystore import KeyStore
from ibdesk.store.migrations import upgrade
from ibdesk.store.vault import OpenVault

#: Hears of a stage ("backup", "copy", "check", "exchange") and which fraction of it is done. It may raise to stop, up
#: to the first word of "exchange" inclusive: then nothing is changed.
Progress = Callable[[str, float], None]


def rekey(
    folder: Path,
    passphrase: str,
    *,
    now: datetime,
    backups: Path | None = None,
    key_store: KeyStore | None = None,
    progress: Progress = lambda stage, done: None,
    cost: Cost = DEFAULT_COST,
) -> str:
    """Give the vault in `folder` a new key and return its new recovery code: show it once, then call
    `vault.note_code_seen`; else the next opening asks for another one. Blocks.

    No desk may have the vault open. `backups` is where the backup made first goes; `key_store` is needed for this
    computer to go on remembering the vault. Nothing is changed on any failure: what `vault.open` and `backup.write`
    raise, and NeedsPerson(WRONG_PASSPHRASE) for a recovery code, since the passphrase itself must be wrapped anew.
    """
    opened = vault.open(folder, passphrase)
    try:
        read = header.decode(opened.paths.header.read_bytes())
        if not opened.is_wrapped_in(read, header.PASSPHRASE, header.passphrase_bytes(passphrase)):
            raise NeedsPerson(
                "The key can only be changed with the passphrase.",
                remedy="Type the passphrase. If it is lost, set a new one with the recovery code first.",
                cause=Cause.WRONG_PASSPHRASE,
            )
        upgrade(opened)
        kept = backup.free_place(backups or opened.paths.backups, opened, now)
        backup.write(
            opened, kept, reason=BackupReason.BEFORE_REKEY, made_at=now, progress=lambda done: progress("backup", done)
        )
        return _rekey(opened, read, passphrase, now, key_store, progress, cost)
    finally:
        opened.close()


def _rekey(
    old: OpenVault, read: header.Header, passphrase: str, now: datetime, key_store: KeyStore | None,
    progress: Progress, cost: Cost,
) -> str:  # fmt: skip
    code, slot_key, new = recovery.new_secret(), os.urandom(header.KEY_BYTES), old.with_new_key()
    ways = {header.PASSPHRASE: header.passphrase_bytes(passphrase), header.RECOVERY: code}
    if key_store is not None and any(slot.kind == header.KEYCHAIN for slot in read.slots):
        ways[header.KEYCHAIN] = slot_key
    try:
        slots = tuple(new.wrap(kind, secret, cost=cost) for kind, secret in ways.items())
        head = msgspec.structs.replace(read, slots=slots, is_code_unseen=True)
        _exchange(old, new, header.encode(head), now, progress)
    finally:
        new.forget_keys()
    if key_store is not None and header.KEYCHAIN in ways:
        with suppress(NeedsPerson):  # a locked store: from now on the passphrase is asked for
            keystore.keep(old.id, slot_key, key_store)
    progress("exchange", 1.0)
    return recovery.render(code)


def _exchange(old: OpenVault, new: OpenVault, head: bytes, now: datetime, progress: Progress) -> None:
    paths = old.paths
    with disk_errors(paths.folder), cipher.engine_errors(paths.database):
        vault.discard_unfinished(paths)
        try:
            _copy(old, new, now, progress)
            progress("exchange", 0.0)
            vault.put_in_place(paths, head)
        finally:
            vault.discard_unfinished(paths)


def _copy(old: OpenVault, new: OpenVault, now: datetime, progress: Progress) -> None:
    """The database under the new key in `unfinished_database`: every row, all that is sealed made anew, proved."""
    target, key = old.paths.unfinished_database, new.database_key()
    create_private(target)
    with closing(cipher.connect(old.paths.database, old.database_key())) as source:
        cipher.copy(source, target, key, lambda done: progress("copy", done))
        rows = cipher.row_counts(source)
        sealed, receipts_sealed = audit.sealed_end(source), receipts.sealed_end(source)
    with closing(cipher.connect(target, key)) as copied:
        if cipher.row_counts(copied) != rows:
            raise damaged("The copy under the new key has not all the rows; the vault was left as it was.")
    engine = cipher.engine(target, key, begin="IMMEDIATE")
    try:
        with engine.begin() as tx:
            _make_anew(tx, old, new, sealed, now)
            if receipts_sealed is not None:
                receipts.seal_end(tx, *receipts_sealed)
    finally:
        engine.dispose()
    progress("check", 0.0)
    _prove(target, key)


def _make_anew(tx: Connection, old: OpenVault, new: OpenVault, sealed: tuple[int, str] | None, now: datetime) -> None:
    secrets.encrypt_anew(tx, old, new)
    flex.encrypt_anew(tx, old, new)
    if sealed is not None:  # a seal that was broken already stays broken: a new key hides nothing
        audit.seal_end(tx, *sealed)
    audit.append_doing(tx, now, "REKEY", "vault/key", "The vault's key was changed.")
    records.note_date(tx, records.KEY_CHANGED, now)


def _prove(target: Path, key: bytes) -> None:
    with closing(cipher.connect(target, key)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        findings = cipher.integrity_findings(connection)
    if findings:
        raise damaged(f"The copy under the new key is not in order ({findings[0]}); the vault was left as it was.")
    sync_file(target)
