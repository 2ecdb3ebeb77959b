"""The vault's header file: its format, and how one data key is wrapped once for each way of opening the vault."""

import hashlib
import os
import unicodedata
from collections.abc import Callable
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from ibdesk.domain.errors import BadData, Cause, NeedsPerson, Refused
from ibdesk.store.files import damaged

FORMAT = 1
KEY_BYTES = 32
PASSPHRASE, RECOVERY, KEYCHAIN = "passphrase", "recovery", "keychain"
# A header is a kilobyte; anything bigger is not one, and must not be parsed for minutes.
MAX_HEADER_BYTES = 64 * 1024

Salt = Annotated[bytes, Meta(min_length=16, max_length=64)]


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="argon2id"):
    """Argon2id and its price. The lower bounds are OWASP's minimum; the upper ones keep a forged header from
    asking for all the memory of the machine before the passphrase is even checked."""

    memory_kib: Annotated[int, Meta(ge=19 * 1024, le=1024 * 1024)]
    iterations: Annotated[int, Meta(ge=2, le=16)]
    lanes: Annotated[int, Meta(ge=1, le=16)]
    salt: Salt = b"\0" * 16


class Derived(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="hkdf-sha256"):
    """For secrets that are random already (the recovery code): no price is needed."""

    salt: Salt


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="none"):
    """For a random slot key kept by the operating system's key store: used as it is."""


# RFC 9106's second recommended choice: 64 MiB, 3 passes, 4 lanes; about a tenth of a second.
DEFAULT_COST = Cost(memory_kib=64 * 1024, iterations=3, lanes=4)
# OWASP's minimum; for vaults that are thrown away, such as the demo's.
LOWEST_COST = Cost(memory_kib=19 * 1024, iterations=2, lanes=1)


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way in: the data key, wrapped with AES-256-GCM by a key made from one secret."""

    kind: str
    kdf: Cost | Derived | Stored
    nonce: Annotated[bytes, Meta(min_length=12, max_length=12)]
    wrapped: Annotated[bytes, Meta(min_length=KEY_BYTES + 16, max_length=KEY_BYTES + 16)]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What the header file says. `checksum` finds accidents; the wrapping itself finds forgeries.

    `is_code_unseen`: a recovery code was made, and nobody can say yet that a person got to see it.
    """

    format: int
    vault_id: Annotated[bytes, Meta(min_length=16, max_length=16)]
    slots: Annotated[tuple[Slot, ...], Meta(min_length=1, max_length=8)]
    is_code_unseen: bool = False
    checksum: bytes = b""

    def sum(self) -> bytes:
        """SHA-256 over everything but the checksum itself; a mark that is not there counts for nothing."""
        told: tuple[object, ...] = (self.format, self.vault_id, self.slots)
        marked = (*told, "code unseen") if self.is_code_unseen else told
        return hashlib.sha256(msgspec.json.encode(marked)).digest()


class _Version(msgspec.Struct):
    format: int


def encode(header: Header) -> bytes:
    """The header as the text of its file."""
    return msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(header, checksum=header.sum())))


def decode(data: bytes) -> Header:
    """The header in `data`; BadData when it is damaged, Refused when a newer ibdesk wrote it."""
    if len(data) > MAX_HEADER_BYTES:
        raise _unreadable(data)
    try:
        version = msgspec.json.decode(data, type=_Version).format
        if version > FORMAT:
            raise newer_vault()
        header = msgspec.json.decode(data, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _unreadable(data) from error
    if version < 1 or header.checksum != header.sum():
        raise _unreadable(data)
    return header


def newer_vault() -> Refused:
    """The sentence for a vault this version is too old for."""
    return Refused(
        "This vault was last used by a newer version of ibdesk.",
        remedy="Install the newer version; this one leaves the vault untouched.",
        cause=Cause.VAULT_NEWER,
    )


def _unreadable(data: bytes) -> BadData:
    return damaged("The vault's header file is damaged and cannot be read.", raw=data)


def wrap(kind: str, secret: bytes, data_key: bytes, vault_id: bytes, *, cost: Cost = DEFAULT_COST) -> Slot:
    """A slot that gives `data_key` back to whoever knows `secret`. A passphrase takes the time `cost` says."""
    kdf: Cost | Derived | Stored
    match kind:
        case "passphrase":
            kdf = msgspec.structs.replace(cost, salt=os.urandom(16))
        case "recovery":
            kdf = Derived(salt=os.urandom(16))
        case _:
            kdf = Stored()
    nonce = os.urandom(12)
    wrapped = AESGCM(_derive(kdf, secret)).encrypt(nonce, data_key, _bound_to(vault_id, kind, kdf))
    return Slot(kind=kind, kdf=kdf, nonce=nonce, wrapped=wrapped)


def unwrap(header: Header, kind: str, secret: bytes) -> bytearray | None:
    """The data key, or None when no slot of this kind opens with `secret`. Takes the time the slot's KDF asks for."""
    for slot in header.slots:
        if slot.kind == kind:
            bound_to = _bound_to(header.vault_id, kind, slot.kdf)
            try:
                return bytearray(AESGCM(_derive(slot.kdf, secret)).decrypt(slot.nonce, slot.wrapped, bound_to))
            except InvalidTag:
                continue
    return None


def passphrase_bytes(passphrase: str) -> bytes:
    """The same bytes for the same passphrase on every keyboard and system (RFC 8265: NFC, then UTF-8).
    NeedsPerson(WRONG_PASSPHRASE) for what is no text."""
    try:
        return unicodedata.normalize("NFC", passphrase).encode()
    except UnicodeEncodeError as error:  # bytes of another encoding, from a variable
        raise NeedsPerson(
            "That passphrase is no text: it cannot be read as UTF-8.",
            remedy="Type it, or set the program that gives it to UTF-8.", cause=Cause.WRONG_PASSPHRASE,
        ) from error


def _derive(kdf: Cost | Derived | Stored, secret: bytes) -> bytes:
    derive: Callable[[bytes], bytes]
    match kdf:
        case Cost():
            derive = Argon2id(
                salt=kdf.salt, length=KEY_BYTES, iterations=kdf.iterations, lanes=kdf.lanes, memory_cost=kdf.memory_kib
            ).derive
        case Derived():
            derive = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=kdf.salt, info=b"ibdesk recovery slot").derive
        case Stored():
            return secret
    return derive(secret)


def _bound_to(vault_id: bytes, kind: str, kdf: Cost | Derived | Stored) -> bytes:
    """Everything about a slot that is not secret: changed, it no longer opens, so nothing can be made weaker."""
    return msgspec.json.encode((FORMAT, vault_id, kind, kdf))
