"""Between a question and its answer nothing else goes out, and nobody waits for ever."""

import asyncio

import pytest

from ibdesk.brokers.portal.replies import Turns
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused

ONE, OTHER = AccountId("DU1"), AccountId("DU2")


async def ask(turns: Turns[str], question: str, account: AccountId = ONE) -> None:
    async with turns.turn(account):
        turns.ask(account, question, f"about {question}")


def test_others_of_the_account_wait_for_the_answer_and_other_accounts_do_not() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(5)
        await ask(turns, "q1")
        order: list[str] = []

        async def another() -> None:
            async with turns.turn(ONE):
                order.append("another")

        waiting = asyncio.create_task(another())  # noqa: TID251 - the test ends it
        async with turns.turn(OTHER):
            order.append("other account")
        async with turns.answering(ONE, "q1") as about:
            await asyncio.sleep(0.02)
            order.append(about)
        await waiting
        assert order == ["other account", "about q1", "another"]

    asyncio.run(scene())


def test_a_question_that_leads_to_another_keeps_the_account() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(5)
        await ask(turns, "q1")
        waiting = asyncio.create_task(ask(turns, "late"))  # noqa: TID251 - the test ends it
        async with turns.answering(ONE, "q1"):
            turns.ask(ONE, "q2", "the second")
        await asyncio.sleep(0.02)
        assert turns.is_open(ONE, "q2") and not waiting.done()
        async with turns.answering(ONE, "q2") as about:
            assert about == "the second"
        await waiting
        assert turns.is_open(ONE, "late")

    asyncio.run(scene())


def test_after_the_limit_the_question_is_given_up_and_answering_it_is_refused() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(0.02)
        await ask(turns, "q1")
        async with turns.turn(ONE):
            assert not turns.is_open(ONE, "q1")
        with pytest.raises(Refused) as stale:
            async with turns.answering(ONE, "q1"):
                raise AssertionError("nothing may be sent")
        assert stale.value.cause is Cause.QUESTION_STALE
        assert "not placed" in stale.value.message

    asyncio.run(scene())


def test_while_nobody_waits_a_person_may_take_their_time() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(0.0)
        await ask(turns, "q1")
        await asyncio.sleep(0.01)
        async with turns.answering(ONE, "q1") as about:
            assert about == "about q1"

    asyncio.run(scene())


def test_an_answer_on_its_way_is_not_given_up_and_not_sent_twice() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(0.01)
        await ask(turns, "q1")
        waiting: asyncio.Task[None]
        async with turns.answering(ONE, "q1"):
            waiting = asyncio.create_task(ask(turns, "late"))  # noqa: TID251 - the test ends it
            await asyncio.sleep(0.05)
            assert not waiting.done()
            with pytest.raises(Refused) as busy:
                async with turns.answering(ONE, "q1"):
                    raise AssertionError("nothing may be sent")
            assert busy.value.cause is Cause.QUESTION_BUSY
        await waiting

    asyncio.run(scene())


def test_a_failed_answer_and_something_more_urgent_free_the_account() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(5)
        await ask(turns, "q1")
        with pytest.raises(ValueError, match="cut"):
            async with turns.answering(ONE, "q1"):
                raise ValueError("cut")
        await ask(turns, "q2")
        turns.give_up(ONE)
        turns.give_up(OTHER)
        await ask(turns, "q3")
        assert turns.is_open(ONE, "q3")

    asyncio.run(scene())


def test_who_is_cancelled_while_waiting_leaves_the_line() -> None:
    async def scene() -> None:
        turns: Turns[str] = Turns(5)
        await ask(turns, "q1")
        waiting = asyncio.create_task(ask(turns, "late"))  # noqa: TID251 - the test ends it
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with turns.answering(ONE, "q1"):
            pass
        await ask(turns, "q2")
        assert turns.is_open(ONE, "q2")

    asyncio.run(scene())
