import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ibdesk.brokers.flex.pace import Paces
from tests.brokers.flex.bench import Passing


def spent(passing: Passing, paces: Paces, tokens: list[str]) -> list[float]:
    async def main() -> list[float]:
        at = []
        for token in tokens:
            await paces.of(token).turn()
            at.append(passing.passed)
        return at

    return asyncio.run(main())


def test_a_token_is_used_once_a_second_and_ten_times_a_minute() -> None:
    passing = Passing()
    at = spent(passing, Paces(ticks=passing.ticks, pause=passing.pause), ["a"] * 25)
    assert at[0] == 0
    assert all(1 <= later - earlier < 52 for earlier, later in pairwise(at))
    assert all(60 <= later - earlier < 62 for earlier, later in zip(at, at[10:], strict=False))


def test_tokens_do_not_wait_for_each_other() -> None:
    passing = Passing()
    assert spent(passing, Paces(ticks=passing.ticks, pause=passing.pause), ["a", "b", "c"]) == [0, 0, 0]


@given(st.lists(st.floats(-100, 200), max_size=30), st.integers(1, 15))
def test_what_was_used_before_counts(ages: list[float], count: int) -> None:
    passing = Passing()
    at = spent(passing, Paces(ticks=passing.ticks, pause=passing.pause, ages=ages), ["a"] * count)
    every = sorted([-age for age in ages if 0 <= age < 60]) + at
    for number, instant in enumerate(every):
        if instant >= 0 and number >= len(every) - count:
            assert sum(instant - 60 < other <= instant for other in every[-count:]) <= 10
            earlier = [other for other in every[:number] if instant - other < 1]
            assert not earlier


def test_two_at_once_take_turns() -> None:
    async def main() -> None:
        passing = Passing()
        pace = Paces(ticks=passing.ticks, pause=passing.pause).of("a")
        await asyncio.gather(pace.turn(), pace.turn(), pace.turn())
        assert passing.passed > 2

    asyncio.run(main())
