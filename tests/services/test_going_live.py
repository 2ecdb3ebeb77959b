"""Live orders: locked until every item of the checklist is proved, and unlocked for one account and one sign-in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.events import ArmingChanged, SessionChanged
from ibdesk.domain.going_live import Item
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import OrderIntent, OrderRef, OrderState
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.domain.records import SessionRecord, SyncRecord, SyncStatus
from ibdesk.domain.session import Session, SessionState
from ibdesk.domain.settings import Origin, Sourced, defaults, with_values
from ibdesk.services.book import Book
from ibdesk.services.day_trading import DayTrading
from ibdesk.services.disclosures import load_disclosures
from ibdesk.services.going_live import CORRELATION, GoingLive, dollars_of
from ibdesk.services.hub import Hub
from ibdesk.store import receipts, records, trades
from ibdesk.store.database import Database
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import MAIN, REAL, ticket
from tests.services.workshop import NOON, Dial, Heard, open_database_in
from tests.ui.sample_book import page

READY = Session(state=SessionState.READY, signed_in_at=NOON)
TEXTS = load_disclosures()


@dataclass(kw_only=True)
class Bench:
    database: Database
    hub: Hub
    dial: Dial
    heard: Heard
    session: Session
    sourced: Sourced
    given: tuple[Acknowledgment, ...] = ()

    def made(self, mode: Mode = Mode.IBKR_LIVE) -> GoingLive:
        async def given() -> tuple[Acknowledgment, ...]:
            return self.given

        return GoingLive(
            mode=mode, book=Book(self.database, environment=Environment.LIVE, clock=self.dial),
            session=lambda: self.session, day_trading=DayTrading(
                mode=mode, orders=lambda: None, settings=lambda: self.sourced.settings, calendar=Calendar(closed={}),
                database=self.database, clock=self.dial,
            ), settings=lambda: self.sourced, disclosures=TEXTS, acknowledged=given,
            hub=self.hub, database=self.database, clock=self.dial,
        )  # fmt: skip

    async def practise(self) -> None:
        """Everything the checklist asks for but the limits."""
        self.given = tuple(_yes(text.id, text.sha256) for text in TEXTS)
        await self.database.write(records.add_session, SessionRecord(
            at=NOON, environment=Environment.PAPER, status="ready", authenticated=True, competing=False,
            last_tickle=None, expires_at=None))
        await self.database.write(records.add_sync, _sync("store"))
        await self.database.write(receipts.append, (_step(Step.BROKER_ACK), _step(Step.BLOCKED)))

    def become(self, session: Session) -> None:
        self.session = session
        self.hub.publish(SessionChanged(session=session))


def _yes(name: str, sha256: str, at: datetime = NOON) -> Acknowledgment:
    return Acknowledgment(
        disclosure_id=name, version="1", sha256=sha256, statement_sha256="", shown_at=at, acknowledged_at=at,
        account_hash="", app_version="1")  # fmt: skip


def _step(step: Step, mode: Mode = Mode.IBKR_PAPER) -> Receipt:
    return Receipt(at=NOON, step=step, correlation="order-1", account=MAIN, mode=mode.value)


def _sync(stage: str, status: SyncStatus = SyncStatus.SUCCESS) -> SyncRecord:
    return SyncRecord(
        account=MAIN, source=Source.PORTAL, started_at=NOON, finished_at=NOON, status=status, counts=SyncCounts(),
        stages={stage: 1})  # fmt: skip


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Bench]:
    async with open_database_in(folder) as (_, database):
        hub = Hub()
        yield Bench(
            database=database, hub=hub, dial=Dial(), heard=Heard(hub, ArmingChanged), session=READY,
            sourced=with_values(defaults(), {"read_only": False}, Origin.FILE, {}),
        )  # fmt: skip


def on_a_bench(folder: Path, test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with opened(folder) as bench:
            await test(bench)

    asyncio.run(run())


def test_live_orders_are_unlocked_when_everything_is_proved_and_the_account_is_typed(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        live = bench.made()
        await bench.practise()
        await live.keep_limits()
        assert (await live.look()).is_complete and not live.is_armed(REAL)
        await live.unlock(REAL, f" {REAL.lower()} ")
        assert live.armed == REAL and live.is_armed(REAL) and not live.is_armed(AccountId("U1"))
        assert bench.heard.events == [ArmingChanged(account=REAL)]
        (written,) = await bench.database.read(receipts.load, CORRELATION)
        assert written.receipt.decision == "live orders unlocked" and written.receipt.mode == "ibkr_live"
        await live.lock()
        assert not live.is_armed(REAL) and bench.heard.events[-1] == ArmingChanged(account=None)
        assert len(await bench.database.read(receipts.load, CORRELATION)) == 2

    on_a_bench(tmp_path, test)


def test_an_unlocking_for_one_command_leaves_the_desk_locked_and_ends_with_the_sign_in(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        live = bench.made()
        with pytest.raises(Refused, match="still open"):
            await live.unlock_once(REAL, REAL)
        await bench.practise()
        await live.keep_limits()
        counts = await live.unlock_once(REAL, REAL)
        assert counts(REAL) and not counts(AccountId("U1"))
        assert live.armed is None and not live.is_armed(REAL) and bench.heard.events == []
        (written,) = await bench.database.read(receipts.load, CORRELATION)
        assert written.receipt.decision == "live orders unlocked for one command"
        bench.become(replace(READY, signed_in_at=NOON + timedelta(hours=1)))
        assert not counts(REAL)

    on_a_bench(tmp_path, test)


def test_what_is_missing_is_said_and_nothing_is_unlocked(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        live = bench.made()
        assert [line.item for line in (await live.look()).missing] == list(Item)
        await bench.practise()
        with pytest.raises(Refused, match="1 of the going-live checklist is still open") as refusal:
            await live.unlock(REAL, REAL)
        assert "limits" in refusal.value.remedy and live.armed is None and bench.heard.events == []
        assert await bench.database.read(receipts.load, CORRELATION) == ()

    on_a_bench(tmp_path, test)


def test_a_limit_of_ones_own_counts_as_set(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.practise()
        bench.sourced = with_values(bench.sourced, {"risk_max_loss_pct": Decimal(1)}, Origin.FILE, {})
        assert (await bench.made().look()).is_complete

    on_a_bench(tmp_path, test)


def test_live_practice_and_half_syncs_prove_nothing(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.database.write(receipts.append, (_step(Step.BROKER_ACK, Mode.IBKR_LIVE),))
        await bench.database.write(records.add_sync, _sync("equity history"))
        await bench.database.write(records.add_sync, _sync("store", SyncStatus.PARTIAL))
        missing = {line.item for line in (await bench.made().look()).missing}
        assert {Item.PAPER_ORDER, Item.SYNC} <= missing

    on_a_bench(tmp_path, test)


def test_a_disclosure_of_more_than_a_year_ago_is_open_again(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.practise()
        bench.dial.advance(timedelta(days=366))
        assert Item.DISCLOSURES in {line.item for line in (await bench.made().look()).missing}

    on_a_bench(tmp_path, test)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda bench: None, Cause.UNKNOWN_ACCOUNT),
        (lambda bench: setattr(bench, "sourced", defaults()), Cause.READ_ONLY),
        (lambda bench: setattr(bench, "session", Session(state=SessionState.SIGNED_OUT)), Cause.NOT_AUTHENTICATED),
    ],
)
def test_the_wrong_number_read_only_and_nobody_signed_in_keep_them_locked(
    tmp_path: Path, change: Callable[[Bench], None], cause: Cause
) -> None:
    async def test(bench: Bench) -> None:
        await bench.practise()
        live = bench.made()
        await live.keep_limits()
        change(bench)
        with pytest.raises((Refused, NeedsPerson)) as refusal:
            await live.unlock(REAL, "U1" if cause is Cause.UNKNOWN_ACCOUNT else REAL)
        assert refusal.value.cause is cause and live.armed is None

    on_a_bench(tmp_path, test)


def test_another_sign_in_locks_them_and_a_silent_gateway_does_not(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.practise()
        live = bench.made()
        await live.keep_limits()
        await live.unlock(REAL, REAL)
        bench.become(replace(READY, state=SessionState.OFFLINE))
        assert live.is_armed(REAL)
        bench.become(replace(READY, signed_in_at=NOON + timedelta(hours=1)))
        assert live.armed is None and bench.heard.events[-1] == ArmingChanged(account=None)

    on_a_bench(tmp_path, test)


def test_outside_of_live_modes_nothing_is_locked_and_nothing_can_be_unlocked(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        paper = bench.made(Mode.LOCAL_PAPER)
        assert paper.is_armed(MAIN) and not paper.is_live
        with pytest.raises(Refused) as refusal:
            await paper.unlock(MAIN, MAIN)
        assert refusal.value.cause is Cause.WRONG_ENVIRONMENT

    on_a_bench(tmp_path, test)


def test_the_gate_lets_no_live_order_leave_before_it_is_unlocked(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_database_in(tmp_path) as (_, database):
            bench = OrderBench(database=database, mode=Mode.IBKR_LIVE, read_only=False, is_armed=False)
            with pytest.raises(Refused, match="not unlocked"):
                await bench.send("locked", ticket(mode=Mode.IBKR_LIVE))
            assert bench.broker.placed == []
            bench.is_armed = True
            verdict = (await bench.orders.check(ticket(mode=Mode.IBKR_LIVE))).verdict
            assert not any(each.code is Code.MODE and each.severity is Severity.BLOCK for each in verdict.findings)

    asyncio.run(run())


def test_the_first_live_orders_are_guarded_until_so_many_were_taken(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        live, first = bench.made(), bench.sourced.settings.risk_first_orders
        left = [await live.guarded()]
        for number in range(first + 1):
            one = OrderIntent(ref=OrderRef(f"r{number}"), ticket=ticket(mode=Mode.IBKR_LIVE), at=NOON)
            await bench.database.write(trades.add_intent, one, f"draft-{number}")
            filled = replace(trades.intended(one), state=OrderState.FILLED)
            await bench.database.write(trades.save_orders, (filled,), Environment.LIVE)
            left.append(await live.guarded())
        assert left == [*range(first, -1, -1), 0]
        assert await bench.made(Mode.IBKR_PAPER).guarded() == first

    on_a_bench(tmp_path, test)


def test_what_an_account_has_in_dollars_is_reckoned_at_the_brokers_rate_and_unknown_without_one() -> None:
    shown = page()
    assert dollars_of(shown) == shown.summary.net_liquidation
    euro = Currency("EUR")
    line = next(each for each in shown.ledger if each.currency == "USD")
    other = replace(
        shown, summary=replace(shown.summary, currency=euro, net_liquidation=Decimal(23_000)),
        ledger=(replace(line, rate=Decimal("0.92")),),
    )  # fmt: skip
    assert dollars_of(other) == 25_000
    for ledger in ((), (replace(line, rate=Decimal("NaN")),), (replace(line, rate=Decimal(0)),)):
        assert dollars_of(replace(other, ledger=ledger)) is None, "never at one to one"
    assert dollars_of(replace(other, summary=replace(other.summary, net_liquidation=None))) is None
