"""Counting day trades: executions folded once into a state, both counting methods, and when they roll off.

A day trade is opening and closing the same security on the same New York trade date in one account. Closes use what
was opened the same day first, then what was held overnight: that is the rule's carve-out (reference/compliance.md 1.1).
Method A counts opening orders of which something was closed, method B the turns from opening to closing; which one a
broker uses is not published, so what binds is the larger.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exposure import opened
from ibdesk.domain.compliance.policy import DayTradeRules
from ibdesk.domain.executions import Execution
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.money import ZERO

#: The key of a position.
Security = tuple[AccountId, Conid]


@dataclass(frozen=True, slots=True)
class Walk:
    """One security's day so far. `lots` are the same-day openings still open (order, quantity left, was one closed).

    `overnight` is signed. `pairs` names, for each turn from opening to closing, the two orders that made it.
    """

    overnight: Decimal = ZERO
    lots: tuple[tuple[str, Decimal, bool], ...] = ()
    liquidated: int = 0
    turns: int = 0
    pairs: tuple[tuple[str, str], ...] = ()
    is_opening: bool = False

    @property
    def position(self) -> Decimal:
        return self.overnight + sum((quantity for _, quantity, _ in self.lots), ZERO)

    @property
    def count(self) -> int:
        """What may bind: the larger of the two methods."""
        return max(self.liquidated, self.turns)

    def traded(self, order: str, change: Decimal) -> "Walk":
        """After one order's whole change; through zero it closes first, then opens."""
        opens = opened(self.position, change)
        closes = change - opens
        walk = self._closed(order, closes) if closes else self
        return walk._opened(order, opens) if opens else walk

    def moved(self, change: Decimal) -> "Walk":
        """After a change that is no trade (exercise, assignment, expiry, transfer): it neither opens nor closes a day
        trade. It comes out of what was held overnight first, so that nothing bought today is forgotten."""
        gone = change - opened(self.overnight, change) if self.overnight else ZERO
        rest = change - gone
        lots = list(self.lots)
        while rest and lots and lots[0][1] * rest < 0:
            order, quantity, was_closed = lots.pop(0)
            used = -rest if abs(rest) <= abs(quantity) else quantity
            rest += used
            if quantity != used:
                lots.insert(0, (order, quantity - used, was_closed))
        return replace(self, overnight=self.overnight + gone + rest, lots=tuple(lots))

    def _opened(self, order: str, change: Decimal) -> "Walk":
        return replace(self, lots=(*self.lots, (order, change, False)), is_opening=True)

    def _closed(self, order: str, change: Decimal) -> "Walk":
        rest, lots, liquidated = change, [], self.liquidated
        for opener, quantity, was_closed in self.lots:
            used = -rest if abs(rest) <= abs(quantity) else quantity
            rest += used
            liquidated += bool(used) and not was_closed
            if quantity != used:
                lots.append((opener, quantity - used, was_closed or bool(used)))
        turned = self.is_opening and rest != change
        return Walk(
            overnight=self.overnight + rest,
            lots=tuple(lots),
            liquidated=liquidated,
            turns=self.turns + turned,
            pairs=(*self.pairs, (self.lots[-1][0], order)) if turned else self.pairs,
            is_opening=False,
        )


@dataclass(frozen=True, slots=True)
class _Move:
    """All prints of one order in one security on one day, or one change that is no trade; `at` is the first print."""

    at: datetime
    order: str
    change: Decimal
    is_trade: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One security's trade date: its moves in time order, the walk before the last of them and after it."""

    opening: Decimal
    moves: tuple[_Move, ...] = ()
    before: Walk = field(default_factory=Walk)
    walk: Walk = field(default_factory=Walk)
    ids: frozenset[str] = frozenset()

    @property
    def change(self) -> Decimal:
        return sum((move.change for move in self.moves), ZERO)

    @property
    def has_exercised(self) -> bool:
        """Whether something that is no trade moved it: a sale after it is counted by guess (1.4)."""
        return any(not move.is_trade for move in self.moves)

    def having(self, exec_id: str, move: _Move) -> "Day":
        """With one more print, folded in once; partial fills join their order's earlier prints."""
        if exec_id in self.ids:
            return self
        return replace(self._moved(move), ids=self.ids | {exec_id})

    def _moved(self, move: _Move) -> "Day":
        moves = self.moves
        last = moves[-1] if moves else None
        if last is not None and last.is_trade and move.is_trade and last.order == move.order and move.at >= last.at:
            joined = replace(last, change=last.change + move.change)
            return Day(self.opening, (*moves[:-1], joined), self.before, _step(self.before, joined))
        known = move.is_trade and any(each.is_trade and each.order == move.order for each in moves)
        if not known and (last is None or (move.at, move.order) > (last.at, last.order)):
            return Day(self.opening, (*moves, move), self.walk, _step(self.walk, move))
        return _walked(self.opening, _joined(moves, move) if known else (*moves, move))

    def opened_with(self, opening: Decimal) -> "Day":
        return self if opening == self.opening else replace(_walked(opening, self.moves), ids=self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTradeState:
    """Every counted security's days, each execution folded in once, by its id. Make one with `begin`.

    `base` is what was held before the first execution told; a security without a row began at zero.
    """

    rules: DayTradeRules
    calendar: Calendar
    base: Mapping[Security, Decimal]
    days: Mapping[Security, Mapping[date, Day]]

    def apply(self, execution: Execution) -> "DayTradeState":
        """With one more execution; one already folded, not counted or of a combo as a whole changes nothing."""
        if execution.instrument.asset_class not in self.rules.counted:
            return self
        security = (execution.account, execution.instrument.conid)
        before = self.days.get(security, {})
        after = _with_execution(before, self.base.get(security, ZERO), self._day_of(execution), execution)
        return self if after is before else replace(self, days={**self.days, security: after})

    def count(self, account: AccountId, day: date) -> int:
        """Day trades of one trade date that may bind: per security the larger of both methods."""
        return sum(each.walk.count for each in self.on(account, day))

    def methods(self, account: AccountId, day: date) -> tuple[int, int]:
        """The day's count by method A and by method B."""
        walks = [each.walk for each in self.on(account, day)]
        return sum(walk.liquidated for walk in walks), sum(walk.turns for walk in walks)

    def as_spreads(self, account: AccountId, day: date) -> int:
        """The day's turns where a spread opened as one order and closed as one order counts once (1.3)."""
        return len({pair for each in self.on(account, day) for pair in each.walk.pairs})

    def counts(self, account: AccountId) -> dict[date, int]:
        """Day trades by trade date, days without one left out."""
        found: dict[date, int] = defaultdict(int)
        for (owner, _), days in self.days.items():
            if owner == account:
                for day, each in days.items():
                    found[day] += each.walk.count
        return {day: count for day, count in found.items() if count}

    def on(self, account: AccountId, day: date) -> tuple[Day, ...]:
        return tuple(days[day] for (owner, _), days in self.days.items() if owner == account and day in days)

    def completed_by(self, security: Security, day: date, change: Decimal) -> int:
        """How many day trades one more order in the security would complete: none before anything was traded in it."""
        each = self.days.get(security, {}).get(day)
        return 0 if each is None else each.walk.traded("", change).count - each.walk.count

    def _day_of(self, execution: Execution) -> date:
        return trade_date(execution, self.rules, self.calendar)

    def folded(self, executions: Iterable[Execution]) -> "DayTradeState":
        """All of them, in the order of their time: the cheapest order to fold in."""
        state = self
        for execution in sorted(executions, key=lambda each: (each.at, each.exec_id)):
            state = state.apply(execution)
        return state


def begin(
    executions: Iterable[Execution], held_now: Mapping[Security, Decimal], rules: DayTradeRules, calendar: Calendar
) -> DayTradeState:
    """The state from a list of executions and the positions after them: what was held before is the difference.

    After a gap begin again with the whole list: an execution the positions already know must not be applied later.
    """
    listed = {each.exec_id: each for each in executions}.values()
    base = dict(held_now)
    for each in listed:
        security = (each.account, each.instrument.conid)
        if each.instrument.asset_class is not AssetClass.COMBO:
            base[security] = base.get(security, ZERO) - each.signed
    empty = DayTradeState(rules=rules, calendar=calendar, base=base, days={})
    return empty.folded(listed)


def trade_date(execution: Execution, rules: DayTradeRules, calendar: Calendar) -> date:
    """The New York day the print belongs to: the venue's own word, else evenings and closed days go to the next."""
    if execution.trade_date is not None:
        return execution.trade_date
    return trade_date_at(execution.at, rules, calendar)


def trade_date_at(at: datetime, rules: DayTradeRules, calendar: Calendar) -> date:
    """The trade date of an aware instant."""
    local = at.astimezone(NEW_YORK)
    day = local.date() + timedelta(days=local.time() >= rules.evening_from)
    return next_business_day(day, calendar)


def next_business_day(day: date, calendar: Calendar) -> date:
    """The day itself when it is one."""
    while not calendar.is_trading_day(day):
        day += timedelta(days=1)
    return day


def business_days(first: date, count: int, calendar: Calendar) -> tuple[date, ...]:
    """`count` business days from `first` on, or, when negative, up to and with `first`; in order of time."""
    step = timedelta(days=1 if count > 0 else -1)
    found: list[date] = []
    day = first
    while len(found) < abs(count):
        if calendar.is_trading_day(day):
            found.append(day)
        day += step
    return tuple(sorted(found))


def used(counts: Mapping[date, int], day: date, rules: DayTradeRules, calendar: Calendar) -> int:
    """Day trades in the window that ends with `day`."""
    return sum(counts.get(each, 0) for each in business_days(day, -rules.window_days, calendar))


def forecast(counts: Mapping[date, int], day: date, rules: DayTradeRules, calendar: Calendar) -> tuple[int, ...]:
    """Day trades left on `day` and the four business days after, if none is made any more (1.5)."""
    ahead = business_days(day, rules.window_days, calendar)
    return tuple(max(0, rules.limit - used(counts, each, rules, calendar)) for each in ahead)


def is_pattern(day_trades: int, all_trades: int, rules: DayTradeRules) -> bool:
    """The old rule's letter: more than three in the window, and more than six percent of all trades."""
    return day_trades > rules.limit and day_trades > rules.pattern_share * all_trades


def _step(walk: Walk, move: _Move) -> Walk:
    return walk.traded(move.order, move.change) if move.is_trade else walk.moved(move.change)


def _walked(opening: Decimal, moves: Iterable[_Move]) -> Day:
    before = walk = Walk(overnight=opening)
    ordered = tuple(sorted(moves, key=lambda move: (move.at, move.order)))
    for move in ordered:
        before, walk = walk, _step(walk, move)
    return Day(opening, ordered, before, walk)


def _joined(moves: tuple[_Move, ...], late: _Move) -> list[_Move]:
    return [
        replace(each, at=min(each.at, late.at), change=each.change + late.change)
        if each.is_trade and each.order == late.order
        else each
        for each in moves
    ]


def _move_of(execution: Execution) -> _Move:
    """A print without an order id is an order of its own."""
    has_order = execution.is_trade and execution.order_id
    order = f"order {execution.order_id}" if has_order else f"print {execution.exec_id}"
    return _Move(execution.at, order, execution.signed, execution.is_trade)


def _with_execution(days: Mapping[date, Day], base: Decimal, day: date, execution: Execution) -> Mapping[date, Day]:
    """The security's days with one more print; days after it begin with a changed position."""
    opening = base + sum((each.change for at, each in days.items() if at < day), ZERO)
    before = days.get(day) or _walked(opening, ())
    after = before.having(execution.exec_id, _move_of(execution))
    if after is before:
        return days
    later = {at: each.opened_with(each.opening + execution.signed) for at, each in days.items() if at > day}
    return {**days, day: after, **later}
