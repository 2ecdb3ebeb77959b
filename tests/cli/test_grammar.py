"""The grammar: every verb of this part, the exit codes in the help, and servers that stop when told."""

import subprocess
import sys
from pathlib import Path

import pytest

from ibdesk.cli.grammar import located, parser
from tests.cli.conftest import Ibdesk, Served, connect, serve, stop


@pytest.mark.parametrize(
    "line",
    [
        "demo --serve --portal-port 5000 --signed-out", "demo --shots pictures --theme light", "health",
        "session status", "session login --no-browser", "session logout", "account list", "account sync",
        "account sync U1234567", "sync --account DU1234567 --source portal", "contract find AAPL", "db check",
        "account add --broker ibkr --gateway-url https://localhost:5000 --id U1234567 --environment live"
        " --type brokerage --currency USD --pin-certificate",
    ],
)  # fmt: skip
def test_the_verbs_are_understood(line: str) -> None:
    assert callable(parser().parse_args(line.split()).run)


@pytest.mark.parametrize(
    "line",
    [
        "trade", "session", "account add", "sync --source flex", "portfolio", "--json=5", "--set nothing=1 health",
        "demo --serve --portal-port 65536", "demo --serve --portal-port=-1",
        "demo --shots pictures --theme system",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_a_mistake_of_usage(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(line.split())

    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_setting_may_be_named_with_its_table() -> None:
    """B64: risk.bp_buffer_pct."""
    given = parser().parse_args(["--set", "risk.bp_buffer_pct=12", "health"])
    assert ("risk_bp_buffer_pct", "12") in given.set


def test_a_mode_is_chosen_for_this_run() -> None:
    def chosen(*words: str) -> dict[str, str]:
        return dict(parser().parse_args([*words, "health"]).set)

    assert chosen("--mode", "local_paper") == {"local_paper": "true"}
    assert chosen("--mode", "ibkr_live") == {"local_paper": "false", "default_environment": "live"}
    assert chosen() == {}
    assert parser().parse_args(["demo", "--mode", "local_paper"]).demo_mode == "local_paper"


def test_a_setting_for_this_run_wins_over_the_environment(
    ibdesk: Ibdesk, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(ibdesk, served)
    monkeypatch.setenv("IBKR_GATEWAY_URL", "https://127.0.0.1:9")

    assert ibdesk("--json", "health").json["gateway"] == "https://127.0.0.1:9"
    assert ibdesk("--json", "--set", f"gateway_url={served.url}", "health").json["status"] == "ready"
    assert ibdesk("--set", "sync_interval=1", "health").code == 5


@pytest.mark.parametrize("words", [
    ["db", "backup", ""], ["--home", "", "health"], ["--home=~nobody-known-here/x", "health"],
])  # fmt: skip
def test_a_path_that_can_be_none_is_a_mistake_of_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(words)
    assert end.value.code == 2


def test_paths_belong_to_the_folder_they_were_typed_in(tmp_path: Path) -> None:
    args = parser().parse_args(["--home=~/x", "db", "backup", "b"])
    located(args, tmp_path)
    assert (args.home, args.file) == (Path.home() / "x", tmp_path / "b")


def test_the_help_documents_the_exit_codes() -> None:
    text = parser().format_help()

    for code in range(7):
        assert f"  {code}  " in text


def test_the_servers_start_at_the_sign_in_page_and_stop_cleanly() -> None:
    served = serve("--signed-out")

    assert served.line["signed_in"] is False
    assert served.line["accounts"] == ["DU7654321", "DU7654322"]
    assert stop(served) == 0


def test_a_port_that_is_taken_is_said_in_a_sentence(ibdesk: Ibdesk) -> None:
    served = serve()
    try:
        answer = ibdesk("--json", "demo", "--serve", "--portal-port", served.url.rsplit(":", 1)[1])
    finally:
        stop(served)

    assert answer.code == 4 and "--portal-port" in answer.json["remedy"]
    assert answer.json["message"].endswith("cannot be used: another program has it.")


def test_no_qt_is_imported_with_the_command_line() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, ibdesk.cli; print('PySide6' in sys.modules)"], capture_output=True,
        text=True, check=True,
    )  # fmt: skip

    assert found.stdout.strip() == "False"
