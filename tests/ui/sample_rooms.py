"""A desk whose book holds the made-up accounts, and a bridge to it, for tests of the account rooms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.drift import Comparison
from ibdesk.domain.instruments import Conid
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.positions import Source
from ibdesk.domain.records import Credentials
from ibdesk.domain.returns import Point, Range
from ibdesk.services.desk import Desk
from ibdesk.services.hub import Hub
from ibdesk.services.market import Series
from ibdesk.ui.bridge import Bridge
from tests.ui.sample_book import NOW
from tests.ui.sample_desk import MadeUpPreferences, StoppedClock, sample_desk


@dataclass
class StoredBook:
    """What the vault would answer; `reads` counts the questions."""

    stored: tuple[AccountPage, ...]
    known: tuple[Account, ...] = ()
    reads: int = 0
    source: Source = Source.PORTAL
    differences: tuple[Comparison, ...] = ()

    async def accounts(self) -> tuple[Account, ...]:
        self.reads += 1
        return self.known or tuple(page.account for page in self.stored)

    async def every_account(self) -> tuple[Account, ...]:
        return await self.accounts()

    async def compared(self, _pages: Iterable[AccountPage]) -> tuple[Comparison, ...]:
        return self.differences

    async def pages(self) -> tuple[AccountPage, ...]:
        return self.stored


class EnteredPreferences(MadeUpPreferences):
    """Settings, and the options level a person entered."""

    def __init__(self, level: int | None) -> None:
        super().__init__(Hub())
        self._level = level

    async def credentials(self) -> tuple[Credentials, ...]:
        return (Credentials(
            environment=Environment.DEMO, gateway_url="https://localhost:5000", user_name="demo",
            account=AccountId("DU7654321"), options_level=self._level,
        ),)


@dataclass
class MadeUpMarket:
    """History that is there, or a reason why not."""

    series: Series = field(default_factory=lambda: Series(points=(), reason="The broker has no history for SPY."))
    closes: Mapping[Conid, tuple[Decimal, ...]] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)

    async def benchmark(self, symbol: str, span: Range) -> Series:
        self.asked.append((symbol, span))
        return self.series

    async def trends(self, conids: Sequence[Conid]) -> Mapping[Conid, tuple[Decimal, ...]]:
        self.asked.append(tuple(conids))
        return self.closes


def room_desk(*pages: AccountPage, now: datetime = NOW, level: int | None = 3, **parts: Any) -> Desk:
    """A desk whose vault holds these pages."""
    given: dict[str, Any] = {
        "clock": StoppedClock(now), "book": StoredBook(pages), "preferences": EnteredPreferences(level), **parts,
    }
    return sample_desk(**given)


def bridge_to(desk: Desk, chosen: AccountId | None = None) -> Bridge:
    """The bridge a window would have."""
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)
    bridge.select(chosen)
    return bridge


def points(*values: str) -> tuple[Point, ...]:
    """A point a day up to now."""
    return tuple(
        Point(at=NOW - timedelta(days=len(values) - 1 - at), value=Decimal(value)) for at, value in enumerate(values)
    )
