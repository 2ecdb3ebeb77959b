"""What an account may do, strategy by strategy: one example of each, put before the rule that stands before orders.

There is no second table of what a level allows: every answer here is `check_permissions` on a small order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId, MarginType
from ibdesk.domain.compliance.exposure import Legs, book_of, outcome_of
from ibdesk.domain.compliance.granted import Granted, Origin
from ibdesk.domain.compliance.option_levels import LEVELS, Capability, OptionLevel, narrowest
from ibdesk.domain.compliance.permissions import PermissionContext, check_permissions, required
from ibdesk.domain.compliance.verdict import Finding, Severity, Source
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD, ZERO
from ibdesk.domain.positions import Position
from ibdesk.domain.strategies import Strategy

#: How a strategy is told apart that has no name of its own in `Strategy`.
SECURED_PUT, SOLD_CALENDAR = "put secured by cash", "calendar sold"
#: Enough to secure any example, and not enough for any.
_PLENTY = Decimal(1_000_000)
_SHARE = Instrument(conid=Conid(1), symbol="XYZ", asset_class=AssetClass.STOCK, currency=USD)
_NEAR, _FAR = 30, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One strategy: what it needs, the least level of the broker that allows it (None when no level does, empty when
    none is needed), and what the rule says of an order that opens it here."""

    strategy: str
    legs: str
    needs: frozenset[Capability]
    least: str | None
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Finding:
        """What stands most in its way; the first of equals."""
        return max(self.findings, key=lambda finding: finding.severity)

    @property
    def is_blocked(self) -> bool:
        return self.worst.severity is Severity.BLOCK

    @property
    def needs_words(self) -> str:
        """The capabilities in words; empty for none."""
        return ", ".join(sorted(self.needs))


def permission_matrix(context: PermissionContext, today: date) -> tuple[MatrixRow, ...]:
    """Every strategy the desk can recognise, those first that the lowest levels allow. The examples expire a month or
    two after `today`; the account's cash is not asked: a put is shown once with it and once without."""
    rows = [_row(name, example, context, today) for name, example in EXAMPLES.items()]
    order = [None if each is None else each.name for each in (*LEVELS.get(context.broker, ()), None)]
    return tuple(sorted(rows, key=lambda row: order.index(row.least) if row.needs else -1))


def matrix_context(granted: Granted, own: OptionLevel | None, margin_type: MarginType) -> PermissionContext:
    """What the rule looks at of an account, apart from what it holds."""
    return PermissionContext(
        broker=granted.broker, granted=granted.level, own=own, margin_type=margin_type,
        granted_by=Source.BROKER if granted.origin is Origin.BROKER else Source.SETTING,
    )  # fmt: skip


_Option = tuple[str, int, int]
"""`("100C", 1, _NEAR)`: strike and right, how many, and in how many days it expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Options that are bought and sold beside `shares` that are held, or shares alone."""

    shares: int = 0
    options: tuple[_Option, ...] = ()
    cash: Decimal = ZERO

    def held(self) -> tuple[Position, ...]:
        if not self.shares or not self.options:
            return ()
        return (Position(account=AccountId(""), instrument=_SHARE, quantity=Decimal(self.shares)),)

    def order(self, today: date) -> Legs:
        """What is sent to open it."""
        if not self.options:
            return ((_SHARE, Decimal(self.shares)),)
        return tuple(
            (_option(at, text, today + timedelta(days=days)), Decimal(count))
            for at, (text, count, days) in enumerate(self.options)
        )

    def words(self) -> str:
        """`100 shares, −1 105 C`."""
        parts = [f"{_signed(self.shares)} shares"] if self.shares else []
        is_two_days = len({days for _, _, days in self.options}) > 1
        for text, count, days in self.options:
            later = (" later" if days == _FAR else " near") if is_two_days else ""
            parts.append(f"{_signed(count)} {text[:-1]} {text[-1]}{later}")
        return ", ".join(parts)


def _signed(count: int) -> str:
    sign = "+" if count > 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(count)}"


def _option(at: int, text: str, expiry: date) -> Instrument:
    terms = OptionTerms(right=Right(text[-1]), strike=Decimal(text[:-1]), expiry=expiry)
    return Instrument(
        conid=Conid(2 + at), symbol=_SHARE.symbol, asset_class=AssetClass.OPTION, currency=USD,
        multiplier=Decimal(100), option=terms, underlying_conid=_SHARE.conid,
    )  # fmt: skip


def _row(name: str, example: Example, context: PermissionContext, today: date) -> MatrixRow:
    order = example.order(today)
    outcome = outcome_of(book_of(example.held()), order)
    needs = required(order, outcome, example.cash)
    found = narrowest(context.broker, needs)
    return MatrixRow(
        strategy=name, legs=example.words(), needs=needs,
        least="" if not needs else None if found is None else found.name,
        findings=check_permissions(order, outcome, replace(context, cash=example.cash, is_previewed=False)),
    )  # fmt: skip


def _of(*texts: str, shares: int = 0, cash: Decimal = ZERO) -> Example:
    """`_of("+100C", "-105C later")`."""
    return Example(shares=shares, options=tuple(_parsed(texts)), cash=cash)


def _parsed(texts: Iterable[str]) -> Iterable[_Option]:
    for text in texts:
        word, _, later = text.partition(" ")
        count = word.count("+") - word.count("-")
        yield word.lstrip("+-"), count, _FAR if later else _NEAR


#: One small example of each; the tests hold that the desk recognises each as what it is called here.
EXAMPLES: dict[str, Example] = {
    Strategy.SHORT_UNDERLYING: Example(shares=-100),
    Strategy.COVERED_CALL: _of("-105C", shares=100),
    Strategy.LONG_CALL: _of("+100C"),
    Strategy.LONG_PUT: _of("+100P"),
    Strategy.LONG_STRADDLE: _of("+100C", "+100P"),
    Strategy.LONG_STRANGLE: _of("+105C", "+95P"),
    Strategy.PROTECTIVE_PUT: _of("+95P", shares=100),
    Strategy.PROTECTIVE_CALL: _of("+105C", shares=-100),
    Strategy.COVERED_PUT: _of("-95P", shares=-100),
    Strategy.COLLAR: _of("+95P", "-105C", shares=100),
    Strategy.SHORT_COLLAR: _of("+105C", "-95P", shares=-100),
    Strategy.CONVERSION: _of("+100P", "-100C", shares=100),
    Strategy.DEBIT_CALL_SPREAD: _of("+100C", "-105C"),
    Strategy.DEBIT_PUT_SPREAD: _of("+100P", "-95P"),
    Strategy.LONG_IRON_CONDOR: _of("-90P", "+95P", "+105C", "-110C"),
    Strategy.LONG_IRON_BUTTERFLY: _of("-95P", "+100P", "+100C", "-105C"),
    Strategy.LONG_BOX: _of("+95C", "-105C", "+105P", "-95P"),
    SECURED_PUT: _of("-95P", cash=_PLENTY),
    Strategy.SHORT_PUT: _of("-95P"),
    Strategy.CREDIT_CALL_SPREAD: _of("-100C", "+105C"),
    Strategy.CREDIT_PUT_SPREAD: _of("-100P", "+95P"),
    Strategy.SHORT_IRON_CONDOR: _of("+90P", "-95P", "-105C", "+110C"),
    Strategy.SHORT_IRON_BUTTERFLY: _of("+95P", "-100P", "-100C", "+105C"),
    Strategy.SHORT_BOX: _of("-95C", "+105C", "-105P", "+95P"),
    Strategy.LONG_BUTTERFLY: _of("+95C", "--100C", "+105C"),
    Strategy.SHORT_BUTTERFLY: _of("-95C", "++100C", "-105C"),
    Strategy.LONG_CONDOR: _of("+90C", "-95C", "-105C", "+110C"),
    Strategy.SHORT_CONDOR: _of("-90C", "+95C", "+105C", "-110C"),
    Strategy.CALENDAR: _of("-100C", "+100C later"),
    Strategy.DIAGONAL: _of("-105C", "+100C later"),
    Strategy.SYNTHETIC_LONG: _of("+100C", "-100P"),
    Strategy.REVERSAL: _of("+100C", "-100P", shares=-100),
    Strategy.SHORT_CALL: _of("-105C"),
    Strategy.SHORT_STRADDLE: _of("-100C", "-100P"),
    Strategy.SHORT_STRANGLE: _of("-105C", "-95P"),
    Strategy.SYNTHETIC_SHORT: _of("-100C", "+100P"),
    SOLD_CALENDAR: _of("+100P", "-100P later"),
}
