"""The socket wire: frames, NUL-ended fields, and how numbers, instants and "unset" are spelt (tws-api.md 1.1, 1.3)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

#: "No value" for doubles, in Java's spelling, and for whole numbers.
UNSET, UNSET_INT = "1.7976931348623157E308", "2147483647"
#: Nothing real is so large: what a client sends above it means unset.
UNREAL = Decimal("1e300")
#: The longest frame a client may send; the broker's clients stop at the same length.
MOST = 0xFFFFFF
ZERO = Decimal(0)

Field = str | int


class WireError(ValueError):
    """A message that cannot be read; the text is for the client."""


def frame(*fields: Field) -> bytes:
    """One message, ready to be sent."""
    return framed("\0".join(map(str, fields)) + "\0")


def framed(text: str) -> bytes:
    """A message whose fields already end in NUL."""
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


class Unframer:
    """Bytes in any portions, whole payloads out. Raises WireError where a length makes no sense."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._data += data
        start = 0
        try:
            while len(self._data) - start >= 4:
                end = start + 4 + int.from_bytes(self._data[start:start + 4], "big")
                if end - start - 4 > MOST:
                    raise WireError("Bad message length")
                if end > len(self._data):
                    return
                payload = bytes(self._data[start + 4:end])
                start = end
                yield payload
        finally:
            del self._data[:start]


def fields_of(payload: bytes) -> list[str]:
    """The fields of a payload, without the empty one behind the last NUL."""
    fields = payload.decode(errors="backslashreplace").split("\0")
    if fields[-1] == "":
        fields.pop()
    return fields


class Reader:
    """The fields of one request, one after the other. Raises WireError past the end or on what is not a number."""

    def __init__(self, fields: list[str]) -> None:
        self._fields = fields
        self._at = 0

    @property
    def has_more(self) -> bool:
        return self._at < len(self._fields)

    def text(self) -> str:
        if self._at >= len(self._fields):
            raise WireError(f"Error reading request. Message ends after field {self._at}")
        self._at += 1
        return self._fields[self._at - 1]

    def whole(self) -> int:
        """A whole number; 0 when unset."""
        text = self.text()
        if text in ("", UNSET_INT):
            return 0
        try:
            return int(float(text)) if "." in text or "E" in text.upper() else int(text)
        except (ValueError, OverflowError):
            raise WireError(f"Error reading request. Unable to parse field {self._at}: {text}") from None

    def number(self) -> Decimal | None:
        """A decimal; None for every spelling of unset."""
        text = self.text()
        if text in ("", UNSET_INT):
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise WireError(f"Error reading request. Unable to parse field {self._at}: {text}") from None
        return number if number.is_finite() and abs(number) < UNREAL else None

    def flag(self) -> bool:
        return self.text() not in ("", "0", "false")

    def skip(self, count: int) -> None:
        for _ in range(count):
            self.text()


def plain(number: Decimal | None) -> str:
    """A number without needless zeros or an exponent; unset for none."""
    return UNSET if number is None else format(number.normalize() + ZERO, "f")


def day_text(day: date | None) -> str:
    """`20261218`, empty for none."""
    return f"{day:%Y%m%d}" if day is not None else ""


def zoned(at: datetime, zone: str) -> str:
    """`20261118 12:48:00 America/New_York`: how the present gateways write an instant."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S} {zone}"


def dashed(at: datetime) -> str:
    """`20261118-17:48:00`, always UTC."""
    return f"{at.astimezone(UTC):%Y%m%d-%H:%M:%S}"


def escaped(text: str) -> str:
    r"""Long names carry what is not ASCII as \uXXXX."""
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[at:at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)
