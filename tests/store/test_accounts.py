from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from ibdesk.store.accounts import add_account, add_accounts, load_accounts, save_accounts
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


def test_a_source_that_knows_less_adds_accounts_and_changes_none(in_transaction: Run) -> None:
    in_transaction(save_accounts, (account(MAIN),), NOW)
    plain = replace(account(MAIN), title=MAIN, alias="", entity="")
    other = replace(account(SECOND), title=SECOND)
    in_transaction(add_accounts, (other, plain), NOW)
    assert in_transaction(load_accounts) == (account(MAIN), other)


def test_an_account_can_be_added_by_hand(in_transaction: Run) -> None:
    in_transaction(add_account, MAIN, name="Interactive Brokers", currency="USD")
    rows = in_transaction(lambda tx: tx.execute(select(accounts)).all())
    assert [row.name for row in rows] == ["Interactive Brokers"]
