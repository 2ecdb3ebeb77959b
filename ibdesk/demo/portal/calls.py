"""One call and its answer, as the routes see them, and the error envelopes the gateway uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any  # the wire's own shape: only the demo's wire code may see it

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Json) -> bytes:
    """JSON with exact decimals as numbers."""
    return _ENCODER.encode(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request below /v1/api/. `body` is the decoded JSON object, empty if there was none."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict)
    path_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, bytes and content type; `cookies` are raw Set-Cookie values, `retry_after` seconds (0: not said)."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    cookies: tuple[str, ...] = ()
    location: str = ""
    retry_after: int = 0


Handler: TypeAlias = Callable[[Call], Answer]


def answer(value: Json, *, status: int = 200, cookies: tuple[str, ...] = ()) -> Answer:
    """A JSON answer."""
    return Answer(status=status, body=encode(value), cookies=cookies)


def refuse(status: int, text: str) -> Answer:
    """The envelope with the status repeated inside."""
    return answer({"error": text, "statusCode": status}, status=status)


def complain(status: int, text: str) -> Answer:
    """The shorter envelope."""
    return answer({"error": text}, status=status)


def whole(value: Json, default: int = 0) -> int:
    """An integer from a query or body value, or the default."""
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else default


def is_true(value: Json) -> bool:
    """A flag as queries and bodies spell it."""
    return str(value).lower() in ("true", "1")
