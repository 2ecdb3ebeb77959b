"""The Flex verbs, typed as a person or a script would, against the demo's service in a process of its own."""

import asyncio
import io
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ibdesk.brokers.statements import StatementProgress, StatementStage
from ibdesk.cli import main
from ibdesk.cli.flex_verbs import Telling
from ibdesk.cli.talk import Talk
from ibdesk.demo.flex import TOKEN
from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.waiting import until
from tests.cli.conftest import PASSPHRASE, Ran, Served, serve, stop
from tests.store.test_restore import fill

Typed = Callable[..., Ran]


@pytest.fixture
def flex() -> Iterator[Served]:
    running = serve("--flex-port", "0")
    yield running
    if running.process.poll() is None:
        stop(running)


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run a command with these lines on its standard input, on a vault that is there."""
    fill(tmp_path / "home", PASSPHRASE, 1)

    def run(*words: str, lines: tuple[str, ...] = (PASSPHRASE,)) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        capsys.readouterr()
        code = main(["--home", str(tmp_path / "home"), *words])
        said = capsys.readouterr()
        assert TOKEN not in said.out + said.err
        return Ran(code=code, out=said.out, err=said.err)

    return run


def add(typed: Typed, flex: Served, label: str, query: str, token: str = TOKEN) -> Ran:
    return typed(
        "--json", "flex", "add", "--label", label, "--query", query, "--service-url", flex.line["flex"],
        "--accept-certificate", flex.line["certificate_sha256"], lines=(PASSPHRASE, f"  {token} "),
    )  # fmt: skip


def test_the_servers_tell_where_the_flex_service_is(flex: Served) -> None:
    assert {"portal", "certificate_sha256", "accounts", "signed_in", "flex"} <= set(flex.line)
    assert flex.line["flex"].startswith("https://127.0.0.1:")


def test_a_query_is_added_listed_masked_pulled_and_removed(typed: Typed, flex: Served, tmp_path: Path) -> None:
    added = add(typed, flex, "Daily", "1000001")
    assert (added.code, added.json["token"]) == (0, "•••1122")
    listed = typed("--json", "flex", "list").json["queries"]
    assert [(each["label"], each["query_id"], each["token"]) for each in listed] == [("Daily", "1000001", "•••1122")]
    assert "•••1122" in typed("flex", "list").out
    out = tmp_path / "statement.xml"
    pulled = typed("--json", "flex", "pull", "Daily", "--out", str(out))
    assert pulled.code == 0 and "making the statement" in pulled.err and "Asking the Flex service" in pulled.err
    assert out.read_bytes().startswith(b"<FlexQueryResponse") and pulled.json["bytes"] == out.stat().st_size
    assert pulled.json["asked"]["from"] < pulled.json["asked"]["to"] and pulled.json["is_short"] is False
    if sys.platform != "win32":
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert typed("flex", "remove", "Daily").code == 0
    assert typed("flex", "list").out == "No Flex query yet.\n"
    assert typed("flex", "remove", "Daily").code == 5


@pytest.mark.parametrize(("query", "token", "code", "words"), [
    ("token_expired", TOKEN, 3, "Flex token has expired"), ("settlement_not_ready", TOKEN, 4, "settlement data"),
    ("legacy_query", TOKEN, 5, "old kind of query"), ("1000001", "99887766554433221100", 3, "does not accept"),
])  # fmt: skip
def test_a_refusal_ends_with_the_code_of_who_acts_next(
    typed: Typed, flex: Served, tmp_path: Path, query: str, token: str, code: int, words: str
) -> None:
    assert add(typed, flex, "Daily", query, token).code == 0
    out = tmp_path / "statement.xml"
    told = typed("flex", "pull", "--out", str(out))
    assert (told.code, out.exists()) == (code, False) and words in told.err


def test_days_are_firm_and_checked(typed: Typed, flex: Served, tmp_path: Path) -> None:
    add(typed, flex, "Daily", "1000001")
    out = str(tmp_path / "s.xml")
    assert typed("flex", "pull", "--out", out, "--from", "2020-01-01", "--to", "2020-01-31").code == 5
    assert typed("flex", "pull", "--out", out, "--from", "2026-01-01", "--to", "2025-01-31").code == 5
    with pytest.raises(SystemExit) as end:
        typed("flex", "pull", "--out", out, "--from", "yesterday")
    assert end.value.code == 2


def test_a_token_that_nobody_gives_is_asked_for_by_name(typed: Typed) -> None:
    told = typed("flex", "add", "--label", "Daily", "--query", "1000001", lines=(PASSPHRASE,))
    assert told.code == 3 and "Flex token is needed" in told.err


def test_no_token_is_an_argument(typed: Typed) -> None:
    for words in (("--token", "1"), ("1",)):
        with pytest.raises(SystemExit) as end:
            typed("flex", "add", "--label", "Daily", "--query", "1000001", *words)
        assert end.value.code == 2


def test_a_service_that_is_silent_is_told_and_its_end_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    telling = Telling(Talk(json=False, quiet=False), still=0.02)

    async def silent() -> str:
        telling.hear(StatementProgress(stage=StatementStage.ASKING, waited=0))
        await until(lambda: told(capsys).count("No answer yet") >= 2, 10)
        return "whole"

    seen = list[str]()

    def told(from_: pytest.CaptureFixture[str]) -> str:
        seen.append(from_.readouterr().err)
        return "".join(seen)

    assert asyncio.run(telling.until_done(silent())) == "whole"
    assert "Asking the Flex service" in "".join(seen)

    async def failing() -> str:
        raise Refused("No.", remedy="None.", cause=Cause.FLEX_QUERY)

    with pytest.raises(Refused):
        asyncio.run(telling.until_done(failing()))


def test_a_dead_service_on_this_computer_is_named_and_not_the_internet(
    typed: Typed, flex: Served, tmp_path: Path
) -> None:
    add(typed, flex, "Daily", "1000001")
    stop(flex)
    told = typed("flex", "pull", "--out", str(tmp_path / "s.xml"))
    assert told.code == 4 and flex.line["flex"].split("/")[2] in told.err and "internet" not in told.err


def test_where_it_is_written_to_is_settled_before_the_broker_is_asked(
    typed: Typed, flex: Served, tmp_path: Path
) -> None:
    add(typed, flex, "Daily", "1000001")
    stop(flex)
    (tmp_path / "taken").write_text("somebody's")
    for out in ("taken", "taken/s.xml", "home", "home/ibdesk.vault", "x" * 300):
        assert typed("flex", "pull", "--out", str(tmp_path / out)).code == 5
    assert (tmp_path / "taken").read_text() == "somebody's"
