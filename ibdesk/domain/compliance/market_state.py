"""Whether the ticket's contracts trade now: hours of each contract where the broker told them, else New York's; half
days, holidays, halts and the short-sale restriction.

A broker's hours know their own late closes but not always our calendar: on a day the exchange is closed nothing of its
stocks and options trades, and on a half day they close three hours earlier (reference/compliance.md 8.2, 8.3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from ibdesk.domain.compliance.case import Case, said
from ibdesk.domain.compliance.exposure import SHARES, Underlying
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.domain.hours import CLOSES, CLOSES_EARLY, NEW_YORK, Calendar, market_state, session_of
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.market import TradingHours, TradingSpan
from ibdesk.domain.money import USD, known
from ibdesk.domain.orders import OrderType, TimeInForce

_EARLIER = timedelta(hours=CLOSES.hour - CLOSES_EARLY.hour)
#: Nothing listed in New York closes later than this on a half day: classes of 16:15 close at 13:15 (8.3).
_LAST_EARLY = time(13, 15)
#: SEC Rule 201: ten percent below the close before.
_RESTRICTED = Decimal("0.9")


_FINE = (said(Code.SESSION_CLOSED, Severity.PASS, "The market is open for every leg."),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """One contract at one instant: in regular hours, in any hours, and when regular hours begin again (None while they
    run)."""

    is_regular: bool
    is_extended: bool
    next_open: datetime | None = None


_OPEN = Trading(is_regular=True, is_extended=True)


def trading_of(instrument: Instrument, hours: TradingHours | None, calendar: Calendar, now: datetime) -> Trading:
    """By the contract's own hours, corrected by the exchange's calendar; without them by New York's regular hours."""
    if hours is None or not hours.spans:
        state = market_state(calendar, now)
        opens = None if state.is_open else state.changes_at
        return Trading(is_regular=state.is_open, is_extended=state.is_open, next_open=opens)
    running: Iterable[TradingSpan] = [span for span in hours.spans if span.opens <= now < span.closes]
    if _is_new_york(instrument):  # a correction only takes away, so what does not run by the broker's word never does
        running = [span for span in _corrected(running, calendar) if now < span.closes]
    if any(span.is_liquid for span in running):
        return _OPEN
    spans = tuple(_corrected(hours.spans, calendar)) if _is_new_york(instrument) else hours.spans
    ahead = [span.opens for span in spans if span.is_liquid and span.opens > now]
    opens = min(ahead) if ahead else _next_session(calendar, now)
    return Trading(is_regular=False, is_extended=bool(running), next_open=opens)


def closes_at(instrument: Instrument, hours: TradingHours | None, calendar: Calendar, now: datetime) -> datetime | None:
    """The end of this day's regular hours; None on a day without any."""
    day = now.astimezone(NEW_YORK).date()
    if hours is not None and hours.spans:
        spans = tuple(_corrected(hours.spans, calendar)) if _is_new_york(instrument) else hours.spans
        ends = [each.closes for each in spans if each.is_liquid and each.closes.astimezone(NEW_YORK).date() == day]
        return max(ends, default=None)
    session = session_of(day, calendar)
    return None if session is None else session[1]


def is_regular(case: Case) -> bool:
    """Whether all legs are in their regular hours."""
    return all(state.is_regular for state in case.once(_trading))


def check_market_state(case: Case) -> tuple[Finding, ...]:
    """Closed, outside regular hours, halted, restricted."""
    found = (*_hours(case), *_halted(case), *_restricted(case))
    return found or _FINE


def _trading(case: Case) -> tuple[Trading, ...]:
    context = case.context
    return tuple([
        trading_of(instrument, context.hours.get(instrument.conid), context.calendar, context.now)
        for instrument, _ in case.legs
    ])  # fmt: skip


def _hours(case: Case) -> Iterator[Finding]:
    states = case.once(_trading)
    if all(state.is_regular for state in states):
        return
    ticket = case.ticket
    if ticket.outside_hours and all(state.is_extended for state in states):
        is_bare = ticket.order_type is OrderType.MARKET
        yield said(
            Code.OUTSIDE_RTH, Severity.BLOCK if is_bare else Severity.CONFIRM,
            "Regular hours are over: prices outside them are thin and move by jumps.",
            "Use a limit." if is_bare else "Wait for regular hours, if it can wait.",
        )  # fmt: skip
        return
    opens = max(state.next_open for state in states if state.next_open is not None).astimezone(NEW_YORK)
    reason = case.context.calendar.closed.get(case.context.now.astimezone(NEW_YORK).date(), "")
    because = f" ({reason})" if reason else ""
    if _must_trade_now(case):
        yield said(
            Code.SESSION_CLOSED, Severity.BLOCK,
            f"The market is closed{because}; a {ticket.order_type} order would meet whatever opens.",
            f"Use a limit, or wait until {opens:%a %Y-%m-%d %H:%M} New York.", source=Source.RULE,
        )  # fmt: skip
    else:
        yield said(
            Code.SESSION_CLOSED, Severity.CONFIRM,
            f"The market is closed{because}: the order would be queued for {opens:%a %Y-%m-%d}.",
            "Send it when the market is open, unless this is meant.", source=Source.RULE,
        )  # fmt: skip


def _must_trade_now(case: Case) -> bool:
    return case.ticket.order_type is OrderType.MARKET or case.ticket.tif is TimeInForce.IOC


def _halted(case: Case) -> Iterator[Finding]:
    """An option halts with its stock."""
    market = case.ticket.order_type is OrderType.MARKET
    for instrument, _ in case.legs:
        if _is_halted(case, instrument.conid) or _is_halted(case, case.context.book.underlying_of(instrument)):
            yield said(
                Code.HALTED, Severity.BLOCK if market else Severity.CONFIRM, f"{instrument.label} is halted.",
                "Wait until it trades again.", source=Source.BROKER,
            )  # fmt: skip


def _is_halted(case: Case, key: Underlying) -> bool:
    quote = None if isinstance(key, str) else case.context.quotes.get(key)
    return quote is not None and quote.is_halted


def _restricted(case: Case) -> Iterator[Finding]:
    """Rule 201 by our own reckoning: the exchange's flag is not told."""
    for instrument, change in case.legs:
        quote = case.context.quotes.get(instrument.conid)
        if quote is None or instrument.asset_class not in SHARES or change > 0:
            continue
        price, close = known(quote.last), known(quote.prior_close)
        goes_short = case.context.book.quantity(instrument) + change < 0
        if goes_short and price is not None and close is not None and 0 < price <= _RESTRICTED * close:
            yield said(
                Code.SSR, Severity.WARN,
                f"{instrument.label} is down ten percent or more: until tomorrow's close it may be sold short above "
                "the bid only.", "Sell at a limit above the bid.", source=Source.ESTIMATE, citation="SEC Rule 201",
                measured=price, limit=close,
            )  # fmt: skip


def _is_new_york(instrument: Instrument) -> bool:
    return instrument.currency == USD and instrument.asset_class in (*SHARES, AssetClass.OPTION)


def _corrected(spans: Iterable[TradingSpan], calendar: Calendar) -> Iterator[TradingSpan]:
    for span in spans:
        closes = span.closes.astimezone(NEW_YORK)
        day = closes.date()
        if not calendar.is_trading_day(day):
            continue
        if span.is_liquid and day in calendar.early and closes.time() > _LAST_EARLY:
            yield TradingSpan(opens=span.opens, closes=(closes - _EARLIER).astimezone(UTC), is_liquid=True)
        else:
            yield span


def _next_session(calendar: Calendar, now: datetime) -> datetime:
    state = market_state(calendar, now)
    return market_state(calendar, state.changes_at).changes_at if state.is_open else state.changes_at
