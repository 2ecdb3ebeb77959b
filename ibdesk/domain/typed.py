"""How a number that a person typed is read: what is not plainly one number is refused with a sentence, never guessed.

A comma is a decimal point to some and a thousands separator to others, a factor of a thousand apart, so none is taken.
The price of a combination says which way it goes: `1.88 cr` is received (a credit), `1.88 db` is paid (a debit).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

#: Beyond these nobody means an order; the person's own limits are far below (domain.risk_settings).
MOST_QUANTITY, MOST_PRICE = Decimal(10_000_000), Decimal(10_000_000)
#: No venue quotes finer, no broker takes a finer fraction of a share.
MOST_PLACES = 8

_NUMBER = re.compile(r"(?P<sign>[+\-\u2212]?)\s*(?P<digits>[0-9]+\.?[0-9]*|\.[0-9]+)")
_WAY = re.compile(r"(?P<number>.*?)\s*(?P<way>cr|credit|db|debit)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was read: a number, or the sentence that says what is wrong with the text. Both empty for an empty text."""

    value: Decimal | None = None
    fault: str = ""


def typed_quantity(text: str, *, may_be_fraction: bool = False) -> Typed:
    """A size above zero."""
    found = _number(text, "quantity", MOST_QUANTITY)
    if found.value is None:
        return found
    if found.value <= 0:
        return Typed(fault="Enter a quantity above zero; the side of each leg says buy or sell.")
    if not may_be_fraction and found.value != found.value.to_integral_value():
        return Typed(fault="Enter a whole number; only single shares are traded in fractions.")
    return found


def typed_price(text: str, name: str = "price") -> Typed:
    """A price of one instrument, above zero."""
    found = _number(text, name, MOST_PRICE)
    if found.value is not None and found.value <= 0:
        return Typed(fault=f"Enter a {name} above zero.")
    return found


def typed_net_price(text: str, *, is_credit: bool, name: str = "limit") -> Typed:
    """The price of one unit of several legs: negative is received. Without a word it goes the way it went before;
    a sign without a word is refused, because people read it both ways."""
    parts = _WAY.fullmatch(text.strip())
    assert parts is not None  # noqa: S101 - every text has such parts
    found = _number(parts["number"], name, MOST_PRICE)
    if found.value is None:
        return found if found.fault or not parts["way"] else Typed(fault=f"Enter a {name} before “{parts['way']}”.")
    if found.value < 0 or parts["number"].strip().startswith("+"):
        plain = f"{found.value.copy_abs():f}"
        return Typed(fault=f"Write {plain} cr for a credit or {plain} db for a debit.")
    received = parts["way"][0].lower() == "c" if parts["way"] else is_credit
    return Typed(value=-found.value if received and found.value else found.value)


def _number(text: str, name: str, most: Decimal) -> Typed:
    plain = text.strip()
    if not plain:
        return Typed()
    if "," in plain:
        return Typed(fault="Use a point for decimals and nothing between thousands: 1250.50.")
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return Typed(fault=f"Enter the {name} as a plain number, like 1.25.")
    value = Decimal(found["digits"])
    if value > most:
        return Typed(fault=f"That {name} is more than any order: {most:,f} is the most.")
    _, _, places = found["digits"].partition(".")
    if len(places) > MOST_PLACES:
        return Typed(fault=f"Enter the {name} with at most {MOST_PLACES} decimals.")
    return Typed(value=-value if found["sign"] in ("-", "\N{MINUS SIGN}") else value)
