"""When an account's past is read for a check, and how much of it: only what the rules ask for, and nothing twice."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, MarginType
from ibdesk.domain.compliance.day_trades import trade_date_at
from ibdesk.domain.compliance.intraday import Deficit, level
from ibdesk.domain.compliance.own_past import (
    Standing,
    cash_state,
    deficits_of,
    is_day_trade_refusal,
    last_opening,
    usual_sizes,
)
from ibdesk.domain.compliance.policy import Policies, policies_at
from ibdesk.domain.compliance.regime import refusal_counts
from ibdesk.domain.compliance.settlement import CashState
from ibdesk.domain.executions import Fill
from ibdesk.domain.hours import NEW_YORK, Calendar, midnight
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.portfolio import AccountPage
from ibdesk.services.desk import Clock
from ibdesk.store import own_past, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: A habit is what was done lately.
ORDERS_COMPARED = 200
#: Failures of deficits count for a year (reference/compliance.md 0.4).
REMEMBERED = timedelta(days=366)
#: Calendar days that hold five business days of any year.
LATELY = timedelta(days=11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the rules ask of an account's past; `cash` None where it is not asked for or cannot be known."""

    usual: Mapping[AssetClass, Decimal]
    was_refused: bool
    deficits: tuple[Deficit, ...]
    cash: CashState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the vault knows of an account: the tickets sent last (newest first), the broker's late refusals in its words
    (newest first), and what the account stood at when it was looked at (oldest first)."""

    sent: tuple[OrderTicket, ...]
    refusals: tuple[tuple[datetime, str], ...]
    standings: tuple[Standing, ...]


class OwnPast:
    """What was stored of the accounts of one mode. `has_read` says whether the broker was asked for its executions."""

    def __init__(
        self, *, mode: Mode, database: Database, calendar: Calendar, clock: Clock,
        has_read: Callable[[AccountId], bool],
    ) -> None:  # fmt: skip
        self._mode = mode
        self._database = database
        self._calendar = calendar
        self._clock = clock
        self._has_read = has_read
        self._standings: dict[AccountId, tuple[Standing, ...]] = {}

    async def stored(self, account: AccountId) -> Stored:
        """What the vault knows of the account, in one view. It waits for nothing else, so it can be read early; the
        standings of before are read once."""
        today, known = midnight(self._clock()), self._standings.get(account, ())
        since = known[-1].at + timedelta(microseconds=1) if known else today - REMEMBERED
        found = await self._database.recall(_load, account, self._mode, today - LATELY, since)
        standings = self._standings[account] = tuple(dict.fromkeys((*known, *found.standings)))
        return replace(found, standings=standings)

    async def of(self, page: AccountPage, currency: Currency | None, stored: Stored) -> Past:
        """All of it, for an order in this currency."""
        was_refused, deficits, cash = await asyncio.gather(
            self._was_refused(page, stored.refusals), self._deficits(page, stored), self._cash(page, currency)
        )
        return Past(usual=usual_sizes(stored.sent), was_refused=was_refused, deficits=deficits, cash=cash)

    async def was_refused(self, page: AccountPage) -> bool:
        """Whether the broker's latest refusal for day trading still counts."""
        since = midnight(self._clock()) - LATELY
        refusals = await self._database.recall(own_past.load_refusals, page.account.id, self._mode, since)
        return await self._was_refused(page, refusals)

    async def _was_refused(self, page: AccountPage, refusals: tuple[tuple[datetime, str], ...]) -> bool:
        now, account = self._clock(), page.account.id
        refused = next((at for at, words in refusals if is_day_trade_refusal(words)), None)
        if refused is None:
            return False
        rules = self._policies.day_trades
        fills = await self._database.recall(trades.load_fills, account, refused)
        held = {row.position.instrument.conid: row.position.quantity for row in page.rows}
        opened = last_opening([fill.execution for fill in fills], held)
        today, refused_on = (trade_date_at(at, rules, self._calendar) for at in (now, refused))
        opened_on = None if opened is None else trade_date_at(opened.at, rules, self._calendar)
        return refusal_counts(refused_on, opened_on, today, rules, self._calendar)

    async def _deficits(self, page: AccountPage, stored: Stored) -> tuple[Deficit, ...]:
        """The intraday margin deficits this desk has seen within a year; those nobody looked at are not among them."""
        standings = _with_newest(stored.standings, page)
        below = [each.at for each in standings if level(each.equity, each.maintenance) < 0]
        if self._policies.intraday is None or not below:
            return ()
        since = below[0].astimezone(NEW_YORK).date() - timedelta(days=1)
        begin = datetime.combine(since, time(), tzinfo=NEW_YORK).astimezone(UTC)
        fills = await self._database.recall(trades.load_fills, page.account.id, begin)
        executions = [fill.execution for fill in fills]
        return deficits_of(standings, executions, self._policies.day_trades, self._calendar)

    async def _cash(self, page: AccountPage, currency: Currency | None) -> CashState | None:
        """A cash account's settled and unsettled money in the ticket's currency; None for other accounts, and while it
        cannot be known."""
        is_cash = MarginType.CASH in (page.summary.margin_type, page.account.margin_type)
        line = next((each for each in page.ledger if each.currency == currency), None)
        if not is_cash or line is None or not self._has_read(page.account.id):
            return None
        now, rules = self._clock(), self._policies
        since = midnight(now) - LATELY
        fills: tuple[Fill, ...] = await self._database.recall(trades.load_fills, page.account.id, since)
        before = tuple(fill for fill in fills if fill.execution.at <= page.as_of)  # those its figures know of
        state = cash_state(line, before, now, rules.settlement, rules.day_trades, self._calendar)
        if state is None:
            return None
        for fill in fills[len(before):]:
            if fill.execution.is_trade and fill.execution.instrument.currency == currency:
                day = trade_date_at(fill.execution.at, rules.day_trades, self._calendar)
                state = state.apply(fill.execution, day, rules.settlement, self._calendar)
        return state

    @property
    def _policies(self) -> Policies:
        return policies_at(self._clock().astimezone(NEW_YORK).date())


def _load(tx: "Connection", account: AccountId, mode: Mode, refused_since: datetime, stood_since: datetime) -> Stored:
    return Stored(
        sent=own_past.load_tickets(tx, account, mode, ORDERS_COMPARED),
        refusals=own_past.load_refusals(tx, account, mode, refused_since),
        standings=own_past.load_standings(tx, account, mode, stood_since),
    )


def _with_newest(standings: tuple[Standing, ...], page: AccountPage) -> tuple[Standing, ...]:
    """Every time the account was looked at; the newest is the page itself."""
    now = own_past.standing_of(page.summary)
    is_told = now is None or (standings and standings[-1].at >= now.at)
    return standings if now is None or is_told else (*standings, now)
