"""Everything that happened to orders and positions, in the order it is told: states, executions, commissions.

It follows the exchange's news and adds what the socket tells beside them: running totals of an order, the broker's
realized profit of each execution, an execution for a whole combination, and the faults of reports. What a client hears
is read from it; so what one client hears late or twice, all do, and the truth is what it holds at the end.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.exchange import DemoOrder, Exchange
from ibdesk.demo.fills import ZERO, Fill, after
from ibdesk.demo.tws.faults import TwsFaults
from ibdesk.demo.tws.orders import OrderDesk, Owner

#: What stands for a combination in the id of its own execution.
COMBO_PART = "00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One execution as it is told. `filled` and `average` are its order's so far; `realized` None: it opened.

    `shares` and `price` are what is told, which a fault may have changed; `is_combo`: the sum of the legs' executions,
    with no commission of its own.
    """

    fill: Fill
    owner: Owner
    shares: Decimal
    price: Decimal
    filled: Decimal
    average: Decimal
    realized: Decimal | None
    is_combo: bool = False

    @property
    def exec_id(self) -> str:
        return self.fill.exec_id

    @property
    def base(self) -> str:
        """The part of the id a correction keeps."""
        return self.fill.print_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The commission report of an execution."""

    report: Report


Event = DemoOrder | Report | Charge


class Tape:
    """All events since the demo began, oldest first."""

    def __init__(
        self, account: DemoAccount, exchange: Exchange, orders: OrderDesk, faults: TwsFaults,
        ticks: Callable[[], float], now: datetime,
    ) -> None:
        self._account, self._exchange, self._orders = account, exchange, orders
        self._faults, self._ticks = faults, ticks
        self._read = 0
        self._order = itertools.count()
        self._late: list[tuple[float, int, Report]] = []
        self._reports: dict[str, Report] = {}
        self._charged: set[str] = set()
        #: the executions of each order, by the part of their ids that stays
        self._of_order: dict[int, list[str]] = {}
        self._legs: dict[int, list[Report]] = {}
        self.events: list[Event] = []
        for name in account.ids:
            for fill, gain in account.closings(name):
                self._reports[fill.print_id] = replace(self._report(fill, now), realized=gain)
                self._charged.add(fill.exec_id)

    def run(self, now: datetime) -> None:
        """Bring the exchange up to `now` and everything it did onto the tape."""
        self._exchange.run(now)
        news, charges = self._exchange.news, []
        while self._read < len(news):
            one = news[self._read]
            self._read += 1
            if isinstance(one, DemoOrder):
                self.events.append(one)
            else:
                charges += self._tell(one, now)
        for report in charges:
            self._charge(report)
        while self._late and self._late[0][0] <= self._ticks():
            self._charged_now(heapq.heappop(self._late)[2])

    def executions(self, since: datetime, until: datetime) -> tuple[Report, ...]:
        """The latest report of every execution in that time, oldest first."""
        return tuple(one for one in self._reports.values() if since <= one.fill.at <= until)

    def of_order(self, number: int) -> tuple[Report, ...]:
        """The latest report of every execution of one order, without the sums of combinations."""
        return tuple(self._reports[base] for base in self._of_order.get(number, ()))

    def is_charged(self, report: Report) -> bool:
        """Whether its commission has been reported."""
        return report.exec_id in self._charged

    def add(self, report: Report) -> None:
        """Tell a report that may differ from what is true."""
        self.events.append(report)

    @property
    def last(self) -> Report | None:
        """The latest execution of an order."""
        return next((one for one in reversed(self.events) if isinstance(one, Report) and not one.is_combo), None)

    def _tell(self, fill: Fill, now: datetime) -> list[Report]:
        """An execution onto the tape; the reports whose commission is to follow."""
        faults = self._faults
        fill = replace(fill, at=fill.at.replace(microsecond=0))
        report = self._report(fill, now)
        self._reports[fill.print_id] = report
        changed = [one for one in self._recalculated(fill, now) if one.base != report.base]
        if faults.take("commissions_first"):
            self._charged_now(report)
            self.events.append(report)
            return changed
        self.events += [report] * (2 if faults.take("doubled_executions") else 1)
        self._combine(report)
        return [report, *changed]

    def _report(self, fill: Fill, now: datetime) -> Report:
        """A report with its order's totals up to it; a correction keeps its place among the order's executions."""
        bases = self._of_order.setdefault(fill.order_id, []) if fill.order_id else []
        if fill.print_id not in bases:
            bases.append(fill.print_id)
        earlier = [self._reports[base] for base in bases[:bases.index(fill.print_id)]]
        earlier = [one for one in earlier if one.fill.listing.conid == fill.listing.conid and not one.is_combo]
        shares = abs(fill.quantity)
        filled = sum((one.shares for one in earlier), shares)
        spent = sum((one.shares * one.fill.price for one in earlier), shares * fill.price)
        return Report(
            fill=fill, owner=self._orders.owner(fill.order_id), shares=shares, price=fill.price, filled=filled,
            average=spent / filled, realized=self._realized(fill.account, fill.listing.conid, now).get(fill.print_id),
        )

    def _realized(self, account: str, conid: int, now: datetime) -> dict[str, Decimal | None]:
        """What each execution of a position realised; None for those that only opened."""
        stand, found = self._account.standing(account, conid, now), dict[str, Decimal | None]()
        for fill in self._account.blotter.all_of(account, conid):
            then = after(stand, fill)
            closes = stand.quantity * fill.quantity < 0
            found[fill.print_id] = then.realized - stand.realized if closes else None
            stand = then
        return found

    def _recalculated(self, fill: Fill, now: datetime) -> Iterator[Report]:
        """Reports of the same position that realise something else now, after a correction."""
        for base, amount in self._realized(fill.account, fill.listing.conid, now).items():
            known = self._reports.get(base)
            if known is not None and known.realized != amount:
                self._reports[base] = replace(known, realized=amount)
                yield self._reports[base]

    def _combine(self, report: Report) -> None:
        """A combination has an execution of its own, once all its legs have theirs."""
        order = self._exchange.orders.get(report.fill.order_id)
        if order is None or not order.ticket.is_combo or not report.exec_id.endswith(".01"):
            return
        legs = self._legs.setdefault(order.number, [])
        legs.append(report)
        if len(legs) < len(order.ticket.legs):
            return
        del self._legs[order.number]
        ratios = [leg.ratio for leg in order.ticket.legs]
        price = sum((one.price * ratio for one, ratio in zip(legs, ratios, strict=True)), ZERO)
        units = legs[0].shares / abs(ratios[0])
        head, _, revision = legs[0].exec_id.rpartition(".")
        exec_id = f"{head.rpartition('.')[0]}.{COMBO_PART}.{revision}"
        fill = replace(legs[0].fill, exec_id=exec_id, quantity=units * order.ticket.side.sign, price=price)
        whole = replace(
            report, fill=fill, shares=units, price=price, filled=order.resting.filled, average=price, realized=None,
            is_combo=True,
        )
        self._reports[whole.base] = whole
        self.events.append(whole)

    def _charge(self, report: Report) -> None:
        faults = self._faults
        if faults.take("lost_commissions"):
            return
        if faults.commission_delay > 0:
            heapq.heappush(self._late, (self._ticks() + faults.commission_delay, next(self._order), report))
            return
        self._charged_now(report)
        if faults.take("doubled_commissions"):
            self._charged_now(report)

    def _charged_now(self, report: Report) -> None:
        """The report as it stands now: a correction may have come in between."""
        latest = self._reports.get(report.base, report)
        self._charged.add(latest.exec_id)
        self.events.append(Charge(report=latest))
