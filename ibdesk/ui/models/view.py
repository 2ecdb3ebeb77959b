"""What the account rooms draw: the chosen accounts' stored pages, how old they are, and what stands in the way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, LedgerLine
from ibdesk.domain.compliance.day_trade_rule import DayTradeStanding
from ibdesk.domain.compliance.granted import Granted
from ibdesk.domain.compliance.option_levels import OptionLevel
from ibdesk.domain.compliance.regime import resolve_regime
from ibdesk.domain.drift import Comparison
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import LinkChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid
from ibdesk.domain.portfolio import (
    AccountPage,
    Figures,
    Row,
    Share,
    by_class,
    by_currency,
    by_sector,
    figures_of,
    summed,
    summed_equity,
    with_drifts,
)
from ibdesk.domain.returns import Point
from ibdesk.ui import format as fmt

#: A figure is old when this many syncs were missed.
SYNCS_MISSED = 3


class State(StrEnum):
    """What a room has to show."""

    LOADING = "loading"
    EMPTY = "empty"
    WAITING = "waiting"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture of one account, or of all when `chosen` is None.

    `is_read` tells whether the vault has answered. `promise` is how often a sync is meant to happen. `lost_since` is
    set while the source does not answer, `link` tells how the search for it goes and `problem` why it is needed;
    `boxed_until` is the end of the broker's penalty box; `was_up` whether it was ever found, `is_ready` whether the
    session is and only the account has to be read anew; `failures` is what stopped the last sync, by account.
    `levels` are the option levels in force, by account, `own_level` is the person's own limit; `opened_with` the
    account the session was opened with; `day_trading` is how each account stands with it; `compared` is how other
    sources' pictures differ from these.
    """

    is_read: bool = False
    accounts: tuple[Account, ...] = ()
    all_pages: tuple[AccountPage, ...] = ()
    chosen: AccountId | None = None
    promise: timedelta = timedelta(seconds=30)
    lost_since: datetime | None = None
    link: LinkChanged | None = None
    problem: DeskError | None = None
    boxed_until: datetime | None = None
    was_up: bool = False
    is_ready: bool = False
    failures: Mapping[AccountId | None, DeskError] = field(default_factory=dict)
    levels: Mapping[AccountId, Granted] = field(default_factory=dict)
    own_level: OptionLevel | None = None
    opened_with: AccountId | None = None
    day_trading: Mapping[AccountId, DayTradeStanding] = field(default_factory=dict)
    compared: tuple[Comparison, ...] = ()

    @property
    def pages(self) -> tuple[AccountPage, ...]:
        """The pages of what was chosen."""
        if self.chosen is None:
            return self.all_pages
        return tuple(page for page in self.all_pages if page.account.id == self.chosen)

    @property
    def failure(self) -> DeskError | None:
        """What stopped the last sync of what is shown; None stands for all accounts at once."""
        wanted = (None, self.chosen) if self.chosen is not None else tuple(self.failures)
        return next((self.failures[account] for account in wanted if account in self.failures), None)

    @property
    def state(self) -> State:
        if not self.is_read:
            return State.LOADING
        if not self.accounts:
            return State.EMPTY
        return State.FULL if self.pages else State.WAITING

    @property
    def rows(self) -> tuple[Row, ...]:
        pages = self.pages
        rows = pages[0].rows if len(pages) == 1 else tuple(row for page in pages for row in page.rows)
        return with_drifts(rows, self.comparisons)

    def standing_of(self, page: AccountPage, now: datetime) -> DayTradeStanding:
        """How the account stands with day trading; where nobody told, what its own figures and the date say."""
        found = self.day_trading.get(page.account.id)
        if found is not None:
            return found
        return DayTradeStanding(regime=resolve_regime(page.summary, None, now.astimezone(NEW_YORK).date()))

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """How other sources' pictures differ from the pages that are shown."""
        shown = {page.account.id for page in self.pages}
        return tuple(each for each in self.compared if each.account in shown)

    @property
    def doubtful(self) -> frozenset[tuple[AccountId, Conid]]:
        """Positions whose quoted day P&L is another account's: market data tells it for the session's account only
        (reference/client-portal-api.md 6.2, field 78), and the same instrument is held in several."""
        if len(self.all_pages) < 2:
            return frozenset()
        holders = Counter(row.position.instrument.conid for page in self.all_pages for row in page.rows)
        return frozenset(
            row.position.key for row in self.rows
            if holders[row.position.instrument.conid] > 1 and row.position.account != self.opened_with
        )

    @property
    def ledger(self) -> tuple[LedgerLine, ...]:
        return tuple(line for page in self.pages for line in page.ledger)

    @property
    def base(self) -> str:
        """The base currency; empty when the accounts shown have different ones."""
        found = {page.account.currency for page in self.pages}
        return next(iter(found)) if len(found) == 1 else ""

    @property
    def why_no_sum(self) -> str:
        """Why several accounts have no common figure; empty when they have."""
        found = sorted({page.account.currency for page in self.pages})
        if len(found) < 2:
            return ""
        return f"No sum: base currencies differ ({', '.join(found)}). Choose one account."

    @property
    def figures(self) -> Figures | None:
        return summed([figures_of(page) for page in self.pages])

    @property
    def equity(self) -> tuple[Point, ...]:
        if not self.base:
            return ()
        curves = [page.equity for page in self.pages]
        return curves[0] if len(curves) == 1 else summed_equity(curves)

    def shares(self, by: str) -> tuple[Share, ...]:
        """The allocation by class, currency or sector; none across base currencies."""
        if not self.base:
            return ()
        return {"class": by_class, "currency": by_currency, "sector": by_sector}[by](self.rows, self.ledger)

    @property
    def received_at(self) -> datetime | None:
        """When the oldest page shown was heard."""
        return min((page.received_at for page in self.pages), default=None)

    @property
    def is_lost(self) -> bool:
        """Whether nothing new can come at present."""
        return self.lost_since is not None or (self.link is not None and not self.link.is_up)

    def is_stale(self, now: datetime) -> bool:
        """Whether what is shown is older than promised."""
        heard = self.received_at
        if heard is None:
            return False
        return self.is_lost or now - heard > self.promise * SYNCS_MISSED

    def age(self, now: datetime) -> str:
        """How old what is shown is, for people."""
        return fmt.age(self.received_at, now)

    def with_pnl(self, pnl: AccountPnl) -> "View":
        """The view after the broker told new running figures."""
        return replace(self, all_pages=_replaced(self.all_pages, pnl))


def _replaced(pages: Sequence[AccountPage], pnl: AccountPnl) -> tuple[AccountPage, ...]:
    return tuple(replace(page, pnl=pnl) if page.account.id == pnl.account else page for page in pages)
