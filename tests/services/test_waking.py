"""Sleep and moved clocks, told from ordinary waiting."""

import asyncio
from datetime import timedelta

import pytest

from ibdesk.domain.events import TimeJumped
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from ibdesk.services.waking import BEAT, Waking, jump
from tests.services.workshop import Dial, Heard, eventually

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("passed", "here", "by"),
    [
        (BEAT, BEAT, None),
        (BEAT + 2 * SECOND, BEAT, None),  # a clock that is kept by the network
        (25 * SECOND, 25 * SECOND, None),  # a busy moment
        (HOUR, BEAT, HOUR - BEAT),  # asleep: Linux and macOS
        (HOUR, HOUR, HOUR - BEAT),  # asleep: the loop's clock went on
        (BEAT - 2 * HOUR, BEAT, -2 * HOUR),  # set back
        (HOUR - 2 * HOUR, HOUR, -2 * HOUR),  # set back while asleep
    ],
)
def test_a_jump_is_what_the_two_clocks_do_not_agree_on(
    passed: timedelta, here: timedelta, by: timedelta | None
) -> None:
    assert jump(passed, here) == by


def test_ordinary_time_is_no_news_and_an_hour_s_sleep_is_told_once() -> None:
    async def run() -> None:
        dial, hub, tasks = Dial(), Hub(), Tasks()
        heard = Heard(hub, TimeJumped)
        Waking(hub=hub, tasks=tasks, clock=dial, wait=dial.wait, ticks=dial.ticks).start()
        for _ in range(5):
            await eventually(lambda: dial.next_in == BEAT)
            dial.advance(BEAT)
            await eventually(lambda: dial.next_in == BEAT)
        assert heard.events == []
        dial.instant += HOUR
        dial.advance(BEAT)
        jumped = await heard.until(lambda event: True)
        assert (jumped.slept, jumped.by, jumped.at) == (True, HOUR, dial.instant)
        await eventually(lambda: dial.next_in == BEAT)
        dial.advance(BEAT)
        await eventually(lambda: dial.next_in == BEAT)
        assert len(heard.events) == 1
        await tasks.close()

    asyncio.run(run())
