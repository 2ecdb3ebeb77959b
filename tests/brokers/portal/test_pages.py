"""Where a list of positions ends, and what asking ahead may cost."""

import asyncio

import msgspec
import pytest

from ibdesk.brokers.portal.pages import every_page
from ibdesk.domain.errors import BadData, Cause, DeskError, Unavailable


class Pages:
    """Pages of so many positions each, then empty ones; notes what was asked and how much at once."""

    def __init__(self, *lengths: int, failing: int | None = None) -> None:
        self.lengths, self.failing = lengths, failing
        self.asked: list[int] = []
        self.waiting = self.most_waiting = 0

    async def fetch(self, number: int) -> bytes:
        self.asked.append(number)
        self.waiting += 1
        self.most_waiting = max(self.waiting, self.most_waiting)
        await asyncio.sleep(0)
        self.waiting -= 1
        if number == self.failing:
            raise Unavailable("No.", remedy="Wait.", cause=Cause.BROKER_ERROR)
        count = self.lengths[number] if number < len(self.lengths) else 0
        return msgspec.json.encode([{"conid": number * 1000 + each + 1} for each in range(count)])

    def read(self) -> list[int]:
        async def run() -> list[int]:
            return [len(page) async for page in every_page(self.fetch)]

        return asyncio.run(run())


@pytest.mark.parametrize("lengths", [(), (1,), (99,), (100,), (100, 40), (3, 1, 2), (30, 100, 12)])
def test_a_short_list_costs_one_empty_page_and_no_more(lengths: tuple[int, ...]) -> None:
    pages = Pages(*lengths)
    assert pages.read() == list(lengths)
    if len(lengths) < 3 or lengths[0] < 30:
        assert pages.asked == list(range(len(lengths) + 1))
        assert pages.most_waiting == 1


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 20])
def test_a_long_list_is_asked_for_three_pages_at_a_time_and_two_past_its_end(count: int) -> None:
    pages = Pages(*[100] * count)
    assert pages.read() == [100] * count
    assert pages.most_waiting == 3
    assert count < len(pages.asked) <= count + 3
    assert len(set(pages.asked)) == len(pages.asked)


def test_a_failure_before_the_end_is_raised_and_one_past_it_is_none() -> None:
    with pytest.raises(DeskError):
        Pages(100, 100, 100, 100, failing=3).read()
    assert Pages(100, 100, failing=4).read() == [100, 100]


def test_a_list_without_an_end_is_bad_data() -> None:
    with pytest.raises(BadData):
        Pages(*[1] * 1001).read()
