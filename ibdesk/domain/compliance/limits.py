"""The person's own limits on one order: its size, premium, exposure, possible loss, and the first live orders.

Everything here is for orders that open; one that lowers risk is never stopped by a limit. Of an order that is changed
size, premium and exposure are those of the whole: what is filled counts, or changes in turn would pass any limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.case import Case, said, unit_line
from ibdesk.domain.compliance.exposure import SHARES
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure, money
from ibdesk.domain.instruments import AssetClass, Instrument, Right
from ibdesk.domain.modes import face_of
from ibdesk.domain.money import ZERO, known
from ibdesk.domain.options import more_naked
from ibdesk.domain.orders import OrderType

CONTRACTS = frozenset({AssetClass.OPTION, AssetClass.FUTURE, AssetClass.FUTURE_OPTION, AssetClass.WARRANT})


_FINE = (said(Code.SIZE_OK, Severity.PASS, "Size, premium and possible loss are within your limits."),)


@dataclass(frozen=True, slots=True)
class Loss:
    """The most an order can lose, in its own currency. `amount` None: unknown, or unbounded where it says so."""

    amount: Decimal | None
    is_unbounded: bool = False


def check_limits(case: Case) -> tuple[Finding, ...]:
    """The order by itself."""
    if case.lowers_risk:
        return (said(Code.SIZE_OK, Severity.PASS, "Your limits do not hold back an order that lowers risk."),)
    found = (*_quantity(case), *_usual(case), *_premium(case), *_exposure(case), *_loss(case), *_first_orders(case))
    return found or _FINE


def max_loss(case: Case) -> Loss:
    """At expiry, by the legs alone where they have a last day in common; calls that shares or longs cover lose nothing
    more. Several last days: what the requirement says is for the margin rule, here it is unknown."""
    if case.cost is None:
        return Loss(None, is_unbounded=_is_unbounded(case))
    if _is_unbounded(case):
        return Loss(None, is_unbounded=True)
    line = case.once(unit_line)
    if line is None:
        is_paid = all(not each.naked for each in case.outcome.after)
        return Loss(max(ZERO, case.cost) if is_paid and case.cost > 0 else None)
    if line.slope < 0:  # covered by what is held: only the price paid is at stake
        return Loss(max(ZERO, case.cost))
    return Loss(max(ZERO, case.cost - case.ticket.quantity * min(profit for _, profit in line.knots)))


def _is_unbounded(case: Case) -> bool:
    """Calls or shares short with nothing behind them that were not there before. Where a rising price costs the order
    itself nothing without end, it cannot have made any."""
    line = case.once(unit_line)
    if line is not None and line.slope >= 0:
        return False
    bare = more_naked(case.outcome.before, case.outcome.worst)
    if any(leg.terms is not None and leg.terms.right is Right.CALL for leg in bare):
        return True
    return any(
        change < 0 and each.asset_class in (*SHARES, AssetClass.FUTURE)
        and case.context.book.quantity(each) + change < 0 for each, change in case.legs
    )  # fmt: skip


def _quantity(case: Case) -> Iterator[Finding]:
    settings = case.context.settings
    for instrument, change in case.whole:
        is_contract = instrument.asset_class in CONTRACTS
        asks, blocks, word = (
            (settings.risk_contracts_confirm, settings.risk_contracts_block, "contracts") if is_contract
            else (settings.risk_shares_confirm, settings.risk_shares_block, "shares")
        )  # fmt: skip
        if abs(change) > min(asks, blocks):
            yield from _above(
                Code.FAT_FINGER_QTY, abs(change), Decimal(asks), Decimal(blocks),
                f"{figure(abs(change))} {word} of {instrument.label}", "", "Check the quantity.",
            )  # fmt: skip


def _usual(case: Case) -> Iterator[Finding]:
    factor = case.context.settings.risk_usual_factor
    for instrument, change in case.whole:
        usual = case.context.usual.get(instrument.asset_class)
        if factor and usual and abs(change) > factor * usual:
            yield said(
                Code.UNUSUAL, Severity.CONFIRM,
                f"{figure(abs(change))} of {instrument.label} is {figure(abs(change) / usual)} times your usual "
                f"{figure(usual)}.", "Check the quantity.", source=Source.SETTING, measured=abs(change) / usual,
                limit=factor,
            )  # fmt: skip


def _premium(case: Case) -> Iterator[Finding]:
    settings, premium = case.context.settings, premium_of(case)
    if premium is None:
        return
    rest = case.ticket.quantity
    premium = premium * (rest + case.context.filled) / rest
    share = case.share(abs(premium))
    if share is None:
        yield said(
            Code.ACCOUNT_UNKNOWN, Severity.CONFIRM, "How large the premium is beside the account is not known.",
            "Sync the account first.",
        )  # fmt: skip
        return
    asks, blocks = settings.risk_premium_confirm_pct, settings.risk_premium_block_pct
    if share > min(asks, blocks):
        yield from _above(
            Code.FAT_FINGER_NOTIONAL, share, asks, blocks,
            f"A premium of {money(abs(premium), case.ticket.currency)} is {figure(share)}", " % of net liquidation",
            "Trade smaller.",
        )  # fmt: skip


def premium_of(case: Case) -> Decimal | None:
    """What the option legs cost or bring; None without options or without prices."""
    if not case.has_options:
        return None
    if all(each.option is not None for each, _ in case.legs):
        return case.cost
    found = [(case.mark(each), change * each.multiplier) for each, change in case.legs if each.option is not None]
    if any(price is None for price, _ in found):
        return None
    return sum((price * weight for price, weight in found if price is not None), ZERO)


def _exposure(case: Case) -> Iterator[Finding]:
    settings = case.context.settings
    worth = _delta_worths(case)
    share = None if worth is None else case.share(abs(worth))
    if share is None:
        if not case.has_options:
            yield _unmeasured("exposure")
        return
    yield from _above(
        Code.FAT_FINGER_NOTIONAL, share, settings.risk_exposure_confirm_pct, settings.risk_exposure_block_pct,
        f"The exposure is {figure(share)}", " % of net liquidation", "Trade smaller.",
    )  # fmt: skip


def _delta_worths(case: Case) -> Decimal | None:
    """Of all legs; None as soon as one is unknown."""
    worth = ZERO
    for instrument, change in case.whole:
        part = _delta_worth(case, instrument, change)
        if part is None:
            return None
        worth += part
    return worth


def _delta_worth(case: Case, instrument: Instrument, change: Decimal) -> Decimal | None:
    """Price times quantity; an option counts with its delta of the underlying. Unknown delta: unknown."""
    if instrument.option is None:
        price = case.mark(instrument)
        return None if price is None else price * change * instrument.multiplier
    quote = case.context.quotes.get(instrument.conid)
    delta = None if quote is None or quote.option is None else known(quote.option.delta)
    spot = None if delta is None else case.underlying(instrument)
    return None if delta is None or spot is None else delta * spot * change * instrument.multiplier


def _unmeasured(what: str) -> Finding:
    return said(
        Code.ACCOUNT_UNKNOWN, Severity.CONFIRM, f"How large the {what} is beside the account is not known.",
        "Sync the account, and wait for a quote.",
    )  # fmt: skip


def _loss(case: Case) -> Iterator[Finding]:
    """Shares bought are left to the exposure: all of them can be lost, and nobody is told anything new by that."""
    loss = case.once(max_loss)
    if loss.is_unbounded:
        yield said(
            Code.MAX_LOSS, Severity.CONFIRM, "What this order can lose has no bound.", "Add a leg that bounds it."
        )
        return
    if not case.has_options:
        return
    share = case.share(loss.amount)
    if loss.amount is None:
        yield _no_figure(case)
    elif share is None:
        yield _unmeasured("possible loss")
    elif share > case.context.settings.risk_max_loss_pct:
        yield said(
            Code.MAX_LOSS, Severity.CONFIRM,
            f"It can lose {money(loss.amount, case.ticket.currency)}: {figure(share)} % of net liquidation.",
            "Trade smaller.", source=Source.SETTING, measured=share, limit=case.context.settings.risk_max_loss_pct,
        )  # fmt: skip


def _no_figure(case: Case) -> Finding:
    """Why nobody can say what it can lose: it has no price, or its options end on different days."""
    if case.cost is None:
        return said(Code.MAX_LOSS, Severity.CONFIRM, "What this order can lose is not known without a price.",
                    "Enter a limit, or wait for a quote.")  # fmt: skip
    return said(
        Code.MAX_LOSS, Severity.CONFIRM,
        "What this order can lose has no sure figure: its options end on different days, and what the later one is "
        "worth on the first of them can only be estimated.",
        "Look at the estimated loss and at the margin the broker asks for, and confirm if you accept them.",
    )  # fmt: skip


def _first_orders(case: Case) -> Iterator[Finding]:
    """The first live orders are small, with a limit, and each is confirmed (acceptance B88)."""
    settings, ticket = case.context.settings, case.ticket
    left = settings.risk_first_orders - case.context.live_orders
    if face_of(ticket.mode).environment is not Environment.LIVE or left <= 0:
        return
    why = [] if ticket.order_type is OrderType.LIMIT else ["only limit orders"]
    for instrument, change in case.whole:
        most = settings.risk_first_contracts if instrument.asset_class in CONTRACTS else settings.risk_first_shares
        if abs(change) > most:
            why.append(f"at most {most} of {instrument.label}")
    yield said(
        Code.FIRST_ORDERS, Severity.BLOCK if why else Severity.CONFIRM,
        f"{left} guarded live orders are left{': ' + ', '.join(why) if why else ''}.",
        "Start small; Settings say how many orders are guarded." if why else "", source=Source.SETTING,
        measured=Decimal(case.context.live_orders), limit=Decimal(settings.risk_first_orders),
    )  # fmt: skip


def _above(
    code: Code, measured: Decimal, asks: Decimal, blocks: Decimal, sentence: str, unit: str, remedy: str
) -> Iterator[Finding]:
    """The harder of two limits that is passed; both are passed only strictly above them."""
    for limit, severity in ((blocks, Severity.BLOCK), (asks, Severity.CONFIRM)):
        if measured > limit:
            verb = "never more than" if severity is Severity.BLOCK else "you ask to be asked above"
            yield said(
                code, severity, f"{sentence}{unit}: {verb} {figure(limit)}{' %' if unit else ''}.", remedy,
                source=Source.SETTING, measured=measured, limit=limit,
            )  # fmt: skip
            return
