"""The verbs on the log of calls."""

from contextlib import closing
from pathlib import Path

import pytest

from ibdesk.store import cipher, vault
from tests.cli.conftest import PASSPHRASE, Ibdesk
from tests.store.test_restore import fill


@pytest.fixture
def logged(ibdesk: Ibdesk, tmp_path: Path) -> Ibdesk:
    """Commands on a vault with three calls in its log."""
    fill(tmp_path / "home", PASSPHRASE, 3)
    return ibdesk


def forge(home: Path, *statements: str) -> None:
    opened = vault.open(home, PASSPHRASE)
    with closing(cipher.connect(opened.paths.database, opened.database_key())) as connection:
        for statement in statements:
            connection.execute(statement)
    opened.close()


def test_a_log_that_adds_up_says_so(logged: Ibdesk) -> None:
    assert logged("audit", "verify").out == "The audit adds up: 3 calls, 0 receipts.\n"
    told = logged("--json", "audit", "verify")
    assert (told.code, told.json) == (0, {"status": "success", "rows": 3, "receipts": 0, "first_broken": None})


@pytest.mark.parametrize(
    ("forgery", "row", "what"),
    [
        ("UPDATE ibkr_trading_activity_log SET status = 500 WHERE seq = 2", 2, "row 2 was changed"),
        ("DELETE FROM ibkr_trading_activity_log WHERE seq = 2", 2, "row 2 was removed"),
        ("DELETE FROM ibkr_trading_activity_log WHERE seq = 3", 3, "the last row was cut off"),
    ],
)
def test_the_first_broken_row_is_named(logged: Ibdesk, tmp_path: Path, forgery: str, row: int, what: str) -> None:
    forge(
        tmp_path / "home", "DROP TRIGGER ibkr_trading_activity_log_no_update",
        "DROP TRIGGER ibkr_trading_activity_log_no_delete", forgery,
    )  # fmt: skip
    told = logged("--json", "audit", "verify")
    assert (told.code, told.json["first_broken"], told.json["what"]) == (6, row, what)
    assert what in logged("audit", "verify").out
    assert logged("db", "check").code == 6


def test_the_log_is_exported_by_the_files_name(logged: Ibdesk, tmp_path: Path) -> None:
    for name, kind, start in (("a.csv", "csv", "seq,at,"), ("a.jsonl", "jsonl", '{"seq":1,')):
        told = logged("--json", "audit", "export", str(tmp_path / name))
        assert (told.code, told.json["rows"], told.json["format"]) == (0, 3, kind)
        assert (told.json["status"], told.json["first_broken"]) == ("success", None)
        assert (tmp_path / name).read_text().startswith(start)
    assert "3 rows are in" in logged("audit", "export", str(tmp_path / "b.txt"), "--format", "jsonl").out
    assert (tmp_path / "b.txt").read_text().startswith("{")


def test_an_export_of_a_log_that_does_not_add_up_says_so_and_is_written_all_the_same(
    logged: Ibdesk, tmp_path: Path
) -> None:
    forge(
        tmp_path / "home", "DROP TRIGGER ibkr_trading_activity_log_no_delete",
        "DELETE FROM ibkr_trading_activity_log WHERE seq = 2",
    )  # fmt: skip
    told = logged("--json", "audit", "export", str(tmp_path / "a.csv"))
    assert (told.code, told.json["status"], told.json["first_broken"]) == (6, "failed", 2)
    told = logged("audit", "export", str(tmp_path / "b.csv"))
    assert (told.code, "row 2 was removed" in told.out, "2 rows are in" in told.out) == (6, True, True)
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text() != ""


def test_what_looks_odd_is_listed(logged: Ibdesk) -> None:
    assert logged("audit", "hints").out == "Nothing looks unusual.\n"
    logged("db", "recovery-code")
    (hint,) = logged("--json", "audit", "hints").json["hints"]
    assert hint["severity"] == "note" and "recovery code" in hint["sentence"]
    assert "note   rows 4 to 4" in logged("audit", "hints").out
