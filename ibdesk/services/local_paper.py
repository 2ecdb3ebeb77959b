"""Where the account of Local Paper is kept between two runs: in the vault, written before anything of it is told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.modes import local_account
from ibdesk.domain.paper.book import PaperBook, new_book
from ibdesk.services.desk import Clock
from ibdesk.store import paper
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class LocalPaper:
    """One account in use; `start` is the cash a new one begins with, in US dollars."""

    def __init__(self, database: Database, *, clock: Clock, start: Callable[[], Decimal]) -> None:
        self._database = database
        self._clock = clock
        self._start = start

    async def load(self) -> PaperBook:
        """The account in use; the first one is made when it is asked for."""
        known = await self._database.read(paper.load_book)
        return known if known is not None else await self.reset()

    async def save(self, book: PaperBook) -> None:
        """Returns once it is on disk. Unavailable(DISK_FULL), Refused(VAULT_CLOSED)."""
        await self._database.write(paper.save_book, book, self._clock(), urgent=True)

    async def reset(self) -> PaperBook:
        """A new account with nothing but cash, under a number of its own: what was traded before is never mixed with
        it. It is in use from the next opening of the desk on."""
        return await self._database.write(_begin, self._start(), self._clock(), urgent=True)


def _begin(tx: "Connection", cash: Decimal, at: datetime) -> PaperBook:
    known = paper.load_book(tx)
    if known is not None:  # also where the clock was set back, the newer account is the one in use
        at = max(at, known.opened_at + timedelta(microseconds=1))
    book = new_book(local_account(paper.count_books(tx) + 1), cash, at)
    paper.save_book(tx, book, at)
    return book
