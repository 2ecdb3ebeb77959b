"""Whether an order's prices stand on the grid the broker takes, and the nearest ones that do and harm nobody.

The step is chosen by the order's own price (reference/compliance.md 4.2). A combination's net price moves in cents.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ibdesk.domain.compliance.case import Case, said
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, typed
from ibdesk.domain.orders import OrderTicket, Side

COMBO_STEP = Decimal("0.01")


_FINE = (said(Code.TICK, Severity.PASS, "Prices are on the broker's grid.", source=Source.BROKER),)


def check_ticks(case: Case) -> tuple[Finding, ...]:
    """Every price of the ticket, its exits too."""
    found = tuple(each for name, price, side in prices_of(case.ticket) for each in _on_grid(case, name, price, side))
    return found or _FINE


def rounded(price: Decimal, step: Decimal, side: Side) -> Decimal:
    """On the grid and never worse for who trades: a buy goes down, a sale up."""
    way = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    return (price / step).to_integral_value(way) * step


def prices_of(ticket: OrderTicket) -> Iterator[tuple[str, Decimal, Side]]:
    """Each price with its name and the side it is for; a combination is bought at its net price."""
    side = Side.BUY if ticket.is_combo else ticket.legs[0].side
    exits = ticket.exits
    for name, price, of in (
        ("limit price", ticket.limit, side),
        ("stop price", ticket.stop, side),
        ("profit target", None if exits is None else exits.take_profit, side.opposite),
        ("stop loss", None if exits is None else exits.stop_loss, side.opposite),
    ):
        if price is not None:
            yield name, price, of


def _on_grid(case: Case, name: str, price: Decimal, side: Side) -> Iterator[Finding]:
    step, is_combo = step_of(case, price), case.ticket.is_combo
    if step is None or step <= 0:
        if case.opens:
            yield said(
                Code.TICK, Severity.CONFIRM,
                f"Whether the {name} of {typed(price, is_combo=is_combo)} is on the broker's grid is not known.",
                "Wait for the contract's rules, or send and read the broker's answer.",
            )  # fmt: skip
        return
    if price % step:
        yield said(
            Code.TICK, Severity.BLOCK,
            f"The {name} of {typed(price, is_combo=is_combo)} is between two steps of {step:f}.",
            f"Use {typed(rounded(price, step, side), is_combo=is_combo)}.", source=Source.BROKER,
            measured=price, limit=step,
        )  # fmt: skip


def step_of(case: Case, price: Decimal) -> Decimal | None:
    """The step at this price; None when the broker has not told it."""
    if case.ticket.is_combo:
        return COMBO_STEP
    rules = case.context.rules.get(case.ticket.legs[0].instrument.conid)
    return None if rules is None else rules.step_at(price)
