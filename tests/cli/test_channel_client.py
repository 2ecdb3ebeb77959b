"""The command's end: whom it believes, what it lends, and what it says when the desk is gone."""

import argparse
import io
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ibdesk.cli import channel
from ibdesk.cli.channel_client import handed_over
from ibdesk.cli.talk import Talk
from ibdesk.domain.errors import Cause, NeedsPerson, Refused, Unavailable
from ibdesk.store.files import replace_private

TOKEN = "7a" * 32
TALK = Talk(json=False, quiet=False)
Script = Callable[["Desk"], None]


class Desk:
    """One connection as the open desk sees it, blocking."""

    def __init__(self, connected: socket.socket, home: Path) -> None:
        self.socket = connected
        self.place = channel.place_of(home)

    def hear(self) -> channel.FromCommand:
        length = channel.length_of(self.socket.recv(4, socket.MSG_WAITALL))
        return channel.from_command(self.socket.recv(length, socket.MSG_WAITALL))

    def say(self, message: channel.FromDesk) -> None:
        self.socket.sendall(channel.framed(message))

    def greet(self, *, token: str = TOKEN, version: int = channel.VERSION, place: str = "") -> None:
        hello = self.hear()
        assert isinstance(hello, channel.Hello)
        own = channel.proof(channel.secret_in(token, place or self.place), "desk", hello.random, "22")
        self.say(channel.Challenge(version=version, random="22", proof=own))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[[Script], None]]:
    """Plays a desk that follows a script for one connection."""
    threads = list[threading.Thread]()
    server = socket.create_server((channel.HOST, 0))

    def play(script: Script) -> None:
        def serve() -> None:
            with server.accept()[0] as connected:
                connected.settimeout(10)
                script(Desk(connected, tmp_path))

        replace_private(tmp_path / channel.FILE_NAME, channel.encoded(
            channel.Address(port=server.getsockname()[1], token=TOKEN, place=channel.place_of(tmp_path))))
        threads.append(threading.Thread(target=serve))
        threads[-1].start()

    yield play
    for thread in threads:
        thread.join()
    server.close()


def command(*words: str, given: tuple[tuple[str, str], ...] = ()) -> argparse.Namespace:
    return argparse.Namespace(words=words, set=list(given))


def test_without_a_desk_nothing_is_handed_over(tmp_path: Path) -> None:
    assert handed_over(command("sync"), tmp_path, TALK) is None


def test_words_go_there_and_come_back_with_the_exit_code(
    desk: Callable[[Script], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = list[channel.FromCommand]()

    def script(it: Desk) -> None:
        it.greet()
        heard.append(it.hear())
        it.say(channel.Words(text="out\n"))
        it.say(channel.Pulse())
        it.say(channel.Words(text="err\n", is_warning=True))
        it.say(channel.Done(code=4))

    desk(script)
    assert handed_over(command("--json", "sync"), tmp_path, TALK) == 4
    assert capsys.readouterr() == ("out\n", "err\n")
    assert isinstance(heard[0], channel.Command)
    assert (heard[0].words, heard[0].folder) == (("--json", "sync"), str(Path.cwd()))


def test_who_does_not_know_the_token_is_no_desk(desk: Callable[[Script], None], tmp_path: Path) -> None:
    desk(lambda it: it.greet(token="00" * 32))

    assert handed_over(command("sync"), tmp_path, TALK) is None


def test_the_desk_of_another_folder_is_not_asked(desk: Callable[[Script], None], tmp_path: Path) -> None:
    desk(lambda it: it.greet(place="1:2"))

    assert handed_over(command("sync"), tmp_path, TALK) is None


def test_a_desk_of_another_version_is_said_in_a_sentence(desk: Callable[[Script], None], tmp_path: Path) -> None:
    desk(lambda it: it.greet(version=channel.VERSION + 1))

    with pytest.raises(Refused, match="another version"):
        handed_over(command("sync"), tmp_path, TALK)


def test_a_desk_that_goes_away_leaves_a_next_step(desk: Callable[[Script], None], tmp_path: Path) -> None:
    def script(it: Desk) -> None:
        it.greet()
        it.hear()

    desk(script)
    with pytest.raises(Unavailable) as raised:
        handed_over(command("sync"), tmp_path, TALK)
    assert raised.value.cause is Cause.VAULT_CLOSED
    assert "Activity" in raised.value.remedy


def test_settings_for_one_run_are_refused(desk: Callable[[Script], None], tmp_path: Path) -> None:
    heard = list[channel.FromCommand]()

    def script(it: Desk) -> None:
        it.greet()
        heard.append(it.hear())

    desk(script)
    with pytest.raises(Refused) as raised:
        handed_over(command("sync", given=(("gateway_port", "5001"),)), tmp_path, TALK)
    assert raised.value.cause is Cause.BAD_SETTING
    deadline = time.monotonic() + 10
    while not heard and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    assert heard == [channel.Cancel()]


def test_a_locked_desk_and_nobody_there_ends_the_command_here(
    desk: Callable[[Script], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(it: Desk) -> None:
        it.greet()
        it.hear()
        it.say(channel.Question(text="? ", is_secret=True, opens=True, unlocks=True))
        assert it.socket.recv(1) == b""

    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    desk(script)
    with pytest.raises(NeedsPerson, match="locked"):
        handed_over(command("sync"), tmp_path, TALK)


def test_only_what_opens_the_vault_is_answered_by_the_variable(
    desk: Callable[[Script], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = list[channel.FromCommand]()

    def script(it: Desk) -> None:
        it.greet()
        it.hear()
        for opens in (True, False, False):
            it.say(channel.Question(text="? ", is_secret=True, opens=opens))
            answers.append(it.hear())
        it.say(channel.Done(code=0))

    monkeypatch.setenv("IBDESK_PASSPHRASE", "from the variable")
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n"))
    desk(script)
    assert handed_over(command("sync"), tmp_path, TALK) == 0
    assert answers == [
        channel.Answer(text="from the variable"), channel.Answer(text="typed"), channel.Answer(text=None)
    ]
