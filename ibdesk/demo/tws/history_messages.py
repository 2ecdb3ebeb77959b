"""Historical bars: durations and bar sizes as clients write them, bars as the socket does."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ibdesk.demo.bars import DAY, MONTH, WEEK, Bar, bars, venue_of
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.hours import VENUES, session, session_day
from ibdesk.demo.market import YEARS_BACK
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contract_messages import NONE_FOUND
from ibdesk.demo.tws.contracts import matching, read_contract
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import Field, Reader, plain, zoned

DURATION = re.compile(r"(\d{1,4}) ([SDWMY])")
DAYS: Mapping[str, float] = {"W": 7.0, "M": 30.44, "Y": 365.25}
SIZES: Mapping[str, int] = {
    "1 min": 60, "2 mins": 120, "3 mins": 180, "5 mins": 300, "10 mins": 600, "15 mins": 900, "20 mins": 1200,
    "30 mins": 1800, "1 hour": 3600, "2 hours": 7200, "3 hours": 10_800, "4 hours": 14_400, "8 hours": 28_800,
    "1 day": DAY, "1 week": WEEK, "1W": WEEK, "1 month": MONTH, "1M": MONTH,
}
KNOWN = frozenset({"TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST"})
END = re.compile(r"(\d{8})[ -]+(\d{2}:\d{2}:\d{2})(?: (\S+))?")
AS_SECONDS = 2
#: Before that the demo's market has no past.
REACH = timedelta(days=365 * YEARS_BACK)
PAST = "Historical Market Data Service error message:"


def bars_asked(floor: Floor, client: Client, reader: Reader) -> None:
    """Bars up to an instant; 162 where there are none, 321 where the request makes no sense."""
    number, asked = reader.whole(), read_contract(reader)
    reader.skip(1)
    end, size, duration = reader.text(), reader.text(), reader.text()
    reader.skip(1)
    kind, form = reader.text(), reader.whole()
    found = matching(asked, floor.chains, floor.catalogue, floor.now)
    length = DURATION.fullmatch(duration)
    if floor.is_cut_off:
        client.error(number, 162, f"{PAST}HMDS connection is broken")
    elif len(found) != 1:
        client.error(number, 200, NONE_FOUND)
    elif size not in SIZES or length is None or kind not in KNOWN:
        client.error(number, 321, f"Error validating request.-'bH' : cause - Historical data bar size, duration or "
                                  f"kind is invalid: {size}, {duration}, {kind}")
    else:
        until = min(_end(end, floor) or floor.now, floor.now)
        start = _start(floor, found[0], until, int(length[1]), length[2])
        is_known = floor.now - until < REACH
        rows = list(bars(floor.market, found[0], start, until, SIZES[size])) if is_known else []
        if not rows:
            client.error(number, 162, f"{PAST}HMDS query returned no data: {found[0].symbol}@SMART {kind}")
            return
        _send(floor, client, number, found[0], rows, start, until, is_daily=SIZES[size] >= DAY,
              as_seconds=form == AS_SECONDS)


def _send(
    floor: Floor, client: Client, number: int, listing: Listing, rows: list[Bar], start: datetime, until: datetime, *,
    is_daily: bool, as_seconds: bool,
) -> None:
    zone = VENUES[venue_of(floor.market, listing)].zone
    fields: list[Field] = []
    for at, (first, high, low, last), volume in rows:
        day = at.astimezone(zone).date()
        if listing.venue in ("GLBX", "FX"):  # these open the evening before
            day = session_day(listing.venue, at)
        text = f"{day:%Y%m%d}" if is_daily else str(int(at.timestamp())) if as_seconds else zoned(at, str(zone))
        average = plain(round((first + high + low + last) / 4, 6))
        fields += (text, plain(first), plain(high), plain(low), plain(last), volume, average, max(1, volume // 150))
    client.send(17, number, zoned(start, floor.zone), zoned(until, floor.zone), len(rows), *fields)


def _end(text: str, floor: Floor) -> datetime | None:
    """The instant bars end at; now where none is given."""
    found = END.match(text)
    if found is None:
        return None
    zone = ZoneInfo(found[3]) if found[3] else UTC if "-" in text else ZoneInfo(floor.zone)
    return datetime.strptime(f"{found[1]} {found[2]}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone)


def _start(floor: Floor, listing: Listing, end: datetime, count: int, unit: str) -> datetime:
    """Days are counted in sessions, so that a weekend still has a last day."""
    venue = venue_of(floor.market, listing)
    day = session_day(venue, end)
    if unit == "S":
        return min(end, session(venue, day)[1]) - timedelta(seconds=count)
    if unit != "D":
        return end - timedelta(days=count * DAYS[unit])
    for _ in range(count - 1):
        day = session_day(venue, session(venue, day)[0] - timedelta(seconds=1))
    return session(venue, day)[0]
