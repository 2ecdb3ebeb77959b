"""Snapshots, their warm-up, and price history as the broker answers them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ibdesk.demo.bars import Bar, bars, venue_of
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.hours import VENUES, session, session_day
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain, whole
from ibdesk.demo.portal.quote_fields import QuoteFields
from ibdesk.demo.portal.state import PortalState, epoch_ms

MOST_CONIDS, MOST_FIELDS, MOST_POINTS = 100, 50, 1000
BARS = {
    "1min": 60, "2min": 120, "3min": 180, "5min": 300, "10min": 600, "15min": 900, "30min": 1800, "1h": 3600,
    "2h": 7200, "3h": 10800, "4h": 14400, "8h": 28800, "1d": 86400, "1w": 604800, "1m": 2592000,
}
PERIOD = re.compile(r"(\d+)\s*(min|h|d|w|m|y)")
#: unit -> (days of calendar, most allowed)
UNITS = {
    "min": (1 / 1440, 30), "h": (1 / 24, 8), "d": (1.0, 1000), "w": (7.0, 792), "m": (30.44, 182), "y": (365.25, 15)
}


class BadHistoryError(Exception):
    """A history request the market cannot answer; the text is for the caller."""


class MarketRoutes:
    """Snapshot, history and the end of both."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self._requests = 0

    def snapshot(self, call: Call) -> Answer:
        """What is known so far: the first call only opens the stream."""
        conids = [whole(one) for one in call.query.get("conids", "").split(",") if one.strip()]
        fields = tuple(one for one in call.query.get("fields", "").split(",") if one)
        if not conids or len(conids) > MOST_CONIDS or len(fields) > MOST_FIELDS:
            return complain(400, "Bad Request: conids or fields are not valid")
        return answer([self._snapshot_row(one, fields) for one in conids if one in self._state.market.catalogue])

    def quote(self, conid: int, fields: tuple[str, ...]) -> dict[str, Json]:
        """The wanted fields that have a value, as text."""
        return QuoteFields(self._state, self._state.market.catalogue[conid]).texts(fields)

    def unsubscribe(self, call: Call) -> Answer:
        conid = whole(call.body.get("conid", call.path_values[0] if call.path_values else ""))
        if self._state.warm.quotes.pop(conid, None) is None:
            return complain(500, "unknown")
        return answer({"success": True})

    def unsubscribe_all(self, _call: Call) -> Answer:
        self._state.warm.quotes.clear()
        return answer({"unsubscribed": True})

    def history_page(self, call: Call) -> Answer:
        try:
            return answer(self.history(whole(call.query.get("conid", "")), call.query))
        except BadHistoryError as error:
            return complain(500, str(error))

    def history(self, conid: int, query: Mapping[str, Json], *, most: int = MOST_POINTS) -> dict[str, Json]:
        """The last `most` bars of a period. Raises BadHistoryError."""
        if conid not in self._state.market.catalogue:
            raise BadHistoryError("Chart data unavailable")
        listing = self._state.market.catalogue[conid]
        size = str(query.get("bar", "1d"))
        period = str(query.get("period", "1w"))
        if size not in BARS:
            raise BadHistoryError(f"bar {size} is not valid")
        end = _start_time(str(query.get("startTime", ""))) or self._state.now
        end = min(end, self._state.now)
        start = self._start(listing, end, period)
        rows = list(bars(self._state.market, listing, start, end, BARS[size]))[-most:]
        self._requests += 1
        return self._history_object(listing, period, size, rows)

    def _start(self, listing: Listing, end: datetime, period: str) -> datetime:
        """Days are counted in sessions, so that a weekend still has a last day."""
        found = PERIOD.fullmatch(period)
        count, unit = (int(found.group(1)), found.group(2)) if found else (0, "d")
        days, most = UNITS[unit]
        if not 1 <= count <= most:
            raise BadHistoryError(f"period {period} is not valid")
        venue = venue_of(self._state.market, listing)
        day = session_day(venue, end)
        if unit in ("min", "h"):
            return min(end, session(venue, day)[1]) - timedelta(days=count * days)
        if unit != "d":
            return end - timedelta(days=count * days)
        for _ in range(count - 1):
            day = session_day(venue, session(venue, day)[0] - timedelta(seconds=1))
        return session(venue, day)[0]

    def _snapshot_row(self, conid: int, fields: tuple[str, ...]) -> dict[str, Json]:
        quote = QuoteFields(self._state, self._state.market.catalogue[conid])
        head: dict[str, Json] = {
            "conidEx": str(conid), "conid": conid, "_updated": epoch_ms(quote.instant), "server_id": "q1",
            "6119": "q1",
        }
        opened = self._state.warm.quotes.setdefault(conid, set())
        known = tuple(field for field in fields if field in opened)
        opened.update(fields)
        return head | {"6509": quote.availability} | quote.texts(known)

    def _history_object(
        self, listing: Listing, period: str, size: str, rows: list[Bar]
    ) -> dict[str, Json]:
        rules = VENUES[venue_of(self._state.market, listing)]
        data = [
            {"o": row[0], "c": row[3], "h": row[1], "l": row[2], "v": volume, "t": epoch_ms(at)}
            for at, row, volume in rows
        ]
        first = rows[0][0] if rows else self._state.now
        return {
            "serverId": f"{6571225 + self._requests}", "symbol": listing.symbol, "text": listing.name,
            "priceFactor": 100, "startTime": f"{first.astimezone(UTC):%Y%m%d-%H:%M:%S}",
            "high": _extreme(rows, 1), "low": _extreme(rows, 2), "timePeriod": period,
            "barLength": BARS[size], "mdAvailability": "S", "mktDataDelay": 0, "outsideRth": False,
            "tradingDayDuration": rules.closes - rules.opens, "volumeFactor": 1, "priceDisplayRule": 1,
            "priceDisplayValue": "2", "negativeCapable": False, "messageVersion": 2, "data": data,
            "points": max(0, len(data) - 1), "travelTime": 48,
        }


def _start_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _extreme(rows: list[Bar], column: int) -> str:
    """`price x priceFactor / volume / minutes since the first bar`, as the broker writes it."""
    if not rows:
        return "0/0/0"
    pick = max if column == 1 else min
    at, row, volume = pick(rows, key=lambda bar: bar[1][column])
    minutes = int((at - rows[0][0]).total_seconds() // 60)
    return f"{(row[column] * 100).normalize():f}/{volume}/{minutes}"
