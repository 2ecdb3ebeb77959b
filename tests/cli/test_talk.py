"""Answers: text or one JSON value, errors where they belong, a code for each branch."""

import asyncio
import io
import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.cli.talk import Talk, code_of, read_answer
from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable
from tests.cli.conftest import PASSPHRASE
from tests.store.test_restore import fill

BOXED = Unavailable("Locked out.", remedy="Wait.", cause=Cause.PENALTY_BOX)


@pytest.mark.parametrize(("branch", "code"), [(NeedsPerson, 3), (Unavailable, 4), (Refused, 5), (BadData, 6)])
def test_every_branch_has_its_exit_code(branch: type[DeskError], code: int) -> None:
    assert code_of(branch("It stopped.", remedy="Go on.", cause=Cause.BROKER_ERROR)) == code


def test_no_error_is_code_zero() -> None:
    assert code_of(None) == 0


def test_json_is_one_value_with_exact_amounts_and_iso_instants(capsys: pytest.CaptureFixture[str]) -> None:
    Talk(json=True, quiet=True).tell({"v": Decimal("1E+2"), "at": datetime(2026, 11, 20, tzinfo=UTC)}, ["text"])

    assert json.loads(capsys.readouterr().out) == {"v": "100", "at": "2026-11-20T00:00:00+00:00"}


def test_paths_are_told_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    Talk(json=True, quiet=False).tell({"at": Path("a") / "b"}, [])

    assert json.loads(capsys.readouterr().out) == {"at": str(Path("a") / "b")}


def test_an_error_that_ends_by_itself_is_told_with_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    later = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    error = Unavailable("Locked out.", remedy="Wait.", cause=Cause.PENALTY_BOX, retry_at=later)
    Talk(json=True, quiet=False).complain(error)
    Talk(json=False, quiet=False).complain(error)

    said = capsys.readouterr()
    assert json.loads(said.out)["retry_at"] == "2026-11-20T09:30:00+00:00"
    assert said.err == "Locked out.\nWait.\nTry again after 2026-11-20 09:30:00 UTC.\n"


def test_quiet_leaves_out_text_but_neither_errors_nor_what_must_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    talk = Talk(json=False, quiet=True)
    talk.tell({}, ["text"])
    talk.say("aside")
    talk.insist("recovery code")
    talk.complain(BOXED)

    said = capsys.readouterr()
    assert said.out == "recovery code\n"
    assert said.err == "Locked out.\nWait.\n"


def test_errors_in_json_go_where_programs_read(capsys: pytest.CaptureFixture[str]) -> None:
    Talk(json=True, quiet=False).complain(BOXED)

    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "status": "error", "cause": "penalty_box", "message": "Locked out.", "remedy": "Wait."
    }  # fmt: skip
    assert said.err == ""


def test_what_has_no_json_form_is_our_mistake() -> None:
    with pytest.raises(TypeError):
        Talk(json=True, quiet=False).tell({"x": object()}, [])


def test_a_notice_is_kept_out_of_the_answer_and_left_out_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Talk(json=True, quiet=False).notice("still waiting")
    Talk(json=False, quiet=True).notice("nobody wants to know")

    assert capsys.readouterr() == ("", "still waiting\n")


def test_a_question_is_answered_on_standard_input_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("the answer\n"))
    talk = Talk(json=False, quiet=False)

    assert asyncio.run(talk.ask("Passphrase: ")) == "the answer"
    with pytest.raises(NeedsPerson):
        asyncio.run(talk.ask("Passphrase: "))
    with pytest.raises(NeedsPerson, match="Sure"):
        asyncio.run(talk.ask("Sure? ", secret=False))


def test_only_what_opens_the_vault_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    for opens in (True, False):
        with pytest.raises(NeedsPerson) as caught:
            read_answer("New passphrase: ", secret=True, opens=opens)
        assert ("IBDESK_PASSPHRASE" in caught.value.remedy) is opens


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_bytes_that_are_no_text_are_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    errors = "strict" if encoding == "utf-8" else "surrogateescape"  # as Python does in the C locale
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"pass\xffword\n"), encoding, errors))
    with pytest.raises(NeedsPerson, match="no text"):
        read_answer("Passphrase: ", secret=True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize("verb", [("db", "check"), ("db", "passphrase"), ("db", "rekey")])
@pytest.mark.parametrize(("key", "code"), [(b"\x03", 130), (b"\x04", 3)])
def test_one_key_ends_a_command_that_asks(tmp_path: Path, verb: tuple[str, ...], key: bytes, code: int) -> None:
    fill(tmp_path, PASSPHRASE, 1)
    import pty  # not on Windows

    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "ibdesk", "--home", str(tmp_path), *verb])  # noqa: S606
    said = bytearray()
    while b"Passphrase" not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, key)
    with suppress(OSError):  # the terminal ends with the command
        while more := os.read(terminal, 1024):
            said += more
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == code
    assert b"Traceback" not in said
