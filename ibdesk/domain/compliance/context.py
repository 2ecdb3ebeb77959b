"""What a check before an order is given: one frozen picture of account, market and desk; what is unknown is None."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountSummary
from ibdesk.domain.compliance.day_trade_rule import DayTrades
from ibdesk.domain.compliance.day_trades import DayTradeState
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure
from ibdesk.domain.compliance.exposure import EMPTY, Book
from ibdesk.domain.compliance.intraday import Deficit
from ibdesk.domain.compliance.option_levels import OptionLevel
from ibdesk.domain.compliance.settlement import CashState
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.market import Dividend, Quote, TradingHours
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.orders import Order, OrderIntent, OrderRef, OrderRoute, OrderRules, WhatIf
from ibdesk.domain.pairs import group_of
from ibdesk.domain.risk_settings import RiskSettings
from ibdesk.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the desk itself stands at. `session` None: this mode needs none. `killed` says why the kill switch is on,
    empty when it is off; `is_armed`: live orders were unlocked by the person; `takes_pairs`: the broker lets one order
    cancel another; `route` is the way its orders go, and `obstacle` what stands in that way, with the remedy."""

    mode: Mode
    session: Session | None = None
    is_locked: bool = False
    is_read_only: bool = False
    is_armed: bool = True
    takes_pairs: bool = True
    killed: str = ""
    outage: Outage | None = None
    route: OrderRoute = OrderRoute.PORTAL
    obstacle: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything the rules look at, as of `now` (aware UTC). It is built once per picture and used for many checks.

    Amounts of `summary` are in the account's base currency; `rates` is what one unit of a currency costs in it. What
    broker figures are older than the settings allow counts as unknown. `working` are the account's open orders, from
    wherever; `sent` the intents of this trade date from this desk, `undone` those of them that the broker refused or
    a person answered with no; `usual` the middle size of the person's own orders of a class; `what_if` the broker's
    preview of exactly this order; `filled` what is filled already of the one that is changed, `group` those that it
    would cancel, or be cancelled by. `granted` None: take the setting.
    """

    now: datetime
    account: Account
    desk: Desk
    calendar: Calendar
    settings: RiskSettings = RiskSettings()
    summary: AccountSummary | None = None
    daily_pnl: Decimal | None = None
    rates: Mapping[Currency, Decimal] = field(default_factory=dict)
    book: Book = EMPTY
    working: tuple[Order, ...] = ()
    sent: tuple[OrderIntent, ...] = ()
    undone: frozenset[OrderRef] = frozenset()
    usual: Mapping[AssetClass, Decimal] = field(default_factory=dict)
    live_orders: int = 0
    day_trades: DayTradeState | None = None
    trades: DayTrades | None = None
    was_refused: bool = False
    deficits: tuple[Deficit, ...] = ()
    cash: CashState | None = None
    quotes: Mapping[Conid, Quote] = field(default_factory=dict)
    factors: Mapping[Conid, Decimal] | None = None
    rules: Mapping[Conid, OrderRules] = field(default_factory=dict)
    hours: Mapping[Conid, TradingHours] = field(default_factory=dict)
    dividends: Mapping[Conid, Dividend] = field(default_factory=dict)
    granted: OptionLevel | None = None
    disclosures: tuple[Disclosure, ...] = ()
    acknowledged: tuple[Acknowledgment, ...] = ()
    what_if: WhatIf | None = None
    filled: Decimal = ZERO
    group: OrderRef | None = None

    def without(self, order: Order) -> "Context":
        """The same as if this working order were not there: so is looked at what it is to be changed to.

        What `working` knows of it counts, for the order given may be older.
        """
        same = [each for each in self.working if (each.ref, each.id) == (order.ref, order.id)]
        book = self.book
        for each in same:
            book = book.without(each.changes)
        return replace(
            self, book=book, working=tuple(each for each in self.working if each not in same),
            sent=tuple(each for each in self.sent if each.ref != order.ref),
            filled=max((each.filled for each in (*same, order)), default=ZERO), group=group_of(order),
        )  # fmt: skip
