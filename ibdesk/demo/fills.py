"""What was traded since the demo began, and what that makes of a position: quantity, cost, realized profit and cash.

Costs are kept to the cent per position and include commission, as the broker's average cost does, so that cash,
cost and realized profit always add up exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from ibdesk.demo.catalogue import CENT, Listing

ZERO = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """An amount rounded to the cent, half even."""
    return amount.quantize(CENT, ROUND_HALF_EVEN) + ZERO  # never minus zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution with its commission. `quantity` is signed; money in the listing's currency.

    A correction has the same `exec_id` but for its last part. `is_trade`: it came from an order, so it is told.
    """

    exec_id: str
    account: str
    listing: Listing
    quantity: Decimal
    price: Decimal
    at: datetime
    commission: Decimal
    order_id: int
    ref: str = ""
    exchange: str = "DEMO"
    is_trade: bool = True

    @property
    def print_id(self) -> str:
        """The part of the id that a correction keeps."""
        return self.exec_id.rpartition(".")[0]

    @property
    def paid(self) -> Decimal:
        """Cash out (positive) or in, before commission."""
        return cents(self.quantity * self.price * self.listing.multiplier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One position after some fills. `cost` is signed like the quantity and includes commissions; `cash` is what the
    fills did to cash, without the variation of futures."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    cash: Decimal = ZERO


def fold(start: Standing, fills: Iterable[Fill]) -> Standing:
    """The position after all fills, oldest first."""
    for fill in fills:
        start = after(start, fill)
    return start


def after(before: Standing, fill: Fill) -> Standing:
    """The position after one fill: it opens, closes, or closes all and opens the other way."""
    closed = ZERO
    if before.quantity * fill.quantity < 0:
        closed = min(abs(before.quantity), abs(fill.quantity))
    share = closed / abs(fill.quantity)
    proceeds, fee = cents(fill.paid * share), cents(fill.commission * share)
    released = cents(before.cost * closed / abs(before.quantity)) if closed else ZERO
    gain = -proceeds - released - fee if closed else ZERO
    cost = before.cost - released + (fill.paid - proceeds) + (fill.commission - fee)
    return Standing(
        quantity=before.quantity + fill.quantity, cost=cost, realized=before.realized + gain,
        cash=before.cash + _cash(fill, gain),
    )


def _cash(fill: Fill, gain: Decimal) -> Decimal:
    """What a fill does to cash: the price of most things, the gain of a CFD, only the fee of a future."""
    match fill.listing.asset_class:
        case "FUT":
            return -fill.commission
        case "CFD":
            return gain
        case _:
            return -fill.paid - fill.commission


class Blotter:
    """All fills of both accounts, oldest first; a correction takes the place of what it corrects."""

    def __init__(self) -> None:
        self._fills: list[Fill] = []
        #: how often something was recorded: whoever saw this number has seen all there is
        self.changes = 0

    def record(self, fill: Fill) -> None:
        """Add a fill, or put a correction in the place of its print."""
        self.changes += 1
        for number, known in enumerate(self._fills):
            if known.print_id == fill.print_id:
                self._fills[number] = fill
                return
        self._fills.append(fill)

    def of(self, account: str, until: datetime) -> tuple[Fill, ...]:
        """One account's fills up to an instant (inclusive)."""
        return tuple(one for one in self._fills if one.account == account and one.at <= until)

    def since(self, account: str, start: datetime) -> tuple[Fill, ...]:
        """One account's trades from an instant on."""
        return tuple(one for one in self._fills if one.account == account and one.at >= start and one.is_trade)

    def all_of(self, account: str, conid: int) -> tuple[Fill, ...]:
        """Everything that changed one position, oldest first."""
        return tuple(one for one in self._fills if one.account == account and one.listing.conid == conid)

    def first(self, account: str) -> datetime | None:
        """When the account first traded."""
        return min((one.at for one in self._fills if one.account == account), default=None)

    @property
    def last(self) -> Fill | None:
        return next((one for one in reversed(self._fills) if one.is_trade), None)


#: Per share or contract, least per order, and the most as a share of its value (the broker's fixed US schedule).
TARIFF = {
    "STK": (Decimal("0.005"), Decimal(1), Decimal("0.01")),
    "OPT": (Decimal("0.65"), Decimal(1), None),
    "FOP": (Decimal("1.42"), ZERO, None),
    "FUT": (Decimal("2.25"), ZERO, None),
}
OTHERS = (ZERO, Decimal(1), None)


def commission(listing: Listing, quantity: Decimal, price: Decimal) -> Decimal:
    """What an order of that size costs in all, in the listing's currency."""
    if not quantity:
        return ZERO
    each, least, most = TARIFF.get(listing.asset_class, OTHERS)
    amount = max(least, abs(quantity) * each)
    if most is not None:
        amount = min(amount, abs(quantity) * price * most)
    return max(cents(amount), CENT)


def corrected(fill: Fill, price: Decimal) -> Fill:
    """The broker's correction of a fill: the same print at another price, its id's last part one higher."""
    head, _, number = fill.exec_id.rpartition(".")
    return replace(fill, exec_id=f"{head}.{int(number) + 1:02d}", price=price)
