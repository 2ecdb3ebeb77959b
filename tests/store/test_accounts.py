from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from ibdesk.store.accounts import add_account, load_accounts, save_accounts
from ibdesk.store.tables import accounts
from tests.store.examples import MAIN, NOW, SECOND, account

Run = Callable[..., Any]


def test_accounts_come_back_in_the_brokers_order(in_transaction: Run) -> None:
    seen = (account(SECOND), replace(account(MAIN), lite=None, alias=""))
    in_transaction(save_accounts, seen, NOW)
    assert in_transaction(load_accounts) == seen


def test_an_account_seen_again_is_renamed_not_doubled(in_transaction: Run) -> None:
    in_transaction(save_accounts, (account(),), NOW)
    renamed = replace(account(), title="Retirement")
    in_transaction(save_accounts, (renamed,), NOW)
    assert in_transaction(load_accounts) == (renamed,)
    rows = in_transaction(lambda tx: tx.execute(select(accounts)).all())
    assert [tuple(row)[1:] for row in rows] == [("Retirement", "ibkr", "DU7654321", "brokerage", "USD")]


def test_an_account_can_be_added_by_hand(in_transaction: Run) -> None:
    in_transaction(add_account, MAIN, name="Interactive Brokers", currency="USD")
    rows = in_transaction(lambda tx: tx.execute(select(accounts)).all())
    assert [row.name for row in rows] == ["Interactive Brokers"]
