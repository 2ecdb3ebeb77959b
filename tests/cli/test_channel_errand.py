"""Work in the window's loop, watched from another thread's: begun, waited for, given up."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from ibdesk.cli.channel_errand import Errand
from ibdesk.domain.errors import Cause, Refused, Unavailable
from ibdesk.services.tasks import Tasks


class Window:
    """A loop in a thread of its own that can be made to stand still."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.failures: list[str] = []
        self.tasks = Tasks(lambda name, _error: self.failures.append(name))
        self._free = threading.Event()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def stand_still(self) -> None:
        self.loop.call_soon_threadsafe(self._free.wait)

    def go_on(self) -> None:
        self._free.set()

    def send(self, work: Callable[[], Coroutine[Any, Any, int]]) -> Errand:
        return Errand("work", work, window=self.loop, tasks=self.tasks)

    def close(self) -> None:
        self._free.set()
        asyncio.run_coroutine_threadsafe(self.tasks.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def window() -> Any:
    made = Window()
    yield made
    made.close()


async def forty_two() -> int:
    return 42


def test_the_work_s_exit_code_comes_back(window: Window) -> None:
    async def test() -> int:
        errand = window.send(forty_two)
        assert await errand.begins(20)
        return await errand.finish(lambda: None)

    assert asyncio.run(test()) == 42


def test_what_stops_the_work_is_told_to_who_sent_it_and_not_in_the_window(window: Window) -> None:
    async def refused() -> int:
        raise Refused("No.", remedy="Stop.", cause=Cause.BAD_SETTING)

    async def test() -> None:
        with pytest.raises(Refused, match="No"):
            await window.send(refused).finish(lambda: None)

    asyncio.run(test())
    assert window.failures == []


def test_a_mistake_of_ours_is_told_to_both(window: Window) -> None:
    async def broken() -> int:
        raise KeyError("x")

    async def test() -> None:
        with pytest.raises(KeyError):
            await window.send(broken).finish(lambda: None)

    asyncio.run(test())
    assert window.failures == ["work"]


def test_a_window_that_stands_still_is_noticed_and_what_it_never_began_never_begins(window: Window) -> None:
    begun: list[bool] = []
    noticed: list[bool] = []

    async def note() -> int:
        begun.append(True)
        return 0

    async def test() -> None:
        window.stand_still()
        errand = window.send(note)
        assert not await errand.begins(0.05)
        with pytest.raises(Unavailable) as raised:
            await errand.finish(lambda: noticed.append(True), patience=2)
        assert raised.value.cause is Cause.TIMED_OUT
        window.go_on()
        assert await window.send(forty_two).finish(lambda: None) == 42

    asyncio.run(test())
    assert (begun, noticed) == ([], [True])


def test_who_gives_up_ends_the_work(window: Window) -> None:
    ended = threading.Event()

    async def endless() -> int:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return 0

    async def test() -> None:
        errand = window.send(endless)
        assert await errand.begins(20)
        with suppress(TimeoutError):
            await asyncio.wait_for(errand.finish(lambda: None), 0.05)
        assert await asyncio.to_thread(ended.wait, 5)

    asyncio.run(test())


def test_what_stands_is_done_although_nobody_waits_for_it_any_more(window: Window) -> None:
    done = threading.Event()

    async def work() -> int:
        done.set()
        return 0

    async def test() -> None:
        window.stand_still()
        errand = window.send(work)
        with suppress(TimeoutError):
            await asyncio.wait_for(errand.finish(lambda: None, stands=True), 0.05)
        assert not done.is_set()
        window.go_on()
        assert await asyncio.to_thread(done.wait, 5)

    asyncio.run(test())


def test_a_closing_desk_ends_the_work_with_a_sentence(window: Window) -> None:
    async def endless() -> int:
        await asyncio.sleep(60)
        return 0

    async def test() -> None:
        errand = window.send(endless)
        assert await errand.begins(20)
        closing = asyncio.run_coroutine_threadsafe(window.tasks.close(), window.loop)
        with pytest.raises(Unavailable) as raised:
            await errand.finish(lambda: None)
        assert raised.value.cause is Cause.VAULT_CLOSED
        closing.result(20)
        with pytest.raises(Refused):  # and nothing new is begun
            await window.send(endless).finish(lambda: None)

    asyncio.run(test())
