"""How the broker writes numbers, times and lists, and what it sends when it has none.

Numbers come as JSON numbers or as text; both become Decimal straight from their digits, never through a float.
"""

import functools
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from ibdesk.domain.errors import BadData, Cause
from ibdesk.domain.money import known

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

#: The broker's text fields hold numbers now and then.
Text = str | int | None
#: A figure of a long list stays as it was written, to the digit, until somebody needs it (`figure`): most of what
#: reading a row would cost is making Decimals. It keeps the whole body alive for as long as it lives itself.
Written = msgspec.Raw
NOTHING = Written(b"null")
_FIGURE = msgspec.json.Decoder(Decimal | None, strict=False)
#: More digits than any figure of an account has, and fewer than a Decimal keeps.
_MOST_DIGITS = 20
#: A string, or a word that JavaScript allows and JSON does not.
_BARE_WORD = re.compile(rb'"(?:\\.|[^"\\])*"|-?\b(?:NaN|Infinity)\b')


def decode(body: bytes, kind: type[T], what: str) -> T:
    """The body as `kind`, coercing text and numbers, ignoring unknown keys. Raises BadData(raw)."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except msgspec.ValidationError as problem:
        raise unreadable(body, what, str(problem)) from problem
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        mended = without_bare_words(as_utf8(body))
        if mended == body:
            raise unreadable(body, what, str(problem)) from problem
        return decode(mended, kind, what)


def decode_rows(body: bytes, kind: type[S], what: str) -> Sequence[S | msgspec.Raw]:
    """A list of rows; a row that does not fit stays raw for its owner to name. Raises BadData when it is no list."""
    try:
        return _list_of(kind).decode(body)
    except UnicodeDecodeError:
        return decode_rows(as_utf8(body), kind, what)
    except msgspec.DecodeError:
        raws = decode(as_utf8(body), list[msgspec.Raw], what)
    return [row(raw, kind) for raw in raws]


@functools.cache
def _list_of(kind: type[S]) -> msgspec.json.Decoder[list[S]]:
    """Made once per kind: a decoder has to look through all the fields first."""
    return msgspec.json.Decoder(list[kind], strict=False)  # type: ignore[valid-type]


def figure(written: Written) -> Decimal | None:
    """The figure as it was written; None when it is missing, unset or no figure."""
    try:
        return known(_FIGURE.decode(written))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return number(plain(written))


def row(raw: msgspec.Raw, kind: type[S]) -> S | msgspec.Raw:
    """One row; what does not fit in it is left out, and it stays raw when it is no object."""
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except msgspec.ValidationError:
        return _repaired(raw, kind)


def _repaired(raw: msgspec.Raw, kind: type[S]) -> S | msgspec.Raw:
    """The row with each field that does not fit left out; raw when it is no object at all."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return raw
    kept = {}
    for field in msgspec.structs.fields(kind):
        value = fields.get(field.encode_name, NOTHING)
        try:
            kept[field.name] = msgspec.json.decode(value, type=field.type, strict=False)
        except msgspec.DecodeError:
            kept[field.name] = number(plain(value)) if field.type == Decimal | None else None
    return kind(**kept)


def plain(raw: msgspec.Raw) -> str:
    """A value's text, whether it came quoted or not; empty for null."""
    text = bytes(raw).decode("utf-8", "replace")
    return "" if text == "null" else text.strip('"')


def as_utf8(body: bytes) -> bytes:
    """The body with what is no UTF-8 replaced: a name in another alphabet must not cost the whole answer."""
    return body.decode("utf-8", "replace").encode()


def without_bare_words(body: bytes) -> bytes:
    """The body with NaN and Infinity outside strings replaced by null."""
    return _BARE_WORD.sub(lambda match: match[0] if match[0].startswith(b'"') else b"null", body)


def unreadable(body: bytes, what: str, why: str) -> BadData:
    """The error for an answer that cannot be read; its first bytes are kept aside."""
    return BadData(
        f"The broker's answer about {what} cannot be read ({why}).",
        remedy="It is asked again at the next sync; what is stored stays as it is.", cause=Cause.BAD_ANSWER, raw=body,
    )


def number(text: str | None) -> Decimal | None:
    """A figure as text: thousands separators, a percent sign, K, M or B at the end; None when there is none."""
    if not text:
        return None
    digits = text.strip().replace(",", "").rstrip("%").strip()
    scale = {"K": 3, "M": 6, "B": 9}.get(digits[-1:].upper(), 0)
    try:
        value = Decimal(digits[:-1] if scale else digits)
    except InvalidOperation:
        return None
    return known(value.scaleb(scale) if scale else value)


def tidy(value: Decimal) -> Decimal:
    """570 rather than 570.0 or 5.7E+2; what is beyond any figure stays as it is."""
    if abs(value.adjusted()) > _MOST_DIGITS:
        return value
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def instant(value: Decimal | int | None) -> datetime | None:
    """A timestamp in seconds or milliseconds, told apart by size (1e11 s is the year 5138)."""
    if not value or value < 0:
        return None
    seconds = value / 1000 if value >= 100_000_000_000 else value
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # beyond the year 9999: no timestamp at all
        return None


def day(value: Text) -> date | None:
    """A `YYYYMMDD` day, as text or number. (By hand: `strptime` takes longer than all the rest of a position.)"""
    if not value:
        return None
    text = str(value)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def first_text(values: Sequence[Text]) -> str:
    """The first that says something."""
    return next((str(value) for value in values if value), "")
