"""Which option strategies an order opens, and whether the account's level and kind allow them.

Needs and levels meet as sets of capabilities (reference/compliance.md 3); what is recognised is the position that
results, so selling the long leg of a spread is seen for what it leaves.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.exposure import Legs, Outcome
from ibdesk.domain.compliance.option_levels import Capability, OptionLevel, narrowest
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, money
from ibdesk.domain.instruments import Conid, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import is_european, more_naked, recognise
from ibdesk.domain.strategies import Part, Recognition, Strategy

_CITATION = "FINRA Rule 2360(b)(16); the broker's option levels"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionContext:
    """What the rule looks at. `granted` is the account's level at its broker, None when nobody told it (IBKR publishes
    none); `own` a limit the person set. `cash` can secure puts and is in their currency. `is_previewed`: the
    broker's preview let it pass."""

    broker: str
    granted: OptionLevel | None
    margin_type: MarginType = MarginType.MARGIN
    own: OptionLevel | None = None
    cash: Decimal | None = None
    granted_by: Source = Source.SETTING
    is_previewed: bool = False


def check_permissions(legs: Legs, outcome: Outcome, context: PermissionContext) -> tuple[Finding, ...]:
    """What an order needs against what is granted. An order that only closes passes at any level, unless it leaves a
    short option bare: that is asked, never blocked."""
    if outcome.only_closes:
        return _closing(outcome, context)
    needed = required(legs, outcome, context.cash)
    findings = [*_cash_account(outcome, context), *_granted(needed, context)]
    if Capability.NAKED_CALL in needed or Capability.CALENDAR_CREDIT in needed:
        findings.append(_bare(outcome, Severity.WARN))
    return tuple(findings)


def required(legs: Legs, outcome: Outcome, cash: Decimal | None) -> frozenset[Capability]:
    """The capabilities an opening order needs: those of the parts that are new in the result, with the working orders
    that open filled as well. An order that only buys options needs no more than to be allowed to buy them."""
    if all(change > 0 and instrument.option is not None for instrument, change in legs):
        return frozenset({Capability.LONG_OPTION})
    before = _units(outcome.before, cash)
    after = _units(outcome.worst, cash)
    needed = frozenset(key[0] for key, units in after.items() if units > before.get(key, ZERO))
    return needed - _borrowed(legs, outcome)


def _borrowed(legs: Legs, outcome: Outcome) -> frozenset[Capability]:
    """What is no need of the order: it covers its shorts itself and closes nothing, and no more are bare than before.
    Its cover is then only lent to a short that was bare already."""
    held = {leg.instrument.conid: leg.quantity for each in outcome.before for part in each.parts for leg in part.legs}
    if any(held.get(instrument.conid, ZERO) * change < 0 for instrument, change in legs):
        return frozenset()
    bare = (*more_naked(outcome.before, outcome.worst), *(leg for each in recognise(legs) for leg in each.naked))
    rights = {leg.terms.right for leg in bare if leg.terms is not None}
    return frozenset[Capability]().union(*(_BARE[right] for right in Right if right not in rights))


_BARE = {
    Right.CALL: frozenset({Capability.NAKED_CALL}),
    Right.PUT: frozenset({Capability.SHORT_PUT_CASH, Capability.NAKED_PUT_MARGIN}),
}


_OF_STRATEGY = {
    Strategy.LONG_CALL: Capability.LONG_OPTION,
    Strategy.LONG_PUT: Capability.LONG_OPTION,
    Strategy.PROTECTIVE_PUT: Capability.LONG_OPTION,
    Strategy.PROTECTIVE_CALL: Capability.LONG_OPTION,
    Strategy.COVERED_CALL: Capability.COVERED_CALL,
    Strategy.COVERED_PUT: Capability.COVERED_PUT,
    Strategy.DEBIT_CALL_SPREAD: Capability.DEBIT_SPREAD,
    Strategy.DEBIT_PUT_SPREAD: Capability.DEBIT_SPREAD,
    Strategy.CREDIT_CALL_SPREAD: Capability.CREDIT_SPREAD,
    Strategy.CREDIT_PUT_SPREAD: Capability.CREDIT_SPREAD,
    Strategy.CALENDAR: Capability.CALENDAR,
    Strategy.DIAGONAL: Capability.CALENDAR,
    Strategy.SHORT_CALL: Capability.NAKED_CALL,
}

_Key = tuple[Capability, tuple[Conid, ...]]


def _units(recognised: Iterable[Recognition], cash: Decimal | None) -> dict[_Key, Decimal]:
    """How many units of each capability, by the contracts in them."""
    found: dict[_Key, Decimal] = {}
    for each in recognised:
        for capability, part in _needs(each, cash):
            key = (capability, tuple([leg.instrument.conid for leg in part.legs if leg.terms is not None]))
            found[key] = found.get(key, ZERO) + part.units
    return found


def _needs(recognised: Recognition, cash: Decimal | None) -> Iterator[tuple[Capability, Part]]:
    """What each part needs; reversals are told beside the short leg that is in them."""
    for part in recognised.parts:
        if part.strategy is Strategy.REVERSAL:
            yield Capability.SYNTHETIC, part
        for basic in part.basics:
            if basic.strategy is Strategy.SHORT_PUT:
                yield _short_put(basic, recognised, cash), basic
            elif basic.strategy in _OF_STRATEGY:
                yield _OF_STRATEGY[basic.strategy], basic


def _short_put(part: Part, recognised: Recognition, cash: Decimal | None) -> Capability:
    """A short put is one that outlives its long when a long put of an earlier day is there: the broker's table sets it
    with uncovered calls."""
    terms = part.legs[0].terms
    if terms is not None and any(expiry < terms.expiry for expiry in _unused_puts(recognised)):
        return Capability.CALENDAR_CREDIT
    is_secured = cash is not None and recognised.cash_to_secure <= cash
    return Capability.SHORT_PUT_CASH if is_secured else Capability.NAKED_PUT_MARGIN


def _unused_puts(recognised: Recognition) -> Iterator[date]:
    """The last days of the long puts that nothing uses."""
    for basic in recognised.basics:
        if basic.strategy is Strategy.LONG_PUT and (terms := basic.legs[0].terms) is not None:
            yield terms.expiry


def _closing(outcome: Outcome, context: PermissionContext) -> tuple[Finding, ...]:
    if not more_naked(outcome.before, outcome.after):
        return (_said(Code.LEVEL_OK, Severity.PASS, Source.DESK, "Closing a position needs no option level."),)
    before, after = _units(outcome.before, context.cash), _units(outcome.after, context.cash)
    needed = frozenset(key[0] for key, units in after.items() if units > before.get(key, ZERO))
    is_allowed = all(finding.severity < Severity.WARN for finding in _granted(needed, context))
    return (_bare(outcome, Severity.WARN if is_allowed else Severity.CONFIRM),)


def _granted(needed: frozenset[Capability], context: PermissionContext) -> Iterator[Finding]:
    if not needed:
        yield _said(Code.LEVEL_OK, Severity.PASS, Source.DESK, "This order needs no option level.")
        return
    least = narrowest(context.broker, needed)
    words = "no level of this broker" if least is None else least.name
    if context.own is not None and not needed <= context.own.allows:
        yield _said(
            Code.LEVEL_REQUIRED, Severity.BLOCK, Source.SETTING,
            f"Your own limit, {context.own.name}, does not allow: {_named(needed - context.own.allows)}.",
            "Choose another strategy, or raise your limit in Settings.",
        )  # fmt: skip
    if context.granted is None:
        yield _said(
            Code.LEVEL_UNKNOWN, Severity.NOTE if context.is_previewed else Severity.CONFIRM, Source.DESK,
            f"This needs {words} ({_named(needed)}); the account's option level is not known here.",
            "Enter the level your broker granted in Settings.",
        )  # fmt: skip
    elif not needed <= context.granted.allows:
        yield _said(
            Code.LEVEL_REQUIRED, Severity.BLOCK, context.granted_by,
            f"This needs {words} ({_named(needed - context.granted.allows)}); the account has {context.granted.name}.",
            "Choose another strategy, or ask the broker for the permission.",
        )  # fmt: skip
    else:
        yield _said(
            Code.LEVEL_OK, Severity.PASS, context.granted_by,
            f"{context.granted.name} allows this ({_named(needed)}).",
        )  # fmt: skip


def _named(needed: frozenset[Capability]) -> str:
    return ", ".join(sorted(needed))


def _cash_account(outcome: Outcome, context: PermissionContext) -> Iterator[Finding]:
    """A cash account neither borrows nor shorts: calls covered by shares, puts by cash, spreads only of European style
    (2.6). What was there before the order is not held against it."""
    if context.margin_type is not MarginType.CASH:
        return
    before = _unfunded(outcome.before, context)
    for why in sorted(_unfunded(outcome.worst, context) - before):
        yield _said(
            Code.CASH_ACCOUNT, Severity.BLOCK, Source.RULE, f"A cash account cannot hold {why}.",
            "Choose a strategy that is paid in full, or use a margin account.",
        )  # fmt: skip
    if context.cash is None:
        for put in sorted(_to_secure(outcome.worst) - _to_secure(outcome.before)):
            yield _said(
                Code.CASH_ACCOUNT, Severity.CONFIRM, Source.DESK,
                f"Whether the account has {put} is not known.", "Sync the account first.",
            )  # fmt: skip


def _to_secure(recognised: Iterable[Recognition]) -> set[str]:
    return {
        f"{money(each.cash_to_secure, basic.legs[-1].instrument.currency)} in cash for the short put "
        f"{basic.legs[-1].instrument.label}"
        for each in recognised for basic in each.basics if basic.strategy is Strategy.SHORT_PUT
    }  # fmt: skip


def _unfunded(recognised: Iterable[Recognition], context: PermissionContext) -> set[str]:
    found: set[str] = set()
    for each in recognised:
        secured = each.cash_to_secure
        for basic in each.basics:
            last = basic.legs[-1].instrument
            label = last.label
            match basic.strategy:
                case Strategy.SHORT_UNDERLYING | Strategy.COVERED_PUT | Strategy.PROTECTIVE_CALL:
                    found.add(f"{each.symbol} short")
                case Strategy.SHORT_CALL:
                    found.add(f"the short call {label} without the shares")
                case Strategy.SHORT_PUT if context.cash is not None and secured > context.cash:
                    found.add(f"the short put {label} without {money(secured, last.currency)} in cash")
                case strategy if len(basic.legs) > 1 and _OF_STRATEGY.get(strategy) in _SPREADS:
                    if not all(is_european(leg.instrument) for leg in basic.legs):
                        found.add(f"an American-style spread ({label})")
                case _:
                    pass
    return found


_SPREADS = frozenset({Capability.DEBIT_SPREAD, Capability.CREDIT_SPREAD, Capability.CALENDAR})


def _bare(outcome: Outcome, severity: Severity) -> Finding:
    worst = outcome.after if outcome.only_closes else outcome.worst
    bare = more_naked(outcome.before, worst)
    calls = [leg for leg in bare if leg.terms is not None and leg.terms.right is Right.CALL]
    names = ", ".join(leg.instrument.label for leg in bare)
    return _said(
        Code.NAKED_RESULT, severity, Source.DESK,
        f"After this order nothing covers {names}{'; its loss has no bound' if calls else ''}.",
        "Close the short option first, or both together.",
    )  # fmt: skip


def _said(code: Code, severity: Severity, source: Source, sentence: str, remedy: str = "") -> Finding:
    return Finding(
        code=code, severity=severity, sentence=sentence, source=source, remedy=remedy, citation=_CITATION
    )  # fmt: skip
