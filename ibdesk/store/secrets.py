"""Queries: how each environment is reached. The user name is encrypted once more inside the encrypted database.

Its key is derived for one environment and its place (table, row, column, environment, key version) is authenticated:
a value copied to another row, or from paper to live, does not open. The broker's password is never stored: a person
types it on the gateway's own page.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, func, select, update

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.records import Credentials
from ibdesk.store import bulk, fields
from ibdesk.store.tables import ibkr_credentials
from ibdesk.store.vault import OpenVault, credential_key

#: Counts how often the vault's key was changed, as far as the rows can tell; it is authenticated with each value.
FIRST_KEY_VERSION = 1


def save_credentials(tx: Connection, vault: OpenVault, credentials: Credentials, now: datetime) -> None:
    """Keep how one environment is reached, in place of what was kept for it before."""
    address = urlsplit(credentials.gateway_url)
    c = ibkr_credentials.c
    version = tx.execute(select(func.max(c.key_version))).scalar() or FIRST_KEY_VERSION
    values = {
        "gateway_url": credentials.gateway_url,
        "gateway_host": address.hostname or "",
        "gateway_port": address.port or (443 if address.scheme == "https" else 80),
        "gateway_ssl": int(address.scheme == "https"),
        "encrypted_username": _encrypted(vault, credentials.environment, credentials.user_name, version),
        "key_version": version,
        "account_id": credentials.account,
        "certificate_sha256": credentials.certificate_sha256,
        "options_trading_level": credentials.options_level,
        "updated_at": now,
    }
    bulk.put(tx, ibkr_credentials, {"environment": credentials.environment.value}, values)


def load_credentials(tx: Connection, vault: OpenVault) -> tuple[Credentials, ...]:
    """What is kept, one environment after the other. BadData(VAULT_DAMAGED) when a user name does not open."""
    rows = tx.execute(select(ibkr_credentials).order_by(ibkr_credentials.c.environment))
    return tuple(_credentials(vault, row) for row in rows)


def find_credentials(tx: Connection, vault: OpenVault, environment: Environment) -> Credentials | None:
    """What is kept for one environment; None when nothing is."""
    c = ibkr_credentials.c
    row = tx.execute(select(ibkr_credentials).where(c.environment == environment.value)).one_or_none()
    return None if row is None else _credentials(vault, row)


def load_options_level(tx: Connection, environment: Environment, account: AccountId | None = None) -> int | None:
    """The option level that is kept with one environment; None when none was entered, nothing is kept, or it was
    entered for another account than this. No user name is opened for it."""
    c = ibkr_credentials.c
    kept = select(c.options_trading_level).where(c.environment == environment.value)
    return tx.execute(kept if account is None else kept.where(c.account_id == account)).scalar()


def delete_credentials(tx: Connection, environment: Environment) -> bool:
    """Remove what is kept for one environment, its certificate pin included; whether there was any.

    The engine overwrites the row's bytes (`secure_delete`). What the write-ahead log still holds of it is encrypted
    twice and goes when the log is folded in, on closing at the latest.
    """
    gone = tx.execute(delete(ibkr_credentials).where(ibkr_credentials.c.environment == environment.value))
    return bool(gone.rowcount)


def encrypt_anew(tx: Connection, old: OpenVault, new: OpenVault) -> None:
    """Encrypt every user name with the keys of `new`, under the next key version: the database was copied to it."""
    c = ibkr_credentials.c
    for row in tx.execute(select(c.environment, c.encrypted_username, c.key_version)).all():
        environment, version = Environment(row.environment), row.key_version + 1
        text = _decrypted(old, environment, row.encrypted_username, row.key_version)
        values = {"encrypted_username": _encrypted(new, environment, text, version), "key_version": version}
        tx.execute(update(ibkr_credentials).where(c.environment == row.environment).values(values))


def _credentials(vault: OpenVault, row: Any) -> Credentials:
    environment = Environment(row.environment)
    return Credentials(
        environment=environment,
        gateway_url=row.gateway_url,
        user_name=_decrypted(vault, environment, row.encrypted_username, row.key_version),
        account=AccountId(row.account_id),
        certificate_sha256=row.certificate_sha256,
        options_level=row.options_trading_level,
        updated_at=row.updated_at,
    )


def _encrypted(vault: OpenVault, environment: Environment, text: str, version: int) -> bytes:
    return fields.seal(credential_key(vault, environment.value), text, _place(environment, version))


def _decrypted(vault: OpenVault, environment: Environment, stored: bytes, version: int) -> str:
    what = f"The stored user name of the {environment.value} environment"
    return fields.unseal(credential_key(vault, environment.value), stored, _place(environment, version), what=what)


def _place(environment: Environment, version: int) -> bytes:
    return f"ibkr_credentials|{environment.value}|encrypted_username|{environment.value}|{version}".encode()
