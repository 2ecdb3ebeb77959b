"""Instruments, positions and books the compliance tests speak about, in few letters."""

from datetime import date
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exposure import Book, Legs, book_of
from ibdesk.domain.hours import Calendar, half_days
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Position

ACCOUNT = AccountId("DU7654321")
JAN, FEB = date(2027, 1, 15), date(2027, 2, 19)

#: XNYS 2026 and 2027 (reference/compliance.md 8.3).
_CLOSED = (
    "2026-01-01 2026-01-19 2026-02-16 2026-04-03 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-11-26 2026-12-25 "
    "2027-01-01 2027-01-18 2027-02-15 2027-03-26 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-11-25 2027-12-24"
)
CLOSED = {date.fromisoformat(day): "holiday" for day in _CLOSED.split()}
CALENDAR = Calendar(closed=CLOSED, early=half_days(CLOSED, range(2026, 2028)))


def stock(symbol: str = "ABC", asset_class: AssetClass = AssetClass.STOCK) -> Instrument:
    return Instrument(conid=conid(symbol), symbol=symbol, asset_class=asset_class, currency=USD)


def option(text: str, expiry: date = JAN, symbol: str = "ABC", multiplier: str = "100") -> Instrument:
    """`95P`: the strike and the right."""
    terms = OptionTerms(right=Right(text[-1]), strike=Decimal(text[:-1]), expiry=expiry)
    return Instrument(
        conid=conid(f"{symbol} {text} {expiry}"), symbol=symbol, asset_class=AssetClass.OPTION, currency=USD,
        multiplier=Decimal(multiplier), option=terms, underlying_conid=conid(symbol),
    )  # fmt: skip


def conid(text: str) -> Conid:
    """The same number for the same text, in every process."""
    return Conid(int.from_bytes(text.encode(), "big"))


def legs(*pairs: tuple[Instrument, int | str]) -> Legs:
    return tuple((instrument, Decimal(quantity)) for instrument, quantity in pairs)


def book(*pairs: tuple[Instrument, int | str], working: tuple[Legs, ...] = ()) -> Book:
    return book_of(
        tuple(
            Position(account=ACCOUNT, instrument=instrument, quantity=Decimal(quantity))
            for instrument, quantity in pairs
        ),
        working,
    )
