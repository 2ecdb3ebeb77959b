"""Connecting an account from the command line, and the list of accounts."""

import getpass
import io
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PASSPHRASE, Ibdesk, Served, connect


def test_adding_an_account_makes_the_vault_and_shows_the_recovery_code_once(
    ibdesk: Ibdesk, served: Served, tmp_path: Path
) -> None:
    added = connect(ibdesk, served)

    assert added.code == 0
    assert added.json["recovery_code"].count("-") == 7
    assert added.json["gateway"] == served.url
    assert (tmp_path / "home" / "ibdesk.vault").exists()
    again = connect(ibdesk, served)
    assert again.code == 0 and "recovery_code" not in again.json


def test_an_unknown_certificate_is_shown_and_nothing_is_made(ibdesk: Ibdesk, served: Served, tmp_path: Path) -> None:
    added = ibdesk(
        "--json", "account", "add", "--gateway-url", served.url, "--id", "DU7654321", "--environment", "paper"
    )

    assert added.code == 3
    assert added.json["cause"] == "certificate_unknown"
    shown = bytes.fromhex(served.certificate_sha256).hex(":").upper()
    assert shown in added.json["message"]
    assert not (tmp_path / "home").exists()


def test_another_certificate_than_the_accepted_one_stops(ibdesk: Ibdesk, served: Served) -> None:
    added = ibdesk(
        "--json", "account", "add", "--gateway-url", served.url, "--id", "DU7654321", "--environment", "paper",
        "--accept-certificate", "AA" * 32,
    )  # fmt: skip

    assert (added.code, added.json["cause"]) == (3, "certificate_changed")


def test_a_paper_account_is_refused_in_the_live_environment(ibdesk: Ibdesk, served: Served) -> None:
    added = ibdesk(
        "--json", "account", "add", "--gateway-url", served.url, "--id", "DU7654321", "--environment", "live",
        "--accept-certificate", served.certificate_sha256,
    )  # fmt: skip

    assert (added.code, added.json["cause"]) == (5, "wrong_environment")


def test_a_gateway_elsewhere_needs_leave(ibdesk: Ibdesk) -> None:
    added = ibdesk(
        "--json", "account", "add", "--gateway-url", "https://192.0.2.7:5000", "--id", "U1234567", "--environment",
        "live",
    )  # fmt: skip

    assert (added.code, added.json["cause"]) == (5, "host_not_loopback")


def test_something_that_is_no_account_id_is_a_mistake_of_usage(
    ibdesk: Ibdesk, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        ibdesk("account", "add", "--gateway-url", "https://localhost:5000", "--id", "Z12", "--environment", "live")

    assert end.value.code == 2
    assert "U1234567" in capsys.readouterr().err


def test_the_list_shows_figures_once_synced(ibdesk: Ibdesk, served: Served) -> None:
    connect(ibdesk, served)
    assert "not synced yet" in ibdesk("account", "list").out

    ibdesk("account", "sync", "DU7654321")
    listed = ibdesk("--json", "account", "list").json["accounts"]

    assert [row["id"] for row in listed] == ["DU7654321", "DU7654322"]
    assert float(listed[0]["net_liquidation"]) > 1_000_000 and listed[0]["positions"] == 21
    assert "21 positions" in ibdesk("account", "list").out


class Terminal(io.StringIO):
    """A person in front of a keyboard."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 3)])
def test_a_person_may_compare_the_certificate_and_pin_it(
    ibdesk: Ibdesk, served: Served, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))

    added = ibdesk(
        "account", "add", "--gateway-url", served.url, "--id", "DU7654321", "--environment", "paper",
        "--pin-certificate",
    )  # fmt: skip

    assert added.code == code
    assert bytes.fromhex(served.certificate_sha256).hex(":").upper() in added.out


def test_a_typed_passphrase_is_typed_twice(
    ibdesk: Ibdesk, served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    typed = iter((PASSPHRASE, "something else altogether"))
    monkeypatch.delenv("IBDESK_PASSPHRASE")
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda question: next(typed))

    added = connect(ibdesk, served)

    assert (added.code, added.json["cause"]) == (3, "wrong_passphrase")
    assert not (tmp_path / "home").exists()
