"""Amounts with a currency, and the only places where amounts are rounded.

| what               | places | rounding  | where                                   |
|--------------------|--------|-----------|-----------------------------------------|
| shown money        | 2      | half even | `ui.format` (a view's choice, no fact)   |
| shown percent      | 2      | half even | `ui.format`                             |
| converted money    | none   | exact     | `Money.converted`: products stay exact   |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NewType

Currency = NewType("Currency", str)

USD = Currency("USD")
ZERO = Decimal(0)

#: How people write the best known currencies before an amount; the others go by their code.
SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNH": "CN¥", "HKD": "HK$", "CAD": "C$", "AUD": "A$",
    "NZD": "NZ$", "SGD": "S$", "INR": "₹", "KRW": "₩", "ILS": "₪",
}

#: IBKR writes "unset" as the largest double, in two spellings; anything this large is no amount
#: (acceptance F13, reference/compliance.md 2.1).
UNSET_FROM = Decimal("1e300")
_UNSET_TO = -UNSET_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount in one currency."""

    amount: Decimal
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        self._must_match(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._must_match(other)
        return Money(amount=self.amount - other.amount, currency=self.currency)

    def __neg__(self) -> "Money":
        return Money(amount=-self.amount, currency=self.currency)

    def converted(self, rate: Decimal, currency: Currency) -> "Money":
        """The same value in `currency`, where one unit of ours costs `rate` of theirs."""
        return Money(amount=self.amount * rate, currency=currency)

    def _must_match(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add without a rate")


def known(amount: Decimal | None) -> Decimal | None:
    """The amount, or None when it is missing, not a number or the broker's "unset"."""
    if amount is None or not amount.is_finite() or not _UNSET_TO < amount < UNSET_FROM:
        return None
    return amount


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None when nothing is."""
    present = [amount for amount in amounts if amount is not None]
    return sum(present, ZERO) if present else None
