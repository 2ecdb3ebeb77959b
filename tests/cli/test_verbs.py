"""The verbs on an open desk, against the demo's servers."""

import pytest

from tests.announced import is_maintenance
from tests.cli.conftest import Ibdesk, Served, connect, serve, stop


@pytest.fixture
def connected(ibdesk: Ibdesk, served: Served) -> Ibdesk:
    connect(ibdesk, served)
    return ibdesk


def test_a_sync_answers_with_the_documents_keys(connected: Ibdesk) -> None:
    synced = connected("--json", "sync", "--source", "portal")

    assert synced.code == 0
    answer = synced.json
    assert {"status", "processed", "new", "updated", "removed", "skipped", "errors", "accounts"} <= set(answer)
    assert (answer["status"], answer["processed"], answer["new"], answer["errors"]) == ("success", 24, 24, [])
    assert [row["account"] for row in answer["accounts"]] == ["DU7654321", "DU7654322"]
    assert connected("--json", "sync", "--account", "DU7654322").json["updated"] == 3


def test_a_sync_brings_the_equity_history_too(connected: Ibdesk) -> None:
    connected("--json", "sync")

    assert connected("--json", "db", "check").json["rows"]["equity_history"] > 250


def test_syncing_an_account_nobody_may_see_is_refused(connected: Ibdesk) -> None:
    synced = connected("--json", "account", "sync", "DU1234567")

    assert synced.code == 5
    assert synced.json["errors"][0]["cause"] == "unknown_account"


def test_the_session_is_told_ended_and_asked_for(connected: Ibdesk) -> None:
    status = connected("--json", "session", "status")
    assert (status.code, status.json["status"], status.json["authenticated"]) == (0, "ready", True)
    assert connected("--json", "session", "login").json["status"] == "ready"

    assert connected("session", "logout").out == "Signed out.\n"

    status = connected("--json", "session", "status")
    signed_out = (4, "maintenance") if is_maintenance() else (3, "not_authenticated")
    assert (status.code, status.json["cause"]) == signed_out
    login = connected("session", "login", "--no-browser", "--within", "0.1")
    assert login.code == signed_out[0] and ("Sign in here: https://" in login.out) is not is_maintenance()
    skipped = connected("--json", "sync")
    assert (skipped.code, skipped.json["status"]) == (signed_out[0], "skipped")
    reason = "maintenance" if is_maintenance() else "gateway must be authenticated"
    assert reason in skipped.json["errors"][0]["message"]


def test_health_says_what_is_wrong_and_who_acts(connected: Ibdesk, served: Served) -> None:
    healthy = connected("--json", "health")
    assert (healthy.code, healthy.json["status"], healthy.json["last_sync"]) == (0, "ready", None)
    connected("sync")
    assert connected("--json", "health").json["last_sync"]["status"] == "success"

    stop(served)

    ill = connected("health")
    remedy = "maintenance" if is_maintenance() else "Start the Client Portal Gateway"
    assert ill.code == 4 and "does not answer" in ill.out and remedy in ill.out
    assert connected("--json", "sync").code == 4


def test_contracts_are_found(connected: Ibdesk) -> None:
    found = connected("--json", "contract", "find", "AAPL")

    assert found.code == 0
    assert found.json["contracts"][0]["conid"] == 265598
    assert "AAPL" in connected("contract", "find", "AAPL").out


def test_the_vault_is_examined(connected: Ibdesk) -> None:
    checked = connected("--json", "db", "check")

    assert (checked.code, checked.json["findings"]) == (0, [])
    assert "The vault is whole" in connected("db", "check").out


def test_a_computer_without_a_safe_key_store_is_refused(connected: Ibdesk) -> None:
    assert connected("db", "remember").code == 5
    assert connected("db", "forget").code == 5


def test_another_gateway_behind_the_same_address_is_not_trusted(ibdesk: Ibdesk, served: Served) -> None:
    connect(ibdesk, served)
    stop(served)
    stranger = serve("--portal-port", served.url.rsplit(":", 1)[1])
    try:
        health = ibdesk("--json", "health")
        assert (health.code, health.json["cause"]) == (3, "certificate_changed")
    finally:
        stop(stranger)
