"""How exact amounts and instants are kept in columns: as decimal text and as integer microseconds."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from sqlalchemy import BigInteger, Dialect, String, TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def decimal_text(value: Decimal) -> str:
    """The text of a finite Decimal; reading it back gives the same digits and the same exponent."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError(f"{value!r} is no amount that can be stored")
    return str(value)


def microseconds(value: datetime) -> int:
    """An aware instant as microseconds since 1970 UTC."""
    if value.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return (value - EPOCH) // MICROSECOND


def instant(stored: int) -> datetime:
    """The aware UTC instant of `microseconds`."""
    return EPOCH + stored * MICROSECOND


class DecimalText(TypeDecorator[Decimal]):
    """An exact amount as text: a number column would turn it into a double. Never summed or ordered in SQL."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        return None if value is None else decimal_text(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        try:
            return Decimal(value)
        except InvalidOperation as error:
            raise ValueError(f"{value!r} was stored where an amount belongs") from error


class UtcInstant(TypeDecorator[datetime]):
    """An instant as integer microseconds since 1970 UTC: exact, eight bytes, in order in SQL, and no time zone to
    get wrong. (Text would be readable in a database browser, but nobody can open this file with one.)"""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


class DayText(TypeDecorator[date]):
    """A calendar day as ISO text: it has no time zone, and sorts as text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: date | None, _dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)
