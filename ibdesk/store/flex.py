"""Queries: the Flex queries a person added, each with its token, encrypted like the credentials.

The token's key is derived for tokens alone; label, query id, service and key version are authenticated with it: a
token copied to another row, or a row that was pointed at another service, does not open.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from ibdesk.domain.records import FlexQuery
from ibdesk.store import bulk, fields
from ibdesk.store.tables import flex_queries, ibkr_trading_activity_log
from ibdesk.store.vault import OpenVault

FIRST_KEY_VERSION = 1


def save_query(tx: Connection, vault: OpenVault, query: FlexQuery, now: datetime) -> None:
    """Keep a query under its label, in place of what was kept there before."""
    c = flex_queries.c
    version = tx.execute(select(func.max(c.key_version))).scalar() or FIRST_KEY_VERSION
    values = {
        "query_id": query.query_id,
        "encrypted_token": fields.seal(_key(vault), query.token, _place(query, version)),
        "key_version": version,
        "service_url": query.service_url,
        "certificate_sha256": query.certificate_sha256,
        "added_at": now,
    }
    bulk.put(tx, flex_queries, {"label": query.label}, values)


def load_queries(tx: Connection, vault: OpenVault) -> tuple[FlexQuery, ...]:
    """Every query, by label. BadData(VAULT_DAMAGED) when a token does not open."""
    return tuple(_query(vault, row) for row in tx.execute(select(flex_queries).order_by(flex_queries.c.label)))


def delete_query(tx: Connection, label: str) -> bool:
    """Remove a query and its token; whether there was one. The engine overwrites the row (`secure_delete`)."""
    return bool(tx.execute(delete(flex_queries).where(flex_queries.c.label == label)).rowcount)


def encrypt_anew(tx: Connection, old: OpenVault, new: OpenVault) -> None:
    """Encrypt every token with the key of `new`, under the next key version: the database was copied to it."""
    for row in tx.execute(select(flex_queries)).all():
        query, version = _query(old, row), row.key_version + 1
        values = {"encrypted_token": fields.seal(_key(new), query.token, _place(query, version)),
                  "key_version": version}  # fmt: skip
        tx.execute(update(flex_queries).where(flex_queries.c.label == row.label).values(values))


def calls_after(tx: Connection, instant: datetime) -> tuple[datetime, ...]:
    """When the Flex service was called after an instant, oldest first, by any token."""
    c = ibkr_trading_activity_log.c
    newest = tx.execute(select(func.max(c.seq))).scalar() or 0
    recent = (c.seq > newest - _RECENT, c.channel == "flex", c.at > instant)
    return tuple(tx.execute(select(c.at).where(*recent).order_by(c.at)).scalars())


#: A minute of the portal's highest pace (50 requests a second) stays below this.
_RECENT = 4000


def _query(vault: OpenVault, row: Any) -> FlexQuery:
    known = FlexQuery(
        label=row.label, query_id=row.query_id, token="", service_url=row.service_url,
        certificate_sha256=row.certificate_sha256, added_at=row.added_at,
    )  # fmt: skip
    what = f"The stored token of the Flex query “{row.label}”"
    token = fields.unseal(_key(vault), row.encrypted_token, _place(known, row.key_version), what=what)
    return FlexQuery(
        label=known.label, query_id=known.query_id, token=token, service_url=known.service_url,
        certificate_sha256=known.certificate_sha256, added_at=known.added_at,
    )  # fmt: skip


def _key(vault: OpenVault) -> bytes:
    return vault.subkey("flex tokens")


def _place(query: FlexQuery, version: int) -> bytes:
    return msgspec.json.encode([
        "flex_queries", query.label, "encrypted_token", query.query_id, query.service_url, query.certificate_sha256,
        version,
    ])  # fmt: skip
