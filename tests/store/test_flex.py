from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ibdesk.domain.errors import BadData, Cause
from ibdesk.domain.records import FlexQuery
from ibdesk.store import audit, flex
from ibdesk.store.vault import OpenVault
from tests.store.conftest import dump
from tests.store.examples import NOW, call

Run = Callable[..., Any]
DAILY = FlexQuery(label="Daily", query_id="1000001", token="314159265358979323846264")
TRUST = FlexQuery(
    label="Trust | A", query_id="1000002", token="271828182845904523536028", service_url="https://127.0.0.1:5001",
    certificate_sha256="ab" * 32,
)  # fmt: skip


def stored(query: FlexQuery) -> FlexQuery:
    return replace(query, added_at=NOW)


def test_queries_come_back_by_label_with_their_tokens(open_vault: OpenVault, in_transaction: Run) -> None:
    for query in (TRUST, DAILY):
        in_transaction(flex.save_query, open_vault, query, NOW)
    assert in_transaction(flex.load_queries, open_vault) == (stored(DAILY), stored(TRUST))


def test_a_label_is_kept_once(open_vault: OpenVault, in_transaction: Run) -> None:
    in_transaction(flex.save_query, open_vault, DAILY, NOW)
    renewed = replace(DAILY, token="161803398874989484820458", query_id="1000003")
    in_transaction(flex.save_query, open_vault, renewed, NOW)
    assert in_transaction(flex.load_queries, open_vault) == (stored(renewed),)


def test_the_token_is_encrypted_inside_the_database_too(open_vault: OpenVault, in_transaction: Run) -> None:
    in_transaction(flex.save_query, open_vault, DAILY, NOW)
    everything = in_transaction(dump)
    assert "1000001" in everything
    assert DAILY.token not in everything and DAILY.token.encode().hex() not in everything


@pytest.mark.parametrize("change", [
    "encrypted_token = (SELECT encrypted_token FROM flex_queries WHERE label = 'Daily')",
    "query_id = '1000009'", "service_url = 'https://127.0.0.1:5002'", "certificate_sha256 = ''", "key_version = 7",
    "label = 'Another'",
])  # fmt: skip
def test_a_token_opens_in_its_own_unchanged_row_only(open_vault: OpenVault, in_transaction: Run, change: str) -> None:
    for query in (DAILY, TRUST):
        in_transaction(flex.save_query, open_vault, query, NOW)
    statement = text("UPDATE flex_queries SET " + change + " WHERE label = 'Trust | A'")  # noqa: S608
    in_transaction(lambda tx: tx.execute(statement))
    with pytest.raises(BadData) as caught:
        in_transaction(flex.load_queries, open_vault)
    assert caught.value.cause is Cause.VAULT_DAMAGED


def test_a_removed_query_is_gone(open_vault: OpenVault, in_transaction: Run) -> None:
    in_transaction(flex.save_query, open_vault, DAILY, NOW)
    assert in_transaction(flex.delete_query, "Daily")
    assert not in_transaction(flex.delete_query, "Daily")
    assert in_transaction(flex.load_queries, open_vault) == ()


def test_only_the_latest_calls_of_the_flex_service_are_found(in_transaction: Run) -> None:
    calls = [replace(call(n), at=NOW + timedelta(seconds=n), channel="flex" if n % 2 else "rest") for n in range(6)]
    in_transaction(audit.append_calls, calls)
    assert in_transaction(flex.calls_after, NOW + timedelta(seconds=1)) == (calls[3].at, calls[5].at)


def test_a_token_shows_its_end_at_most() -> None:
    assert DAILY.masked_token == "•••6264"
    assert replace(DAILY, token="12345").masked_token == "•••"
    assert DAILY.token not in repr(DAILY)
