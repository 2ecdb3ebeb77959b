"""Queries: the accounts of Local Paper, each one value; the one that was opened last is in use."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from ibdesk.domain.paper.book import PaperBook
from ibdesk.store import bulk
from ibdesk.store.order_tables import paper_books

_book = msgspec.json.Decoder(PaperBook)


def save_book(tx: Connection, book: PaperBook, at: datetime) -> None:
    """The account as it is from now on, in the place of what it was."""
    bulk.put(tx, paper_books, {"account_id": book.account}, {
        "opened_at": book.opened_at, "updated_at": at, "body": msgspec.json.encode(book).decode(),
    })  # fmt: skip


def load_book(tx: Connection) -> PaperBook | None:
    """The account in use; None before the first."""
    c = paper_books.c
    body = tx.execute(select(c.body).order_by(c.opened_at.desc(), c.account_id.desc()).limit(1)).scalar()
    return None if body is None else _book.decode(body)


def count_books(tx: Connection) -> int:
    """How many accounts there ever were."""
    return tx.execute(select(func.count()).select_from(paper_books)).scalar_one()
