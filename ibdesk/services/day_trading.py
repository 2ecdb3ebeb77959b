"""When an account's standing with day trading is read for people, outside any ticket: by the same evidence."""

from collections.abc import Callable

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.account_rules import CHOSEN
from ibdesk.domain.compliance.day_trade_rule import DayTrades, DayTradeStanding
from ibdesk.domain.compliance.regime import resolve_regime
from ibdesk.domain.hours import NEW_YORK, Calendar, midnight
from ibdesk.domain.modes import Mode
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.own_past import LATELY, OwnPast
from ibdesk.services.picture import day_trades_of
from ibdesk.store import trades
from ibdesk.store.database import Database


class DayTrading:
    """The standing of the open desk's accounts. `orders` is None where none can be read."""

    def __init__(
        self, *, mode: Mode, orders: Callable[[], LiveOrders | None], settings: Callable[[], Settings],
        calendar: Calendar, database: Database, clock: Clock,
    ) -> None:  # fmt: skip
        self._orders = orders
        self._settings = settings
        self._calendar = calendar
        self._database = database
        self._clock = clock
        self._past = OwnPast(mode=mode, database=database, calendar=calendar, clock=clock, has_read=self._has_read)

    async def of(self, page: AccountPage) -> DayTradeStanding:
        """By what is stored now; no broker is asked."""
        chosen = CHOSEN[self._settings().risk_day_trade_rule]
        today = self._clock().astimezone(NEW_YORK).date()
        was_refused = await self._past.was_refused(page)
        return DayTradeStanding(
            regime=resolve_regime(page.summary, chosen, today, was_refused=was_refused),
            trades=await self._trades(page),
        )

    async def _trades(self, page: AccountPage) -> DayTrades | None:
        if not self._has_read(page.account.id):  # before, nobody knows how many there were
            return None
        now = self._clock()
        since = midnight(now) - LATELY
        fills = await self._database.read(trades.load_fills, page.account.id, min(since, page.as_of))
        return day_trades_of(page, fills, now, self._calendar, since=since)[1]

    def _has_read(self, account: AccountId) -> bool:
        orders = self._orders()
        return orders is not None and orders.has_read(account)
