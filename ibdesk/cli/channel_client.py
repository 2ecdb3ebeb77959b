"""How a command finds the open desk of its vault, hands its words over, and lends it this terminal."""

import argparse
import os
import socket
from contextlib import suppress
from pathlib import Path

from ibdesk.cli.channel import (
    HOST,
    LENGTH,
    VERSION,
    Answer,
    Cancel,
    Challenge,
    ChannelBroken,
    Command,
    Done,
    FromCommand,
    FromDesk,
    Hello,
    Pulse,
    Question,
    Words,
    framed,
    from_desk,
    is_proof,
    length_of,
    new_random,
    place_of,
    proof,
    read_address,
    secret_in,
)
from ibdesk.cli.talk import Talk, read_answer
from ibdesk.domain.errors import Cause, NeedsPerson, Refused, Unavailable

#: Seconds to be greeted in, and to end in after the person gave up. The desk answers from a thread of its own.
GREETING, ENDING = 2.0, 3.0
#: Seconds without a sign of life after which the desk counts as gone; it gives one every five.
SILENCE = 30.0


def handed_over(args: argparse.Namespace, home: Path, talk: Talk) -> int | None:
    """The exit code of the command once the open desk of the vault in `home` has done it; None where none is open.

    `args.words` is what was typed. Raises Refused(BAD_SETTING) when settings were given for this run alone,
    Unavailable when the desk goes away before it is done.
    """
    meeting = _meet(home)
    if meeting is None:
        return None
    line, own_proof = meeting
    with line.socket:
        if args.set:
            with suppress(ChannelBroken):  # so that the desk need not wonder who left
                line.send(Cancel())
            raise Refused(
                "ibdesk is open and works with its own settings, so --set cannot be heeded.",
                remedy="Change it in the window under Settings, or close the window first.",
                cause=Cause.BAD_SETTING,
            )
        line.send(Command(proof=own_proof, words=tuple(args.words), folder=str(Path.cwd())))
        try:
            return _listen(line, talk)
        except ChannelBroken as error:
            raise Unavailable(
                "The open ibdesk went away before it had answered.",
                remedy="Look in its Activity whether the command was done, then repeat it.",
                cause=Cause.VAULT_CLOSED,
            ) from error


class _Line:
    """One connection, read and written whole message by whole message."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    def send(self, message: FromCommand) -> None:
        try:
            self.socket.sendall(framed(message))
        except OSError as error:
            raise ChannelBroken("the desk does not listen") from error

    def receive(self) -> FromDesk:
        return from_desk(self._exactly(length_of(self._exactly(LENGTH.size))))

    def _exactly(self, count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            try:
                more = self.socket.recv(count - len(got))
            except OSError as error:
                raise ChannelBroken("the desk is silent") from error
            if not more:
                raise ChannelBroken("the desk is gone")
            got += more
        return bytes(got)


def _meet(home: Path) -> tuple[_Line, str] | None:
    """A line to the desk of `home` once it has proved itself, and our proof; None where nobody or somebody else
    answers."""
    address = read_address(home)
    if address is None:
        return None
    try:
        connected = socket.create_connection((HOST, address.port), timeout=GREETING)
    except (OSError, OverflowError):  # the file was left by a desk that died
        return None
    line, ours, secret = _Line(connected), new_random(), secret_in(address.token, place_of(home))
    try:
        line.send(Hello(version=VERSION, random=ours))
        theirs = line.receive()
    except ChannelBroken:
        connected.close()
        return None
    if not isinstance(theirs, Challenge) or not is_proof(theirs.proof, secret, "desk", ours, theirs.random):
        connected.close()
        return None
    if theirs.version != VERSION:
        connected.close()
        raise Refused(
            "The open ibdesk is of another version than this command.",
            remedy="Close its window and open it again.",
            cause=Cause.VAULT_IN_USE,
        )
    connected.settimeout(SILENCE)
    return line, proof(secret, "command", ours, theirs.random)


def _listen(line: _Line, talk: Talk) -> int:
    """Lend the desk this terminal until it is done; the exit code."""
    try:
        return _until_done(line, talk)
    except KeyboardInterrupt:
        with suppress(ChannelBroken):
            line.send(Cancel())
            line.socket.settimeout(ENDING)
            _until_done(line, talk)
        raise


def _until_done(line: _Line, talk: Talk) -> int:
    while True:
        match line.receive():
            case Words(text=text, is_warning=is_warning):
                (talk.mouth.warn if is_warning else talk.mouth.write)(text)
            case Question() as question:
                line.send(Answer(text=_answer(question)))
            case Done(code=code):
                return code
            case Pulse():
                pass
            case Challenge():
                raise ChannelBroken("the desk greets twice")


def _answer(question: Question) -> str | None:
    """What the person says, or for what opens the vault the variable that holds it; None when nobody is there.

    A locked desk and nobody there ends the command here, with NeedsPerson; Refused for a variable that is too short.
    """
    from ibdesk.store.passphrase import from_environment

    try:
        given = from_environment(os.environ) if question.opens else None
        return given or read_answer(question.text, secret=question.is_secret, opens=question.opens)
    except NeedsPerson as error:
        if not question.unlocks:
            return None
        raise NeedsPerson(
            "The desk is locked, and nobody was there to unlock it.",
            remedy="Unlock it in its window, or give the passphrase: typed, on standard input or in IBDESK_PASSPHRASE.",
            cause=Cause.WRONG_PASSPHRASE,
        ) from error
