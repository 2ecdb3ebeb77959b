import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exercise import Wish
from ibdesk.domain.compliance.verdict import Code, Verdict
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable
from ibdesk.domain.events import AccountChanged, Notice
from ibdesk.domain.expiries import Expiring
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.positions import Source
from ibdesk.domain.receipt_document import document_of
from ibdesk.domain.receipts import EnteredBy, Outcome, ReceiptFilter, Step
from ibdesk.services.expiry import Expiry
from ibdesk.store import receipt_heads, receipts
from tests.services.workshop import MAIN, Heard, Workshop, eventually, workshop

AAPL = Conid(265598)


@dataclass
class TakesInstructions:
    """A broker's facet that keeps what it is told; `refusal` is what it answers instead."""

    refusal: DeskError | None = None
    kept: dict[tuple[AccountId, Conid], ExerciseOrder] = field(default_factory=dict)

    async def instruct(self, order: ExerciseOrder) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.kept[order.account, order.instrument.conid] = order

    async def withdraw(self, account: AccountId, conid: Conid) -> None:
        if self.refusal is not None:
            raise self.refusal
        del self.kept[account, conid]

    async def instructions(self, account: AccountId) -> tuple[ExerciseOrder, ...]:
        return tuple(order for (of, _), order in self.kept.items() if of == account)


@dataclass(kw_only=True)
class Bench:
    shop: Workshop
    broker: TakesInstructions | None
    expiry: Expiry
    quotes: dict[Conid, Quote]
    call: Instrument
    killed: list[str]

    def at(self, spot: str, mark: str) -> None:
        """The shares and the call cost so much."""
        now = self.shop.dial()
        self.quotes[AAPL] = Quote(conid=AAPL, received_at=now, last=Decimal(spot))
        self.quotes[self.call.conid] = Quote(conid=self.call.conid, received_at=now, last=Decimal(mark))

    async def row(self) -> Expiring:
        board = await self.expiry.board(MAIN)
        return next(line.row for line in board.lines if line.row.instrument.conid == self.call.conid)

    async def instruct(self, contracts: int, **told: bool) -> ExerciseOrder:
        wish = Wish(instrument=self.call, contracts=Decimal(contracts), **told)
        return await self.expiry.instruct(MAIN, wish, self.expiry.check(await self.row(), wish))

    async def steps(self) -> list[Step]:
        return [each.receipt.step for each in reversed(await self.shop.database.read(receipts.newest))]


def on_the_last_day(
    folder: Path, life: Callable[[Bench], Awaitable[None]], *, has_facet: bool = True, wall: time = time(11)
) -> None:
    """Fifteen AAPL calls at 230 are held, and it is their last day."""

    async def run() -> None:
        async with workshop(folder) as shop:
            await shop.session.refresh()
            await shop.sync.run()
            await eventually(lambda: all(task.get_name() != "equity history" for task in asyncio.all_tasks()))
            page = await shop.book.page(MAIN)
            assert page is not None
            held = (row.position.instrument for row in page.rows)
            call = next(each for each in held if each.option is not None and each.underlying_conid == AAPL)
            assert call.option is not None
            shop.dial.instant = datetime.combine(call.option.expiry, wall, NEW_YORK)
            quotes: dict[Conid, Quote] = {}
            killed: list[str] = []
            broker = TakesInstructions() if has_facet else None
            names = itertools.count(1)
            expiry = Expiry(
                shop.book, broker, shop.broker.market, mode=Mode.LOCAL_PAPER, quotes=lambda: quotes,
                calendar=Calendar(closed={}), hub=shop.hub, tasks=shop.tasks, database=shop.database, clock=shop.dial,
                ticks=lambda: 0.0, new_name=lambda: f"x{next(names)}", killed=lambda: "".join(killed),
                entered_by=lambda: EnteredBy(user="ursula", session="signed in at noon"),
            )  # fmt: skip
            bench = Bench(shop=shop, broker=broker, expiry=expiry, quotes=quotes, call=call, killed=killed)
            bench.at("260", "30.10")
            await life(bench)

    asyncio.run(run())


def test_an_exercise_is_written_down_before_the_broker_hears_of_it_and_after(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        order = await bench.instruct(4)
        assert bench.broker is not None and list(bench.broker.kept.values()) == [order]
        assert (order.quantity, order.is_lapse, order.account) == (4, False, MAIN)
        assert await bench.steps() == [
            Step.EXERCISE, Step.CHECK_RUN, Step.CONFIRMED_OVERRIDE, Step.SENT, Step.BROKER_ACK]
        written = [each.receipt for each in await bench.shop.database.read(receipts.newest)]
        assert {(each.user, each.session, each.ref) for each in written} == {("ursula", "signed in at noon", None)}
        (line,) = (each for each in (await bench.expiry.board(MAIN)).lines if each.instruction is not None)
        assert line.instruction == order

    on_the_last_day(tmp_path, life)


def test_what_is_out_of_the_money_is_refused_unless_it_is_overridden(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        bench.at("225", "0.05")
        with pytest.raises(Refused) as refused:
            await bench.instruct(4)
        assert "not in the money" in refused.value.message and bench.broker is not None and not bench.broker.kept
        assert await bench.steps() == [Step.EXERCISE, Step.CHECK_RUN, Step.BLOCKED]
        await bench.instruct(4, is_overridden=True)
        assert len(bench.broker.kept) == 1
        (told,) = (each.receipt for each in await bench.shop.database.read(receipts.newest)
                   if each.receipt.step is Step.CONFIRMED_OVERRIDE)  # fmt: skip
        assert told.override_reason == "typed" and Code.EXERCISE_TIME_VALUE in told.acknowledged

    on_the_last_day(tmp_path, life)


def test_letting_lapse_what_is_worth_something_is_refused_unless_it_is_overridden(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        with pytest.raises(Refused, match="gives away"):
            await bench.instruct(15, lapses=True)
        order = await bench.instruct(15, lapses=True, is_overridden=True)
        assert order.is_lapse and Step.LAPSE in await bench.steps()

    on_the_last_day(tmp_path, life)


def test_more_than_is_held_and_the_evening_are_refused(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        with pytest.raises(Refused, match="are held"):
            await bench.instruct(16)
        bench.shop.dial.instant += timedelta(hours=6)
        with pytest.raises(Refused, match="past 17:00"):
            await bench.instruct(1)

    on_the_last_day(tmp_path, life)


def test_what_the_person_has_not_seen_must_be_seen_first(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        wish = Wish(instrument=bench.call, contracts=Decimal(4))
        unseen = Verdict(findings=(), checked_at=bench.shop.dial())
        with pytest.raises(Refused, match="something new to confirm"):
            await bench.expiry.instruct(MAIN, wish, unseen)
        blocked = bench.expiry.check(await bench.row(), Wish(instrument=bench.call, contracts=Decimal(16)))
        with pytest.raises(Refused, match="are held"):
            await bench.expiry.instruct(MAIN, wish, blocked)
        assert bench.broker is not None and not bench.broker.kept

    on_the_last_day(tmp_path, life)


def test_the_kill_switch_holds_exercises_too(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        bench.killed.append("Trading was stopped at 11:00.")
        with pytest.raises(Refused, match="stopped"):
            await bench.instruct(1)
        assert bench.broker is not None and not bench.broker.kept

    on_the_last_day(tmp_path, life)


def test_a_broker_that_refuses_is_quoted_in_the_receipt(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        assert bench.broker is not None
        bench.broker.refusal = Refused("Too late.", remedy="Call.", cause=Cause.ORDER_REFUSED)
        with pytest.raises(Refused, match="Too late"):
            await bench.instruct(1)
        assert (await bench.steps())[-1] is Step.BROKER_REJECT

    on_the_last_day(tmp_path, life)


def test_a_word_whose_arrival_nobody_knows_is_not_given_again(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        assert bench.broker is not None
        bench.broker.refusal = Unavailable("No answer came.", remedy="Look.", cause=Cause.OUTCOME_UNKNOWN)
        with pytest.raises(Unavailable):
            await bench.instruct(1)
        assert (await bench.steps())[-1] is Step.OUTCOME_UNKNOWN

    on_the_last_day(tmp_path, life)


def test_the_receipts_read_like_what_was_asked_for(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        order = await bench.instruct(4)
        await bench.expiry.withdraw(order)
        with pytest.raises(Refused):
            await bench.instruct(16, lapses=True)
        heads = await bench.shop.database.read(receipt_heads.newest, ReceiptFilter())
        assert [(head.asked, head.outcome) for head in heads] == [
            (Step.LAPSE, Outcome.BLOCKED), (Step.WITHDRAWN, Outcome.SENT), (Step.EXERCISE, Outcome.SENT)]
        steps = await bench.shop.database.read(receipts.load, heads[-1].correlation)
        shown = document_of(steps, accounts={}, fault=None, made_at=bench.shop.dial())
        assert shown.title == f"Exercise 4 × {bench.call.label}"
        facts = {row[0].text: row[1].text for row in shown.sections[0].rows}
        assert facts["Asked for"] == shown.title and "Price" not in facts

    on_the_last_day(tmp_path, life)


def test_an_instruction_can_be_taken_back_where_the_broker_lets_it(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        order = await bench.instruct(4)
        await bench.expiry.withdraw(order)
        assert bench.broker is not None and not bench.broker.kept
        assert (await bench.steps())[-3:] == [Step.WITHDRAWN, Step.SENT, Step.BROKER_ACK]
        bench.broker.refusal = Refused("It is final.", remedy="Call.", cause=Cause.ORDER_REFUSED)
        with pytest.raises(Refused, match="final"):
            await bench.expiry.withdraw(order)
        assert (await bench.steps())[-1] is Step.BROKER_REJECT

    on_the_last_day(tmp_path, life)


def test_a_broker_without_the_facet_says_where_to_go(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        assert not bench.expiry.takes_instructions
        with pytest.raises(Refused) as refused:
            await bench.instruct(1)
        assert "Exercise/Lapse Options" in refused.value.remedy and not await bench.steps()

    on_the_last_day(tmp_path, life, has_facet=False)


def test_another_way_may_take_instructions_and_what_stands_in_it_is_told(tmp_path: Path) -> None:
    """Orders go over TWS, which takes them where the gateway does not; B51's checks are the same."""

    async def life(bench: Bench) -> None:
        assert not bench.expiry.takes_instructions
        socket, why = TakesInstructions(), [(Code.READ_ONLY, "The desk is read only.", "Turn it off.")]
        routed = Expiry(
            bench.shop.book, None, bench.shop.broker.market, mode=Mode.IBKR_PAPER, quotes=lambda: bench.quotes,
            calendar=Calendar(closed={}), hub=bench.shop.hub, tasks=bench.shop.tasks, database=bench.shop.database,
            clock=bench.shop.dial, ticks=lambda: 0.0, new_name=lambda: "routed", elsewhere=lambda: socket,
            obstacle=lambda: next(iter(why), None),
        )  # fmt: skip
        assert routed.takes_instructions
        wish, row = Wish(instrument=bench.call, contracts=Decimal(1)), await bench.row()
        verdict = routed.check(row, wish)
        assert verdict.is_blocked and verdict.findings[0].remedy == "Turn it off."
        with pytest.raises(Refused):
            await routed.instruct(MAIN, wish, verdict)
        assert not socket.kept
        why.clear()
        await routed.instruct(MAIN, wish, routed.check(row, wish))
        assert [each.quantity for each in await routed.instructions(MAIN)] == [Decimal(1)]

    on_the_last_day(tmp_path, life, has_facet=False)


def test_an_expiry_day_is_told_once_with_the_first_picture(tmp_path: Path) -> None:
    async def life(bench: Bench) -> None:
        heard = Heard(bench.shop.hub, Notice)
        bench.expiry.start()
        bench.shop.hub.publish(AccountChanged(account=MAIN, as_of=bench.shop.dial(), source=Source.TWS))
        await asyncio.sleep(0.05)
        assert not heard.events, "the board has nothing of that source"
        for _ in range(2):
            bench.shop.hub.publish(AccountChanged(account=MAIN, as_of=bench.shop.dial()))
        before = bench.shop.asked("")
        told = await heard.until(lambda notice: bool(notice.text))
        assert bench.shop.asked("") == before, "what is stored is enough"
        assert "look at the expiry board" in told.text
        bench.shop.hub.publish(AccountChanged(account=MAIN, as_of=bench.shop.dial()))
        await asyncio.sleep(0)
        assert len(heard.events) == 1

    on_the_last_day(tmp_path, life)
