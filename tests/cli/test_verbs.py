"""The verbs on an open desk, against the demo's servers."""

from pathlib import Path

import pytest

from ibdesk.store import vault as vaults
from ibdesk.store.header import LOWEST_COST
from tests.announced import is_maintenance
from tests.cli.conftest import PASSPHRASE, Ibdesk, Served, connect, serve, stop
from tests.cli.socket_demo import SocketDemo


@pytest.fixture
def connected(ibdesk: Ibdesk, served: Served) -> Ibdesk:
    connect(ibdesk, served)
    return ibdesk


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


def test_health_tells_of_the_socket_beside_the_gateway(connected: Ibdesk) -> None:
    demo = SocketDemo()
    try:
        assert connected("--json", "health").json["tws"] is None
        connected(*demo.settings, "portfolio", "sync")
        healthy = connected("--json", *demo.settings, "health")
        assert (healthy.code, healthy.json["status"], healthy.json["last_sync"]) == (0, "ready", None)
        tws = healthy.json["tws"]
        assert (tws["state"], tws["client_id"], tws["reason"]) == ("up", 1, "")
        assert tws["address"] == f"127.0.0.1:{demo.service.port}" and tws["since"]
        assert 0 <= tws["last_word_seconds"] < 10 and isinstance(tws["skew_seconds"], float)
        assert tws["accounts"] == ["DU•••4321", "DU•••4322"]
        assert tws["last_sync"]["status"] == "success"
        assert f"socket     127.0.0.1:{demo.service.port} (up since " in connected(*demo.settings, "health").out
        demo.kill()
        ill = connected("--json", *demo.settings, "health")
        assert (ill.code, ill.json["status"], ill.json["session"]) == (4, "unavailable", "ready")
        assert ill.json["tws"]["state"] == "down" and ill.json["tws"]["cause"] == ill.json["cause"] == "tws_refused"
    finally:
        demo.stop()


def test_a_desk_of_the_socket_alone_is_well_when_that_is(ibdesk: Ibdesk, tmp_path: Path) -> None:
    vaults.create(tmp_path / "home", PASSPHRASE, cost=LOWEST_COST)[0].close()
    demo = SocketDemo()
    try:
        healthy = ibdesk("--json", *demo.settings, "health")
        assert (healthy.code, healthy.json["status"], healthy.json["session"]) == (0, "ready", "not connected")
        assert ibdesk("--json", "health").code == 5
    finally:
        demo.stop()


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
