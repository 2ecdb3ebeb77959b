"""What the portal remembers between calls: the login, the warm-ups and the pages it has cached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ibdesk.demo.account import DemoAccount, Figures
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.chains import Chains
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.exchange import Exchange
from ibdesk.demo.faults import Faults
from ibdesk.demo.portal.limits import Budget
from ibdesk.demo.portal.login import Login
from ibdesk.demo.quotes import data_instant
from ibdesk.demo.tickets import Ticket
from ibdesk.demo.timings import DemoTimings

SERVER_INFO = {"serverName": "JifZ34060", "serverVersion": "Build 10.44.1d, Mar 3, 2026 1:55:32 PM"}
MAC = "AA:BB:CC:DD:EE:FF"
USER_ID = 132329622


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Orders that wait for answers: to what is still to be asked, the first of it under `id`. `modifies` is the number
    of the order they change, None for new ones."""

    id: str
    tickets: tuple[Ticket, ...]
    questions: tuple[str, ...]
    modifies: int | None = None


@dataclass(slots=True)
class WarmUps:
    """What has been asked for in this brokerage session; every first call has its peculiarity."""

    accounts: bool = False
    orders: bool = False
    trades: bool = False
    pnl: bool = False
    algos: set[int] = field(default_factory=set)
    searched: set[str] = field(default_factory=set)
    quotes: dict[int, set[str]] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    #: what was asked about an order and not answered yet, by account
    pending: dict[str, Pending] = field(default_factory=dict)
    #: a filtered call for live orders has silenced the stream of orders
    is_muted: bool = False
    since: datetime = datetime.min.replace(tzinfo=UTC)


class PortalState:
    """Shared by all routes and sockets of one portal."""

    def __init__(
        self, *, account: DemoAccount, clock: DemoClock, login: Login, budget: Budget, timings: DemoTimings,
        ticks: Callable[[], float], faults: Faults,
    ) -> None:
        self.account = account
        self.market = account.market
        self.chains = Chains(self.market)
        self.market.catalogue.lister = lambda: self.chains.list_all(self.now)
        self.clock = clock
        self.login = login
        self.budget = budget
        self.timings = timings
        self.ticks = ticks
        self.faults = faults
        self.exchange = Exchange(account, faults, ticks, latency=timings.order)
        self.selected = account.ids[0]
        self.is_paper = not account.is_live
        self._warm = WarmUps()
        self._warm_for = -1
        #: positions once answered in their first stage: (account, page)
        self.staged: set[tuple[str, int]] = set()
        self.pages: dict[str, tuple[float, Figures]] = {}

    @property
    def now(self) -> datetime:
        """The instant by the broker's clock: the dial, unless that clock is wrong."""
        return self.clock.now() + self.faults.skew

    def quote_instant(self, listing: Listing) -> datetime:
        """The instant a contract's data show: now, delayed by the subscription, or when they got stuck."""
        stuck = self.faults.stuck_since(listing.conid)
        return min(self.now, stuck) if stuck is not None else data_instant(listing, self.now)

    def wall(self) -> float:
        """Seconds since 1970 by the broker's clock."""
        return self.now.timestamp()

    @property
    def warm(self) -> WarmUps:
        """The warm-ups of the current brokerage session; a new session starts cold."""
        if self._warm_for != self.login.brokerage:
            self._warm, self._warm_for = WarmUps(since=self.now), self.login.brokerage
        return self._warm

    def figures(self, account: str) -> Figures:
        """The account, fresh, with what its orders got by now."""
        self.exchange.run(self.now)
        return self.account.figures(account, self.now)

    def page_figures(self, account: str) -> Figures:
        """The account as the position pages know it: up to `position_cache` seconds old."""
        at, figures = self.pages.get(account, (float("-inf"), None))
        if figures is None or self.ticks() - at >= self.timings.position_cache:
            figures = self.figures(account)
            self.pages[account] = (self.ticks(), figures)
        return figures

    def known(self, account: str) -> bool:
        """Whether we have that account."""
        return account in self.account.books


def epoch(instant: datetime) -> int:
    """Seconds since 1970."""
    return int(instant.astimezone(UTC).timestamp())


def epoch_ms(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return int(instant.astimezone(UTC).timestamp() * 1000)
