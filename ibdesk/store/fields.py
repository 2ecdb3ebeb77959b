"""How one value is encrypted once more inside the encrypted database, bound to its place there.

AES-256-GCM with a fresh nonce; table, row, column and key version are authenticated, so a value copied to another
place does not open there.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ibdesk.store.files import damaged

_NONCE_BYTES = 12


def seal(key: bytes, text: str, place: bytes) -> bytes:
    """Nonce and ciphertext of `text`, which opens at `place` only."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), place)


def unseal(key: bytes, stored: bytes, place: bytes, *, what: str) -> str:
    """The text again. BadData(VAULT_DAMAGED), naming `what`, when it was not sealed with this key for this place."""
    nonce, sealed = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, sealed, place).decode()
    except (InvalidTag, ValueError) as error:
        raise damaged(f"{what} does not open.") from error
