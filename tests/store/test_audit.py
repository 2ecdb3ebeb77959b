from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, text, update
from sqlalchemy.exc import IntegrityError

from ibdesk.store import audit
from ibdesk.store.redaction import without_secrets
from ibdesk.store.tables import ibkr_trading_activity_log as log
from tests.store.conftest import dump
from tests.store.examples import call

Run = Callable[..., Any]


def test_calls_are_numbered_without_gaps_and_come_back_newest_first(in_transaction: Run) -> None:
    assert in_transaction(audit.append_calls, [call(1), call(2)]) == 2
    assert in_transaction(audit.append_calls, []) == 0
    in_transaction(audit.append_calls, [call(3, status=None, outcome="timed_out", detail="No answer in 10 s.")])
    found = in_transaction(audit.load_calls)
    assert [logged.seq for logged in found] == [3, 2, 1]
    assert found[0].call == call(3, status=None, outcome="timed_out", detail="No answer in 10 s.")
    assert in_transaction(audit.verify) is None


def test_calls_can_be_searched_filtered_and_paged(in_transaction: Run) -> None:
    calls = [call(n) for n in range(10)]
    calls.append(call(10, outcome="bad_answer", path="/v1/api/tickle", detail="100% of it"))
    in_transaction(audit.append_calls, calls)
    assert [c.seq for c in in_transaction(audit.load_calls, only_errors=True)] == [11]
    assert [c.seq for c in in_transaction(audit.load_calls, text="TICKLE")] == [11]
    assert [c.seq for c in in_transaction(audit.load_calls, text="100%")] == [11]
    assert in_transaction(audit.load_calls, text="_nothing_") == ()
    assert [c.seq for c in in_transaction(audit.load_calls, before=11, limit=3)] == [10, 9, 8]


def test_the_calls_of_the_last_minutes_are_found_for_one_environment(in_transaction: Run) -> None:
    here = [call(n, environment="paper", channel="rest") for n in range(4)]
    elsewhere = call(5, environment="live", channel="rest"), call(6, environment="paper", channel="ws")
    in_transaction(audit.append_calls, [*here, *elsewhere])
    assert in_transaction(audit.calls_since, here[2].at, "paper") == tuple(here[2:])
    assert in_transaction(audit.calls_since, here[3].at, "demo") == ()


@pytest.mark.parametrize("change", [update(log).values(outcome="ok"), delete(log).where(log.c.seq == 1)])
def test_the_database_itself_refuses_to_change_the_log(in_transaction: Run, change: Any) -> None:
    in_transaction(audit.append_calls, [call(1), call(2)])
    with pytest.raises(IntegrityError, match="append-only"):
        in_transaction(lambda tx: tx.execute(change))
    assert len(in_transaction(audit.load_calls)) == 2


@pytest.mark.parametrize(
    ("forgery", "first_broken"),
    [
        ("UPDATE ibkr_trading_activity_log SET status = 500 WHERE seq = 3", 3),
        ("UPDATE ibkr_trading_activity_log SET detail = 'x' WHERE seq = 1", 1),
        ("UPDATE ibkr_trading_activity_log SET prev_hash = row_hash WHERE seq = 5", 5),
        ("DELETE FROM ibkr_trading_activity_log WHERE seq = 2", 2),
        ("UPDATE ibkr_trading_activity_log SET seq = seq + 1 WHERE seq = 5", 5),
    ],
)
def test_a_forged_row_is_found_even_without_the_triggers(in_transaction: Run, forgery: str, first_broken: int) -> None:
    in_transaction(audit.append_calls, [call(n) for n in range(5)])
    in_transaction(lambda tx: tx.execute(text("DROP TRIGGER ibkr_trading_activity_log_no_update")))
    in_transaction(lambda tx: tx.execute(text("DROP TRIGGER ibkr_trading_activity_log_no_delete")))
    in_transaction(lambda tx: tx.execute(text(forgery)))
    assert in_transaction(audit.verify) == first_broken


CANARIES = {
    "query token": ("/v1/api/x?token=CANARY-7f3a&page=0", "page=0"),
    "flex token": ("/FlexWebService/SendRequest?t=CANARY912&q=123456&v=3", "q=123456"),
    "session id": ("/v1/api/ws?sessionid=CANARYsess", "/ws"),
    "password": ("/sso/Login?user_name=CANARYuser&password=CANARYpass", "/sso/Login"),
    "json": ('refused: {"password": "CANARY", "retry": 3}', '"retry": 3'),
    "cookie": ("sent Cookie: x-sess-uuid=CANARY.1; SBID=CANARY", "sent Cookie"),
    "authorization": ("Authorization: Bearer CANARY.abc.def", "Authorization"),
    "bearer": ("header was bearer CANARYabcdef", "bearer"),
    "tickle": ('{"session": "bb665d0f55b654b97a4dd6e0d5f1c9ca", "ssoExpires": 1}', "ssoExpires"),
    "raw key": ("PRAGMA key = \"x'" + "CA4A" * 16 + "'\"", "PRAGMA key"),
}
SECRETS = ("CANARY", "bb665d0f55", "CA4ACA4A")


@pytest.mark.parametrize(("told", "kept"), CANARIES.values(), ids=CANARIES.keys())
def test_no_planted_secret_is_in_the_database(in_transaction: Run, told: str, kept: str) -> None:
    in_transaction(audit.append_calls, [call(path=told, detail=told)])
    everything = in_transaction(dump)
    assert not [secret for secret in SECRETS if secret in everything]
    assert kept in everything
    assert in_transaction(audit.verify) is None


def test_account_numbers_stay_in_the_encrypted_log(in_transaction: Run) -> None:
    in_transaction(audit.append_calls, [call()])
    assert "DU7654321" in in_transaction(audit.load_calls)[0].call.path


@given(st.text(max_size=200))
def test_hiding_twice_is_hiding_once_and_never_breaks(text_: str) -> None:
    once = without_secrets(text_)
    assert without_secrets(once) == once


UNGUARDED = (
    "DROP TRIGGER ibkr_trading_activity_log_no_update", "DROP TRIGGER ibkr_trading_activity_log_no_delete",
)  # fmt: skip


def forge(in_transaction: Run, *statements: str) -> None:
    """Change the log (LOG in the statements) behind its guards' back."""
    for statement in (*UNGUARDED, *statements):
        in_transaction(Connection.execute, text(statement.replace("LOG", log.name)))


@pytest.mark.parametrize(
    ("forgeries", "row", "what"),
    [
        (["UPDATE LOG SET status = 500 WHERE seq = 3"], 3, "row 3 was changed"),
        (["DELETE FROM LOG WHERE seq = 2"], 2, "row 2 was removed"),
        (["DELETE FROM LOG WHERE seq IN (2, 3)"], 2, "rows 2 to 3 were removed"),
        (["DELETE FROM LOG WHERE seq >= 4"], 4, "the last 2 rows were cut off"),
        (["DELETE FROM LOG"], 1, "the last 5 rows were cut off"),
        (["UPDATE LOG SET seq = 100 WHERE seq = 2", "UPDATE LOG SET seq = 2 WHERE seq = 4",
          "UPDATE LOG SET seq = 4 WHERE seq = 100"], 2, "row 2 was moved there from place 4"),
        (["DELETE FROM audit_head"], 5, "the seal over the end of the log is missing"),
        (["DELETE FROM LOG WHERE seq = 5", "UPDATE audit_head SET last_seq = 4"], 4,
         "the seal over the end of the log was forged"),
    ],
)  # fmt: skip
def test_what_happened_to_the_log_is_told(
    in_transaction: Run, forgeries: list[str], row: int, what: str
) -> None:
    in_transaction(audit.append_calls, [call(n) for n in range(5)])
    forge(in_transaction, *forgeries)
    fault = in_transaction(audit.find_fault)
    assert (fault.row, fault.what) == (row, what)


def test_a_cut_off_end_still_shows_when_the_log_has_grown_again(in_transaction: Run) -> None:
    in_transaction(audit.append_calls, [call(n) for n in range(5)])
    forge(in_transaction, "DELETE FROM LOG WHERE seq = 5")
    in_transaction(audit.append_calls, [call(9)])
    assert in_transaction(audit.find_fault).what == "row 5 was removed"


def test_an_empty_log_adds_up(in_transaction: Run) -> None:
    assert in_transaction(audit.find_fault) is None


def test_a_log_that_is_gone_with_its_seal_is_missed(in_transaction: Run) -> None:
    in_transaction(audit.append_calls, [call(n) for n in range(5)])
    forge(in_transaction, "DELETE FROM LOG", "DELETE FROM audit_head")
    fault = in_transaction(audit.find_fault)
    assert fault.row == 1 and "the seal over the end of the log is missing" in fault.what


def test_hours_with_calls_are_told_with_their_rows(in_transaction: Run) -> None:
    in_transaction(audit.append_calls, [call(0), call(60), call(3600)])
    in_transaction(audit.append_doing, call(7200).at, "REKEY", "vault/key", "The key was changed.")
    used = in_transaction(audit.hours_used)
    assert [(hour.at, hour.first, hour.last) for hour in used] == [(call(0).at, 1, 2), (call(3600).at, 3, 3)]


def test_every_call_is_read_oldest_first_with_its_hashes(in_transaction: Run) -> None:
    in_transaction(audit.append_calls, [call(n) for n in range(3)])
    rows = in_transaction(lambda tx: list(audit.each_call(tx)))
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.prev_hash for row in rows] == [audit.GENESIS, rows[0].row_hash, rows[1].row_hash]
