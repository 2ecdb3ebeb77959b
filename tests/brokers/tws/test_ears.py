"""Answers end the request they belong to; news goes to whoever listens; an end of the line ends everything."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ibdesk.brokers.tws.ears import OPEN_ORDERS, POSITIONS, Ears, LineGone, TwsError


class News:
    """Takes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args: self.told.append((name, *args))


def play(scene: Callable[[Ears, News], Awaitable[None]]) -> None:
    async def run() -> None:
        news = News()
        await scene(Ears(news, lambda: 0.0, 2), news)

    asyncio.run(run())


def test_rows_are_gathered_until_the_end_mark() -> None:
    async def scene(ears: Ears, news: News) -> None:
        answer = ears.ask(POSITIONS)
        ears.position("DU1", "contract", 1.0, 2.0)
        ears.positionEnd()
        assert await answer == [("DU1", "contract", 1.0, 2.0)]
        ears.position("DU1", "contract", 3.0, 2.0)
        assert [told[0] for told in news.told] == ["positioned", "positioned"]
        ears.positionEnd()  # nobody asked

    play(scene)


def test_an_error_ends_the_request_of_its_number_and_a_note_does_not() -> None:
    async def scene(ears: Ears, news: News) -> None:
        answer = ears.ask(7)
        ears.error(7, 10167, "delayed data is shown")
        ears.error(7, 2104, "a farm is there")
        assert not answer.done()
        ears.error(7, 200, "No security definition")
        with pytest.raises(TwsError) as caught:
            await answer
        assert caught.value.code == 200
        assert [told[2] for told in news.told] == [10167, 2104, 200]

    play(scene)


def test_a_read_only_refusal_without_a_number_ends_the_lists_of_orders() -> None:
    async def scene(ears: Ears, news: News) -> None:
        answer = ears.ask(OPEN_ORDERS)
        ears.error(2147483647, 321, "The API interface is currently in Read-Only mode.")
        with pytest.raises(TwsError):
            await answer

    play(scene)


def test_an_orders_frames_go_to_who_waits_for_it_and_those_of_another_client_do_not() -> None:
    async def scene(ears: Ears, news: News) -> None:
        told: list[Any] = []
        ears.orders[5] = [told.append]
        order = SimpleNamespace(whatIf=False, clientId=9, permId=1)
        ears.openOrder(5, "contract", order, "state")
        assert told == []
        order.clientId = 2
        ears.openOrder(5, "contract", order, "state")
        ears.orderStatus(5, "Filled", 1, 0, 1, 1, 0, 1, 9, "")
        ears.orderStatus(5, "Submitted", 0, 1, 0, 1, 0, 0, 2, "")
        ears.error(5, 399, "held until the market opens")
        ears.error(5, 201, "rejected")
        assert told[:2] == [order, "Submitted"] and told[2].code == 201 and len(told) == 3

    play(scene)


def test_a_preview_is_told_to_who_asked_and_is_no_order() -> None:
    async def scene(ears: Ears, news: News) -> None:
        told: list[Any] = []
        ears.orders[5] = [told.append]
        ears.openOrder(5, "contract", SimpleNamespace(whatIf=True), "state")
        assert told == ["state"] and news.told == []

    play(scene)


def test_our_next_number_exceeds_all_that_were_seen() -> None:
    async def scene(ears: Ears, news: News) -> None:
        seen: list[int] = []
        ears.on_number = seen.append
        ears.openOrder(41, "contract", SimpleNamespace(whatIf=False, clientId=9, permId=1), "state")
        assert seen == [42]

    play(scene)


def test_the_end_of_the_line_ends_all_that_wait() -> None:
    async def scene(ears: Ears, news: News) -> None:
        answer, told = ears.ask(7), []
        ears.orders[5] = [told.append]
        ears.hung_up("")
        ears.hung_up("again")
        with pytest.raises(LineGone):
            await answer
        assert isinstance(told[0], LineGone) and news.told == [("hung_up",)]
        with pytest.raises(LineGone):
            ears.ask(8)

    play(scene)


def test_the_handshake_names_the_zone() -> None:
    async def scene(ears: Ears, news: News) -> None:
        ears.greeted("20261120 14:30:00 Asia/Tokyo")
        assert str(ears.zone) == "Asia/Tokyo" and ears.is_greeted
        ears.greeted("20261120 14:30:00 Mars/Olympus")
        assert str(ears.zone) == "Asia/Tokyo"

    play(scene)


def test_the_size_beside_a_price_is_a_tick_of_its_own() -> None:
    async def scene(ears: Ears, news: News) -> None:
        ears.priceSizeTick(3, 1, 99.5, 200.0)
        ears.priceSizeTick(3, 9, 80.0, 0.0)
        assert news.told == [("ticked", 3, 1, 99.5), ("ticked", 3, 0, 200.0), ("ticked", 3, 9, 80.0)]

    play(scene)
