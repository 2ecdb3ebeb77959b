"""The kill switch: what works is cancelled, then, if wanted, positions are closed, and nothing opens any more.

Scope: every account of the open environment. Orders that were proved to lower risk still leave, so that a position can
be closed by hand. Reset rule: a person lifts it; one that the daily loss limit pressed ends by itself at midnight in
New York. The lock holds from the first instant; it is written down before positions are closed and outlives the desk.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, AccountPnl, Environment
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.events import ConnectionRestored, PnlChanged, TradingLockChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import OrderRef
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.domain.records import TradingLock
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.orders import Ask, Orders, Reply, closing_ticket
from ibdesk.services.tasks import Tasks
from ibdesk.store import receipts, trades
from ibdesk.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

Holdings = Callable[[AccountId], Awaitable[Sequence[tuple[Instrument, Decimal]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KillReport:
    """What pressing it came to. `uncancelled` names the accounts the broker was not reached for, with the reason: they
    are asked again when the connection is back. `closing` are the orders that close positions."""

    lock: TradingLock
    cancelled: tuple[AccountId, ...] = ()
    uncancelled: tuple[tuple[AccountId, str], ...] = ()
    closing: tuple[OrderRef, ...] = ()
    not_closed: tuple[tuple[str, str], ...] = ()


class KillSwitch:
    """One for each open desk. `orders` gives the service of orders, None while there is none (then it only locks).
    `loss_limit` is the person's limit in percent of net liquidation before the day's loss, 0 for none."""

    def __init__(
        self,
        *,
        environment: Environment,
        orders: Callable[[], Orders | None],
        accounts: Callable[[], Awaitable[Sequence[AccountId]]],
        holdings: Holdings,
        loss_limit: Callable[[], Decimal],
        hub: Hub,
        tasks: Tasks,
        database: Database,
        clock: Clock,
        new_draft: Callable[[], str],
    ) -> None:
        self._environment = environment
        self._orders = orders
        self._accounts = accounts
        self._holdings = holdings
        self._loss_limit = loss_limit
        self._hub = hub
        self._tasks = tasks
        self._database = database
        self._clock = clock
        self._new_draft = new_draft
        self._lock: TradingLock | None = None
        self._still_to_cancel: set[AccountId] = set()
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

    async def open(self) -> None:
        """Take up the lock that was on when the desk closed or died."""
        self._lock = await self._database.read(trades.load_lock, self._environment)

    def start(self) -> None:
        self._hub.subscribe(PnlChanged, self._profit_changed)
        self._hub.subscribe(ConnectionRestored, self._restored)

    async def press(
        self, reason: str, *, flatten: bool = False, ask: Ask | None = None, until: datetime | None = None
    ) -> KillReport:
        """Lock, cancel every working order, write it down, and with `flatten` close every position.

        Pressing it again cancels again. What could not be done is in the report; only a vault that cannot be written
        raises, and the orders are cancelled by then. `ask` shows the broker's questions about closing orders; without
        it they are answered with no.
        """
        lock = self._lock = TradingLock(at=self._clock(), reason=reason, until=until)
        self._hub.publish(TradingLockChanged(lock=lock))
        report = await self._cancel(KillReport(lock=lock))
        await self._database.write(_write_lock, self._environment, lock, self._receipts(report), urgent=True)
        return await self._flatten(report, ask) if flatten else report

    async def lift(self) -> None:
        """A person lets trading go on. Orders that are still to be cancelled are so no more."""
        self._still_to_cancel.clear()
        lifted = KillReport(lock=TradingLock(at=self._clock(), reason="lifted by a person"))
        await self._database.write(_write_lock, self._environment, None, self._receipts(lifted), urgent=True)
        self._lock = None
        self._hub.publish(TradingLockChanged(lock=None))

    async def _cancel(self, report: KillReport) -> KillReport:
        orders = self._orders()
        if orders is None:
            return report
        done: list[AccountId] = []
        failed: list[tuple[AccountId, str]] = []
        for account in await self._accounts():
            try:
                await orders.cancel_all(account)
                done.append(account)
            except DeskError as error:
                if error.cause is not Cause.OUTCOME_UNKNOWN:
                    log.warning("Working orders could not be cancelled: %s", error.message)
                failed.append((account, error.message))
        self._still_to_cancel = {account for account, _ in failed}
        return replace(report, cancelled=tuple(done), uncancelled=tuple(failed))

    async def _flatten(self, report: KillReport, ask: Ask | None) -> KillReport:
        """Positions are read anew: what was just cancelled may have been filled before."""
        orders = self._orders()
        if orders is None:
            return report
        closing: list[OrderRef] = []
        failed: list[tuple[str, str]] = []
        try:
            await orders.book.refresh()
        except DeskError as error:
            log.info("The order book could not be asked for before closing: %s", error.message)
        for account in await self._accounts():
            for instrument, held in await self._holdings(account):
                try:
                    ticket = closing_ticket(account, orders.mode, instrument, held)
                    shown = await orders.check(ticket)
                    yes = None if shown.verdict.is_blocked else orders.confirm(shown)
                    order = await orders.send(self._new_draft(), shown, ask=ask or _no, confirmation=yes)
                    closing.append(order.ref or OrderRef(""))
                except DeskError as error:
                    failed.append((instrument.label, error.message))
        return replace(report, closing=tuple(closing), not_closed=tuple(failed))

    def _receipts(self, report: KillReport) -> tuple[Receipt, ...]:
        left = "; ".join(f"not cancelled: {why}" for _, why in report.uncancelled)
        return (
            Receipt(
                at=self._clock(), step=Step.KILL_SWITCH, correlation=f"kill {report.lock.at.isoformat()}",
                account=AccountId(""), mode=self._environment.value, decision=report.lock.reason, broker_text=left,
            ),
        )  # fmt: skip

    def _profit_changed(self, event: PnlChanged) -> None:
        limit, loss = _loss_limit(event.pnl, self._loss_limit()), event.pnl.daily
        if limit is None or loss is None or -loss < limit or self.lock is not None or self._tasks.is_closing:
            return
        until = _midnight(self._clock())
        if self._tripped != until:  # once a day: a person who lifts it knows; the checks still block opening orders
            self._tripped = until
            reason = f"the day's loss of {-loss:,.0f} is past your limit of {limit:,.0f}"
            self._tasks.start("stop after the day's loss", self._press_for(reason, until))

    async def _press_for(self, reason: str, until: datetime) -> None:
        await self.press(reason, until=until)

    def _restored(self, _event: ConnectionRestored) -> None:
        if self._still_to_cancel and self.lock is not None and not self._tasks.is_closing:
            self._tasks.start("cancel what could not be cancelled", self._cancel_rest())

    async def _cancel_rest(self) -> None:
        """A cancellation may be asked for as often as one likes; what it finds cancelled already stays so."""
        orders = self._orders()
        if orders is None:
            return
        for account in sorted(self._still_to_cancel):
            await orders.cancel_all(account)
            self._still_to_cancel.discard(account)


def _loss_limit(pnl: AccountPnl, percent: Decimal) -> Decimal | None:
    """The loss at which trading stops, in the account's currency; None without a limit or a figure to take it of."""
    if percent <= 0 or pnl.net_liquidation is None or pnl.daily is None:
        return None
    before = pnl.net_liquidation - pnl.daily
    return before * percent / 100 if before > 0 else None


def _midnight(now: datetime) -> datetime:
    """The next one in New York."""
    return (now.astimezone(NEW_YORK) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _write_lock(
    tx: "Connection", environment: Environment, lock: TradingLock | None, steps: tuple[Receipt, ...]
) -> None:
    trades.set_lock(tx, environment, lock)
    receipts.append(tx, steps)


async def _no(*_: object) -> Reply:
    return Reply(yes=False)
