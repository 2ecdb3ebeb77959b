"""An overdue answer, over the wire: one short question tells a gateway that hangs from one that is slow or well."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from ibdesk.domain.calls import RateState
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.events import RateChanged
from ibdesk.services.hub import Hub
from ibdesk.services.overdue import Overdue
from tests.services.workshop import NOON, Workshop, eventually, workshop


class Bench:
    """The follower beside a desk, told of answers by hand."""

    def __init__(self, shop: Workshop, *, is_doubted: bool = True) -> None:
        self.hub, self.silences = Hub(), list[Cause]()
        assert shop.broker.session is not None
        self.overdue = Overdue(
            shop.broker.session, hub=self.hub, tasks=shop.tasks, is_doubted=lambda: is_doubted, silent=self._silent)

    async def _silent(self, error: DeskError) -> None:
        self.silences.append(error.cause)

    def tell(self, unanswered_since: datetime | None) -> None:
        self.hub.publish(RateChanged(rate=RateState(per_second=1, limit=10, unanswered_since=unanswered_since)))


def asked(shop: Workshop) -> int:
    return shop.asked("iserver/auth/status")


def test_a_gateway_that_does_not_answer_the_short_question_either_is_silent(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, patience=0.3) as shop:
            bench = Bench(shop)
            shop.gateway.hang()
            bench.tell(NOON)
            bench.tell(NOON)  # the same call is still not answered: one question is enough
            await eventually(lambda: bench.silences == [Cause.TIMED_OUT])
            assert asked(shop) == 1

    asyncio.run(run())


def test_a_gateway_that_answered_something_meanwhile_is_slow_and_not_gone(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, patience=0.3) as shop:
            bench = Bench(shop)
            shop.gateway.hang()
            bench.tell(NOON)
            await eventually(lambda: asked(shop) == 1)
            bench.tell(None)
            await eventually(lambda: [call.outcome for call in shop.calls] == [Cause.TIMED_OUT])
            await asyncio.sleep(0.02)
            assert bench.silences == []

    asyncio.run(run())


@pytest.mark.parametrize(("is_doubted", "questions"), [(True, 1), (False, 0)])
def test_a_gateway_that_answers_is_left_alone_and_a_lost_one_is_the_keepers(
    tmp_path: Path, is_doubted: bool, questions: int
) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            bench = Bench(shop, is_doubted=is_doubted)
            bench.tell(NOON)
            await eventually(lambda: len(shop.calls) >= questions)
            await asyncio.sleep(0.05)
            assert (asked(shop), bench.silences) == (questions, [])

    asyncio.run(run())
