"""What a rule answers and what all answers together mean: a finding, its severity, who says so, and the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import IntEnum, StrEnum

from ibdesk.domain.money import SYMBOLS


class Severity(IntEnum):
    """How far a finding stands in the way; ordered, so the worst of many is their maximum."""

    PASS = 0
    NOTE = 1
    WARN = 2
    CONFIRM = 3
    BLOCK = 4

    @property
    def word(self) -> str:
        """As stored and shown: `pass`, `note`, `warn`, `confirm`, `block`."""
        return self.name.lower()


class Source(StrEnum):
    """Who says so; every finding names one, so that an estimate is never taken for the broker's word."""

    BROKER = "broker reports"
    WHAT_IF = "broker's what-if"
    SETTING = "your setting"
    ESTIMATE = "local estimate"
    RULE = "published rule"
    DESK = "this desk"


class Code(StrEnum):
    """Reason codes (reference/compliance.md section 10), and the names of the same checks when they pass."""

    KILL_SWITCH = "KILL_SWITCH"
    READ_ONLY = "READ_ONLY"
    SESSION = "SESSION"
    MODE = "MODE"
    STALE_DATA = "STALE_DATA"
    NO_QUOTE = "NO_QUOTE"
    PRICE_COLLAR = "PRICE_COLLAR"
    FAT_FINGER_QTY = "FAT_FINGER_QTY"
    FAT_FINGER_NOTIONAL = "FAT_FINGER_NOTIONAL"
    MAX_LOSS = "MAX_LOSS"
    DAILY_LOSS = "DAILY_LOSS"
    UNUSUAL = "UNUSUAL"
    DUPLICATE = "DUPLICATE"
    RATE = "RATE"
    SELF_CROSS = "SELF_CROSS"
    TICK = "TICK"
    NON_STANDARD = "NON_STANDARD"
    HALTED = "HALTED"
    SESSION_CLOSED = "SESSION_CLOSED"
    OUTSIDE_RTH = "OUTSIDE_RTH"
    EXPIRING_TODAY = "EXPIRING_TODAY"
    LEVEL_REQUIRED = "LEVEL_REQUIRED"
    LEVEL_UNKNOWN = "LEVEL_UNKNOWN"
    LEVEL_OK = "LEVEL_OK"
    NAKED_RESULT = "NAKED_RESULT"
    CASH_ACCOUNT = "CASH_ACCOUNT"
    BP_INSUFFICIENT = "BP_INSUFFICIENT"
    BP_CUSHION = "BP_CUSHION"
    BP_UNKNOWN = "BP_UNKNOWN"
    BP_ESTIMATE = "BP_ESTIMATE"
    BP_OK = "BP_OK"
    BROKER_REFUSES = "BROKER_REFUSES"
    MIN_EQUITY_2000 = "MIN_EQUITY_2000"
    IML_NEGATIVE = "IML_NEGATIVE"
    IML_CUSHION = "IML_CUSHION"
    IML_UNKNOWN = "IML_UNKNOWN"
    IML_OK = "IML_OK"
    IMD_OUTSTANDING = "IMD_OUTSTANDING"
    IMD_FREEZE = "IMD_FREEZE"
    DT_LEGACY_NO_REMAINING = "DT_LEGACY_NO_REMAINING"
    DT_LEGACY_LAST = "DT_LEGACY_LAST"
    DT_LEGACY_EQUITY = "DT_LEGACY_EQUITY"
    DT_TRANSITION_UNKNOWN = "DT_TRANSITION_UNKNOWN"
    DT_CONTRADICTION = "DT_CONTRADICTION"
    DT_COMPLETES = "DT_COMPLETES"
    DT_INFO = "DT_INFO"
    DT_COUNT = "DT_COUNT"
    SETTLEMENT_FREE_RIDE = "SETTLEMENT_FREE_RIDE"
    SETTLEMENT_OK = "SETTLEMENT_OK"
    SSR = "SSR"
    POSITION_LIMIT = "POSITION_LIMIT"
    ACK_REQUIRED = "ACK_REQUIRED"
    EXERCISE_DEADLINE = "EXERCISE_DEADLINE"
    EXERCISE_TIME_VALUE = "EXERCISE_TIME_VALUE"
    MAINTENANCE_WINDOW = "MAINTENANCE_WINDOW"
    WASH_SALE_INFO = "WASH_SALE_INFO"
    DIVIDEND_ASSIGNMENT = "DIVIDEND_ASSIGNMENT"
    AGGREGATE_LIMIT = "AGGREGATE_LIMIT"
    FIRST_ORDERS = "FIRST_ORDERS"
    TICKET = "TICKET"
    NOT_OFFERED = "NOT_OFFERED"
    EXPIRED = "EXPIRED"
    CONTRACT_OK = "CONTRACT_OK"
    QUOTE_OK = "QUOTE_OK"
    MARKET_ORDER = "MARKET_ORDER"
    WIDE_SPREAD = "WIDE_SPREAD"
    STOP_TRIGGERS = "STOP_TRIGGERS"
    SIZE_OK = "SIZE_OK"
    CLOSED_TWICE = "CLOSED_TWICE"
    ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
    CHECK_FAILED = "CHECK_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer. `sentence` has its numbers in it; `measured` and `limit` are the same numbers for the record.

    `remedy` says what to do and is empty when nothing is to be done; `citation` is the rule, release or page;
    `policy` is the id of the dated rule set that was used ("" when the rule is the desk's own).
    """

    code: Code
    severity: Severity
    sentence: str
    source: Source
    remedy: str = ""
    citation: str = ""
    measured: Decimal | None = None
    limit: Decimal | None = None
    policy: str = ""

    def at_most(self, severity: Severity) -> "Finding":
        """The same finding, no harder than `severity`: how a rule treats an order that only lowers risk."""
        return self if self.severity <= severity else replace(self, severity=severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All answers about one ticket at one instant (aware UTC), in the order the rules stand.

    An empty verdict is blocked: nothing was checked, so nothing may leave.
    """

    findings: tuple[Finding, ...]
    checked_at: datetime

    @property
    def severity(self) -> Severity:
        return worst(self.findings)

    @property
    def is_blocked(self) -> bool:
        return self.severity is Severity.BLOCK

    @property
    def needs_confirm(self) -> bool:
        return self.severity is Severity.CONFIRM

    @property
    def may_send(self) -> bool:
        """True when it may leave without asking the person anything more."""
        return self.severity < Severity.CONFIRM

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of exactly this severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)


def worst(findings: Iterable[Finding]) -> Severity:
    """The hardest severity; BLOCK when there are no findings at all, because then no rule was asked."""
    return max((finding.severity for finding in findings), default=Severity.BLOCK)


_CENT = Decimal("0.01")
#: Wide enough for any price times any size a person can mistype.
_WIDE = Context(prec=60)
_ABSURD = Decimal("1e40")


def figure(amount: Decimal | None) -> str:
    """An amount inside a sentence: thousands separators, two places when it has a fraction, U+2212, em dash unknown."""
    if amount is None or not amount.is_finite():
        return "—"
    if amount.copy_abs() >= _ABSURD:
        return f"{amount:.0E}"
    shown = amount.quantize(_CENT, ROUND_HALF_EVEN, _WIDE)
    text = f"{shown.copy_abs():,.2f}" if shown != shown.to_integral_value() else f"{shown.copy_abs():,.0f}"
    return f"\N{MINUS SIGN}{text}" if shown < 0 else text


def money(amount: Decimal | None, currency: str | None) -> str:
    """An amount of money inside a sentence: "$670,639", "−€12.50", "CHF 5"; without a currency as `figure` has it."""
    text = figure(amount)
    if text == "—" or not currency:
        return text
    sign, digits = (text[0], text[1:]) if text[0] == "\N{MINUS SIGN}" else ("", text)
    return sign + SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}") + digits


def typed(price: Decimal, *, is_combo: bool) -> str:
    """A price as the ticket's field takes it, to its last place; of several legs a credit is "2.01 cr", not a sign."""
    return f"{price.copy_abs():f} {'cr' if price < 0 else 'db'}" if is_combo else f"{price:f}"
