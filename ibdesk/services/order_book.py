"""The order book: what the broker's list, its stream and our own intents say of each order, made into one.

Reports are applied by the state machine of `domain.orders`; one that cannot be true is logged, told and written down,
and changes nothing. Orders that left without an answer stay UNKNOWN until the broker lists them under our id.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ibdesk.brokers.base import OrderBook
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import BadData, Cause, DeskError, Refused
from ibdesk.domain.events import (
    ConnectionRestored,
    FillsArrived,
    LineChanged,
    Notice,
    OrderContradicted,
    OrdersChanged,
    OrdersHeard,
    SessionChanged,
)
from ibdesk.domain.executions import Fill, ToldFill
from ibdesk.domain.line import LineState
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import FOLLOWS, Impossible, Order, OrderId, OrderRef, OrderState, advance
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import receipts, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

#: Seconds between two looks at the broker's list while an order is open; the stream is quicker, this is what it misses.
LOOK_EVERY = 15.0
#: And while none is: an order placed elsewhere is told by the stream.
LOOK_RARELY = 300.0
#: How far back orders and executions are held in memory and asked for.
KEPT = timedelta(days=2)
#: How far back executions are asked for the first time: what was traded before a long weekend and not stored, since
#: the desk died, is counted too. The Portal tells of seven days (client-portal-api.md 7.12).
READ_BACK = timedelta(days=6)
#: Nobody has answered for these yet. INTENDED ones that are not on their way belong to a desk that ended meanwhile.
UNSETTLED = frozenset({OrderState.INTENDED, OrderState.ASKED, OrderState.UNKNOWN})


#: What of the news of orders is to be believed, None for nothing of them.
Sieve = Callable[[OrdersHeard], OrdersHeard | None]


class LiveOrders:
    """Every order of one environment. `accounts` are asked for by name; `is_ready` says whether asking makes sense,
    `holds` which accounts' stored orders are this book's. `tells_all`: the broker lists every order it ever took, so
    one that it does not list never arrived. `sieve` leaves of news what this book believes."""

    def __init__(
        self,
        reader: OrderBook,
        *,
        environment: Environment,
        mode: Mode,
        accounts: Callable[[], Awaitable[Sequence[AccountId]]],
        hub: Hub,
        tasks: Tasks,
        database: Database,
        clock: Clock,
        is_ready: Callable[[], bool] = lambda: True,
        holds: Callable[[AccountId], bool] = lambda _account: True,
        tells_all: bool = False,
        wait: Wait = wait,
        sieve: Sieve = lambda news: news,
    ) -> None:
        self.is_read = False
        self._reader = reader
        self._environment = environment
        self._mode = mode
        self._accounts = accounts
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._clock = clock
        self._is_ready = is_ready
        self._holds = holds
        self._tells_all = tells_all
        self._wait = wait
        self._sieve = sieve
        self._read: set[AccountId] = set()
        self._orders: dict[str, Order] = {}
        self._moves = 0
        self._moved_at: dict[str, int] = {}
        self._contradicted: set[tuple[str, OrderState, str]] = set()
        self._was_working = False
        self._was_ready = False
        self._looking = asyncio.Lock()
        self._woken = asyncio.Event()

    @property
    def orders(self) -> tuple[Order, ...]:
        """Ours and others', the newest last."""
        return tuple(sorted(self._orders.values(), key=lambda order: order.at))

    @property
    def working(self) -> tuple[Order, ...]:
        return tuple(order for order in self.orders if order.is_open or order.state is OrderState.INTENDED)

    @property
    def unknown(self) -> tuple[Order, ...]:
        """Those that left, and nobody knows whether they arrived."""
        return tuple(order for order in self.orders if order.state is OrderState.UNKNOWN)

    @property
    def undone(self) -> frozenset[OrderRef]:
        """Those of ours that were never placed: the broker refused them, or its question was answered with no."""
        over = (OrderState.REFUSED, OrderState.DECLINED)
        return frozenset(order.ref for order in self.orders if order.ref is not None and order.state in over)

    def find(self, ref: OrderRef) -> Order | None:
        return self._orders.get(ref)

    def newest(self, order: Order) -> Order:
        """The same order as it is known now, which an older view of it may not be."""
        return self._known(order) or order

    async def open(self) -> None:
        """Take up what is stored. An intent without an outcome belongs to a desk that died: it is UNKNOWN now."""
        found = await self._database.read(_stored, self._environment, self._mode, self._clock() - KEPT)
        stored = tuple(order for order in found if self._holds(order.account))
        for order in stored:
            self._orders[trades.key_of(order)] = order
        lost = [order for order in stored if order.state in UNSETTLED - {OrderState.UNKNOWN}]
        await self.put(*(replace(order, state=OrderState.UNKNOWN, updated_at=self._clock()) for order in lost))

    def start(self) -> None:
        self._hub.subscribe(OrdersHeard, self._heard)
        self._hub.subscribe(ConnectionRestored, lambda _event: self._woken.set())
        self._hub.subscribe(SessionChanged, self._session_changed)
        self._hub.subscribe(LineChanged, self._line_changed)
        self._hub.subscribe(OrdersChanged, lambda _event: self._nudge())
        self._tasks.start("follow the orders", self._follow())

    async def put(self, *orders: Order) -> None:
        """These are so by our own knowledge; no report can contradict what we did."""
        for order in orders:
            self._take(order)
        if orders:
            await self._write(orders)

    def begin(self, order: Order) -> None:
        """An order of ours is on its way. Its intent is written down already, which says all that a row would say."""
        self._take(order)
        self._hub.publish(OrdersChanged(orders=(order,)))

    async def settle(self, ref: OrderRef, state: OrderState, message: str = "") -> Order:
        """What we know ourselves of an order of ours. Where the stream was quicker, the broker's word stands."""
        order = self._orders[ref]
        if state in FOLLOWS[order.state] or state is order.state:
            order = replace(order, state=state, message=message or order.message, updated_at=self._clock())
            await self.put(order)
        return order

    async def settle_each(self, refs: Iterable[OrderRef], state: OrderState, message: str = "") -> Order:
        """The same of several of ours; the first of them as it is then."""
        settled = [await self.settle(ref, state, message) for ref in refs]
        return settled[0]

    def leave(self, ref: OrderRef) -> None:
        """Nobody waits for this order's answer any more. Without one it is UNKNOWN from now on; where it is still
        stored as intended or asked, it is taken for that at the next opening."""
        order = self._orders.get(ref)
        if order is not None and order.state in UNSETTLED - {OrderState.UNKNOWN}:
            lost = replace(order, state=OrderState.UNKNOWN, updated_at=self._clock())
            self._take(lost)
            self._hub.publish(OrdersChanged(orders=(lost,)))

    async def hear(self, reports: Iterable[Order], *, before: int | None = None) -> None:
        """Apply what the broker says. `before` is the number of moves known when it was asked: what has moved since
        is newer than its answer."""
        changed: list[Order] = []
        ended: list[Order] = []
        for report in reports:
            known = self._known(report)
            if known is not None and before is not None and self._moved_at.get(trades.key_of(known), 0) > before:
                continue
            after = report if known is None else advance(known, report)
            if isinstance(after, Impossible):
                await self._contradict(after)
            elif after != known:
                self._take(after, known)
                changed.append(after)
                if after.state is OrderState.CANCELLED and known is not None and known.state is not after.state:
                    ended.append(after)
        if changed:
            await self._write(changed, ended)

    async def refresh(self, account: AccountId | None = None) -> None:
        """Ask the broker for its list and for the executions, of one account or of every one. Raises DeskError."""
        async with self._looking:
            for each in await self._accounts() if account is None else (account,):
                before = self._moves
                listed = await self._reader.orders(each)
                await self.hear(listed, before=before)
                if self._tells_all:
                    await self._give_up(each, frozenset(order.ref for order in listed), before)
                since = KEPT if each in self._read else READ_BACK
                await self.fills(await self._reader.executions(each, self._clock() - since))
                self._read.add(each)
            self.is_read = self.is_read or account is None

    def has_read(self, account: AccountId) -> bool:
        """Whether the broker was asked for this account's orders and executions since the desk opened."""
        return account in self._read

    async def settle_by_hand(self, ref: OrderRef, *, was_placed: bool, note: str) -> Order:
        """Take a person's word for what became of an order that nobody knows of, after the broker was asked once more:
        where its list or its executions have the order, they are right, and the order as they tell it is returned.

        Settled so it works no more (INACTIVE), and still comes alive should the broker tell of it one day. `note` is
        how the person knows it. Raises DeskError: Refused(ORDER_UNKNOWN) when it is not unknown, or was traded.
        """
        self._check_unknown(ref)
        await self.refresh()
        order = self._orders[ref]
        if order.state is not OrderState.UNKNOWN:
            return order
        traded = await self._database.read(trades.fills_of, ref)
        if traded and not was_placed:
            raise Refused(
                "The broker told of trades under this order’s id, so it was placed.",
                remedy="Look at its executions, then settle it as placed.", cause=Cause.ORDER_UNKNOWN,
            )  # fmt: skip
        said = f"settled by hand: {'it was placed' if was_placed else 'it was not placed'}"
        receipt = Receipt(
            at=self._clock(), step=Step.RECONCILE_DIFF, correlation=ref, account=order.account, mode=self._mode.value,
            ref=ref, order_id=order.id, decision=said, override_reason=note,
        )  # fmt: skip
        await self._database.write(receipts.append, (receipt,), urgent=True)
        return await self.settle(ref, OrderState.INACTIVE, f"{said[0].upper()}{said[1:]}. {note}".strip())

    async def told_fills(self, since: datetime) -> tuple[ToldFill, ...]:
        """The prints of every account since an instant, oldest first, each with what it was told as before."""
        found: list[ToldFill] = []
        for account in await self._accounts():
            found += await self._database.read(trades.load_told_fills, account, since)
        return tuple(sorted(found, key=lambda each: each.fill.execution.at))

    async def fills(self, fills: Sequence[Fill]) -> None:
        """Store prints before they are told of; those of our orders go into the receipts."""
        if not fills:
            return
        news = await self._database.write(_save_fills, tuple(fills), self._mode, self._clock(), urgent=True)
        if news:
            self._hub.publish(FillsArrived(fills=news))

    async def _give_up(self, account: AccountId, listed: frozenset[OrderRef | None], before: int) -> None:
        """Orders nobody knew the outcome of when the broker was asked, and that it never had: the desk died before
        they left."""
        for order in self.unknown:
            is_older = self._moved_at.get(trades.key_of(order), 0) <= before
            if is_older and order.account == account and order.ref is not None and order.ref not in listed:
                receipt = Receipt(
                    at=self._clock(), step=Step.NOT_PLACED, correlation=order.ref, account=account,
                    mode=self._mode.value, ref=order.ref, decision="It never left: ibdesk ended before.",
                )  # fmt: skip
                await self._database.write(receipts.append, (receipt,), urgent=True)
                await self.settle(order.ref, OrderState.REFUSED, "It never left: ibdesk ended before.")

    def _check_unknown(self, ref: OrderRef) -> None:
        order = self._orders.get(ref)
        if order is None or order.state is not OrderState.UNKNOWN:
            raise Refused(
                "What became of this order is known.", remedy="Look at it in the order book.",
                cause=Cause.ORDER_UNKNOWN,
            )  # fmt: skip

    def _known(self, report: Order) -> Order | None:
        if report.ref is not None and report.ref in self._orders:
            return self._orders[report.ref]
        by_id = None if report.id is None else next(
            (order for order in self._orders.values() if order.id == report.id), None)  # fmt: skip
        return by_id or self._orders.get(trades.key_of(replace(report, id=None, ref=None)))

    def _take(self, order: Order, known: Order | None = None) -> None:
        if known is not None:
            self._orders.pop(trades.key_of(known), None)
        self._moves += 1
        self._orders[trades.key_of(order)] = order
        self._moved_at[trades.key_of(order)] = self._moves

    async def _write(self, orders: Sequence[Order], cancelled: Sequence[Order] = ()) -> None:
        """What is written is what is known when the writer comes to it, so that no older state overtakes a newer.
        `cancelled` are those the broker says so of for the first time: their receipts end with it."""
        keys = [trades.key_of(order) for order in orders]

        def work(tx: "Connection") -> None:
            trades.save_orders(tx, [self._orders[key] for key in keys if key in self._orders], self._environment)
            receipts.append(tx, (
                _cancelled(order, self._mode, self._clock()) for order in cancelled
                if order.ref is not None and receipts.load(tx, order.ref)
            ))  # fmt: skip

        self._hub.publish(OrdersChanged(orders=tuple(orders)))
        await self._database.write(work, urgent=True)

    async def _contradict(self, impossible: Impossible) -> None:
        report = impossible.report
        told = (trades.key_of(impossible.order), report.state, f"{report.filled} {report.id}")
        if told in self._contradicted:
            return
        self._contradicted.add(told)
        log.warning("A report on an order cannot be true and was not applied: %s", impossible.why)
        self._hub.publish(OrderContradicted(impossible=impossible))
        self._hub.publish(Notice(error=BadData(
            f"A report on an order cannot be true and was not applied: {impossible.why}",
            remedy="Compare the order with the broker’s own app; its receipt keeps the report.",
            cause=Cause.ORDER_UNKNOWN,
        )))  # fmt: skip
        receipt = Receipt(
            at=self._clock(), step=Step.RECONCILE_DIFF, correlation=impossible.order.ref or f"#{report.id}",
            account=report.account, mode=self._mode.value, ref=impossible.order.ref, order_id=report.id,
            decision="not applied", broker_text=f"{impossible.why} {report.message}".strip(),
        )  # fmt: skip
        await self._database.write(receipts.append, (receipt,), urgent=True)

    def _heard(self, event: OrdersHeard) -> None:
        news = self._sieve(event)
        if news is not None and not self._tasks.is_closing:
            self._tasks.start("take order news", self._take_news(news))

    async def _take_news(self, event: OrdersHeard) -> None:
        await self.hear(event.orders)
        await self.fills(event.fills)
        if not event.is_whole:
            self._woken.set()

    def _session_changed(self, event: SessionChanged) -> None:
        if event.session.is_ready and not self._was_ready:
            self._woken.set()
        self._was_ready = event.session.is_ready

    def _line_changed(self, event: LineChanged) -> None:
        """A socket is back: what became of orders meanwhile is asked for at once."""
        if event.line.state is LineState.UP:
            self._woken.set()

    def _nudge(self) -> None:
        """The first order that is open shortens the rest."""
        if self.working and not self._was_working:
            self._woken.set()
        self._was_working = bool(self.working)

    async def _follow(self) -> None:
        while True:
            if self._is_ready():
                try:
                    await self.refresh()
                except DeskError as error:
                    log.info("The order book could not be asked for: %s", error.message)
            self._woken.clear()
            await self._wait(LOOK_EVERY if self.working else LOOK_RARELY, self._woken)


def _stored(tx: "Connection", environment: Environment, mode: Mode, since: datetime) -> tuple[Order, ...]:
    """Orders as they were last known, and for each intent without one, the order it would have become."""
    orders = trades.load_orders(tx, environment, since)
    return (*orders, *(trades.intended(intent) for intent in trades.load_unwritten(tx, mode)))


def _save_fills(tx: "Connection", fills: tuple[Fill, ...], mode: Mode, at: datetime) -> tuple[Fill, ...]:
    news = trades.save_fills(tx, fills)
    receipts.append(tx, (_receipt(fill, mode, at) for fill in news if fill.execution.ref is not None))
    return news


def _cancelled(order: Order, mode: Mode, at: datetime) -> Receipt:
    return Receipt(
        at=at, step=Step.CANCELLED, correlation=order.ref or "", account=order.account, mode=mode.value, ref=order.ref,
        order_id=order.id, broker_text=order.message,
        decision=f"{order.filled} of {order.quantity} filled" if order.filled else "nothing was filled",
    )  # fmt: skip


def _receipt(fill: Fill, mode: Mode, at: datetime) -> Receipt:
    done = fill.execution
    paid = "" if fill.commission is None else f", commission {fill.commission.amount} {fill.commission.currency}"
    return Receipt(
        at=at, step=Step.FILL, correlation=done.ref or "", account=done.account, mode=mode.value, ref=done.ref,
        order_id=OrderId(done.order_id) if done.order_id is not None else None,
        decision=f"{done.side} {done.quantity} {done.instrument.label} at {done.price}{paid}",
    )  # fmt: skip
