import logging
import stat
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from ibdesk.store import logs
from ibdesk.store.redaction import redacted
from tests.store.test_audit import CANARIES, SECRETS


@pytest.fixture
def handler(home: Path) -> Iterator[logging.Handler]:
    opened = logs.open_log(home)
    yield opened
    logs.close_log(opened)


def written(home: Path) -> str:
    return (home / "logs" / "ibdesk.log").read_text(encoding="utf-8")


def test_account_numbers_are_masked(home: Path, handler: logging.Handler) -> None:
    logging.getLogger("ibdesk.test").info("synced %s and U1234567, not DUST12345", "DU7654321")
    assert "DU•••4321 and U•••4567, not DUST12345" in written(home)


@pytest.mark.parametrize("told", [told for told, _ in CANARIES.values()], ids=CANARIES.keys())
def test_no_planted_secret_is_in_the_log(home: Path, handler: logging.Handler, told: str) -> None:
    logger = logging.getLogger("some.library")
    logger.info("said %s", told)
    try:
        raise ValueError(told)
    except ValueError:
        logger.info("failed", exc_info=True)
    assert not [secret for secret in SECRETS if secret in written(home)]


def test_passphrases_and_recovery_codes_are_hidden() -> None:
    said = redacted(
        "IBDESK_PASSPHRASE=hunter2hunter2 passphrase='open sesame' DW0TQ-FDV08-NRXW8-TVKRK-RJW3V-39F3N-CME6T-HVFR2"
    )
    assert not [secret for secret in ("hunter2", "sesame", "DW0TQ") if secret in said]


@pytest.mark.parametrize(
    "told",
    ["login=alice7", "user: alice7", 'username "alice7"', "user 'alice7'", '{"user": "alice7"}', "USER=alice7;",
     "user alice7 signed in", "login of alice7", "login succeeded for alice7", "userName = alice7", "user.name=alice7",
     "SF-user: alice7", "login (alice7)", "user%3Dalice7&x=1", "Login: alice7@home", "user_id: alice7"],
)  # fmt: skip
def test_a_user_name_is_hidden_by_the_form_it_is_told_in(told: str) -> None:
    said = redacted(f"09:00 {told}, then 3 rows")
    assert "alice7" not in said and said.startswith("09:00 ") and said.endswith("then 3 rows")


@pytest.mark.parametrize("told", ["u7654321", "du7654321", "Du7654321", "/u7654321/x", "%2Fdu7654321", "acct=u7654321"])
def test_account_numbers_are_masked_in_either_case(told: str) -> None:
    said = redacted(told)
    assert "7654321" not in said and "U•••4321" in said


@pytest.mark.parametrize(
    "said",
    ["session: ready, 12 positions in 410 ms, status=200 at https://localhost:5000/v1/api/tickle",
     "login: failed", "login: https://localhost:5000/sso/Login", "user: signed in", "login page, user name differs",
     "the user interface v2 of demo", "login: 2026-11-21 12 ms", "User-Agent: ibdesk/1.0", "the user is ready",
     "login: true, user: none, user: not given", "use12345 of u12345678901"],
)  # fmt: skip
def test_ordinary_sentences_stay_readable(said: str) -> None:
    assert redacted(said) == said


def test_hiding_names_twice_is_hiding_them_once() -> None:
    once = redacted('login=alice7 user: alice7 username "alice7" login of alice7 u7654321')
    assert redacted(once) == once


def test_the_log_is_private_and_bounded(home: Path, handler: logging.Handler) -> None:
    assert isinstance(handler, RotatingFileHandler)
    assert (handler.maxBytes, handler.backupCount) == (2 * 1024 * 1024, 4)
    handler.maxBytes = 4000
    logger = logging.getLogger("ibdesk.test")
    for number in range(300):
        logger.info("sync %d finished without a word to say", number)
    files = list((home / "logs").iterdir())
    assert len(files) == logs.FILES
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert all(path.stat().st_size <= 4000 for path in files)


def test_the_end_of_a_file_is_read_without_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "long.log"
    file.write_text("".join(f"line {number}\n" for number in range(1000)))
    assert logs.tail(file, 2) == ("line 998", "line 999")
    assert len(logs.tail(file, 500, within=100)) < 20
    assert logs.tail(tmp_path / "missing.log", 5) == logs.tail(file, 0) == ()
