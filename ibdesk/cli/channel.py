"""The private wire between a command and the open desk: where it is, how both ends prove themselves, what is said.

A loopback port and a random token lie in a file only this user can read. Each end proves that it knows the token by
an HMAC over both ends' random numbers, the desk first: who took over the port of a desk that died can neither feign
its answers nor learn anything. The file and the proofs are bound to the very folder the desk has open: a copy of that
folder, made while the desk is open, takes the file along and leads to no desk. A message is four bytes of length and
that much JSON.
"""

import hmac
import os
import secrets
import stat
import struct
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

FILE_NAME = "ibdesk.door"
HOST = "127.0.0.1"
VERSION = 1
#: Bytes of the token and of each end's random number.
RANDOM = 32
#: The longest message either end takes, in bytes; longer text is sent in pieces of `PIECE` characters.
LONGEST, PIECE = 1 << 20, 1 << 16
LENGTH = struct.Struct(">I")


class ChannelBroken(Exception):  # noqa: N818 - what happened to the channel
    """The other end went away, or is not what it should be."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says; the token in hexadecimal, and the `place_of` the folder it was written for."""

    port: int
    token: str
    place: str


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A command's first word; random numbers and proofs are hexadecimal."""

    version: int
    random: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The desk's first word, with its proof."""

    version: int
    random: str
    proof: str


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What was typed, the folder it was typed in, and the command's proof."""

    proof: str
    words: tuple[str, ...]
    folder: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What the person says to a question; None when nobody is there."""

    text: str | None


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The person has had enough."""


class Words(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something for the terminal."""

    text: str
    is_warning: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something only the person can answer, or with `opens` the variable that holds the vault's passphrase; `unlocks`
    when it is asked because the desk is locked."""

    text: str
    is_secret: bool
    opens: bool = False
    unlocks: bool = False


class Pulse(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The desk is still there."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The end of the command, with its exit code."""

    code: int


FromCommand = Hello | Command | Answer | Cancel
FromDesk = Challenge | Words | Question | Pulse | Done

_from_command: msgspec.json.Decoder[FromCommand] = msgspec.json.Decoder(FromCommand)
_from_desk: msgspec.json.Decoder[FromDesk] = msgspec.json.Decoder(FromDesk)


def framed(message: FromCommand | FromDesk) -> bytes:
    """The message as it goes over the wire."""
    body = msgspec.json.encode(message)
    return LENGTH.pack(len(body)) + body


def length_of(head: bytes) -> int:
    """How many bytes follow the first four. ChannelBroken when that is too much."""
    length: int = LENGTH.unpack(head)[0]
    if length > LONGEST:
        raise ChannelBroken("a message is too long")
    return length


def from_command(body: bytes) -> FromCommand:
    """What a command said. ChannelBroken when it is none of that."""
    try:
        return _from_command.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ChannelBroken("a command cannot be read") from error


def from_desk(body: bytes) -> FromDesk:
    """What a desk said. ChannelBroken when it is none of that."""
    try:
        return _from_desk.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ChannelBroken("an answer cannot be read") from error


def new_random() -> str:
    """A number nobody can guess."""
    return secrets.token_hex(RANDOM)


def place_of(folder: Path) -> str:
    """Which folder this is, by whatever name it is called: the same after a move, another one for a copy. Empty where
    there is none."""
    try:
        known = folder.stat()
    except (OSError, ValueError):
        return ""
    return f"{known.st_dev:x}:{known.st_ino:x}" if known.st_ino else str(folder.resolve())


def secret_in(token: str, place: str) -> str:
    """What both ends prove to know: the token, for the desk of this one place."""
    return hmac.new(token.encode(), f"ibdesk door of {place}".encode(), "sha256").hexdigest()


def proof(secret: str, who: str, asked: str, answered: str) -> str:
    """That `who` ("desk" or "command") knows the secret, for this one meeting of two random numbers."""
    return hmac.new(secret.encode(), f"ibdesk {who} {asked} {answered}".encode(), "sha256").hexdigest()


def is_proof(given: str, secret: str, who: str, asked: str, answered: str) -> bool:
    """Whether a proof holds; takes as long either way."""
    return hmac.compare_digest(given.encode(), proof(secret, who, asked, answered).encode())


def encoded(address: Address) -> bytes:
    """The address as it stands in the file."""
    return msgspec.json.encode(address)


def read_address(folder: Path) -> Address | None:
    """Where the desk of the vault in `folder` says it answers; None without a file that is ours alone.

    The file of another folder's desk came here with a copy of that folder; it is taken away.
    """
    path = folder / FILE_NAME
    try:
        if not _is_private(path):
            return None
        written = path.read_bytes()
        address = msgspec.json.decode(written, type=Address)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    if address.place == place_of(folder):
        return address
    remove(path, written)
    return None


def remove(path: Path, written: bytes) -> None:
    """Take the file away unless somebody else wrote it since."""
    with suppress(OSError):
        if path.read_bytes() == written:
            path.unlink()


def _is_private(path: Path) -> bool:
    """Whether nobody else could have written the file or read it; Windows keeps the folder to its user."""
    if sys.platform == "win32":
        return True
    known = path.stat()
    return known.st_uid == os.getuid() and stat.S_IMODE(known.st_mode) & 0o077 == 0
