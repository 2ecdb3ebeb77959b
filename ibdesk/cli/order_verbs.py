"""What `order preview` and `order place` do: the words become one ticket, and the desk's own gate decides about it."""

import argparse
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ibdesk.cli.door import not_connected, session_of
from ibdesk.cli.order_consent import NEEDS_YES, Asker, check_mode, meant_live, missing, tell_missing
from ibdesk.cli.order_words import (
    CODES,
    REMEDIES,
    finding_lines,
    order_form,
    order_line,
    preview_form,
    preview_lines,
    ticket_form,
    ticket_line,
    verdict_form,
)
from ibdesk.cli.talk import Talk, code_of, lines_of, told
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.orders import (
    NEEDS_LIMIT,
    NEEDS_STOP,
    Exits,
    Leg,
    Order,
    OrderRoute,
    OrderTicket,
    OrderType,
    OtherHalf,
    Question,
    Side,
    faults,
)
from ibdesk.domain.pairs import other_of
from ibdesk.domain.receipts import Step
from ibdesk.services.desk import Desk
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.orders import Checked, Orders, Unlocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A checked ticket, with the reason when the broker gave no preview."""

    checked: Checked
    problem: DeskError | None

    @property
    def form(self) -> dict[str, Any]:
        """Its part of an answer."""
        return (
            {"ticket": ticket_form(self.checked.ticket)} | verdict_form(self.checked.verdict)
            | preview_form(self.checked.context.what_if, self.problem)
        )  # fmt: skip

    @property
    def lines(self) -> list[str]:
        return [
            ticket_line(self.checked.ticket), *preview_lines(self.checked.context.what_if, self.problem),
            *finding_lines(self.checked.verdict),
        ]  # fmt: skip


async def preview(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """What would be said of it; nothing is sent and nothing is kept."""
    orders, account = await ready_orders(desk, args)
    shown = await show(orders, await _ticket(desk, args, account, talk))
    verdict = shown.checked.verdict
    talk.tell({"status": verdict.severity.word} | shown.form, shown.lines)
    return 5 if verdict.is_blocked else NEEDS_YES if verdict.needs_confirm else 0


async def place(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Send it through the gate; a blocked one leaves its receipt and nothing else."""
    orders, account = await ready_orders(desk, args)
    ticket = await _ticket(desk, args, account, talk)
    unlocked = await meant_live(desk, args, account, talk)
    shown, asker = await show(orders, ticket, unlocked), Asker(args, talk)
    if codes := missing(shown.checked.verdict, args):
        return tell_missing(codes, shown.form, shown.lines, talk)
    draft = f"command line {account} {args.once or secrets.token_hex(16)}"
    began = desk.clock()
    try:
        order = await orders.send(draft, shown.checked, ask=asker, confirmation=confirmed(orders, shown))
    except DeskError as error:
        return await tell_stopped(desk, shown, error, talk)
    other = other_of(order, orders.book.orders)
    return tell_order(order, shown, asker.open, talk, is_repeated=order.at < began, other=other)


async def ready_orders(desk: Desk, args: argparse.Namespace, *, checks: bool = True) -> tuple[Orders, AccountId]:
    """The service of orders of the mode that was meant, and the account; its figures are young enough where something
    is to be checked against them. Raises DeskError."""
    check_mode(desk.mode, args)
    orders = orders_of(desk)
    await be_ready(desk)
    account = await _account(desk, args)
    if checks:
        await _read(desk, account)
    await look(desk, orders.book, account)
    return orders, account


async def look(desk: Desk, book: LiveOrders, account: AccountId | None) -> None:
    """Ask for orders and executions where they are not known yet, or nothing tells of their changes. The broker takes
    one such question in five seconds."""
    is_told = desk.live is not None and desk.live.state.is_up
    if not is_told or not (book.is_read if account is None else book.has_read(account)):
        await book.refresh(account)


async def be_ready(desk: Desk) -> None:
    """Ask for the session, or for TWS where orders go there. Raises what is wrong with it."""
    if desk.orders is not None and desk.orders.route is OrderRoute.TWS:
        seen = None if desk.tws_health is None else await desk.tws_health.look()
        if problem := desk.orders.obstacle or (None if seen is None else seen.problem):
            raise problem
        return
    session = session_of(desk)
    await session.refresh()
    if session.problem is not None:
        raise session.problem


def orders_of(desk: Desk) -> Orders:
    """Refused where no order may leave."""
    if desk.orders is not None:
        return desk.orders
    if desk.session is not None and face_of(desk.mode).environment is Environment.LIVE:
        raise Refused(
            "The desk is read only: no live order leaves.", remedy="Turn read only off in Settings.",
            cause=Cause.READ_ONLY,
        )  # fmt: skip
    raise not_connected(desk)


async def _account(desk: Desk, args: argparse.Namespace) -> AccountId:
    """The one that was named, else the one that was connected, else the only one there is."""
    known = [each.id for each in await desk.book.accounts()]
    connected = [each.account for each in await desk.preferences.credentials()
                 if each.environment is desk.environment]  # fmt: skip
    if args.account is not None and (not known or args.account in known):
        return AccountId(args.account)
    if args.account is None and connected and (not known or connected[0] in known):
        return connected[0]
    if args.account is None and len(known) == 1:
        return known[0]
    raise Refused(
        f"There is no account {args.account} here." if args.account else "There are several accounts.",
        remedy=f"Name one with --account: {', '.join(known)}.", cause=Cause.UNKNOWN_ACCOUNT,
    )  # fmt: skip


async def _read(desk: Desk, account: AccountId) -> None:
    """Sync it where its figures would be too old to count before the order is sent, or lack what the account made
    today: the broker's first answer about that is empty, and here no stream tells it."""
    page = await desk.book.page(account, with_history=False)
    lasts = timedelta(seconds=float(desk.preferences.settings.risk_account_age)) / 2
    is_told = page is not None and page.pnl is not None and page.pnl.daily is not None
    if desk.sync is not None and (page is None or not is_told or desk.clock() - page.received_at > lasts):
        await desk.sync.run(account)


async def _ticket(desk: Desk, args: argparse.Namespace, account: AccountId, talk: Talk) -> OrderTicket:
    """The words as a ticket. Raises DeskError for contracts nobody knows and prices the order type does not take."""
    if args.oco:
        return pair_of(args, account, desk.mode, await _legs(desk, args))
    kind = kind_of(args)
    if kind is OrderType.LIMIT and args.order_type is OrderType.MARKET:
        talk.notice("A price was given: it is sent as a limit order.")
    exits = None
    if args.take_profit is not None or args.stop_loss is not None:
        exits = Exits(take_profit=args.take_profit, stop_loss=args.stop_loss)
    return OrderTicket(
        account=account, mode=desk.mode, legs=await _legs(desk, args), quantity=args.qty, order_type=kind,
        limit=args.limit, stop=args.stop, trail=args.trail, tif=args.tif, outside_hours=args.outside_hours,
        exits=exits,
    )  # fmt: skip


def pair_of(args: argparse.Namespace, account: AccountId, mode: Mode, legs: tuple[Leg, ...]) -> OrderTicket:
    """A limit and a stop that close what is held. Refused where a price is missing, or one was given that neither of
    them heeds."""
    ways = [each for each in (args.stop_loss, args.trail) if each is not None]
    if args.take_profit is None or len(ways) != 1:
        raise Refused(
            "With --oco two orders close what is held.",
            remedy="Give --take-profit, and either --stop-loss or --trail.", cause=Cause.ORDER_REFUSED,
        )  # fmt: skip
    for name, given in (("--limit", args.limit), ("--stop", args.stop), ("--type", args.order_type)):
        if given is not None:
            raise Refused(
                f"With --oco no {name} is heeded.", remedy=f"Leave {name} away, or --oco.", cause=Cause.ORDER_REFUSED,
            )  # fmt: skip
    other = OtherHalf(stop=args.stop_loss) if args.trail is None else OtherHalf(
        order_type=OrderType.TRAILING, trail=args.trail)  # fmt: skip
    return OrderTicket(
        account=account, mode=mode, legs=legs, quantity=args.qty, limit=args.take_profit, tif=args.tif,
        outside_hours=args.outside_hours, other=other,
    )  # fmt: skip


def kind_of(args: argparse.Namespace) -> OrderType:
    """The order type that was named, else the one the prices say. A market order with a limit is a limit order: who
    names a price wants nothing worse."""
    named: OrderType | None = args.order_type
    if named is OrderType.MARKET and args.limit is not None:
        named = OrderType.LIMIT
    if named is None:
        named = OrderType.TRAILING if args.trail is not None else {
            (False, False): OrderType.MARKET, (True, False): OrderType.LIMIT, (False, True): OrderType.STOP,
            (True, True): OrderType.STOP_LIMIT,
        }[args.limit is not None, args.stop is not None]  # fmt: skip
    check_prices(named, args)
    return named


def check_prices(kind: OrderType, args: argparse.Namespace) -> None:
    """Refused when a price was given that an order of this kind would not heed."""
    given = (("--limit", args.limit, kind in NEEDS_LIMIT), ("--stop", args.stop, kind in NEEDS_STOP),
             ("--trail", args.trail, kind is OrderType.TRAILING))  # fmt: skip
    for name, price, is_taken in given:
        if price is not None and not is_taken:
            raise Refused(
                f"A {kind.value} order takes no {name}.", remedy=f"Leave {name} away, or choose another --type.",
                cause=Cause.ORDER_REFUSED,
            )  # fmt: skip


async def _legs(desk: Desk, args: argparse.Namespace) -> tuple[Leg, ...]:
    if desk.market is None:
        raise not_connected(desk)
    names = desk.market.contracts
    if args.leg:
        if args.side is not None:
            raise _which_side("Each --leg says for itself whether it is bought or sold.", "Leave --side away.")
        return tuple([
            Leg(instrument=await names.named(each.name), side=each.side, ratio=each.ratio) for each in args.leg
        ])  # fmt: skip
    if args.side is None:
        raise _which_side("Whether to buy or to sell was not said.", "Add --side buy or --side sell.")
    instrument = (
        await names.by_conid(Conid(args.conid)) if args.conid is not None
        else await names.named(args.symbol, exchange=args.exchange)
    )  # fmt: skip
    return (Leg(instrument=instrument, side=Side(args.side)),)


def _which_side(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.ORDER_REFUSED)


async def show(orders: Orders, ticket: OrderTicket, unlocked: Unlocked | None = None) -> Shown:
    """Check it with the broker's preview; without one where the broker gives none, which the rules then say."""
    problem = None
    if not faults(ticket):
        try:
            return Shown(checked=await orders.preview(ticket, unlocked=unlocked), problem=None)
        except DeskError as error:
            problem = error
    return Shown(checked=await orders.check(ticket, unlocked=unlocked), problem=problem)


def confirmed(orders: Orders, shown: Shown) -> Any:
    """The person's yes to all that is to be confirmed, given by its codes; None where nothing is asked or allowed."""
    return orders.confirm(shown.checked) if shown.checked.verdict.needs_confirm else None


async def tell_stopped(desk: Desk, shown: Shown, error: DeskError, talk: Talk) -> int:
    """Why nothing was placed or changed, and under which name that was written down."""
    newest = await desk.activity.receipts(steps=(Step.BLOCKED, Step.BROKER_REJECT), limit=1)
    verdict = shown.checked.verdict
    mine = [each.receipt.correlation for each in newest if each.receipt.at >= verdict.checked_at]
    is_blocked = verdict.is_blocked
    talk.tell(
        {"status": "blocked" if is_blocked else "error", "receipt": mine[0] if mine else None} | told(error)
        | shown.form,
        [*shown.lines, *(f"receipt: ibdesk order status {name}" for name in mine)],
    )
    if not talk.json:
        talk.mouth.warn("\n".join(lines_of(error)) + "\n")
    return code_of(error)


def tell_order(
    order: Order, shown: Shown | None, questions: tuple[Question, ...], talk: Talk, *, is_repeated: bool = False,
    other: Order | None = None,
) -> int:  # fmt: skip
    """What became of it, and of its other half; the exit code says who acts next."""
    remedy = REMEDIES.get(order.state, "")
    asked = [{"id": each.id, "text": each.text} for each in questions]
    talk.tell(
        {"status": order.state.value, "order": order_form(order), "repeated": is_repeated, "questions": asked}
        | ({"remedy": remedy} if remedy else {}) | (shown.form if shown is not None else {})
        | ({} if other is None else {"other": order_form(other)}),
        [order_line(order), *([] if other is None else [order_line(other)]),
         *([order.message] if order.message else []), *([remedy] if remedy else []),
         *(["It was sent before; nothing was sent now."] if is_repeated else [])],
    )  # fmt: skip
    return CODES.get(order.state, 0)
