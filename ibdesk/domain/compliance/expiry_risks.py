"""What may go wrong with option positions near their end: early assignment for a dividend, a close near the strike,
cash or shares that are not there, and what all options of one underlying leave behind together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.case import said
from ibdesk.domain.compliance.day_trades import business_days
from ibdesk.domain.compliance.exercise import AHEAD, Delivery, check_delivery, delivery
from ibdesk.domain.compliance.expiry import NEAR, is_assignment_likely
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure, money
from ibdesk.domain.expiries import Expiring, Settles, Timing
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Right
from ibdesk.domain.money import ZERO, Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What all `positions` in options of one underlying and one expiry leave behind in one account, if it closes at
    `spot`."""

    account: AccountId
    symbol: str
    currency: Currency
    expiry: date
    timing: Timing
    positions: int
    spot: Decimal | None
    due: Delivery | None
    findings: tuple[Finding, ...] = ()


def check_expiring(row: Expiring, now: datetime, calendar: Calendar) -> tuple[Finding, ...]:
    """What speaks for doing something about one position, the most pressing first."""
    found = (*_dividend(row, now), *_pin(row, now), *_want(row, now, calendar), *_odd(row))
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def settlings(rows: Iterable[Expiring], now: datetime, calendar: Calendar) -> tuple[Settling, ...]:
    """The positions' expiries by account, day and underlying, in order of time. Morning and afternoon settlement of one
    day are two: they go by different prices."""
    groups: dict[tuple[object, ...], list[Expiring]] = {}
    for row in rows:
        under = row.instrument.underlying_conid or row.instrument.symbol
        groups.setdefault((row.terms.expiry, row.schedule.timing, row.account, under), []).append(row)
    made = (_settling(tuple(group), now, calendar) for group in groups.values())
    return tuple(sorted(made, key=lambda each: (each.expiry, each.timing, each.symbol, each.account)))


def _settling(rows: tuple[Expiring, ...], now: datetime, calendar: Calendar) -> Settling:
    first, spot = rows[0], rows[0].spot
    legs = tuple((row.instrument, row.quantity) for row in rows)
    is_known = all(row.settles in (Settles.SHARES, Settles.CASH) for row in rows)
    due: Delivery | None = None
    found: tuple[Finding, ...] = ()
    if spot is not None and is_known:
        today = now.astimezone(NEW_YORK).date()
        due = delivery(legs, spot)
        found = check_delivery(legs, spot, first.cash, first.terms.expiry, today, calendar)
    return Settling(
        account=first.account, symbol=first.instrument.symbol, currency=first.instrument.currency,
        expiry=first.terms.expiry,
        timing=first.schedule.timing, positions=len(rows), spot=spot, due=due, findings=found,
    )  # fmt: skip


def _dividend(row: Expiring, now: datetime) -> Iterator[Finding]:
    """A short call in the money is taken for a dividend above its time value, on the day before the ex-date."""
    coming, left = row.dividend, row.extrinsic
    if coming is None or left is None or row.spot is None or not row.is_short or row.terms.right is not Right.CALL:
        return
    if not now.astimezone(NEW_YORK).date() < coming.ex_date <= row.terms.expiry or row.settles is not Settles.SHARES:
        return
    if is_assignment_likely(row.terms, row.spot, left, coming.amount):
        yield said(
            Code.DIVIDEND_ASSIGNMENT, Severity.WARN,
            f"The dividend of {figure(coming.amount)} on {coming.ex_date:%d %B} is more than the {figure(left)} of "
            "time value left: assignment the day before is likely, and the dividend is then yours to pay.",
            "Buy it back before that day.", source=Source.ESTIMATE, measured=coming.amount, limit=left,
        )  # fmt: skip


def _pin(row: Expiring, now: datetime) -> Iterator[Finding]:
    """On its last day an option near the strike may end on either side, and the holder may decide after the close."""
    distance = row.distance
    if distance is None or row.days_left(now) != 0 or abs(distance) > NEAR * row.terms.strike:
        return
    away = f"{row.instrument.symbol} is {figure(abs(distance))} from the strike on the last day"
    if row.is_short:
        holder = "" if row.settles is Settles.CASH else ", and holders decide until the evening"
        yield said(
            Code.EXPIRING_TODAY, Severity.WARN, f"{away}: it may end on either side{holder}.",
            "Buy it back before the close: only that ends the doubt.", source=Source.ESTIMATE,
            measured=abs(distance), limit=NEAR * row.terms.strike,
        )  # fmt: skip
    else:
        yield said(
            Code.EXPIRING_TODAY, Severity.NOTE, f"{away}: a cent in the money at the close exercises it.",
            "Sell it, or say before the cut-off what shall happen.", source=Source.RULE,
            measured=abs(distance), limit=NEAR * row.terms.strike,
        )  # fmt: skip


def _want(row: Expiring, now: datetime, calendar: Calendar) -> Iterator[Finding]:
    """In the money, near its end and without the cash or shares for it."""
    if not row.is_exercised or row.is_covered is not False:
        return
    if now.astimezone(NEW_YORK).date() < business_days(row.terms.expiry, -(AHEAD + 1), calendar)[0]:
        return
    what, currency = "Assignment" if row.is_short else "Exercise", row.instrument.currency
    if row.need.cash:
        yield said(
            Code.BP_INSUFFICIENT, Severity.WARN,
            f"{what} takes {money(row.need.cash, currency)} in cash; {money(row.cash, currency)} is there: the rest is "
            "borrowed, or the broker closes positions.", "Close it, or have the cash ready.", source=Source.ESTIMATE,
            measured=row.need.cash, limit=row.cash,
        )  # fmt: skip
    else:
        short = row.need.shares - max(ZERO, row.shares)
        yield said(
            Code.NAKED_RESULT, Severity.WARN,
            f"{what} delivers {figure(row.need.shares)} shares; {figure(row.shares)} are held: {figure(short)} are "
            "sold short.", "Close it, or have the shares ready.", source=Source.ESTIMATE, measured=row.need.shares,
            limit=row.shares,
        )  # fmt: skip


def _odd(row: Expiring) -> Iterator[Finding]:
    if row.settles is Settles.UNKNOWN:
        yield said(
            Code.NON_STANDARD, Severity.WARN, f"{row.instrument.label} is adjusted: what it delivers is not "
            "known here.",
            "Read the clearing house's notice, or ask the broker.",
        )  # fmt: skip
    if row.schedule.timing is Timing.UNTOLD:
        yield said(
            Code.EXPIRING_TODAY, Severity.NOTE,
            f"The broker has not told whether {row.instrument.label} settles in the morning or in the afternoon.",
            "A morning one stops trading the day before: look at its trading class in the broker's own window.",
        )  # fmt: skip
