"""Why orders do not execute: the locks that hold all of them back, and what the two logs say of the latest ones, our
rules' (the receipts) and the orders' own.
"""

from collections.abc import Sequence
from datetime import timedelta

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.orders import Order, OrderState
from ibdesk.domain.receipts import Outcome, ReceiptHead
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.sources import Sources, Trading, counted, found, good, unknown

#: An order that came to nothing longer ago than this is nobody's question any more.
_RECENT = timedelta(days=1)
#: So many lines of each log stand under the finding.
_SHOWN = 4
#: The page of Activity where the reasons are.
_RECEIPTS = "receipts"
_CLEAR = "Nothing stands in the way of an order"
#: What became of the latest order, where that is a reason to ask: what to say of it, and what to do.
_CAME_TO_NOTHING = {
    Outcome.BLOCKED: ("A check stopped the latest order", "Change the ticket as the check says, or its limit in "
                      "Settings; its receipt holds every figure."),
    Outcome.REFUSED: ("The broker refused the latest order", "Its words say why; buying power, the options level and "
                      "trading permissions are shown in Client Portal."),
    Outcome.DECLINED: ("The latest order was not placed: the broker's question was answered with no", "Send it again "
                       "and answer yes, if you want it."),
}  # fmt: skip


def orders(sources: Sources, contact: Contact, receipts: Sequence[ReceiptHead]) -> Examined:
    """What stands between a person and an order, the gravest first. `receipts` are the newest first."""
    check = Check.ORDERS
    if sources.stored is None:
        return unknown(check, sources.closed_because)
    trading = sources.stored.trading()
    if trading is None:
        return unknown(check, "No account is connected, so there is nobody to send an order to.")
    ours = tuple(each for each in receipts if each.mode == trading.mode.value)
    facts = (*map(_receipt, ours[:_SHOWN]), *map(_order, reversed(trading.orders[-_SHOWN:])))
    return _held_back(sources, contact, trading, facts) or _latest(sources, trading, ours, facts)


def _held_back(sources: Sources, contact: Contact, trading: Trading, facts: tuple[str, ...]) -> Examined | None:
    """What lets no order leave."""
    check, flags = Check.ORDERS, contact.flags
    is_live = face_of(trading.mode).environment is Environment.LIVE
    if trading.mode is not Mode.LOCAL_PAPER and (flags is None or not flags.authenticated):
        return unknown(check, "Orders need the brokerage session first.", *facts)
    if trading.killed:
        return found(
            check, Verdict.BAD, f"The kill switch is on ({trading.killed}): only orders that lower risk leave.",
            "Reset the kill switch when you are ready.", *facts,
        )
    if is_live and sources.settings().settings.read_only:
        return found(
            check, Verdict.BAD, "The desk is read only: no live order leaves.", "Turn read only off in Settings.",
            *facts, fix=Fix.OPEN_SETTING, target="read_only",
        )
    return None


def _latest(
    sources: Sources, trading: Trading, receipts: Sequence[ReceiptHead], facts: tuple[str, ...]
) -> Examined:  # fmt: skip
    """What became of the latest orders."""
    check = Check.ORDERS
    lost, asked = (_in_state(trading.orders, state) for state in (OrderState.UNKNOWN, OrderState.ASKED))
    if lost:
        return found(
            check, Verdict.BAD, f"{counted(lost, 'order')} left, and nobody knows whether it arrived.",
            "Look for it at Interactive Brokers and settle it under Orders; never send it again before.", *facts,
            fix=Fix.SHOW_ACTIVITY, target=_RECEIPTS,
        )
    if asked:
        return found(
            check, Verdict.WARN, f"{counted(asked, 'order')} waits for your answer to a question of the broker.",
            "Answer it: an order does not stand before that.", *facts, fix=Fix.SHOW_ACTIVITY, target=_RECEIPTS,
        )
    latest = next(iter(receipts), None)
    told = None if latest is None else _CAME_TO_NOTHING.get(latest.outcome)
    if latest is not None and told is not None and sources.clock() - latest.at < _RECENT:
        statement, advice = told
        why = f": {latest.decision.rstrip('.')}" if latest.decision else ""
        return found(
            check, Verdict.WARN, f"{statement}{why}.", advice, *facts, fix=Fix.SHOW_ACTIVITY, target=_RECEIPTS
        )
    working = sum(each.is_open for each in trading.orders)
    return good(check, f"{_CLEAR}; {counted(working, 'order')} at work." if working else f"{_CLEAR}.", *facts)


def _in_state(orders: Sequence[Order], state: OrderState) -> int:
    return sum(each.state is state for each in orders)


def _receipt(head: ReceiptHead) -> str:
    return f"{head.at:%m-%d %H:%M:%S} checked: {head.outcome.value}" + (f" ({head.decision})" if head.decision else "")


def _order(order: Order) -> str:
    return f"{order.updated_at:%m-%d %H:%M:%S} order: {order.state.value}" + (
        f" ({order.message})" if order.message else "")  # fmt: skip
