"""The wire between a command and the open desk: proofs, lengths, and a file nobody else may have touched."""

import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from ibdesk.cli import channel
from ibdesk.cli.channel import Address, Answer, Challenge, ChannelBroken, Command, Done, Hello, Question, Words
from ibdesk.store.files import replace_private

TOKEN = "ab" * 32


@pytest.mark.parametrize("message", [
    Hello(version=1, random="00"), Command(proof="x", words=("account", "list"), folder="/x"), Answer(text=None),
    channel.Cancel(),
])  # fmt: skip
def test_what_a_command_says_arrives_as_it_was_said(message: channel.FromCommand) -> None:
    wire = channel.framed(message)

    assert channel.length_of(wire[:4]) == len(wire) - 4
    assert channel.from_command(wire[4:]) == message


@pytest.mark.parametrize("message", [
    Challenge(version=1, random="00", proof="x"), Words(text="Größe −5"), Question(text="?", is_secret=True),
    channel.Pulse(), Done(code=4),
])  # fmt: skip
def test_what_a_desk_says_arrives_as_it_was_said(message: channel.FromDesk) -> None:
    assert channel.from_desk(channel.framed(message)[4:]) == message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type":"Done","code":1}', b'{"type":"Answer"}', b"\xff\xfe"])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ChannelBroken):
        channel.from_command(body)


def test_a_message_that_announces_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(ChannelBroken, match="too long"):
        channel.length_of(channel.LENGTH.pack(channel.LONGEST + 1))


def test_a_proof_holds_for_its_end_its_token_and_its_meeting_only() -> None:
    given = channel.proof(TOKEN, "desk", "1", "2")

    assert channel.is_proof(given, TOKEN, "desk", "1", "2")
    assert not channel.is_proof(given, TOKEN, "command", "1", "2")
    assert not channel.is_proof(given, "cd" * 32, "desk", "1", "2")
    assert not channel.is_proof(given, TOKEN, "desk", "2", "1")
    assert not channel.is_proof("é", TOKEN, "desk", "1", "2")
    assert TOKEN not in given


def test_random_numbers_are_long_and_differ() -> None:
    assert len({channel.new_random() for _ in range(100)}) == 100
    assert len(channel.new_random()) == 64


def test_the_address_is_read_from_a_file_of_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / channel.FILE_NAME
    address = Address(port=4711, token=TOKEN, place=channel.place_of(tmp_path))
    assert channel.read_address(tmp_path) is None

    replace_private(path, channel.encoded(address))
    assert channel.read_address(tmp_path) == address

    if sys.platform != "win32":
        path.chmod(0o644)
        assert channel.read_address(tmp_path) is None


def test_the_address_in_a_copied_folder_leads_nowhere_and_is_taken_away(tmp_path: Path) -> None:
    """A vault's folder is copied while its desk is open: the copy is another vault."""
    home, copied = tmp_path / "home", tmp_path / "copy"
    home.mkdir()
    address = Address(port=4711, token=TOKEN, place=channel.place_of(home))
    replace_private(home / channel.FILE_NAME, channel.encoded(address))
    shutil.copytree(home, copied)

    assert channel.read_address(copied) is None
    assert not (copied / channel.FILE_NAME).exists()
    assert channel.read_address(home) == address
    assert channel.read_address(home.rename(tmp_path / "moved")) == address


def test_a_secret_holds_for_one_place(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    here, there = (channel.secret_in(TOKEN, channel.place_of(each)) for each in (tmp_path, tmp_path / "other"))

    assert here != there and TOKEN not in here
    assert channel.place_of(tmp_path / "none") == ""


@pytest.mark.parametrize("content", [b"", b"{}", b'{"port": "x"}', msgspec.json.encode({"port": 1}), b"\xff"])
def test_a_damaged_address_is_none(tmp_path: Path, content: bytes) -> None:
    replace_private(tmp_path / channel.FILE_NAME, content)

    assert channel.read_address(tmp_path) is None
