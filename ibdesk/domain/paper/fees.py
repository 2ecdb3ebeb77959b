"""What a trade costs: Interactive Brokers' fixed US prices and the authorities' fees on sales, as dated rows.

An estimate, and told as one: other venues, other currencies and volume tiers are not told apart, and the options
exchanges' own regulatory fee differs from venue to venue. The least and the most hold for a whole order, so a part of
an order costs what the order costs so far, less what was charged before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from ibdesk.domain.instruments import AssetClass, Instrument
from ibdesk.domain.money import USD, ZERO
from ibdesk.domain.orders import Side
from ibdesk.domain.paper.ledger import CENT, cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """So much a share or contract, at least and at most (as a share of the trade's value) for a whole order."""

    each: Decimal
    least: Decimal = ZERO
    most: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The prices from one day on. `sales` is what the authorities take of the value of a sale of shares or options,
    `per_share` and `per_contract` what they take of each one sold, `sale_most` the most they take of a print."""

    id: str
    begins: date
    citation: str
    prices: Mapping[AssetClass, Price]
    sales: Decimal
    per_share: Decimal
    per_contract: Decimal
    sale_most: Decimal


_SHARES = Price(each=Decimal("0.005"), least=Decimal(1), most=Decimal("0.01"))
_FIXED = {
    AssetClass.STOCK: _SHARES,
    AssetClass.ETF: _SHARES,
    AssetClass.OPTION: Price(each=Decimal("0.65"), least=Decimal(1)),
    AssetClass.FUTURE: Price(each=Decimal("2.25")),
    AssetClass.FUTURE_OPTION: Price(each=Decimal("1.42")),
}
TARIFFS = (
    Tariff(
        id="ibkr_fixed_2025", begins=date(2025, 5, 14), prices=_FIXED, sales=ZERO, per_share=Decimal("0.000166"),
        per_contract=Decimal("0.00279"), sale_most=Decimal("8.30"),
        citation="IBKR Pro fixed prices; SEC Section 31 fee of zero from 2025-05-14; FINRA activity fee of 2025",
    ),
    Tariff(
        id="ibkr_fixed_2026", begins=date(2026, 4, 4), prices=_FIXED, sales=Decimal("0.0000206"),
        per_share=Decimal("0.000195"), per_contract=Decimal("0.00329"), sale_most=Decimal("9.79"),
        citation="IBKR Pro fixed prices; SEC Release 34-104909 (Section 31); FINRA trading activity fee of 2026",
    ),
)  # fmt: skip
_TAXED = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION})


def tariff_at(day: date) -> Tariff:
    """The prices in force on a New York day; before the oldest row the oldest."""
    begun = [row for row in TARIFFS if row.begins <= day]
    return begun[-1] if begun else TARIFFS[0]


def commission(instrument: Instrument, quantity: Decimal, price: Decimal, day: date) -> Decimal:
    """What the broker takes for an order of that size in all, in the instrument's currency; classes without a price
    of their own cost nothing."""
    found = tariff_at(day).prices.get(instrument.asset_class)
    if found is None or not quantity:
        return ZERO
    amount = max(found.least, quantity * found.each)
    if found.most is not None:
        amount = min(amount, quantity * abs(price) * instrument.multiplier * found.most)
    return max(cents(amount), CENT)


def sale_fee(instrument: Instrument, side: Side, quantity: Decimal, price: Decimal, day: date) -> Decimal:
    """What the authorities take of one print: of US sales only, rounded up to the cent."""
    if side is Side.BUY or instrument.asset_class not in _TAXED or instrument.currency != USD:
        return ZERO
    row = tariff_at(day)
    is_option = instrument.asset_class is AssetClass.OPTION
    each = min(quantity * (row.per_contract if is_option else row.per_share), row.sale_most)
    value = quantity * price * instrument.multiplier * row.sales
    return (each + value).quantize(CENT, ROUND_CEILING)
