"""The accounts of Local Paper, as the vault keeps them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ibdesk.domain.modes import local_account
from ibdesk.domain.paper.book import new_book
from ibdesk.store import paper
from tests.domain.paper.market import NOON, D
from tests.domain.paper.test_book import full


def test_a_book_comes_back_as_it_was_saved_last(in_transaction: Any) -> None:
    def work(tx: Any) -> None:
        assert paper.load_book(tx) is None
        book = full()
        paper.save_book(tx, replace(book, orders=()), NOON)
        paper.save_book(tx, book, NOON)
        assert paper.load_book(tx) == book and paper.count_books(tx) == 1

    in_transaction(work)


def test_the_account_that_was_opened_last_is_in_use_and_the_others_are_kept(in_transaction: Any) -> None:
    def work(tx: Any) -> None:
        for number, hours in ((1, 0), (2, 2), (3, 1)):
            opened = NOON + timedelta(hours=hours)
            paper.save_book(tx, new_book(local_account(number), D(1), opened), NOON)
        found = paper.load_book(tx)
        assert found is not None and found.account == "LP0000002" and paper.count_books(tx) == 3

    in_transaction(work)
