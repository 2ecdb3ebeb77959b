"""What `order modify`, `order cancel` and `order status` do with orders that are known already, ours and others'."""

import argparse
from dataclasses import replace

from ibdesk.cli.door import not_connected
from ibdesk.cli.order_consent import Asker, check_mode, meant_live, missing, tell_missing
from ibdesk.cli.order_verbs import (
    Shown,
    be_ready,
    check_prices,
    confirmed,
    look,
    ready_orders,
    tell_order,
    tell_stopped,
)
from ibdesk.cli.order_words import order_form, order_line, step_form, step_line
from ibdesk.cli.talk import Talk
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.orders import Order, OrderTicket, OrderType, TimeInForce
from ibdesk.services.desk import Desk
from ibdesk.services.order_book import LiveOrders


async def modify(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Change quantity, prices or time in force of a working order, through the same gate."""
    orders, _ = await ready_orders(desk, args)
    order = found(orders.book, args.order)
    ticket = _changed(order, args, desk)
    unlocked = await meant_live(desk, args, order.account, talk)
    shown = Shown(checked=await orders.check(ticket, changes=order, unlocked=unlocked), problem=None)
    asker = Asker(args, talk, is_change=True)
    if codes := missing(shown.checked.verdict, args):
        return tell_missing(codes, shown.form, shown.lines, talk)
    try:
        after = await orders.change(order, shown.checked, ask=asker, confirmation=confirmed(orders, shown))
    except DeskError as error:
        return await tell_stopped(desk, shown, error, talk)
    return tell_order(after, shown, asker.open, talk)


async def cancel(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Ask for it: a fill may still be quicker. Nothing needs to be read or confirmed to have less at risk."""
    orders, account = await ready_orders(desk, args, checks=False)
    if args.all:
        working = [each for each in orders.book.working if each.account == account]
        await orders.cancel_all(account)
        talk.tell(
            {"status": "success", "account": account, "orders": [order_form(each) for each in working]},
            [f"Every working order of {account} is to be cancelled:", *(order_line(each) for each in working)],
        )
        return 0
    order = found(orders.book, args.order)
    if not order.is_open:
        raise Refused(
            f"That order is {order.state.value}: there is nothing to cancel.", remedy="Look: ibdesk order status",
            cause=Cause.ORDER_UNKNOWN,
        )  # fmt: skip
    await orders.cancel(order)
    after = (orders.book.find(order.ref) if order.ref is not None else None) or order
    talk.tell({"status": after.state.value, "order": order_form(after)}, [order_line(after)])
    return 0


async def status(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Every order of today and every working one; one order with the steps that were written down of it."""
    check_mode(desk.mode, args)
    await be_ready(desk)
    if desk.order_book is None:
        raise not_connected(desk)
    await look(desk, desk.order_book, args.account)
    if args.order is None:
        shown = [each for each in desk.order_book.orders if args.account in (None, each.account)]
        lock = "" if desk.kill_switch is None else desk.kill_switch.why
        talk.tell(
            {"status": "success", "mode": desk.mode.value, "kill_switch": lock or None,
             "orders": [order_form(each) for each in shown]},
            [*([f"The kill switch is on: {lock}"] if lock else []),
             *([order_line(each) for each in shown] or ["No orders."])],
        )  # fmt: skip
        return 0
    known = _known(desk.order_book, args.order)
    steps = await desk.activity.receipt(_name(known, args.order))
    if known is None and not steps:
        raise _unknown(args.order)
    state = "never sent" if known is None else known.state.value
    talk.tell(
        {"status": state, "order": None if known is None else order_form(known),
         "steps": [step_form(each) for each in steps]},
        [state if known is None else order_line(known), *([known.message] if known and known.message else []),
         *(step_line(each) for each in steps)],
    )  # fmt: skip
    return 0


def found(book: LiveOrders, name: str) -> Order:
    """The order of this id, ours or the broker's. Refused(ORDER_UNKNOWN)."""
    known = _known(book, name)
    if known is None:
        raise _unknown(name)
    return known


def _known(book: LiveOrders, name: str) -> Order | None:
    return next((each for each in reversed(book.orders) if name in (each.ref, each.id)), None)


def _name(order: Order | None, typed: str) -> str:
    """What its receipts are kept under."""
    return typed if order is None else order.ref or f"#{order.id}"


def _unknown(name: str) -> Refused:
    return Refused(
        f"No order {name} is known.", remedy="Look which there are: ibdesk order status", cause=Cause.ORDER_UNKNOWN
    )


def _changed(order: Order, args: argparse.Namespace, desk: Desk) -> OrderTicket:
    """The order as a ticket, with what was typed changed. Refused where it cannot be, or nothing was typed."""
    kind = order.order_type
    if not order.is_open or not order.legs or kind is None:
        raise _unchanged(f"That order is {order.state.value} and cannot be changed.", "Look: ibdesk order status")
    check_prices(kind, args)
    typed = {"quantity": args.qty, "limit": args.limit, "stop": args.stop, "trail": args.trail, "tif": args.tif}
    changes = {name: value for name, value in typed.items() if value is not None}
    if not changes:
        raise _unchanged("Nothing to change was said.", "Add --qty, --limit, --stop, --trail or --tif.")
    ticket = _as_ticket(order, kind, desk)
    return replace(ticket, **changes)


def _as_ticket(order: Order, kind: OrderType, desk: Desk) -> OrderTicket:
    return OrderTicket(
        account=order.account, mode=desk.mode, legs=order.legs, quantity=order.quantity, order_type=kind,
        limit=order.limit, stop=order.stop, trail=order.trail, tif=order.tif or TimeInForce.DAY,
        outside_hours=order.outside_hours,
    )  # fmt: skip


def _unchanged(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.ORDER_REFUSED)
