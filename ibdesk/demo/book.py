"""What the two demo accounts hold: lots, cash and the day each lot was bought."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ibdesk.demo.catalogue import Catalogue, Listing, monthly_expiry

MAIN = "DU7654321"
SECOND = "DU7654322"
USER = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One purchase (or short sale), at the close `days` calendar days before the anchor.

    `sold_after` is how long after the anchor session's open it was closed again.
    """

    listing: Listing
    quantity: Decimal
    days: int
    sold_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One account: its lots, the cash left at the anchor per currency, and how long ago it was opened."""

    account: str
    title: str
    lots: tuple[Lot, ...]
    cash: tuple[tuple[str, Decimal], ...]
    days: int


#: (conid, quantity, days ago); the days are those of the price pins in the catalogue.
MAIN_LOTS = (
    (265598, "420", 520),
    (4815747, "300", 470),
    (272093, "250", 430),
    (3691937, "300", 560),
    (208813719, "350", 610),
    (1520593, "200", 660),
    (8894, "400", 260),
    (14204, "180", 590),
    (551342501, "900", 350),
    (12340041, "700", 760),
    (320227571, "180", 640),
    (43645865, "700", 700),
    (32998817, "120.418", 730),
    (728912344, "100", 150),
    (479624278, "0.75", 180),
    (118089500, "200", 45),
)
SECOND_LOTS = ((265598, "40", 300), (8894, "60", 200), (756733, "8", 90))


def main_book(catalogue: Catalogue) -> Book:
    """The large account: every class of instrument, long and short, four currencies."""
    extra = tuple(
        Lot(listing=listing, quantity=Decimal(number % 9 + 1), days=300)
        for number, listing in enumerate(catalogue.extra)
    )
    return Book(
        account=MAIN,
        title="Demo Desk",
        lots=_lots(catalogue, MAIN_LOTS) + _derivatives(catalogue) + _closed_today(catalogue) + extra,
        cash=(
            ("USD", Decimal("86412.37")),
            ("EUR", Decimal("42850.12")),
            ("GBP", Decimal("12406.55")),
            ("JPY", Decimal(4218000)),
        ),
        days=800,
    )


def second_book(catalogue: Catalogue) -> Book:
    """The small account: three stocks and a little cash, below the old day-trading threshold."""
    return Book(
        account=SECOND,
        title="Demo Savings",
        lots=_lots(catalogue, SECOND_LOTS),
        cash=(("USD", Decimal("5120.44")),),
        days=400,
    )


def _lots(catalogue: Catalogue, rows: tuple[tuple[int, str, int], ...]) -> tuple[Lot, ...]:
    return tuple(
        Lot(listing=catalogue[conid], quantity=Decimal(quantity), days=days) for conid, quantity, days in rows
    )


def _derivatives(catalogue: Catalogue) -> tuple[Lot, ...]:
    near = monthly_expiry(catalogue.anchor)
    far = monthly_expiry(catalogue.anchor, 2)
    es = catalogue.front_future
    rows = (
        (catalogue.option(756733, near, "P", Decimal(600)), -10, 24),
        (catalogue.option(265598, far, "C", Decimal(230)), 15, 58),
        (catalogue.option(272093, near, "C", Decimal(450)), -2, 17),
        (es, 2, 12),
        (catalogue.option(es.conid, near, "P", Decimal(5800)), 1, 20),
    )
    return tuple(Lot(listing=one, quantity=Decimal(quantity), days=days) for one, quantity, days in rows)


def _closed_today(catalogue: Catalogue) -> tuple[Lot, ...]:
    return (
        Lot(listing=catalogue[76792991], quantity=Decimal(40), days=60, sold_after=timedelta(minutes=42)),
    )
