"""What one print does to cash and positions, to the cent: cash, cost and realised profit always add up.

In each currency: cash and the cost of what is held, less what was realised, is what the account began with. Futures
and contracts for difference are not paid for: only their gain moves cash, when they are closed. The cost of an option
that is exercised or assigned goes over to the shares it delivers (the next print of the same kind), as brokers do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from ibdesk.domain.executions import Commission, Execution, ExecutionKind, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import ZERO, Currency

CENT = Decimal("0.01")
#: Held against margin: they cost nothing, and their gain is settled in cash.
MARGINED = frozenset({AssetClass.FUTURE, AssetClass.CFD})
_DELIVERED = frozenset({ExecutionKind.EXERCISE, ExecutionKind.ASSIGNMENT})


def cents(amount: Decimal) -> Decimal:
    """An amount rounded to the cent, half even; never minus zero."""
    return amount.quantize(CENT, ROUND_HALF_EVEN) + ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One position. `cost` has the sign of `quantity` and includes fees; `realized` counts since it was opened."""

    instrument: Instrument
    quantity: Decimal
    cost: Decimal = ZERO
    realized: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class CashLine:
    """Cash of one currency, with what was realised and paid in fees since the account began."""

    currency: Currency
    amount: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Cash and positions. `handed_on` is the cost of an exercised option on its way to the shares it delivers."""

    cash: tuple[CashLine, ...] = ()
    holdings: tuple[Holding, ...] = ()
    handed_on: Decimal = ZERO

    def line(self, currency: Currency) -> CashLine:
        return next((line for line in self.cash if line.currency == currency), CashLine(currency=currency))

    def holding(self, conid: Conid) -> Holding | None:
        return next((each for each in self.holdings if each.instrument.conid == conid), None)

    def quantity(self, conid: Conid) -> Decimal:
        found = self.holding(conid)
        return ZERO if found is None else found.quantity

    @property
    def legs(self) -> tuple[tuple[Instrument, Decimal], ...]:
        """What is held, as signed quantities."""
        return tuple((each.instrument, each.quantity) for each in self.holdings)


def booked(ledger: Ledger, done: Execution, fee: Decimal) -> tuple[Ledger, Fill]:
    """The ledger after a print that cost so much in fees (the instrument's currency, whole cents), and the print with
    its commission and what it realised. It opens, closes, or closes all and opens the other way."""
    held = ledger.holding(done.instrument.conid) or Holding(instrument=done.instrument, quantity=ZERO)
    is_handed_on = done.kind in _DELIVERED and done.instrument.option is not None
    takes_over = done.kind in _DELIVERED and not is_handed_on
    paid = cents(-done.amount)
    basis = paid + (ledger.handed_on if takes_over else ZERO)
    closed = min(abs(held.quantity), done.quantity) if held.quantity * done.signed < 0 else ZERO
    share = closed / done.quantity
    basis_closed, fee_closed = cents(basis * share), cents(fee * share)
    released = cents(held.cost * closed / abs(held.quantity)) if closed else ZERO
    gain = -basis_closed - released - fee_closed if closed and not is_handed_on else ZERO
    after = Holding(
        instrument=held.instrument, quantity=held.quantity + done.signed, realized=held.realized + gain,
        cost=held.cost - released + (basis - basis_closed) + (fee - fee_closed),
    )  # fmt: skip
    moved = gain if done.instrument.asset_class in MARGINED else -paid - fee
    line = ledger.line(done.instrument.currency)
    line = replace(line, amount=line.amount + moved, realized=line.realized + gain, fees=line.fees + fee)
    told = Commission(exec_id=done.exec_id, amount=fee, currency=line.currency, realized=gain)
    handed_on = released if is_handed_on else ZERO if takes_over else ledger.handed_on
    return (
        Ledger(cash=_with_line(ledger.cash, line), holdings=_with(ledger.holdings, after), handed_on=handed_on),
        Fill(execution=done, commission=told),
    )  # fmt: skip


def replayed(ledger: Ledger, fills: Iterable[Fill]) -> Ledger:
    """The ledger after all these prints, oldest first."""
    for fill in fills:
        ledger, _ = booked(ledger, fill.execution, ZERO if fill.commission is None else fill.commission.amount)
    return ledger


def _with(holdings: tuple[Holding, ...], after: Holding) -> tuple[Holding, ...]:
    """In its old place, or last; a position that is flat is gone."""
    conid = after.instrument.conid
    if not any(each.instrument.conid == conid for each in holdings):
        return (*holdings, after) if after.quantity else holdings
    kept = (after if each.instrument.conid == conid else each for each in holdings)
    return tuple(each for each in kept if each.quantity)


def _with_line(lines: tuple[CashLine, ...], after: CashLine) -> tuple[CashLine, ...]:
    if any(line.currency == after.currency for line in lines):
        return tuple(after if line.currency == after.currency else line for line in lines)
    return (*lines, after)
