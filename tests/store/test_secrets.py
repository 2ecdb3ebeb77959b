from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import BadData, Cause
from ibdesk.domain.records import Credentials
from ibdesk.store import secrets
from ibdesk.store.vault import OpenVault
from tests.store.conftest import dump
from tests.store.examples import MAIN, NOW

Run = Callable[..., Any]

PAPER = Credentials(
    environment=Environment.PAPER,
    gateway_url="https://localhost:5000",
    user_name="canary-user-äöü",
    account=MAIN,
    certificate_sha256="AA:BB",
    options_level=3,
    updated_at=NOW,
)
LIVE = replace(PAPER, environment=Environment.LIVE, account=AccountId("U1234567"), options_level=None)


def test_each_environment_has_its_own_row(in_transaction: Run, open_vault: OpenVault) -> None:
    for credentials in (PAPER, LIVE):
        in_transaction(secrets.save_credentials, open_vault, credentials, NOW)
    assert in_transaction(secrets.load_credentials, open_vault) == (LIVE, PAPER)
    assert in_transaction(secrets.find_credentials, open_vault, Environment.PAPER) == PAPER
    assert in_transaction(secrets.find_credentials, open_vault, Environment.DEMO) is None
    assert [in_transaction(secrets.load_options_level, each) for each in Environment] == [None, 3, None]
    assert in_transaction(secrets.load_options_level, Environment.PAPER, MAIN) == 3
    assert in_transaction(secrets.load_options_level, Environment.PAPER, LIVE.account) is None, "not that of another"


def test_saving_again_replaces(in_transaction: Run, open_vault: OpenVault) -> None:
    in_transaction(secrets.save_credentials, open_vault, PAPER, NOW)
    renamed = replace(PAPER, user_name="second", gateway_url="http://127.0.0.1:8080")
    in_transaction(secrets.save_credentials, open_vault, renamed, NOW)
    assert in_transaction(secrets.load_credentials, open_vault) == (renamed,)


def test_the_user_name_is_encrypted_inside_the_database(in_transaction: Run, open_vault: OpenVault) -> None:
    in_transaction(secrets.save_credentials, open_vault, PAPER, NOW)
    everything = in_transaction(dump)
    assert "canary" not in everything
    assert b"canary".hex() not in everything.lower()


def test_a_user_name_copied_to_the_other_environment_does_not_open(in_transaction: Run, open_vault: OpenVault) -> None:
    for credentials in (PAPER, LIVE):
        in_transaction(secrets.save_credentials, open_vault, credentials, NOW)
    in_transaction(
        lambda tx: tx.execute(
            text(
                "UPDATE ibkr_credentials SET encrypted_username = "
                "(SELECT encrypted_username FROM ibkr_credentials WHERE environment = 'paper')"
            )
        )
    )
    with pytest.raises(BadData) as caught:
        in_transaction(secrets.find_credentials, open_vault, Environment.LIVE)
    assert caught.value.cause is Cause.VAULT_DAMAGED


def test_a_user_name_of_another_key_version_does_not_open(in_transaction: Run, open_vault: OpenVault) -> None:
    in_transaction(secrets.save_credentials, open_vault, PAPER, NOW)
    in_transaction(lambda tx: tx.execute(text("UPDATE ibkr_credentials SET key_version = 2")))
    with pytest.raises(BadData):
        in_transaction(secrets.find_credentials, open_vault, Environment.PAPER)


def test_deleting_removes_the_row_and_its_bytes(home: Path, in_transaction: Run, open_vault: OpenVault) -> None:
    in_transaction(secrets.save_credentials, open_vault, PAPER, NOW)
    in_transaction(secrets.save_credentials, open_vault, LIVE, NOW)
    assert in_transaction(secrets.delete_credentials, Environment.PAPER)
    assert not in_transaction(secrets.delete_credentials, Environment.PAPER)
    assert in_transaction(secrets.load_credentials, open_vault) == (LIVE,)
    assert in_transaction(lambda tx: tx.execute(text("PRAGMA secure_delete")).scalar()) == 1


def test_an_address_is_also_kept_in_its_parts(in_transaction: Run, open_vault: OpenVault) -> None:
    in_transaction(secrets.save_credentials, open_vault, PAPER, NOW)
    row = in_transaction(
        lambda tx: tx.execute(text("SELECT gateway_host, gateway_port, gateway_ssl FROM ibkr_credentials")).one()
    )
    assert tuple(row) == ("localhost", 5000, 1)
