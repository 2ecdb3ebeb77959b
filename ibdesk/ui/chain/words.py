"""How the parts of a chain are worded: expiries, the kinds of late data, and what a cell says to those who hear it."""

from collections.abc import Iterable
from datetime import date

from ibdesk.domain.chains import Expiry
from ibdesk.domain.market import Delay, Quote

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Farther away than this many days a date is not clear without its year.
_YEAR_AFTER = 300
#: How late data is said in one word, and why in a sentence.
LATE = {
    Delay.DELAYED: ("Delayed", "The broker sends these prices about 15 minutes late."),
    Delay.FROZEN: ("Frozen", "The market is closed: these are the last prices of its session."),
    Delay.FROZEN_DELAYED: ("Frozen, delayed", "The market is closed: these are delayed prices of its session."),
    Delay.NOT_SUBSCRIBED: ("No market data", "The user name has no market-data subscription for this exchange."),
}


def day_words(day: date, today: date) -> str:
    """`Dec 18`, with the year when it is far: `Jun 16 ’28`."""
    text = f"{_MONTHS[day.month - 1]} {day.day}"
    return f"{text} ’{day:%y}" if (day - today).days > _YEAR_AFTER else text


def expiry_words(expiry: Expiry, today: date, *, root: str, chosen: bool = False) -> str:
    """What stands in the strip: `Dec 18`, the chosen one with its days, another root than `root` with its name."""
    parts = [day_words(expiry.day, today)]
    if expiry.trading_class and expiry.trading_class != root:
        parts[0] += f" {expiry.trading_class}"
    if chosen:
        parts.append("today" if expiry.day == today else f"{expiry.days(today)} d")
    return " · ".join(parts)


def expiry_line(expiry: Expiry, today: date, *, root: str) -> str:
    """What stands in the menu: `Fri 18 Dec 2026 · 28 days`."""
    day, left = expiry.day, expiry.days(today)
    text = f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
    count = "today" if left == 0 else "1 day" if left == 1 else f"{left} days"
    other = f" · {expiry.trading_class}" if expiry.trading_class and expiry.trading_class != root else ""
    return f"{text} · {count}{other}{' (adjusted)' if expiry.is_nonstandard else ''}"


def lateness(quotes: Iterable[Quote]) -> Delay | None:
    """The kind of late data most of these are; None when most are live or nothing is known."""
    counts: dict[Delay, int] = {}
    for quote in quotes:
        counts[quote.delay] = counts.get(quote.delay, 0) + 1
    most = max(counts, key=lambda delay: counts[delay], default=Delay.UNKNOWN)
    return most if most in LATE else None
