"""The doctor's verb: with a vault, without one, with a locked one; its exit codes, and the bundle as it was shown."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ibdesk.cli.doctor import code_of
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from tests.announced import is_maintenance
from tests.cli.conftest import PASSPHRASE, Ibdesk, Served, connect, serve, stop


def bad(verdict: Verdict, fix: Fix | None) -> Examined:
    return Examined(check=Check.SIGN_ON, verdict=verdict, statement="", fix=fix)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([bad(Verdict.GOOD, None), bad(Verdict.WARN, Fix.SIGN_IN), bad(Verdict.UNKNOWN, None)], 0),
        ([bad(Verdict.BAD, Fix.START_GATEWAY)], 4), ([bad(Verdict.EXPECTED, Fix.WAIT)], 4),
        ([bad(Verdict.BAD, Fix.START_GATEWAY), bad(Verdict.BAD, Fix.SIGN_IN)], 3),
        ([bad(Verdict.BAD, Fix.CHECK_VAULT), bad(Verdict.BAD, Fix.SIGN_IN)], 6),
    ],
)  # fmt: skip
def test_the_exit_code_says_who_acts_next(found: list[Examined], code: int) -> None:
    assert code_of(found) == code


def test_a_connected_desk_is_examined_whole(ibdesk: Ibdesk, served: Served) -> None:
    connect(ibdesk, served)
    ibdesk("sync")
    answer = ibdesk("--json", "doctor").json
    found = {each["check"]: each for each in answer["results"]}
    for check in ("gateway answers", "certificate", "sign-on", "brokerage session", "accounts", "sync log", "vault"):
        assert found[check]["verdict"] == "good", found[check]
    assert found["port owner"]["verdict"] == "good" and "elsewhere" in found["gateway process"]["statement"]
    assert "end that program" not in json.dumps(answer)
    assert "DU7654321" not in json.dumps(answer)
    said = ibdesk("doctor", "--about", "not authenticated").out
    assert "sign-on" in said and "java" not in said


def test_a_complaint_is_answered_and_the_code_follows(ibdesk: Ibdesk, served: Served) -> None:
    connect(ibdesk, served)
    ibdesk("session", "logout")
    out = ibdesk("--json", "doctor", "--about", "not authenticated")
    assert (out.code, out.json["status"]) == ((4, "expected") if is_maintenance() else (3, "bad"))
    assert any(each["fix"] in ("sign in", "wait") for each in out.json["results"])
    stop(served)
    out = ibdesk("doctor", "--about", "not authenticated")
    assert out.code == 4 and "Start the gateway" in out.out


def test_without_a_vault_it_examines_what_it_can(ibdesk: Ibdesk, served: Served) -> None:
    out = ibdesk("--set", f"gateway_url={served.url}", "doctor")
    assert "There is no vault" in out.out
    assert "was not looked at" in out.out and "certificate" in out.out


def test_a_locked_vault_and_nothing_to_type_is_said(
    ibdesk: Ibdesk, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(ibdesk, served)
    monkeypatch.setenv("IBDESK_PASSPHRASE", "a wrong one that is long")
    assert "Only what needs no vault" in ibdesk("doctor").out
    monkeypatch.delenv("IBDESK_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", None)
    out = ibdesk("--json", "doctor", "--about", "positions not syncing")
    assert next(each for each in out.json["results"] if each["check"] == "sync log")["verdict"] == "unknown"


def test_a_settings_file_that_cannot_be_read_is_a_finding(ibdesk: Ibdesk, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text("gateway_port = 'many'\n")
    (found,) = [each for each in ibdesk("--json", "doctor").json["results"] if each["check"] == "settings"]
    assert found["verdict"] == "bad" and "gateway_port" in found["statement"]


def test_the_bundle_is_exactly_what_was_shown_and_says_nobody(
    ibdesk: Ibdesk, served: Served, tmp_path: Path
) -> None:
    connect(ibdesk, served)
    ibdesk("sync")
    bundle = tmp_path / f"help-{datetime.now(UTC):%Y}.zip"
    out = ibdesk("doctor", "--bundle", str(bundle))
    with zipfile.ZipFile(bundle) as made:
        texts = {name: made.read(name).decode() for name in made.namelist()}
    assert list(texts) == ["about.txt", "settings.txt", "doctor.txt", "history.txt", "ibdesk.log", "gateway.log"]
    for text in texts.values():
        assert text in out.out
    everything = "\n".join(texts.values())
    for canary in ("DU7654321", "DU7654322", PASSPHRASE, str(tmp_path), str(Path.home())):
        assert canary not in everything
    assert "success" in texts["history.txt"]


def test_a_bundle_that_would_replace_a_file_is_refused_after_one_examination(ibdesk: Ibdesk, tmp_path: Path) -> None:
    ibdesk("account", "add", "--gateway-url", "http://localhost:1", "--id", "DU7654321", "--environment", "paper")
    bundle = tmp_path / "kept.zip"
    bundle.write_bytes(b"mine")
    answer = ibdesk("doctor", "--bundle", str(bundle))
    assert answer.code == 5 and bundle.read_bytes() == b"mine"
    assert "Only what needs no vault" not in answer.out


def test_a_user_name_never_reaches_the_bundle(ibdesk: Ibdesk, tmp_path: Path) -> None:
    served = serve()
    try:
        ibdesk(
            "account", "add", "--gateway-url", served.url, "--id", "DU7654321", "--environment", "paper", "--user",
            "canary77", "--accept-certificate", served.certificate_sha256,
        )  # fmt: skip
        logs = tmp_path / "home" / "logs"
        logs.mkdir(exist_ok=True)
        (logs / "gateway.log").write_text("login of canary77 from AA:BB:CC:DD:EE:FF, canary@example.org\n")
        files = ibdesk("--json", "doctor", "--bundle", str(tmp_path / "b.zip")).json["bundle"]["files"]
        assert "login of" in files["gateway.log"]
        for canary in ("canary77", "AA:BB:CC:DD:EE:FF", "canary@example.org"):
            assert canary not in json.dumps(files)
    finally:
        stop(served)
