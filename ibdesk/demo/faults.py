"""Everything that can be made to go wrong on purpose, and for how long."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle

import msgspec


class BadBytes(StrEnum):
    """What an answer is replaced by; the last four change the first row of a page only."""

    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    NOT_JSON = "not_json"
    UNSET = "unset"
    UNKNOWN_CLASS = "unknown_class"
    MISSING_FIELDS = "missing_fields"
    NAN_TEXT = "nan_text"
    UNKNOWN_KEYS = "unknown_keys"


HTML_PAGE = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>"
NOT_JSON = b"NaN; the server is sorry"
#: The broker's "unset" in its two spellings (acceptance F13), and the amounts it is seen in.
SENTINELS = (b"1.7976931348623157e+308", b'"1.7976931348623157E308"')
AMOUNTS = re.compile(rb'("(?:\w*(?:[Pp]nl|[Pp]rice|[Cc]ost|[Vv]alue)|amount|upl|dpl|nl|u?el)":)-?\d+(?:\.\d+)?')


@dataclass(slots=True)
class Spoiled:
    """The next `times` answers on matching paths are replaced."""

    kind: BadBytes
    path: re.Pattern[str]
    times: int


@dataclass(slots=True)
class Lost:
    """The next `times` calls of `method` on matching paths come to something: which list it is in tells what. A death
    comes before the call is carried out, or after it with `is_late`."""

    path: re.Pattern[str]
    times: int
    method: re.Pattern[str]
    is_late: bool = False


class WhatIfFault(StrEnum):
    """What a preview answers in place of its figures."""

    SENTINEL = "sentinel"
    WARNING = "warning"
    ERROR = "error"


class Halves(StrEnum):
    """How a list of positions goes on after pages that hold only half their rows."""

    WHOLE = "whole"
    CONTINUE = "continue"
    REPEAT = "repeat"


@dataclass(slots=True)
class Faults:
    """The faults in force. Paths are without their /v1/api prefix. `skew` is how far the broker's clock is ahead of
    the dial; `drip` is the seconds between two bytes of an answer."""

    seconds: float = 0.0
    slow_path: re.Pattern[str] = re.compile(".*")
    hangs: bool = False
    silent_sockets: bool = False
    calls_until_unauthorized: int | None = None
    spoiled: list[Spoiled] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    drip: float = 0.0
    drip_path: re.Pattern[str] = re.compile(".*")
    halves: Halves = Halves.WHOLE
    skew: timedelta = timedelta()
    #: quotes that stand still: conid (0: all) -> since when
    stuck: dict[int, datetime] = field(default_factory=dict)
    #: orders: questions the next one raises whatever it says, and refusals of the next ones, at once or afterwards
    questions: list[str] = field(default_factory=list)
    rejections: list[str] = field(default_factory=list)
    late_rejections: list[str] = field(default_factory=list)
    #: how many orders fill half and are then cancelled, how many cancels lose against a fill, how many questions'
    #: replies are forgotten, how many executions are told twice, how many bundles of order news come backwards
    halved_orders: int = 0
    fills_before_cancel: int = 0
    stale_replies: int = 0
    doubled_executions: int = 0
    backward_news: int = 0
    what_if: WhatIfFault | None = None
    #: calls that are carried out and answered 503; that arrive twice; at which the gateway dies
    unavailable: list[Lost] = field(default_factory=list)
    doubled: list[Lost] = field(default_factory=list)
    deaths: list[Lost] = field(default_factory=list)

    def clear(self) -> None:
        """Take every fault back."""
        fresh = Faults()
        for each in fields(Faults):
            setattr(self, each.name, getattr(fresh, each.name))

    def stuck_since(self, conid: int) -> datetime | None:
        """When a contract's quote stopped moving; None while it moves."""
        return self.stuck.get(conid, self.stuck.get(0))

    def drips(self, path: str) -> bool:
        """Whether an answer comes byte by byte."""
        return self.drip > 0 and self.drip_path.search(path) is not None

    def loses(self, method: str, path: str) -> bool:
        """Whether this call's answer is never sent; counts one."""
        return _meets(self.lost, method, path) is not None

    def hides(self, method: str, path: str) -> bool:
        """Whether this call is answered 503 although it was carried out; counts one."""
        return _meets(self.unavailable, method, path) is not None

    def doubles(self, method: str, path: str) -> bool:
        """Whether this call arrives twice; counts one."""
        return _meets(self.doubled, method, path) is not None

    def death(self, method: str, path: str) -> Lost | None:
        """The death the gateway dies at this call; counts one."""
        return _meets(self.deaths, method, path)

    def delay(self, path: str) -> float:
        """How long (seconds) a call waits before it is answered."""
        return self.seconds if self.slow_path.search(path) else 0.0

    def is_unauthorized(self) -> bool:
        """Count one call; True once the agreed number has been answered."""
        if self.calls_until_unauthorized is None:
            return False
        self.calls_until_unauthorized -= 1
        return self.calls_until_unauthorized < 0

    def spoil(self, path: str, body: bytes) -> tuple[bytes, str] | None:
        """The bytes and content type to send instead, or None."""
        for fault in self.spoiled:
            if fault.times > 0 and fault.path.search(path):
                fault.times -= 1
                return _replacement(fault.kind, body)
        return None


def _meets(faults: list[Lost], method: str, path: str) -> Lost | None:
    for fault in faults:
        if fault.times > 0 and fault.path.search(path) and fault.method.fullmatch(method):
            fault.times -= 1
            return fault
    return None


def _replacement(kind: BadBytes, body: bytes) -> tuple[bytes, str]:
    match kind:
        case BadBytes.HTML:
            return HTML_PAGE, "text/html"
        case BadBytes.TRUNCATED:
            return body[: max(1, len(body) // 2)], "application/json"
        case BadBytes.EMPTY:
            return b"", "application/json"
        case BadBytes.NOT_JSON:
            return NOT_JSON, "application/json"
        case BadBytes.UNSET:
            spellings = cycle(SENTINELS)
            return AMOUNTS.sub(lambda found: found[1] + next(spellings), body), "application/json"
        case _:
            return _with_odd_row(kind, body), "application/json"


#: What happens to the first row: keys that go, and keys that change.
MONEY = ("mktPrice", "mktValue", "unrealizedPnl", "avgCost")
LOSSES: Mapping[BadBytes, tuple[str, ...]] = {BadBytes.MISSING_FIELDS: (*MONEY, "currency", "contractDesc")}
CHANGES: Mapping[BadBytes, dict[str, object]] = {
    BadBytes.UNKNOWN_CLASS: {"assetClass": "XYZ"},
    BadBytes.NAN_TEXT: dict.fromkeys(MONEY, "NaN"),
    BadBytes.UNKNOWN_KEYS: {"moonPhase": "waxing", "extra": {"nested": [1, None]}},
}


def _with_odd_row(kind: BadBytes, body: bytes) -> bytes:
    rows = msgspec.json.decode(body)
    if not isinstance(rows, list) or not rows:
        return body
    first = {key: value for key, value in rows[0].items() if key not in LOSSES.get(kind, ())}
    return msgspec.json.encode([{**first, **CHANGES.get(kind, {})}, *rows[1:]])
