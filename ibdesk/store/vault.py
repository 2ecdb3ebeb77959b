"""The vault: which files it is made of, who may open it, and where its keys are while it is open.

Charter. A vault is a folder with a SQLCipher database and a header (see `header.py`). The header wraps one random
data key once for each way in, so a new passphrase changes a few bytes and never the data. Everything else is derived
from the data key with HKDF, one label per purpose, so no two purposes share a key.
Limits, honestly: Python cannot wipe the passphrase (`str`) or the subkeys (`bytes`) it handed to libraries; the data
key itself lives in a bytearray that is overwritten on close. Without passphrase and recovery code the data is gone.
Tried and dropped: SQLCipher's own passphrase mode, which derives a key for every connection (225 times slower).

Opening and creating cost one Argon2id (a tenth of a second): call them in a thread when a window is waiting.
"""

import os
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import sqlcipher3.dbapi2 as sqlcipher
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from filelock import FileLock

from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.store import cipher, header, recovery
from ibdesk.store.files import (
    Paths,
    create_private,
    damaged,
    disk_errors,
    named_errors,
    replace_private,
    sync_folder,
    with_sidecars,
)
from ibdesk.store.header import DEFAULT_COST, Cost
from ibdesk.store.lock import take_lock, unlock
from ibdesk.store.passphrase import require_acceptable

#: Up to this size the whole file is checked on opening (a few milliseconds); above it, after a crash only.
CHECK_WHOLE_UP_TO = 4 * 1024 * 1024


class OpenVault:
    """An open vault: its lock is ours and its data key is in memory until `close`.

    `revision` is the migration its tables are at, None before the first.
    """

    def __init__(
        self, paths: Paths, vault_id: bytes, data_key: bytearray, lock: FileLock, revision: str | None = None
    ) -> None:
        self.paths = paths
        self.id = vault_id.hex()
        self._vault_id = vault_id
        self._data_key = data_key
        self._lock = lock
        self.revision = revision
        self.is_open = True

    def subkey(self, purpose: str) -> bytes:
        """The 256-bit key for one purpose; Refused(VAULT_CLOSED) after `close`."""
        if not self.is_open:
            raise vault_closed()
        return subkey_of(self._data_key, self._vault_id, purpose)

    def database_key(self) -> bytes:
        """The raw key of the SQLCipher database."""
        return self.subkey("database")

    def wrap(self, kind: str, secret: bytes, *, cost: Cost = DEFAULT_COST) -> header.Slot:
        """A new way into this vault."""
        if not self.is_open:
            raise vault_closed()
        return header.wrap(kind, secret, bytes(self._data_key), self._vault_id, cost=cost)

    def with_new_key(self) -> "OpenVault":
        """The same vault with a fresh data key, for changing it. It shares the lock: close this one, and let that
        one forget its keys."""
        return OpenVault(self.paths, self._vault_id, bytearray(os.urandom(header.KEY_BYTES)), self._lock, self.revision)

    def is_wrapped_in(self, read: header.Header, kind: str, secret: bytes) -> bool:
        """Whether `secret` opens this very vault by that header."""
        return header.unwrap(read, kind, secret) == self._data_key

    def close(self) -> None:
        """Overwrite the data key and let other desks in. Closing twice is fine."""
        if not self.is_open:
            return
        self.forget_keys()
        unlock(self.paths, self._lock)

    def forget_keys(self) -> None:
        """Overwrite the data key and go on holding the lock."""
        self.is_open = False
        self._data_key[:] = bytes(len(self._data_key))


def vault_closed() -> Refused:
    """The sentence for using a vault after it was closed."""
    return Refused(
        "The vault is closed.", remedy="Unlock it with your passphrase and try again.", cause=Cause.VAULT_CLOSED
    )


def exists(folder: Path) -> bool:
    """Whether there is a vault, whole or damaged, in `folder`; Refused(FOLDER_READ_ONLY) where we may not look."""
    paths = Paths(folder=folder)
    with named_errors(folder):
        return paths.header.exists() or paths.database.exists()


def create(folder: Path, passphrase: str, *, cost: Cost = DEFAULT_COST) -> tuple[OpenVault, str]:
    """A new, empty vault, open, and its recovery code, which exists nowhere else: show it once.

    NeedsPerson(WEAK_PASSPHRASE), Refused(VAULT_EXISTS, FOLDER_READ_ONLY, VAULT_IN_USE), Unavailable(DISK_FULL).
    """
    require_acceptable(passphrase)
    paths = Paths(folder=folder.absolute())
    lock = take_lock(paths)
    try:
        if exists(paths.folder):
            raise Refused(
                f"There is a vault in {paths.folder} already.",
                remedy="Open that one with its passphrase, or choose another folder with --home.",
                cause=Cause.VAULT_EXISTS,
            )
        return _create(paths, passphrase, cost, lock)
    except BaseException:
        unlock(paths, lock)
        raise


def _create(paths: Paths, passphrase: str, cost: Cost, lock: FileLock) -> tuple[OpenVault, str]:
    vault_id, data_key, code = os.urandom(16), bytearray(os.urandom(header.KEY_BYTES)), recovery.new_secret()
    secret = header.passphrase_bytes(passphrase)
    slots = (
        header.wrap(header.PASSPHRASE, secret, bytes(data_key), vault_id, cost=cost),
        header.wrap(header.RECOVERY, code, bytes(data_key), vault_id),
    )
    written = header.Header(format=header.FORMAT, vault_id=vault_id, slots=slots)
    try:
        with disk_errors(paths.folder), cipher.engine_errors(paths.database):
            # A vault exists from the moment its header does. A database still staged then is put in place by `open`.
            discard_unfinished(paths)
            paths.staged_database.unlink(missing_ok=True)
            create_private(paths.staged_database)
            _found_database(paths.staged_database, subkey_of(data_key, vault_id, "database"))
            replace_private(paths.header, header.encode(written))
            place_staged(paths)
    except BaseException:
        for path in (paths.header, paths.staged_database, paths.database):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise
    return OpenVault(paths, vault_id, data_key, lock), recovery.render(code)


def _found_database(path: Path, key: bytes) -> None:
    with closing(sqlcipher.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        cipher.unlock(connection, key)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("VACUUM")  # writes the first page, so that the file says which key it needs


def place_staged(paths: Paths) -> None:
    """Put a whole new database in the place of the old one. The old one's log goes first: it must not be read as the
    new one's. Whoever is killed in between finds the new one still staged."""
    for sidecar in with_sidecars(paths.database)[1:]:
        sidecar.unlink(missing_ok=True)
    paths.staged_database.replace(paths.database)
    sync_folder(paths.folder)


def discard_unfinished(paths: Paths) -> None:
    """Delete what is left of a copy that was never finished."""
    for path in with_sidecars(paths.unfinished_database):
        path.unlink(missing_ok=True)


def put_in_place(paths: Paths, head: bytes) -> None:
    """Exchange the vault's header and database for `head` and the finished copy in `unfinished_database`.

    Safe at every instant: staging the copy changes nothing; exchanging the header, one rename, decides; what then is
    left to do, the next `open` does too. On an error before that moment everything is as it was.
    """
    try:
        paths.unfinished_database.replace(paths.staged_database)
        sync_folder(paths.folder)
        replace_private(paths.header, head)
    except OSError:
        paths.staged_database.unlink(missing_ok=True)
        raise
    place_staged(paths)


def settle_staged(paths: Paths, key: bytes) -> None:
    """Finish or take back what a killed desk began: creating, changing the key, restoring.

    A database is staged only when it is whole. If the header's key opens it, the header was already exchanged (or
    does not change) and the new database belongs to it; if not, the old pair still stands.
    """
    discard_unfinished(paths)
    if not paths.staged_database.exists():
        return
    if cipher.is_keyed(paths.staged_database, key):
        place_staged(paths)
    elif paths.database.exists() and cipher.is_keyed(paths.database, key):
        paths.staged_database.unlink()


def open(folder: Path, secret: str | bytes) -> OpenVault:  # noqa: A001 - the word people use for a vault
    """Open the vault in `folder` with its passphrase or recovery code, or with a slot key from `keystore`.

    NeedsPerson(WRONG_PASSPHRASE), Refused(VAULT_MISSING, VAULT_IN_USE, VAULT_NEWER, FOLDER_READ_ONLY),
    BadData(VAULT_DAMAGED). Nothing is changed on any failure.
    """
    paths = Paths(folder=folder.absolute())
    if not exists(paths.folder):
        raise Refused(
            f"There is no vault in {paths.folder}.",
            remedy="Start ibdesk and follow the first-run steps, or name the right folder with --home.",
            cause=Cause.VAULT_MISSING,
        )
    crashed = paths.owner.exists()
    lock = take_lock(paths)
    try:
        return _open(paths, secret, lock, check_whole=crashed)
    except BaseException:
        unlock(paths, lock)
        raise


def _open(paths: Paths, secret: str | bytes, lock: FileLock, *, check_whole: bool) -> OpenVault:
    with disk_errors(paths.folder):
        if not paths.header.exists():
            raise damaged(f"The vault's header file {paths.header} is missing.")
        read = header.decode(paths.header.read_bytes())
        data_key = unwrapped(read, secret)
        key = subkey_of(data_key, read.vault_id, "database")
        with cipher.engine_errors(paths.staged_database):
            settle_staged(paths, key)
        revision = _check_database(paths.database, key, check_whole=check_whole)
    return OpenVault(paths, read.vault_id, data_key, lock, revision)


def unwrapped(read: header.Header, secret: str | bytes) -> bytearray:
    """The data key, for a passphrase, a recovery code or a remembered slot key. NeedsPerson(WRONG_PASSPHRASE)."""
    if isinstance(secret, bytes):
        remembered = header.unwrap(read, header.KEYCHAIN, secret)
        if remembered is None:
            raise NeedsPerson(
                "This computer no longer remembers the way into this vault.",
                remedy="Type your passphrase.",
                cause=Cause.WRONG_PASSPHRASE,
            )
        return remembered
    slip: recovery.MistypedError | None = None
    if recovery.looks_like_one(secret):
        try:
            data_key = header.unwrap(read, header.RECOVERY, recovery.parse(secret))
            if data_key is not None:
                return data_key
        except recovery.MistypedError as error:
            slip = error
    data_key = header.unwrap(read, header.PASSPHRASE, header.passphrase_bytes(secret))
    if data_key is not None:
        return data_key
    if slip is not None:
        raise NeedsPerson(
            f"Group {slip.group} of the recovery code is mistyped.",
            remedy="Compare that group with your printout and try again.",
            cause=Cause.WRONG_PASSPHRASE,
        )
    raise NeedsPerson(
        "That passphrase does not open this vault.",
        remedy="Try again, mind Caps Lock, or use your recovery code.",
        cause=Cause.WRONG_PASSPHRASE,
    )


def opens(vault: OpenVault, secret: str) -> bool:
    """Whether `secret` would open this vault: for taking a locked window back. Costs what opening costs."""
    try:
        require_way_in(vault, secret)
    except NeedsPerson:
        return False
    return True


def require_way_in(vault: OpenVault, secret: str) -> None:
    """NeedsPerson(WRONG_PASSPHRASE) unless `secret`, a passphrase or recovery code, opens this vault."""
    with disk_errors(vault.paths.folder):
        read = header.decode(vault.paths.header.read_bytes())
    unwrapped(read, secret)


def _check_database(path: Path, key: bytes, *, check_whole: bool) -> str | None:
    """Prove that the database is this vault's and in order; which migration it is at."""
    if not path.exists() or not path.stat().st_size:
        raise damaged(f"The vault's database {path} is missing or empty.")
    if cipher.is_plain(path):
        raise damaged(f"{path} is a plain, unencrypted database and not this vault's.")
    if not os.access(path, os.W_OK):
        raise Refused(
            f"ibdesk may not write to {path}.",
            remedy="Give your user write access to the vault's files.",
            cause=Cause.FOLDER_READ_ONLY,
        )
    with cipher.engine_errors(path), closing(cipher.connect(path, key)) as connection:
        if check_whole or path.stat().st_size <= CHECK_WHOLE_UP_TO:
            found = cipher.integrity_findings(connection)
            if found:
                raise damaged(f"The vault's database {path} is damaged: {found[0]}.")
        return cipher.revision(connection)


def change_slot(vault: OpenVault, kind: str, secret: bytes | None, *, cost: Cost = DEFAULT_COST) -> None:
    """Replace the way in of this kind by one for `secret`, or take it away (None). Nothing but the header changes.

    The new header is proved to open with `secret` before it takes the place of the old one, as a whole.
    """
    path = vault.paths.header
    with disk_errors(path):
        read = header.decode(path.read_bytes())
        slots = tuple(slot for slot in read.slots if slot.kind != kind)
        if secret is not None:
            slots += (vault.wrap(kind, secret, cost=cost),)
        is_code_unseen = read.is_code_unseen and kind != header.RECOVERY
        written = header.encode(msgspec.structs.replace(read, slots=slots, is_code_unseen=is_code_unseen))
        if secret is not None and not vault.is_wrapped_in(header.decode(written), kind, secret):
            raise damaged("The new header does not open; the old one was kept.")
        replace_private(path, written)


def has_slot(vault: OpenVault, kind: str) -> bool:
    """Whether there is a way in of this kind."""
    with disk_errors(vault.paths.header):
        read = header.decode(vault.paths.header.read_bytes())
    return any(slot.kind == kind for slot in read.slots)


def is_code_unseen(vault: OpenVault) -> bool:
    """Whether the recovery code was made and perhaps never seen by anybody: a new one should be made."""
    with disk_errors(vault.paths.header):
        return header.decode(vault.paths.header.read_bytes()).is_code_unseen


def note_code_seen(folder: Path) -> None:
    """Note in the closed vault in `folder` that its new recovery code was shown. Raises what `open` does for files."""
    paths = Paths(folder=folder.absolute())
    lock = take_lock(paths)
    try:
        with disk_errors(paths.folder):
            read = header.decode(paths.header.read_bytes())
            if read.is_code_unseen:
                replace_private(paths.header, header.encode(msgspec.structs.replace(read, is_code_unseen=False)))
    finally:
        unlock(paths, lock)


def discard(vault: OpenVault) -> None:
    """Close the vault and delete its files: for a first run that was cancelled, and for throwaway demo vaults."""
    vault.close()
    paths = vault.paths
    leftovers = (*with_sidecars(paths.unfinished_database), paths.staged_database, paths.lock)
    for path in (paths.header, *with_sidecars(paths.database), *leftovers):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def credential_key(vault: OpenVault, environment: str) -> bytes:
    """The key of one environment's credentials: a paper key opens nothing of the live ones."""
    return vault.subkey(f"credentials {environment}")


def subkey_of(data_key: bytearray, vault_id: bytes, purpose: str) -> bytes:
    """The 256-bit key for one purpose (HKDF)."""
    return HKDF(
        algorithm=SHA256(), length=header.KEY_BYTES, salt=vault_id, info=f"ibdesk v1 {purpose}".encode()
    ).derive(bytes(data_key))
