"""The past of an account, read from a real vault: what a check is told of it, and what it is not told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ibdesk.domain.accounts import Account, AccountSummary, LedgerLine, MarginType
from ibdesk.domain.executions import ExecId, Execution, Fill
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.orders import Leg, OrderIntent, OrderRef, OrderTicket, Side
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.positions import Source
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.services.own_past import OwnPast, Past
from ibdesk.store import receipts, trades
from ibdesk.store.database import Database
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, stock
from tests.services.workshop import NOON, Dial, open_database_in

ABC = stock("ABC")


class Bench:
    def __init__(self, database: Database) -> None:
        self.database, self.dial, self.is_read = database, Dial(), True
        self.past = OwnPast(
            mode=Mode.DEMO, database=database, calendar=CALENDAR, clock=self.dial, has_read=lambda _: self.is_read
        )

    async def found(self, shown: AccountPage, currency: Currency | None = USD) -> Past:
        return await self.past.of(shown, currency, await self.past.stored(ACCOUNT))

    async def print(self, quantity: int, at: datetime) -> None:
        done = Execution(
            exec_id=ExecId(f"e{at.isoformat()}{quantity}"), account=ACCOUNT, instrument=ABC, price=Decimal(100), at=at,
            side=Side.BUY if quantity > 0 else Side.SELL, quantity=Decimal(abs(quantity)),
        )  # fmt: skip
        await self.database.write(trades.save_fills, (Fill(execution=done),))

    async def step(self, step: Step, at: datetime, words: str = "", summary: AccountSummary | None = None,
                   mode: Mode = Mode.DEMO) -> None:  # fmt: skip
        receipt = Receipt(at=at, step=step, correlation="c", account=ACCOUNT, mode=mode.value, broker_text=words,
                          summary=summary)  # fmt: skip
        await self.database.write(receipts.append, (receipt,))


def with_past(folder: Path, life: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_database_in(folder / "home") as (_, database):
            await life(Bench(database))

    asyncio.run(run())


def summary(at: datetime, level: int = 1_000, kind: MarginType = MarginType.MARGIN) -> AccountSummary:
    return AccountSummary(
        account=ACCOUNT, currency=USD, as_of=at, received_at=at, equity_with_loan=Decimal(30_000),
        maintenance_margin=Decimal(30_000 - level), margin_type=kind,
    )  # fmt: skip


def page(at: datetime = NOON, level: int = 1_000, kind: MarginType = MarginType.MARGIN, cash: int = 0,
         settled: int = 0) -> AccountPage:  # fmt: skip
    line = LedgerLine(account=ACCOUNT, currency=USD, rate=Decimal(1), cash=Decimal(cash), settled_cash=Decimal(settled))
    return AccountPage(
        account=Account(id=ACCOUNT, title="", currency=USD, is_paper=True), source=Source.PORTAL, as_of=at,
        received_at=at, summary=summary(at, level, kind), ledger=(line,), rows=(),
    )  # fmt: skip


def test_the_usual_size_is_taken_from_the_orders_this_mode_sent(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        for number, (mode, size) in enumerate([(Mode.DEMO, 10)] * 5 + [(Mode.LOCAL_PAPER, 900)] * 9):
            ticket = OrderTicket(account=ACCOUNT, mode=mode, legs=(Leg(instrument=ABC, side=Side.BUY),),
                                 quantity=Decimal(size))  # fmt: skip
            intent = OrderIntent(ref=OrderRef(f"r{number}"), ticket=ticket, at=NOON)
            await bench.database.write(trades.add_intent, intent, f"d{number}")
        assert (await bench.found(page())).usual == {AssetClass.STOCK: Decimal(10)}

    with_past(tmp_path, life)


def test_a_refusal_for_day_trading_counts_until_an_opening_trade_or_five_days(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        assert not (await bench.found(page())).was_refused
        await bench.step(Step.BROKER_REJECT, NOON, "Potential pattern day trader", mode=Mode.LOCAL_PAPER)
        assert not (await bench.found(page())).was_refused
        await bench.step(Step.BROKER_REJECT, NOON, "No permission")
        await bench.step(Step.BROKER_REJECT, NOON, "Order rejected: potential pattern day trader.")
        assert (await bench.found(page())).was_refused
        bench.dial.advance(timedelta(days=3))
        await bench.print(-100, NOON + timedelta(days=3))  # closed what was held
        assert (await bench.found(page())).was_refused
        bench.dial.advance(timedelta(days=1))
        await bench.print(100, NOON + timedelta(days=4, minutes=1))
        await bench.print(-100, NOON + timedelta(days=4, minutes=2))
        assert not (await bench.found(page())).was_refused

    with_past(tmp_path, life)


def test_deficits_are_those_that_were_seen_and_stay_until_they_are_made_up(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        assert (await bench.found(page(level=-50))).deficits == ()  # no transaction made it
        await bench.print(100, NOON - timedelta(minutes=30))
        await bench.step(Step.CHECK_RUN, NOON, summary=summary(NOON, -700))
        (found,) = (await bench.found(page(NOON + timedelta(minutes=1), 200))).deficits
        assert (found.amount, found.settled_on) == (700, None)
        bench.dial.advance(timedelta(days=3))
        later = NOON + timedelta(days=3)
        await bench.step(Step.CHECK_RUN, later, summary=summary(later, 0))
        (found,) = (await bench.found(page(later, 0))).deficits
        assert found.settled_on == later.date()

    with_past(tmp_path, life)


def test_a_cash_account_s_money_is_known_only_once_its_trades_are(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        mine = page(kind=MarginType.CASH, cash=12_000, settled=2_000)
        await bench.print(-100, NOON - timedelta(hours=1))
        bench.is_read = False
        assert (await bench.found(mine)).cash is None
        bench.is_read = True
        state = (await bench.found(mine)).cash
        assert state is not None and state.settled == 2_000 and state.pending[0].amount == 10_000
        await bench.print(50, NOON + timedelta(minutes=5))  # after the broker's figures
        state = (await bench.found(mine)).cash
        assert state is not None and state.settled == 0 and state.lots[-1].funded is not None
        assert (await bench.found(page(cash=12_000, settled=2_000))).cash is None
        assert (await bench.found(mine, None)).cash is None

    with_past(tmp_path, life)
