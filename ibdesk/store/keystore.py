""" "Remember on this computer": which key stores of the system are good enough, and what is kept there.

Kept is a random slot key that unwraps the data key, never the passphrase. Without a graphical session there is often
no such store; then the choice is not offered.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.store import header, vault
from ibdesk.store.files import Paths, disk_errors
from ibdesk.store.vault import OpenVault

SERVICE = "ibdesk"
#: Only these protect what they keep. `keyrings.alt` and others write files anybody can read.
_GOOD = (
    "keyring.backends.Windows",
    "keyring.backends.macOS",
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
)


class KeyStore(Protocol):
    """What we use of the system's key store (a `keyring` backend)."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def system_key_store() -> KeyStore | None:
    """The system's own key store; None where there is none that protects its contents. Asking may take a moment."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    backend = keyring.get_keyring()
    chosen = backend.backends[0] if isinstance(backend, ChainerBackend) and backend.backends else backend
    return chosen if type(chosen).__module__.startswith(_GOOD) else None


def remember(opened: OpenVault, store: KeyStore) -> None:
    """Let this computer open the vault from now on."""
    slot_key = os.urandom(header.KEY_BYTES)
    keep(opened.id, slot_key, store)
    vault.change_slot(opened, header.KEYCHAIN, slot_key)


def keep(vault_id: str, slot_key: bytes, store: KeyStore) -> None:
    """Put a vault's slot key into the store. NeedsPerson(ACCESS_DENIED) when it is locked."""
    with _refusals():
        store.set_password(SERVICE, vault_id, slot_key.hex())


def forget(opened: OpenVault, store: KeyStore) -> None:
    """Ask for the passphrase again from now on."""
    vault.change_slot(opened, header.KEYCHAIN, None)
    with _refusals():
        if store.get_password(SERVICE, opened.id) is not None:
            store.delete_password(SERVICE, opened.id)


@contextmanager
def _refusals() -> Iterator[None]:
    """Put into words that the person or the system closed the key store to us."""
    from keyring.errors import KeyringError

    try:
        yield
    except KeyringError as error:
        raise NeedsPerson(
            f"The computer's key store did not answer: {error}.",
            remedy="Unlock the key store and try again, or go on typing the passphrase.",
            cause=Cause.ACCESS_DENIED,
        ) from error


def recall(folder: Path, store: KeyStore) -> bytes | None:
    """The slot key for `vault.open`; None when this computer does not remember the vault in `folder`."""
    path = Paths(folder=folder).header
    if not path.exists():
        return None
    with disk_errors(path):
        read = header.decode(path.read_bytes())
    try:
        with _refusals():
            kept = store.get_password(SERVICE, read.vault_id.hex())
        return None if kept is None else bytes.fromhex(kept)
    except (NeedsPerson, ValueError):  # a locked store, or somebody else's entry: the passphrase does it
        return None
