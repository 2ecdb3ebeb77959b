"""Cash accounts: which money has settled, what was bought with money that has not, and when that may be sold again.

Selling what unsettled proceeds paid for, before they have settled, is a violation; at Interactive Brokers the first one
restricts the account to settled cash for 90 days (reference/compliance.md 2.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.day_trades import business_days
from ibdesk.domain.compliance.exposure import Book, Legs
from ibdesk.domain.compliance.policy import Policies, SettlementRules
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, money
from ibdesk.domain.executions import Execution
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import Conid
from ibdesk.domain.money import ZERO, Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceeds:
    """Money of a sale that has not settled yet, and the day it does."""

    amount: Decimal
    settles: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Something bought, and the day the last of the money that paid for it settles; None when all of it had."""

    conid: Conid
    quantity: Decimal
    funded: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashState:
    """A cash account's settled cash, its unsettled sales by day, and what was bought since, the oldest first."""

    settled: Decimal
    pending: tuple[Proceeds, ...] = ()
    lots: tuple[Lot, ...] = ()

    def through(self, day: date) -> "CashState":
        """After the settlement processing of `day` is complete: its money is settled, and so is what it paid for."""
        return CashState(
            settled=self.settled + sum((each.amount for each in self.pending if each.settles <= day), ZERO),
            pending=tuple(each for each in self.pending if each.settles > day),
            lots=tuple(
                replace(lot, funded=None) if lot.funded is not None and lot.funded <= day else lot for lot in self.lots
            ),
        )

    def apply(self, execution: Execution, day: date, rules: SettlementRules, calendar: Calendar) -> "CashState":
        """After one execution of trade date `day`; commissions are left to the ledger."""
        conid, amount = execution.instrument.conid, execution.amount
        if execution.signed < 0:
            paid_in = Proceeds(amount=amount, settles=settles_on(day, rules, calendar))
            return replace(self._sold(conid, execution.quantity), pending=(*self.pending, paid_in))
        return self._bought(conid, execution.quantity, -amount)

    def funding_of(self, cost: Decimal) -> date | None:
        """The day the money settles that would pay for a purchase; None when settled cash does, `date.max` when even
        all that is on the way is too little."""
        missing = cost - max(ZERO, self.settled)
        for each in sorted(self.pending, key=lambda one: one.settles):
            if missing <= 0:
                break
            missing -= each.amount
            last = each.settles
            if missing <= 0:
                return last
        return None if missing <= 0 else date.max

    def unpaid(self, conid: Conid, quantity: Decimal, held: Decimal) -> date | None:
        """Selling this many of `held`, oldest first: the last day of money not settled that paid for any of them."""
        mine = [lot for lot in self.lots if lot.conid == conid]
        left = quantity - (held - sum((lot.quantity for lot in mine), ZERO))
        days = []
        for lot in mine:
            if left <= 0:
                break
            left -= lot.quantity
            if lot.funded is not None:
                days.append(lot.funded)
        return max(days, default=None)

    def _bought(self, conid: Conid, quantity: Decimal, cost: Decimal) -> "CashState":
        lot = Lot(conid=conid, quantity=quantity, funded=self.funding_of(cost))
        from_settled = min(max(ZERO, self.settled), cost)
        rest, pending = cost - from_settled, []
        for each in sorted(self.pending, key=lambda one: one.settles):
            used = min(rest, each.amount)
            rest -= used
            if each.amount > used:
                pending.append(replace(each, amount=each.amount - used))
        return CashState(
            settled=self.settled - from_settled - rest, pending=tuple(pending), lots=(*self.lots, lot)
        )  # fmt: skip

    def _sold(self, conid: Conid, quantity: Decimal) -> "CashState":
        left, lots = quantity, []
        for lot in self.lots:
            used = min(left, lot.quantity) if lot.conid == conid else ZERO
            left -= used
            if lot.quantity > used:
                lots.append(replace(lot, quantity=lot.quantity - used))
        return replace(self, lots=tuple(lots))


def settles_on(day: date, rules: SettlementRules, calendar: Calendar) -> date:
    """The business day on which a trade of `day` settles."""
    return business_days(day + timedelta(days=1), rules.days, calendar)[-1]


def free_from(funded: date, calendar: Calendar) -> date:
    """The first day on which what that money paid for is surely free: settlement is processed at the day's end."""
    return business_days(funded + timedelta(days=1), 1, calendar)[0]


def check_settlement(
    legs: Legs, cost: Decimal, state: CashState, book: Book, margin_type: MarginType, policies: Policies,
    calendar: Calendar, currency: Currency | None,
) -> tuple[Finding, ...]:  # fmt: skip
    """What a cash account has to mind; `cost` is what the order pays in all, in its `currency` as the cash. A sale is
    asked, never blocked."""
    if margin_type is not MarginType.CASH:
        return ()
    found = [*_sales(legs, state, book, policies, calendar)]
    funded = state.funding_of(cost) if cost > 0 else None
    price, settled = money(cost, currency), money(state.settled, currency)
    if funded == date.max:
        found.append(
            _said(
                policies, Code.SETTLEMENT_FREE_RIDE, Severity.CONFIRM,
                f"It costs {price}; settled cash is {settled}, and with what is on the way it is still "
                "too little.", "Deposit first, or buy less.", cost, state.settled,
            )
        )  # fmt: skip
    elif funded is not None:
        found.append(
            _said(
                policies, Code.SETTLEMENT_FREE_RIDE, Severity.WARN,
                f"It costs {price}, settled cash is {settled}: money that settles on "
                f"{funded:%d %B} pays for the rest.",
                f"Do not sell it before {free_from(funded, calendar):%d %B}.", cost, state.settled,
            )
        )  # fmt: skip
    return tuple(found) or (
        _said(policies, Code.SETTLEMENT_OK, Severity.PASS, f"Settled cash is {settled}.", ""),
    )


def _sales(legs: Legs, state: CashState, book: Book, policies: Policies, calendar: Calendar) -> Iterable[Finding]:
    for instrument, change in legs:
        held = book.quantity(instrument)
        day = state.unpaid(instrument.conid, -change, held) if change < 0 < held else None
        if day is None:
            continue
        wait = "once the account has paid for it" if day == date.max else f"from {free_from(day, calendar):%d %B} on"
        yield _said(
            policies, Code.SETTLEMENT_FREE_RIDE, Severity.CONFIRM,
            f"{instrument.label} was bought with money that has not settled; selling it now may restrict the account "
            f"to settled cash for {policies.broker.cash_restriction_days} days.", f"Sell it {wait}.",
        )  # fmt: skip


def _said(
    policies: Policies, code: Code, severity: Severity, sentence: str, remedy: str, measured: Decimal | None = None,
    limit: Decimal | None = None,
) -> Finding:  # fmt: skip
    rules = policies.settlement
    return Finding(
        code=code, severity=severity, sentence=sentence, source=Source.ESTIMATE, remedy=remedy, measured=measured,
        limit=limit, citation=rules.citation, policy=rules.id,
    )  # fmt: skip
