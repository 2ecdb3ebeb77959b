"""What an account's own past says before an order: usual sizes, a refusal for day trading, intraday deficits, and which
cash of a cash account has settled.

Everything is reckoned from what was stored. What does not add up with the broker's own figures is unknown, never zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from statistics import median

from ibdesk.domain.accounts import LedgerLine
from ibdesk.domain.compliance.day_trades import business_days, trade_date_at
from ibdesk.domain.compliance.intraday import Deficit, IntradayDay, level
from ibdesk.domain.compliance.policy import DayTradeRules, SettlementRules
from ibdesk.domain.compliance.settlement import CashState, settles_on
from ibdesk.domain.executions import Execution, Fill
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import OrderTicket

#: Fewer orders of a class have no middle worth the name.
USUAL_FROM = 5
#: Cash the replayed trades may leave unexplained: interest, fees and rounding of a few days.
SLACK = Decimal(5)


def usual_sizes(tickets: Iterable[OrderTicket]) -> Mapping[AssetClass, Decimal]:
    """The middle size of a leg by class, where there are enough of them to compare with."""
    sizes: dict[AssetClass, list[Decimal]] = {}
    for ticket in tickets:
        for instrument, change in ticket.changes:
            sizes.setdefault(instrument.asset_class, []).append(abs(change))
    return {kind: median(found) for kind, found in sizes.items() if len(found) >= USUAL_FROM}


def is_day_trade_refusal(words: str) -> bool:
    """Whether the broker's words name pattern day trading (reference/compliance.md 0.5, step 2)."""
    plain = " ".join(words.lower().replace("-", " ").split())
    return "pattern day trad" in plain


def last_opening(executions: Sequence[Execution], held: Mapping[Conid, Decimal]) -> Execution | None:
    """The newest print that made a position larger or turned it; `held` is what all of them left."""
    after = dict(held)
    for done in sorted((each for each in executions if each.is_trade), key=lambda each: each.at, reverse=True):
        now = after.get(done.instrument.conid, ZERO)
        before = now - done.signed
        if abs(now) > abs(before) or now * before < 0:
            return done
        after[done.instrument.conid] = before
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the account stood at when it was looked at, in its base currency."""

    at: datetime
    equity: Decimal
    maintenance: Decimal


def deficits_of(
    standings: Iterable[Standing], executions: Iterable[Execution], rules: DayTradeRules, calendar: Calendar
) -> tuple[Deficit, ...]:
    """Each day's deficit that was seen, and whether a later day made up for it: oldest first.

    Nobody tells the level right after a transaction; the lowest one seen later on a day with transactions is taken,
    which may be worse than it was ((d)(2)(B) takes the worst too), and what nobody looked at is not here.
    """
    first: dict[date, datetime] = {}
    for done in executions:
        day = trade_date_at(done.at, rules, calendar)
        first[day] = min(done.at, first.get(day, done.at))
    found: dict[date, Deficit] = {}
    days: dict[date, IntradayDay] = {}
    for each in sorted(standings, key=lambda one: one.at):
        day, now = trade_date_at(each.at, rules, calendar), level(each.equity, each.maintenance)
        for other, deficit in found.items():
            if other < day:
                found[other] = deficit.raised(now + deficit.amount, day)
        if day in first and each.at >= first[day]:
            days[day] = days.get(day, IntradayDay(day=day)).apply(now, lowers=True)
            if days[day].deficit > 0:
                found[day] = Deficit(day=day, amount=days[day].deficit, equity=each.equity)
    return tuple(found[day] for day in sorted(found))


def cash_state(
    line: LedgerLine, fills: Iterable[Fill], now: datetime, rules: SettlementRules, counting: DayTradeRules,
    calendar: Calendar,
) -> CashState | None:  # fmt: skip
    """A cash account's money in one currency, with what is on its way and what it paid for; None where the broker does
    not tell what has settled, or its figures and the trades of the last days do not agree.

    The broker takes a purchase off settled cash at once and adds a sale when it settles, so the trades that have not
    settled explain the difference between its two figures. Whether the money of today's settlement is in it already
    depends on the hour: the reading that agrees is taken.
    """
    if line.settled_cash is None:
        return None
    today = trade_date_at(now, counting, calendar)
    dated = sorted(
        ((trade_date_at(fill.execution.at, counting, calendar), fill) for fill in fills
         if fill.execution.is_trade and fill.execution.instrument.currency == line.currency),
        key=lambda each: each[1].execution.at,
    )  # fmt: skip
    for day_done in (today, business_days(today, -2, calendar)[0]):
        open_trades = [(day, fill) for day, fill in dated if settles_on(day, rules, calendar) > day_done]
        if abs(_unsettled(open_trades) - (line.cash - line.settled_cash)) <= SLACK:
            return _replayed(line.settled_cash, open_trades, rules, calendar)
    return None


def _unsettled(trades: Iterable[tuple[date, Fill]]) -> Decimal:
    """What sales will still bring, their commissions taken off."""
    sales = (fill for _, fill in trades if fill.execution.signed < 0)
    return sum((fill.execution.amount - _fee(fill) for fill in sales), ZERO)


def _replayed(
    settled: Decimal, trades: Sequence[tuple[date, Fill]], rules: SettlementRules, calendar: Calendar
) -> CashState:
    """From the cash before these trades through each of them."""
    spent = sum((-fill.execution.amount for _, fill in trades if fill.execution.signed > 0), ZERO)
    state = CashState(settled=settled + spent)
    for day, fill in trades:
        state = state.apply(fill.execution, day, rules, calendar)
    return replace(state, pending=tuple(each for each in state.pending if each.amount > 0))


def _fee(fill: Fill) -> Decimal:
    return ZERO if fill.commission is None else fill.commission.amount
