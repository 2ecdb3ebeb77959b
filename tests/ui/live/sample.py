"""A made-up live book for the tests of the live view, and a desk whose TWS tells what a test wants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.events import LineChanged, PnlBookChanged
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.orders import Side
from ibdesk.domain.pnl import PnlBook, PnlRow, PositionMoved, PositionPnl
from ibdesk.domain.positions import Source
from ibdesk.services.desk import Desk
from tests.ui.sample_book import EUR, GBP, MAIN, NOW, RATES, SECOND, page
from tests.ui.sample_rooms import room_desk

AAPL, SIE, VOD, ES, KO = Conid(265598), Conid(11017), Conid(29612), Conid(495512), Conid(8719)
UP = Line(state=LineState.UP, since=NOW - timedelta(minutes=5))
NAMES = {
    AAPL: ("AAPL", "Apple Inc", USD, AssetClass.STOCK), SIE: ("SIE", "Siemens AG", EUR, AssetClass.STOCK),
    VOD: ("VOD", "Vodafone Group", GBP, AssetClass.STOCK), ES: ("ES", "E-mini S&P 500", USD, AssetClass.FUTURE),
    KO: ("KO", "Coca-Cola Co", USD, AssetClass.STOCK),
}


def instrument(conid: Conid) -> Instrument:
    symbol, name, currency, kind = NAMES.get(conid, (f"S{conid}", "", USD, AssetClass.STOCK))
    return Instrument(conid=conid, symbol=symbol, name=name, asset_class=kind, currency=currency)


def moved(conid: Conid, quantity: str, cost: str | None = "100", account: AccountId = MAIN) -> PositionMoved:
    return PositionMoved(
        account=account, instrument=instrument(conid), quantity=Decimal(quantity),
        average_cost=None if cost is None else Decimal(cost), at=NOW,
    )


def told(
    conid: Conid, unrealized: str | None, daily: str | None = "1.50", account: AccountId = MAIN, at: datetime = NOW
) -> PositionPnl:
    return PositionPnl(
        account=account, conid=conid, quantity=None, daily=None if daily is None else Decimal(daily),
        unrealized=None if unrealized is None else Decimal(unrealized), realized=None, value=Decimal("1000"), at=at,
    )


def fill(
    conid: Conid, number: str, realized: str | None = None, *, paid: str | None = "1.05", account: AccountId = MAIN,
    side: Side = Side.SELL,
) -> Fill:
    exec_id = ExecId(f"0000e0d5.{number}")
    done = Execution(
        exec_id=exec_id, account=account, instrument=instrument(conid), side=side, quantity=Decimal(10),
        price=Decimal("231.40"), at=NOW - timedelta(minutes=3),
    )
    if paid is None:
        return Fill(execution=done)
    return Fill(execution=done, commission=Commission(
        exec_id=exec_id, amount=Decimal(paid), currency=done.instrument.currency,
        realized=None if realized is None else Decimal(realized),
    ))


def sample_book() -> PnlBook:
    """Six rows: gains and losses, a foreign one, a future, one closed today, one nobody told figures of."""
    return (
        PnlBook(since=NOW - timedelta(hours=12))
        .moved([
            moved(AAPL, "420", "187.32"), moved(SIE, "120", "164.10"), moved(VOD, "9000", "0.784"), moved(ES, "2"),
            moved(KO, "0", None), moved(AAPL, "10", account=SECOND),
        ])
        .moved([
            told(AAPL, "18530.40", "612.10"), told(SIE, "2911.20", "-96.40"), told(ES, "3225", "1150"),
            told(AAPL, "-12.00", "-3.00", SECOND),
        ])
        .traded([fill(AAPL, "01.01.01", "120.50"), fill(AAPL, "02.01.02", "80.00"), fill(KO, "03.01.01", "-33.00")])
    )  # fmt: skip


def many(count: int) -> PnlBook:
    """A book of so many positions, each with figures."""
    conids = [Conid(1_000_000 + at) for at in range(count)]
    day = PnlBook(since=NOW - timedelta(hours=12))
    return day.moved(moved(each, "10") for each in conids).moved(
        told(each, str(each % 997 - 400)) for each in conids
    )


class MadeUpLivePnl:
    """A live book that changes when a test says so."""

    def __init__(self, book: PnlBook | None = None, line: Line = UP) -> None:
        self.book = sample_book() if book is None else book
        self.line = line
        self.accounts: dict[AccountId, AccountPnl] = {}
        self.watched: list[Sequence[Conid]] = []
        self.starts = 0
        self.desk: Desk | None = None

    def start(self) -> None:
        self.starts += 1

    async def watch(self, conids: Sequence[Conid]) -> None:
        self.watched.append(tuple(conids))

    async def rates(self, _account: AccountId) -> Mapping[Currency, Decimal]:
        return {currency: Decimal(rate) for currency, rate in RATES.items() if currency != GBP}

    async def rates_as_of(self, _account: AccountId) -> datetime | None:
        return NOW - timedelta(minutes=2)

    def tell(self, book: PnlBook) -> None:
        """The broker told something."""
        assert self.desk is not None
        self.book = book
        self.desk.hub.publish(PnlBookChanged(source=Source.TWS, book=book))

    def become(self, line: Line) -> None:
        """The line changed."""
        assert self.desk is not None
        self.line = line
        self.desk.hub.publish(LineChanged(source=Source.TWS, line=line))


def live_desk(live: MadeUpLivePnl | None, **parts: Any) -> Desk:
    """A desk with two accounts beside this live book."""
    desk = room_desk(page(MAIN), page(SECOND), live_pnl=live, **parts)
    if live is not None:
        live.desk = desk
    return desk




def dark(*farms: str) -> Line:
    return replace(UP, dark=frozenset(farms))


def row(book: PnlBook, conid: Conid, account: AccountId = MAIN) -> PnlRow:
    return book.rows[account, conid]
