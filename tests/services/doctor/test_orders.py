"""Why orders do not execute, told from the two logs: each reason is caused, and found."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.errors import DeskError
from ibdesk.domain.modes import Mode
from ibdesk.services.doctor import Trading
from ibdesk.services.questioning import Reply
from tests.services.doctor.ward import Ward, at_demo
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import ticket


async def sent(ward: Ward, *script: str, quantity: str = "1", says: bool = True, killed: str = "") -> OrderBench:
    """An order sent from the ward's desk to a broker with this script, whatever became of it."""
    assert ward.database is not None
    bench = OrderBench(database=ward.database, now=ward.dial(), script=script, says=Reply(yes=says))
    with suppress(DeskError):
        await bench.send("a draft", ticket(quantity))
    ward.trading = Trading(mode=bench.mode, orders=bench.book.orders, killed=killed)
    return bench


async def found(ward: Ward) -> Examined:
    return await ward.find(Check.ORDERS)


def is_so(each: Examined, verdict: Verdict, fix: Fix | None, *words: str) -> None:
    assert (each.verdict, each.fix) == (verdict, fix), each
    for word in words:
        assert word in each.statement, each
    assert each.advice or verdict in (Verdict.GOOD, Verdict.UNKNOWN)


def test_an_order_that_went_through_leaves_nothing_to_look_at(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            ward.trading = Trading(mode=Mode.DEMO)
            is_so(await found(ward), Verdict.GOOD, None, "Nothing stands in the way")
            await sent(ward)
            told = await found(ward)
            is_so(told, Verdict.GOOD, None, "Nothing stands in the way")
            assert any("working" in fact for fact in told.evidence), "what the order log says"

    asyncio.run(scene())


def test_the_check_that_stopped_the_latest_order_is_named(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            await sent(ward, quantity="0")
            told = await found(ward)
            is_so(told, Verdict.WARN, Fix.SHOW_ACTIVITY, "stopped the latest order", "quantity")
            assert told.target == "receipts" and any("blocked" in fact for fact in told.evidence)
            ward.dial.instant += timedelta(days=2)
            is_so(await found(ward), Verdict.GOOD, None)  # nobody waits for it any more

    asyncio.run(scene())


def test_what_the_broker_said_when_it_refused_is_told(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            await sent(ward, "reject")
            is_so(await found(ward), Verdict.WARN, Fix.SHOW_ACTIVITY, "The broker refused the latest order")

    asyncio.run(scene())


def test_a_question_answered_with_no_explains_why_nothing_was_placed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            await sent(ward, "ask", says=False)
            is_so(await found(ward), Verdict.WARN, Fix.SHOW_ACTIVITY, "question", "no")

    asyncio.run(scene())


def test_an_order_nobody_knows_about_comes_before_everything_else_in_the_logs(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            await sent(ward, "lost")
            told = await found(ward)
            is_so(told, Verdict.BAD, Fix.SHOW_ACTIVITY, "1 order", "arrived")
            assert "never" in told.advice

    asyncio.run(scene())


def test_the_kill_switch_explains_why_nothing_leaves(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            await sent(ward, killed="Too much lost today")
            is_so(await found(ward), Verdict.BAD, None, "kill switch", "Too much lost today")

    asyncio.run(scene())


@pytest.mark.parametrize(("mode", "verdict"), [(Mode.IBKR_LIVE, Verdict.BAD), (Mode.IBKR_PAPER, Verdict.GOOD)])
def test_read_only_holds_back_live_orders_alone(tmp_path: Path, mode: Mode, verdict: Verdict) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True, environment=Environment.PAPER) as (ward, _gateway):
            ward.trading = Trading(mode=mode)
            assert ward.settings.read_only
            told = await found(ward)
            is_so(told, verdict, Fix.OPEN_SETTING if verdict is Verdict.BAD else None)
            assert told.target == ("read_only" if verdict is Verdict.BAD else "")

    asyncio.run(scene())


def test_a_signed_out_desk_sends_to_local_paper_all_the_same(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, signed_out=True, with_vault=True) as (ward, _gateway):
            ward.trading = Trading(mode=Mode.LOCAL_PAPER)
            is_so(await found(ward), Verdict.GOOD, None)
            ward.trading = Trading(mode=Mode.IBKR_PAPER)
            is_so(await found(ward), Verdict.UNKNOWN, None, "brokerage session first")

    asyncio.run(scene())


def test_without_an_account_there_is_nobody_to_send_to(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _gateway):
            is_so(await found(ward), Verdict.UNKNOWN, None, "No account is connected")

    asyncio.run(scene())
