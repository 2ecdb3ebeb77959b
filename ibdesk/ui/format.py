"""How amounts and instants are written for people: the only file of the window that knows Decimal.

Amounts are rounded half even for the eye only, with a true minus (U+2212), thousands separators and an em dash for what
is not known. Nothing passes through float. In discreet mode every amount of money or size reads •••; prices,
percentages and times stay.
"""

from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from ibdesk.domain.money import SYMBOLS

UNKNOWN = "\u2014"
MINUS = "\u2212"
HIDDEN = "\u2022\u2022\u2022"

#: Currencies without a smaller coin (ISO 4217 exponent 0).
WHOLE = frozenset({"JPY", "KRW", "HUF"})
#: A price is shown with at most so many decimals.
FINEST_PRICE = 6
#: Positions may be fractional down to eight decimals (crypto).
FINEST_QUANTITY = Decimal("0.00000001")

_discreet = False


def set_discreet(on: bool) -> None:
    """Hide or show all amounts from now on; the caller repaints."""
    global _discreet
    _discreet = on


def is_discreet() -> bool:
    """Whether amounts are hidden."""
    return _discreet


def money(amount: Decimal | None, currency: str = "", *, decimals: int | None = None) -> str:
    """An amount with its currency: "$1,284,930.42", "−€12.00", "CHF 5.00"."""
    return _money(amount, currency, decimals, plus="")


def gain(amount: Decimal | None, currency: str = "", *, decimals: int | None = None) -> str:
    """A gain or loss, always with its sign: "+$8,412.10", "−$1,120.00"."""
    return _money(amount, currency, decimals, plus="+")


def number(value: Decimal | int | None, decimals: int = 2) -> str:
    """A plain number with fixed decimals, not hidden in discreet mode: prices, rates."""
    return _plain(value, decimals, plus="")


def signed(value: Decimal | int | None, decimals: int = 2) -> str:
    """A plain number with fixed decimals and its sign, not hidden in discreet mode."""
    return _plain(value, decimals, plus="+")


def price(value: Decimal | None) -> str:
    """A price: two decimals, or as many as it has up to FINEST_PRICE."""
    if not _is_known(value):
        return UNKNOWN
    assert value is not None  # noqa: S101 - _is_known says so
    decimals = _decimals(value)
    if decimals > FINEST_PRICE:
        decimals = _decimals(round(value, FINEST_PRICE))
    return _plain(value, max(2, decimals), plus="")


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - only what is known is shown
    return -exponent


def quantity(value: Decimal | int | None) -> str:
    """A size: up to eight decimals, trailing zeros trimmed."""
    if not _is_known(value):
        return UNKNOWN
    if _discreet:
        return HIDDEN
    text = f"{abs(_decimal(value)).quantize(FINEST_QUANTITY, ROUND_HALF_EVEN):,f}".rstrip("0").rstrip(".")
    return text if text == "0" or _decimal(value) > 0 else MINUS + text


def percent(value: Decimal | None, decimals: int = 2) -> str:
    """A percentage, as the domain counts them: Decimal("0.66") is "0.66 %"."""
    return UNKNOWN if not _is_known(value) else _plain(value, decimals, plus="") + " %"


def signed_percent(value: Decimal | None, decimals: int = 2) -> str:
    """A change in percent with its sign: "+0.66 %"."""
    return UNKNOWN if not _is_known(value) else _plain(value, decimals, plus="+") + " %"


def compact(amount: Decimal | None, currency: str = "") -> str:
    """An amount in few letters: "$1.28 M", "$940", "−€12.4 K"."""
    if not _is_known(amount):
        return UNKNOWN
    if _discreet:
        return HIDDEN
    size = abs(_decimal(amount))
    for step, letter in ((Decimal(10**12), "T"), (Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "K")):
        if size >= step:
            places = 2 if size < step * 10 else 1 if size < step * 100 else 0
            return _money(_decimal(amount) / step, currency, places, plus="") + " " + letter
    return _money(amount, currency, 0, plus="")


def sign(value: Decimal | int | None) -> int:
    """−1, 0 or 1; 0 for what is not known. For colours, which never stand alone."""
    if not _is_known(value) or value == 0:
        return 0
    return 1 if _decimal(value) > 0 else -1


def size(count: int | None) -> str:
    """Bytes for people: "12.4 MB"."""
    if count is None:
        return UNKNOWN
    for step, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= step:
            return f"{Decimal(count) / step:,.1f} {unit}"
    return "1 byte" if count == 1 else f"{count} bytes"


def age(then: datetime | None, now: datetime, zone: tzinfo | None = None) -> str:
    """How long ago: "4 s ago", "2 min ago", "3 h ago", "yesterday 14:02", "12 Nov 14:02".

    `zone` None is the machine's own.
    """
    if then is None:
        return "never"
    seconds = int((now - then).total_seconds())
    local, today = then.astimezone(zone), now.astimezone(zone).date()
    if seconds < 60:
        return f"{max(0, seconds)} s ago"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if local.date() == today:
        return f"{seconds // 3600} h ago"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def countdown(left: timedelta | None) -> str:
    """Time left, short: "2:41" below an hour, "14 h" or "3 h 12 m" above, "0:00" when over."""
    if left is None:
        return UNKNOWN
    seconds = max(0, int(left.total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes} m" if hours < 10 and minutes else f"{hours} h"


def clock(instant: datetime, zone: tzinfo | None = None, *, label: str = "") -> str:
    """The time of day with seconds: "12:48:07 ET"."""
    text = f"{instant.astimezone(zone):%H:%M:%S}"
    return f"{text} {label}" if label else text


def moment(instant: datetime | None, zone: tzinfo | None = None) -> str:
    """Date and time: "2026-11-21 14:02:09"."""
    return UNKNOWN if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def milliseconds(value: float | None) -> str:
    """A duration on the wire: "38 ms", "1.2 s"."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def _money(amount: Decimal | None, currency: str, decimals: int | None, *, plus: str) -> str:
    if not _is_known(amount):
        return UNKNOWN
    if _discreet:
        return HIDDEN
    places = (0 if currency in WHOLE else 2) if decimals is None else decimals
    lead, digits = _parts(_decimal(amount), places, plus)
    unit = SYMBOLS.get(currency, f"{currency}\u00a0" if currency else "")
    return f"{lead}{unit}{digits}"


def _plain(value: Decimal | int | None, decimals: int, *, plus: str) -> str:
    return "".join(_parts(_decimal(value), decimals, plus)) if _is_known(value) else UNKNOWN


def _parts(value: Decimal, decimals: int, plus: str) -> tuple[str, str]:
    rounded = round(value, decimals)
    lead = MINUS if rounded < 0 else plus if rounded > 0 else ""
    return lead, f"{abs(rounded):,.{decimals}f}"


def _decimal(value: Decimal | int | None) -> Decimal:
    assert value is not None  # noqa: S101 - callers asked _is_known
    return Decimal(value)


def _is_known(value: Decimal | int | None) -> bool:
    return value is not None and Decimal(value).is_finite()
