"""What is stored of the accounts, put together as the views read it; never asks the network."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, Environment, newest_pnl
from ibdesk.domain.drift import Comparison, Told, compare, told_by
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import belongs, is_local
from ibdesk.domain.portfolio import AccountPage, rows_of
from ibdesk.domain.positions import Snapshot, Source
from ibdesk.domain.returns import Point
from ibdesk.services.desk import Clock
from ibdesk.services.market import TRENDS_AT_MOST, load_trends
from ibdesk.store import accounts, series, snapshots, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: The curve keeps every sync of these last days and one point a day before: a year of syncs is a million points.
IN_FULL = timedelta(days=8)
#: Sources that tell of the same accounts; a statement joins them once statements are pictures.
COMPARED = (Source.PORTAL, Source.TWS, Source.FLEX)
#: How near to a picture's instant the broker's positions may have a trade or not have it yet.
DOUBT = timedelta(seconds=5)


class Book:
    """The stored accounts of one environment: paper and real money are never on one page, let alone in one sum.

    `quotes` and `pnl` give the newest that was streamed, to be shown at once. `local` is the account of Local Paper
    where the desk is in that mode: it is the only one then, and on no other desk.
    """

    def __init__(
        self,
        database: Database,
        *,
        environment: Environment,
        clock: Clock,
        quotes: Callable[[], Mapping[Conid, Quote]] = dict,
        pnl: Callable[[], Mapping[AccountId, AccountPnl]] = dict,
        source: Source = Source.PORTAL,
        local: AccountId | None = None,
    ) -> None:
        self._database = database
        self._environment = environment
        self._clock = clock
        self._quotes = quotes
        self._pnl = pnl
        self.source = source
        self._local = local

    async def accounts(self) -> tuple[Account, ...]:
        """The environment's accounts, every one that was ever seen, in the broker's order."""
        return tuple(each for each in await self.every_account() if self._holds(each))

    async def every_account(self) -> tuple[Account, ...]:
        """Those of the other environments too: for listing, never for adding up."""
        return await self._database.read(accounts.load_accounts)

    async def page(
        self, account: AccountId, *, with_history: bool = True, source: Source | None = None
    ) -> AccountPage | None:
        """All that is stored of one account, of any environment; None before its first sync. Without history: no curve
        and no trends, which take longer to read than all the rest. `source` is another than the desk's own."""
        where = source or self.source
        if with_history:
            found, stored = await self._database.read(_load_with_account, account, where, self._clock())
        else:
            found, stored = await self._database.recall(_load_with_account, account, where, None)
        return None if found is None or stored is None else self._made(found, stored)

    async def page_with_fills(
        self, account: AccountId, since: datetime | None = None
    ) -> tuple[AccountPage | None, tuple[Fill, ...]]:
        """The same without history, and in the same view the prints since an instant, oldest first: all that its
        positions may not know of are among them, and without an instant they are all there is."""
        found, stored, fills = await self._database.recall(_load_with_fills, account, self.source, since)
        return None if found is None or stored is None else self._made(found, stored), fills

    async def pages(self) -> tuple[AccountPage, ...]:
        """The page of every account that was synced, in the order of `accounts`."""
        pages = [await self._page(account) for account in await self.accounts()]
        return tuple(page for page in pages if page is not None)

    async def compared(self, pages: Iterable[AccountPage]) -> tuple[Comparison, ...]:
        """How other sources' newest pictures of these accounts differ from the pages; those without one are left
        out. Local Paper's account is its own: nobody else tells of it."""
        found: list[Comparison | None] = []
        for page in pages:
            if page.source not in COMPARED:
                continue
            ours = told_by(page.account.id, page.source, page.as_of, (row.position for row in page.rows))
            others = await self._database.read(_others, page.account.id, page.source)
            found += [compare(ours, each) for each in others]
        return tuple(each for each in found if each is not None)

    def _holds(self, account: Account) -> bool:
        if self._local is not None:
            return account.id == self._local
        return belongs(self._environment, account) and not is_local(account.id)

    async def _page(self, account: Account) -> AccountPage | None:
        stored = await self._database.read(_load, account.id, self.source, self._clock())
        return None if stored is None else self._made(account, stored)

    def _made(self, account: Account, stored: "_Stored") -> AccountPage:
        picture, equity, trends = stored
        return AccountPage(
            account=account,
            source=picture.source,
            as_of=picture.as_of,
            received_at=picture.received_at,
            summary=picture.summary,
            ledger=picture.ledger,
            rows=rows_of(
                picture.positions, picture.ledger, self._quotes(), trends, account.currency,
                source=picture.source, as_of=picture.as_of,
            ),
            equity=equity,
            pnl=newest_pnl(picture.pnl, self._pnl().get(account.id)),
        )


_Stored = tuple[Snapshot, tuple[Point, ...], Mapping[Conid, tuple[Decimal, ...]]]


def _load_with_account(
    tx: "Connection", account: AccountId, source: Source, now: datetime | None
) -> tuple[Account | None, _Stored | None]:
    known = next((each for each in accounts.load_accounts(tx) if each.id == account), None)
    return known, None if known is None else _load(tx, account, source, now)


def _load_with_fills(
    tx: "Connection", account: AccountId, source: Source, since: datetime | None
) -> tuple[Account | None, _Stored | None, tuple[Fill, ...]]:
    found, stored = _load_with_account(tx, account, source, None)
    instants = [since] if since is not None else []
    if stored is not None:
        instants.append(stored[0].as_of - DOUBT)
    return found, stored, trades.load_fills(tx, account, min(instants)) if instants else ()


def _load(tx: "Connection", account: AccountId, source: Source, now: datetime | None) -> _Stored | None:
    """One consistent view of the account: its picture, and unless `now` is None its curve and the trends of what it
    holds."""
    picture = snapshots.load_snapshot(tx, account, source)
    if picture is None:
        return None
    if now is None:
        return picture, (), {}
    full_from = now - IN_FULL
    equity = (
        *series.load_equity_daily(tx, account, source, before=full_from),
        *series.load_equity(tx, account, source, since=full_from),
    )
    held = [position.instrument.conid for position in picture.positions[:TRENDS_AT_MOST]]
    return picture, equity, load_trends(tx, held, now)


def _others(tx: "Connection", account: AccountId, shown: Source) -> tuple[Told, ...]:
    """What other sources told last of the account."""
    found = ((source, snapshots.stored_as_of(tx, account, source)) for source in COMPARED if source is not shown)
    return tuple(
        told_by(account, source, as_of, snapshots.load_positions(tx, account, source))
        for source, as_of in found if as_of is not None
    )
