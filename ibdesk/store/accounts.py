"""Queries: which accounts there are, and what the broker calls them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from ibdesk.domain.accounts import Account, AccountId, MarginType
from ibdesk.domain.money import Currency
from ibdesk.store import bulk
from ibdesk.store.tables import accounts, ibkr_account_metadata

BROKER_CODE = "ibkr"


def add_accounts(tx: Connection, seen: Sequence[Account], now: datetime) -> None:
    """Remember those that nobody told of yet, after the others; what is known of the others is kept."""
    known = {account.id for account in load_accounts(tx)}
    _save(tx, [account for account in seen if account.id not in known], now, after=len(known))


def save_accounts(tx: Connection, seen: Sequence[Account], now: datetime) -> None:
    """Remember the accounts the sign-in can see, in the order given; accounts not among them are kept."""
    _save(tx, seen, now)


def _save(tx: Connection, seen: Sequence[Account], now: datetime, *, after: int = 0) -> None:
    bulk.upsert(
        tx,
        ibkr_account_metadata,
        [
            (a.id, a.title, a.currency, int(a.is_paper), a.margin_type.value, a.customer_type, a.entity, a.alias,
             None if a.lite is None else int(a.lite), order, now)
            for order, a in enumerate(seen, after)
        ],
    )  # fmt: skip
    for account in seen:
        add_account(tx, account.id, name=account.title or account.id, currency=account.currency)


def add_account(
    tx: Connection, identifier: AccountId, *, name: str, currency: str, account_type: str = "brokerage"
) -> None:
    """Add a row to the account book, or rename the one that is there."""
    key = {"broker_code": BROKER_CODE, "account_identifier": identifier}
    bulk.put(tx, accounts, key, {"name": name, "account_type": account_type, "currency": currency})


def load_accounts(tx: Connection) -> tuple[Account, ...]:
    """Every account that was ever seen, in the order the broker lists them."""
    c = ibkr_account_metadata.c
    rows = tx.execute(select(ibkr_account_metadata).order_by(c.shown_order, c.account_id))
    return tuple(
        Account(
            id=AccountId(row.account_id),
            title=row.title,
            currency=Currency(row.currency),
            is_paper=bool(row.is_paper),
            margin_type=MarginType(row.margin_type),
            customer_type=row.customer_type,
            entity=row.entity,
            alias=row.alias,
            lite=None if row.lite is None else bool(row.lite),
        )
        for row in rows
    )
