"""The person's own limits on an order together with what is there and what happened today: one side of an underlying,
waiting premiums, the day's loss and the day's orders. Working orders count with the positions.
"""

from collections.abc import Iterator
from decimal import Decimal

from ibdesk.domain.compliance.case import Case, said
from ibdesk.domain.compliance.exposure import Legs
from ibdesk.domain.compliance.limits import premium_of
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure, money
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Right
from ibdesk.domain.money import ZERO, known
from ibdesk.domain.options import merged


def check_aggregates(case: Case) -> tuple[Finding, ...]:
    """The order together with what is there and what happened today."""
    if case.lowers_risk:
        return ()
    return (*_side(case), *_working_premium(case), *_daily_loss(case), *_orders_today(case))


def _side(case: Case) -> Iterator[Finding]:
    """Long calls with short puts, short calls with long puts, of each underlying, working orders filled (4.3). An order
    that makes neither side larger is not held back."""
    most, book = Decimal(case.context.settings.risk_position_contracts), case.context.book
    for key in dict.fromkeys(book.underlying_of(each) for each, _ in case.legs if each.option is not None):
        there = (*book.groups.get(key, ()), *book.working.get(key, ()))
        order = tuple(row for row in case.legs if book.underlying_of(row[0]) == key)
        if sum(abs(quantity) for each, quantity in (*there, *order) if each.option is not None) <= most:
            continue  # all of them together are not too many
        grown = [after for before, after in zip(_sides(there), _sides((*there, *order)), strict=True) if after > before]
        if max(grown, default=ZERO) > most:
            yield said(
                Code.POSITION_LIMIT, Severity.BLOCK,
                f"One side would hold {figure(max(grown))} {order[0][0].symbol} contracts, working orders included; "
                f"your limit is {figure(most)}.", "Close some first.", source=Source.SETTING, measured=max(grown),
                limit=most,
            )  # fmt: skip


def _sides(rows: Legs) -> tuple[Decimal, Decimal]:
    """How many contracts gain when the underlying rises, and how many when it falls."""
    rising = falling = ZERO
    for each, quantity in merged(rows):
        if each.option is not None:
            if (quantity > 0) is (each.option.right is Right.CALL):
                rising += abs(quantity)
            else:
                falling += abs(quantity)
    return rising, falling


def _working_premium(case: Case) -> Iterator[Finding]:
    """What every opening option order that works would pay, with this one."""
    premium = premium_of(case)
    if premium is None or premium <= 0:
        return
    waiting = sum(
        (abs(order.limit) * order.remaining * order.legs[0].instrument.multiplier
         for order in case.context.working
         if order.limit is not None and order.limit > 0 and order.parent is None
         and all(leg.instrument.option is not None and leg.side.sign > 0 for leg in order.legs)
         and order.legs and order.legs[0].instrument.currency == case.ticket.currency), ZERO
    )  # fmt: skip
    share, most = case.share(premium + waiting), case.context.settings.risk_premium_block_pct
    if waiting and share is not None and share > most:
        yield said(
            Code.AGGREGATE_LIMIT, Severity.CONFIRM,
            f"With the working orders it pays {money(premium + waiting, case.ticket.currency)} in premiums: "
            f"{figure(share)} % of net liquidation.", "Cancel working orders first.",
            source=Source.SETTING, measured=share, limit=most,
        )  # fmt: skip


def _daily_loss(case: Case) -> Iterator[Finding]:
    share = case.context.settings.risk_daily_loss_pct
    if not share:
        return
    lost, limit, base = day_loss(case), daily_loss_limit(case), case.summary.currency
    if lost is None or limit is None:
        yield said(
            Code.DAILY_LOSS, Severity.CONFIRM, "What the account lost today is not known.", "Sync the account first."
        )
    elif lost >= limit:
        yield said(
            Code.DAILY_LOSS, Severity.BLOCK,
            f"The account lost {money(lost, base)} today; your limit is {money(limit, base)}.",
            "Close positions only, until tomorrow.", source=Source.SETTING, measured=lost, limit=limit,
        )  # fmt: skip


def day_loss(case: Case) -> Decimal | None:
    """Positive when the account lost today, by the broker's figure in base currency."""
    daily = known(case.context.daily_pnl)
    return None if daily is None else -daily


def daily_loss_limit(case: Case) -> Decimal | None:
    """The loss at which opening stops: a share of what the account was worth before it. Old figures count here: a limit
    that was reached must not turn into a question because nobody synced since."""
    summary, daily = case.context.summary, known(case.context.daily_pnl)
    equity = None if summary is None else known(summary.net_liquidation)
    if equity is None or daily is None:
        return None
    return case.context.settings.risk_daily_loss_pct / 100 * (equity - daily)


def _orders_today(case: Case) -> Iterator[Finding]:
    most = case.context.settings.risk_orders_per_day
    count = sum(each.at.astimezone(NEW_YORK).date() == case.policies.day for each in case.context.sent)
    if most and count >= most:
        yield said(
            Code.AGGREGATE_LIMIT, Severity.BLOCK, f"{count} orders left today; your limit is {most}.",
            "Stop for today, or raise the limit in Settings.", source=Source.SETTING,
            measured=Decimal(count), limit=Decimal(most),
        )  # fmt: skip
