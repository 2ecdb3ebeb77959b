"""The kill switch: what works is cancelled, then, if wanted, positions are closed, and nothing opens any more.

Scope: every account of the open mode; a lock in Local Paper holds nothing up in IBKR Paper and is not lifted there.
Orders that were proved to lower risk still leave, so that a position can be closed by hand. Reset rule: a person lifts
it; one that the daily loss limit pressed ends by itself at midnight in New York. The lock holds from the first instant;
it is written down while orders are cancelled and outlives the desk. A vault that cannot be written keeps no order
alive: the broker is asked all the same, and the failure is told.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.events import (
    ConnectionRestored,
    LineChanged,
    OrdersChanged,
    PnlChanged,
    SessionChanged,
    TradingLockChanged,
)
from ibdesk.domain.hours import midnight
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.line import LineState
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Order, OrderRef, OrderState
from ibdesk.domain.receipts import EnteredBy, Receipt, Step
from ibdesk.domain.records import TradingLock
from ibdesk.services.desk import Clock
from ibdesk.services.flattening import Flattening, Holdings, ReadAnew, as_stored
from ibdesk.services.hub import Hub
from ibdesk.services.orders import Orders
from ibdesk.services.questioning import Ask, Reply
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import receipts, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

#: Where an order is that the broker has and that can be filled.
AT_WORK = frozenset({OrderState.PENDING, OrderState.HELD, OrderState.WORKING})
#: What the receipts say of an account the broker was not reached for.
NOT_CANCELLED = "not cancelled"
DIED = "ibdesk ended before the broker had answered."


@dataclass(frozen=True, slots=True, kw_only=True)
class KillReport:
    """What pressing it came to. `uncancelled` names the accounts the broker was not reached for, with the reason: they
    are asked again when connection or session is back. `closing` are the orders that close positions. `is_cancelling`
    while the broker is being asked; `unwritten` says why the vault did not take it, so that it would not outlive the
    desk. `takes_orders` is False where the desk sends no orders, and so could cancel none."""

    lock: TradingLock
    cancelled: tuple[AccountId, ...] = ()
    uncancelled: tuple[tuple[AccountId, str], ...] = ()
    closing: tuple[OrderRef, ...] = ()
    not_closed: tuple[tuple[str, str], ...] = ()
    is_cancelling: bool = False
    takes_orders: bool = True
    unwritten: DeskError | None = None


class KillSwitch:
    """One for each open desk. `orders` gives the service of orders, None while there is none (then it only locks).
    `is_ready` says whether the broker can be asked now.
    `loss_limit` is the person's limit in percent of net liquidation before the day's loss, 0 for none."""

    def __init__(
        self,
        *,
        mode: Mode,
        orders: Callable[[], Orders | None],
        accounts: Callable[[], Awaitable[Sequence[AccountId]]],
        holdings: Holdings,
        loss_limit: Callable[[], Decimal],
        hub: Hub,
        tasks: Tasks,
        database: Database,
        clock: Clock,
        new_draft: Callable[[], str],
        entered_by: Callable[[], EnteredBy] = EnteredBy,
        read_anew: ReadAnew = as_stored,
        wait: Wait = wait,
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._mode = mode
        self._orders = orders
        self._accounts = accounts
        self._holdings = holdings
        self._loss_limit = loss_limit
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._clock = clock
        self._entered_by = entered_by
        self._is_ready = is_ready
        self._flattening = Flattening(holdings=holdings, read_anew=read_anew, new_draft=new_draft, wait=wait)
        self._chased: set[OrderRef] = set()
        self._lock: TradingLock | None = None
        self._report: KillReport | None = None
        self._tripped: datetime | None = None

    @property
    def lock(self) -> TradingLock | None:
        """The lock that holds now; None when trading is free."""
        lock = self._lock
        return None if lock is None or (lock.until is not None and self._clock() >= lock.until) else lock

    @property
    def why(self) -> str:
        """Why it is on, for the checks before an order; empty when it is off."""
        return "" if self.lock is None else self.lock.reason

    @property
    def report(self) -> KillReport | None:
        """What the last press on this desk came to so far; None when nobody pressed it since the desk opened."""
        return self._report

    async def open(self) -> None:
        """Take up the lock that was on when the desk closed or died. Where it died before the broker had cancelled, it
        is asked once more as soon as it can be; orders that were sent to close something since then stay otherwise."""
        self._lock = await self._database.read(trades.load_lock, self._mode)
        lock, orders = self.lock, self._orders()
        if lock is None or orders is None:
            return
        steps = await self._database.read(receipts.load, _correlation(lock))
        last = {each.receipt.account: each.receipt.decision for each in steps if each.receipt.step is Step.CANCEL}
        if not steps or NOT_CANCELLED in last.values():
            self._report = KillReport(lock=lock, uncancelled=((AccountId(""), DIED),))

    def start(self) -> None:
        """Begin to listen; what an earlier desk left is done at once where the broker can be asked already."""
        self._hub.subscribe(PnlChanged, self._profit_changed)
        self._hub.subscribe(ConnectionRestored, lambda _event: self._reached_again())
        self._hub.subscribe(SessionChanged, self._session_changed)
        self._hub.subscribe(LineChanged, self._line_changed)
        self._hub.subscribe(OrdersChanged, self._orders_changed)
        if self._is_ready():
            self._reached_again()

    def engage(self, reason: str, until: datetime | None = None) -> TradingLock:
        """Lock now, before anything is awaited: no order may open a position from here on. `carry_out` does the rest.
        """
        lock = self._lock = TradingLock(at=self._clock(), reason=reason, until=until)
        self._report = KillReport(lock=lock, is_cancelling=True, takes_orders=self._orders() is not None)
        self._hub.publish(TradingLockChanged(lock=lock))
        return lock

    async def lock_now(self, reason: str) -> None:
        """Lock and write it down, nothing else: from any loop, also while the desk's own does not come to it. `press`
        there tells of it and does the rest."""
        self._lock = TradingLock(at=self._clock(), reason=reason)
        await self._keep_lock()

    async def press(
        self, reason: str, *, flatten: bool = False, ask: Ask | None = None, until: datetime | None = None
    ) -> KillReport:
        """Lock, cancel every working order, write it down, and with `flatten` close every position.

        Pressing it again cancels again. What could not be done is in the report. `ask` shows the broker's questions
        about closing orders; without it they are answered with no.
        """
        self.engage(reason, until)
        report = await self.carry_out()
        return await self.flatten(ask) if flatten else report

    async def carry_out(self) -> KillReport:
        """Cancel every working order of every account, and write the lock down beside that. May be done again."""
        report = self._report or self._taken_up()
        done, unwritten = await asyncio.gather(self._cancel(report), self._keep_lock())
        unwritten = await self._keep(self._receipts(done)) or unwritten
        return self._tell(replace(done, is_cancelling=False, unwritten=unwritten))

    async def retry(self) -> KillReport:
        """Cancel what could not be cancelled, and write down what could not be written."""
        before = self._report or self._taken_up()
        left = tuple(account for account, _ in before.uncancelled)
        self._report = replace(before, is_cancelling=True)
        again = await self._cancel(before, left if all(left) else None)
        kept = tuple(account for account in before.cancelled if account not in again.cancelled)
        again = replace(again, cancelled=(*kept, *again.cancelled), is_cancelling=False)
        if left or before.unwritten is not None:
            again = replace(again, unwritten=await self._keep_lock() or await self._keep(self._receipts(again)))
        return self._tell(again)

    async def flatten(self, ask: Ask | None = None) -> KillReport:
        """Close every position at the market, through the same gate as any order, and none twice (`Flattening`). What
        could not be closed is told."""
        report, orders = self._report or self._taken_up(), self._orders()
        if orders is None:
            return report
        done = await self._flattening.run(orders, await self._accounts(), ask or _no)
        return self._tell(replace(self._report or report, closing=done.closing, not_closed=done.left))

    async def positions(self) -> tuple[tuple[AccountId, Instrument, Decimal], ...]:
        """What `flatten` would close, as stored now."""
        return tuple([
            (account, instrument, held)
            for account in await self._accounts() for instrument, held in await self._holdings(account)
        ])  # fmt: skip

    async def lift(self) -> None:
        """A person lets trading go on. Orders that are still to be cancelled are so no more. Raises DeskError, and
        stays on, when the vault cannot be written."""
        lock, self._lock = self._lock, None
        lifted = KillReport(lock=TradingLock(at=self._clock(), reason="lifted by a person"))
        try:
            await self._database.write(_write_lock, self._mode, None, self._receipts(lifted), urgent=True)
        except DeskError:
            self._lock = self._lock or lock
            raise
        if self._lock is None:  # else it was pressed again meanwhile
            self._report = None
            self._hub.publish(TradingLockChanged(lock=None))

    def _taken_up(self) -> KillReport:
        """A report for a lock that an earlier desk left."""
        lock = self._lock or TradingLock(at=self._clock(), reason="")
        return KillReport(lock=lock, takes_orders=self._orders() is not None)

    async def _cancel(self, report: KillReport, accounts: Sequence[AccountId] | None = None) -> KillReport:
        """Ask for it account by account; None is all. It may be asked for as often as one likes."""
        orders = self._orders()
        if orders is None:
            return report
        done: list[AccountId] = []
        failed: list[tuple[AccountId, str]] = []
        try:
            asked = await self._accounts() if accounts is None else accounts
        except DeskError as error:  # a vault that cannot be read
            return replace(report, uncancelled=((AccountId(""), error.message),))
        for account in asked:
            try:
                await orders.cancel_unwritten(account)
                done.append(account)
            except DeskError as error:
                if error.cause is not Cause.OUTCOME_UNKNOWN:
                    log.warning("Working orders could not be cancelled: %s", error.message)
                failed.append((account, error.message))
        return replace(report, cancelled=tuple(done), uncancelled=tuple(failed))

    async def _keep_lock(self) -> DeskError | None:
        """Write down the lock that holds now; why not, when it cannot be."""
        try:
            await self._database.write(trades.set_lock, self._mode, self._lock, urgent=True)
        except DeskError as error:
            return error
        return None

    async def _keep(self, steps: tuple[Receipt, ...]) -> DeskError | None:
        try:
            await self._database.write(receipts.append, steps, urgent=True)
        except DeskError as error:
            return error
        return None

    def _tell(self, report: KillReport) -> KillReport:
        """Keep what it came to and say so, unless it was lifted meanwhile."""
        if self._lock is not None:
            self._report = report
            self._hub.publish(TradingLockChanged(lock=self._lock))
        return report

    def _receipts(self, report: KillReport) -> tuple[Receipt, ...]:
        """One step for the switch, and one for each account that was asked about."""
        by = self._entered_by()
        plain = Receipt(
            at=self._clock(), step=Step.KILL_SWITCH, correlation=_correlation(report.lock),
            account=AccountId(""), mode=self._mode.value, decision=report.lock.reason,
            user=by.user, session=by.session,
        )  # fmt: skip
        step = replace(plain, step=Step.CANCEL)
        return (
            plain,
            *(replace(step, account=account, decision="cancel all") for account in report.cancelled),
            *(replace(step, account=account, decision=NOT_CANCELLED, broker_text=why)
              for account, why in report.uncancelled),
        )  # fmt: skip

    def _profit_changed(self, event: PnlChanged) -> None:
        limit, loss = _loss_limit(event.pnl, self._loss_limit()), event.pnl.daily
        if limit is None or loss is None or -loss < limit or self.lock is not None or self._tasks.is_closing:
            return
        until = (midnight(self._clock()) + timedelta(days=1)).astimezone(UTC)  # a day of New York, long or short
        if self._tripped != until:  # once a day: a person who lifts it knows; the checks still block opening orders
            self._tripped = until
            reason = f"the day's loss of {-loss:,.0f} is past your limit of {limit:,.0f}"
            self._tasks.start("stop after the day's loss", self._press_for(reason, until))

    async def _press_for(self, reason: str, until: datetime) -> None:
        report = await self.press(reason, until=until)
        if report.unwritten is not None:
            raise report.unwritten

    def _orders_changed(self, event: OrdersChanged) -> None:
        """An order from before the lock that nobody could cancel, because nobody knew that it had arrived."""
        lock, orders = self.lock, self._orders()
        if lock is None or orders is None or self._tasks.is_closing:
            return
        for order in event.orders:
            is_from_before = order.state in AT_WORK and order.at < lock.at
            if is_from_before and order.ref is not None and order.ref not in self._chased:
                self._chased.add(order.ref)
                self._tasks.start("cancel what turned up", self._chase(orders, order))

    async def _chase(self, orders: Orders, order: Order) -> None:
        try:
            await orders.cancel(order)
        except DeskError as error:
            now = orders.book.find(order.ref) if order.ref is not None else None
            if error.cause is Cause.ORDER_UNKNOWN or (now is not None and now.state not in AT_WORK):
                return  # it is gone, or somebody was quicker
            log.warning("An order that turned up could not be cancelled: %s", error.message)
            before = self._report or self._taken_up()
            self._tell(replace(before, uncancelled=(*before.uncancelled, (order.account, error.message))))

    def _session_changed(self, event: SessionChanged) -> None:
        if event.session.is_ready:
            self._reached_again()

    def _line_changed(self, event: LineChanged) -> None:
        if event.line.state is LineState.UP and self._is_ready():
            self._reached_again()

    def _reached_again(self) -> None:
        report = self._report
        if report is None or self.lock is None or self._tasks.is_closing or report.is_cancelling:
            return
        if report.uncancelled:
            self._tasks.start("cancel what could not be cancelled", self._retry())

    async def _retry(self) -> None:
        await self.retry()


def _correlation(lock: TradingLock) -> str:
    """What the receipts of one press are kept under."""
    return f"kill {lock.at.isoformat()}"


def _loss_limit(pnl: AccountPnl, percent: Decimal) -> Decimal | None:
    """The loss at which trading stops, in the account's currency; None without a limit or a figure to take it of."""
    if percent <= 0 or pnl.net_liquidation is None or pnl.daily is None:
        return None
    before = pnl.net_liquidation - pnl.daily
    return before * percent / 100 if before > 0 else None


def _write_lock(tx: "Connection", mode: Mode, lock: TradingLock | None, steps: tuple[Receipt, ...]) -> None:
    trades.set_lock(tx, mode, lock)
    receipts.append(tx, steps)


async def _no(*_: object) -> Reply:
    return Reply(yes=False)
