"""Tasks: started in one place, held, reported, ended in reverse."""

import asyncio
import contextlib
import gc

import pytest

from ibdesk.domain.errors import Cause, Refused, Unavailable
from ibdesk.services.tasks import Tasks


def test_work_gives_its_value_to_who_awaits_it() -> None:
    async def run() -> str:
        async def work() -> str:
            return "done"

        return await Tasks().start("work", work())

    assert asyncio.run(run()) == "done"


def test_a_failure_is_reported_by_name_even_if_nobody_awaits() -> None:
    reported: list[tuple[str, BaseException]] = []
    error = ZeroDivisionError()

    async def run() -> None:
        async def work() -> None:
            raise error

        tasks = Tasks(lambda name, failure: reported.append((name, failure)))
        tasks.start("division", work())
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert reported == [("division", error)]


@pytest.mark.logs("division failed unexpectedly", "gateway stopped: It does not answer.")
def test_without_a_listener_failures_go_to_the_log() -> None:
    async def run() -> None:
        async def bug() -> None:
            raise ZeroDivisionError

        async def trouble() -> None:
            raise Unavailable("It does not answer.", remedy="Wait.", cause=Cause.TIMED_OUT)

        tasks = Tasks()
        tasks.start("division", bug())
        tasks.start("gateway", trouble())
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())


def test_closing_cancels_in_reverse_order_and_waits_for_each() -> None:
    ended: list[str] = []

    async def run() -> None:
        async def work(name: str) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append(name)

        tasks = Tasks()
        for name in ("first", "second", "third"):
            tasks.start(name, work(name))
        await asyncio.sleep(0)
        await tasks.close()

    asyncio.run(run())
    assert ended == ["third", "second", "first"]


def test_the_task_that_closes_the_desk_is_not_cancelled_by_it() -> None:
    async def run() -> bool:
        tasks = Tasks()

        async def shut_down() -> bool:
            await tasks.close()
            return True

        return await tasks.start("shut down", shut_down())

    assert asyncio.run(run())


def test_nothing_starts_once_the_desk_is_closing() -> None:
    async def run() -> None:
        async def work() -> None:
            raise AssertionError("must not run")

        tasks = Tasks()
        await tasks.close()
        with pytest.raises(Refused) as refusal:
            tasks.start("late", work())
        assert refusal.value.cause is Cause.VAULT_CLOSED

    asyncio.run(run())


def test_running_work_is_held_against_the_garbage_collector() -> None:
    async def run() -> None:
        done = asyncio.Event()

        async def work() -> None:
            await asyncio.sleep(0.01)
            done.set()

        tasks = Tasks()
        tasks.start("held", work())
        gc.collect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                await done.wait()
        assert done.is_set()

    asyncio.run(run())
