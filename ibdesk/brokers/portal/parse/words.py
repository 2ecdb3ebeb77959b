"""How the Portal spells sides, order types, times in force and states: one meaning, up to four spellings each."""

import re
from datetime import UTC, datetime

from ibdesk.domain.orders import OrderState, OrderType, Side, TimeInForce

#: What an order is sent as (reference/client-portal-api.md 7.1).
ORDER_TYPES = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.STOP: "STP",
    OrderType.STOP_LIMIT: "STOP_LIMIT",
    OrderType.TRAILING: "TRAIL",
    OrderType.MARKET_ON_CLOSE: "MOC",
    OrderType.LIMIT_ON_CLOSE: "LOC",
}
#: What rules, live orders (twice) and one order's status call it, without case, blanks and underscores.
_SPELLINGS = {
    "MKT": OrderType.MARKET, "MARKET": OrderType.MARKET, "LMT": OrderType.LIMIT, "LIMIT": OrderType.LIMIT,
    "STP": OrderType.STOP, "STOP": OrderType.STOP, "STPLMT": OrderType.STOP_LIMIT, "STOPLIMIT": OrderType.STOP_LIMIT,
    "STOPLMT": OrderType.STOP_LIMIT, "TRAIL": OrderType.TRAILING, "TRAILINGSTOP": OrderType.TRAILING,
    "MOC": OrderType.MARKET_ON_CLOSE, "MARKETONCLOSE": OrderType.MARKET_ON_CLOSE,
    "LOC": OrderType.LIMIT_ON_CLOSE, "LIMITONCLOSE": OrderType.LIMIT_ON_CLOSE,
}
#: A live day order is called by when it ends.
_TIFS = {
    "DAY": TimeInForce.DAY, "CLOSE": TimeInForce.DAY, "GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC,
    "OPG": TimeInForce.OPG,
}
_SIDES = {
    "B": Side.BUY, "BUY": Side.BUY, "BOT": Side.BUY, "BOUGHT": Side.BUY,
    "S": Side.SELL, "SELL": Side.SELL, "SLD": Side.SELL, "SOLD": Side.SELL, "SSHORT": Side.SELL,
}
#: reference/client-portal-api.md 7.11. A cancel that was accepted but is not effective may still fill.
_STATES = {
    "INACTIVE": OrderState.INACTIVE, "PENDINGSUBMIT": OrderState.PENDING, "PRESUBMITTED": OrderState.HELD,
    "SUBMITTED": OrderState.WORKING, "FILLED": OrderState.FILLED, "PENDINGCANCEL": OrderState.CANCELLING,
    "PRECANCELLED": OrderState.CANCELLING, "CANCELLED": OrderState.CANCELLED, "CANCELED": OrderState.CANCELLED,
}
_NO_LETTER = re.compile(r"[^A-Z]")


def order_type_of(text: str | None) -> OrderType | None:
    """None for a type the desk does not know, such as a midprice order from elsewhere."""
    return _SPELLINGS.get(_letters(text))


def tif_of(text: str | None) -> TimeInForce | None:
    """None for one the desk does not know, such as overnight."""
    return _TIFS.get(_letters(text))


def side_of(text: str | None) -> Side | None:
    """None for what is neither, such as an exercise."""
    return _SIDES.get(_letters(text))


def state_of(text: str | None) -> OrderState | None:
    """None for a status nobody has documented: it is shown as it is, never guessed."""
    return _STATES.get(_letters(text))


def _letters(text: str | None) -> str:
    return _NO_LETTER.sub("", (text or "").upper())


def short_instant(text: object) -> datetime | None:
    """`YYMMDDhhmmss` or `YYYYMMDD-HH:MM:SS`, both UTC."""
    digits = re.sub(r"\D", "", str(text or ""))
    if len(digits) == 12:
        digits = "20" + digits
    if len(digits) != 14:
        return None
    try:
        return datetime(
            int(digits[:4]), int(digits[4:6]), int(digits[6:8]), int(digits[8:10]), int(digits[10:12]),
            int(digits[12:]), tzinfo=UTC,
        )
    except ValueError:
        return None
