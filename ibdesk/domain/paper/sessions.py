"""What the venue of an instrument is doing between two looks at it, by its trading hours.

An auction lasts a moment, and a desk may look at the market when that moment has passed: the first look within
`AUCTION` of an opening or a close counts as the auction itself.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from ibdesk.domain.hours import NEW_YORK, Calendar, session_of
from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.market import TradingSpan
from ibdesk.domain.matching import Phase
from ibdesk.domain.money import USD

AUCTION = timedelta(minutes=2)
#: US shares trade from 4:00 to 20:00 New York (reference/compliance.md 8.2).
EARLIEST, LATEST = time(4), time(20)
_DAYS = 8
_SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})

Spans = tuple[TradingSpan, ...]


def is_american(instrument: Instrument) -> bool:
    """Whether New York's calendar tells its hours: US shares and options."""
    return instrument.currency == USD and instrument.asset_class in _SHARES | {AssetClass.OPTION}


def new_york_spans(instrument: Instrument, now: datetime, calendar: Calendar) -> Spans:
    """The sessions from yesterday on, and the hours around them where shares trade as well."""
    today = now.astimezone(NEW_YORK).date()
    found: list[TradingSpan] = []
    for day in (today + timedelta(days=number) for number in range(-1, _DAYS)):
        hours = session_of(day, calendar)
        if hours is None:
            continue
        found.append(TradingSpan(opens=hours[0], closes=hours[1], is_liquid=True))
        if instrument.asset_class in _SHARES:
            found.append(TradingSpan(opens=_at(day, EARLIEST), closes=_at(day, LATEST), is_liquid=False))
    return tuple(found)


def phase_between(spans: Spans, since: datetime, now: datetime) -> Phase:
    """What a look at `now` finds, when the one before was at `since`."""
    liquid = [span for span in spans if span.is_liquid]
    for span in liquid:
        if span.opens <= now < span.closes:
            is_first = since < span.opens and now - span.opens < AUCTION
            return Phase.OPENING if is_first else Phase.OPEN
        if since < span.closes <= now < span.closes + AUCTION:
            return Phase.CLOSING
    if any(span.opens <= now < span.closes for span in spans):
        return Phase.EXTENDED
    return Phase.CLOSED


def day_ends(spans: Spans, now: datetime, *, extended: bool) -> datetime | None:
    """When a day order given now ends; None where no session is known."""
    ends = sorted(span.closes for span in spans if span.closes > now and (extended or span.is_liquid))
    if not ends:
        return None
    first = ends[0]
    if extended:  # the hours after a session belong to its day
        whole = [span.closes for span in spans if not span.is_liquid and span.opens <= first <= span.closes]
        return max([first, *whole])
    return first


def together(phases: Iterable[Phase]) -> Phase:
    """What a combination finds: it trades while all its legs do."""
    found = set(phases)
    if len(found) == 1:
        return found.pop()
    return Phase.OPEN if found <= {Phase.OPEN, Phase.OPENING} else Phase.CLOSED


def trade_ends(day: date, calendar: Calendar) -> datetime:
    """When what expires on a day stops trading: the close of its session, 16:00 where the calendar has none."""
    hours = session_of(day, calendar)
    return hours[1] if hours is not None else _at(day, time(16))


def _at(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, NEW_YORK).astimezone(UTC)
