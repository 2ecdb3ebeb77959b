"""The live stream: the handshake, what is said again, when silence means death, and the way back."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

import pytest
from aiohttp import WSMsgType, web

from ibdesk.brokers.base import LiveStream, OrderNews, StreamDown, StreamEvent, StreamUp
from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import OrderState, Questions
from ibdesk.domain.session import SessionFlags
from tests.brokers.door import MAIN, QUICK, Desk, Small, at_demo, connected, demo, small, until
from tests.brokers.portal.replies import reply
from tests.brokers.portal.tickets import at_market, intent

SPY, AAPL = Conid(756733), Conid(265598)
GREETING = '{"topic":"system","success":"someone","isPaper":true}'


def _pnl(figures: str) -> str:
    return f'{{"topic":"spl","args":{{"{MAIN}.Core":{{{figures}}}}}}}'


def stream(desk: Desk) -> LiveStream:
    assert desk.broker.stream is not None
    return desk.broker.stream


async def listen(
    desk: Desk, enough: Callable[[list[StreamEvent]], bool], seconds: float = 20, heard: list[StreamEvent] | None = None
) -> list[StreamEvent]:
    """Events until there are enough of them; `heard` lets somebody else look on."""
    heard = [] if heard is None else heard
    async with asyncio.timeout(seconds), aclosing(stream(desk).events()) as batches:
        async for batch in batches:
            heard += batch
            if enough(heard):
                return heard
    raise AssertionError("the stream ended")


def has(kind: type, times: int = 1) -> Callable[[list[StreamEvent]], bool]:
    return lambda heard: sum(isinstance(event, kind) for event in heard) >= times


@dataclass
class Peer:
    """The broker's end of the socket, as a test wants it."""

    server: Small
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    on_open: tuple[str, ...] = (GREETING,)
    answer: Callable[[web.WebSocketResponse, str], Awaitable[None]] | None = None

    def furnish(self) -> None:
        self.server.says("/tickle", reply("tickle"))
        self.server.says("/iserver/accounts", reply("brokerage_accounts"))
        self.server.routes["/ws"] = self.talk

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        self.cookies.append(request.headers.get("Cookie", ""))
        for frame in self.on_open:
            await socket.send_bytes(frame.encode())
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.said.append(message.data)
                if self.answer is not None:
                    await self.answer(socket, message.data)
        return socket


def test_quotes_pnl_and_session_arrive_from_the_demo() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            await stream(desk).watch([AAPL])
            heard = await listen(desk, lambda all_: has(Quote)(all_) and has(AccountPnl, 2)(all_))
            assert isinstance(heard[0], StreamUp) and isinstance(heard[1], SessionFlags)
            assert heard[1].is_paper is True
            quotes = [event for event in heard if isinstance(event, Quote)]
            assert {quote.conid for quote in quotes} == {AAPL}
            assert quotes[0].last is not None and quotes[0].daily_pnl is not None
            assert {event.account for event in heard if isinstance(event, AccountPnl)} >= {MAIN}

    asyncio.run(scene())


def test_connecting_and_hanging_up_are_audited() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            await listen(desk, has(StreamUp))
            sockets = [call for call in desk.calls if call.channel == "ws"]
            assert [call.method for call in sockets] == ["CONNECT", "CLOSE"]
            assert {call.path for call in sockets} == {"/v1/api/ws"}
            assert sockets[0].status == 101

    asyncio.run(scene())


def test_a_socket_the_other_side_cut_is_audited_as_cut() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            events = stream(desk).events()
            async with aclosing(events):
                async for batch in events:
                    if any(isinstance(event, StreamUp) for event in batch):
                        await gateway.kill()
                    if any(isinstance(event, StreamDown) for event in batch):
                        break
            closes = [call for call in desk.calls if call.method == "CLOSE"]
            assert [(call.status, call.outcome) for call in closes] == [(1006, "cut")]

    asyncio.run(scene())


def test_nothing_is_said_before_the_greeting_and_the_session_only_when_it_is_wanted() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server, on_open=('{"message":"waiting for session"}',))
            peer.furnish()

            async def greet(socket: web.WebSocketResponse, text: str) -> None:
                if "session" in text:
                    await socket.send_str("ech+hb")
                    await socket.send_str(GREETING)

            peer.answer = greet
            await stream(desk).watch([SPY])
            await listen(desk, lambda heard: has(StreamUp)(heard) or len(peer.said) > 2)
            assert peer.said[0] == '{"session":"00000000000000000000000000000001"}'
            assert "00000000000000000000000000000001" in peer.cookies[0]
            assert server.asked == [
                "POST /tickle", "GET /iserver/accounts", "GET /ws", "GET /iserver/accounts",
            ]

    asyncio.run(scene())


def test_a_socket_that_never_greets_is_given_up() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server, on_open=())
            peer.furnish()

            async def second_time(socket: web.WebSocketResponse, text: str) -> None:
                raise AssertionError("nothing may be said")

            peer.answer = second_time
            listening = asyncio.get_running_loop().create_task(listen(desk, has(StreamUp)))
            await until(lambda: len(peer.sockets) >= 2)
            peer.on_open = (GREETING,)
            peer.answer = None
            await listening

    asyncio.run(scene())


def test_ticks_are_merged_so_that_the_newest_batch_knows_everything() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server)
            peer.furnish()

            async def tick(socket: web.WebSocketResponse, text: str) -> None:
                if text.startswith("smd+756733+"):
                    for part in ('"31":"10.0","84":"9.9"', '"86":"10.1"', '"31":"10.2"'):
                        await socket.send_bytes(f'{{"topic":"smd+756733","conid":756733,{part}}}'.encode())
                    await socket.send_bytes(b'{"topic":"smd+1","conid":1,"31":"5"}')
                    await socket.send_bytes(b'{"error":"unknown contract","code":3,"topic":"error"}')

            peer.answer = tick
            await stream(desk).watch([SPY])
            heard = await listen(desk, lambda all_: any(isinstance(e, Quote) and str(e.last) == "10.2" for e in all_))
            last = [event for event in heard if isinstance(event, Quote)][-1]
            assert (str(last.last), str(last.bid), str(last.ask)) == ("10.2", "9.9", "10.1")
            assert {event.conid for event in heard if isinstance(event, Quote)} == {SPY}

    asyncio.run(scene())


def test_a_large_frame_is_read() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            padding = "x" * 200_000
            peer = Peer(server, on_open=(
                GREETING, f'{{"topic":"spl","args":{{"{MAIN}.Core":{{"dpl":1.5}}}},"padding":"{padding}"}}',
            ))
            peer.furnish()
            heard = await listen(desk, has(AccountPnl))
            assert [str(event.daily) for event in heard if isinstance(event, AccountPnl)] == ["1.5"]

    asyncio.run(scene())


def test_what_is_watched_changes_by_subscribing_and_unsubscribing_the_difference() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server)
            peer.furnish()
            listening = asyncio.get_running_loop().create_task(listen(desk, has(StreamDown)))
            await stream(desk).watch([SPY])
            await _said(peer, "smd+756733+")
            peer.said.clear()
            await stream(desk).watch([AAPL])
            await _said(peer, "smd+265598+")
            assert peer.said[0] == "umd+756733+{}"
            assert '"fields":["31","84","86"' in peer.said[1]
            await peer.sockets[0].close()
            await listening

    asyncio.run(scene())


def test_subscriptions_are_renewed_and_the_server_is_told_that_we_live() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server)
            peer.furnish()
            await stream(desk).watch([SPY])
            listening = asyncio.get_running_loop().create_task(listen(desk, has(StreamDown)))
            await _said(peer, "smd+756733+", times=3)
            assert "tic" in peer.said
            assert peer.said.count("spl+{}") == 1
            await listening  # nobody sent a heartbeat

    asyncio.run(scene())


def test_silence_without_a_heartbeat_is_death_and_the_stream_comes_back_with_its_subscriptions() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            await stream(desk).watch([AAPL])

            def fall_silent(heard: list[StreamEvent]) -> bool:
                gateway.silence_sockets(not has(StreamDown)(heard))
                return has(StreamUp, 2)(heard) and has(Quote)(heard[heard.index(_last_up(heard)) :])

            heard = await listen(desk, fall_silent, 10)
            assert "silent" in next(event.reason for event in heard if isinstance(event, StreamDown))

    asyncio.run(scene())


def test_a_socket_that_greets_and_then_says_nothing_is_tried_ever_more_rarely() -> None:
    opened: list[float] = []

    async def scene() -> None:
        timings = replace(QUICK, silence_means_death=0.1, first_rest=0.1, longest_rest=5.0)
        async with small() as server, connected(server.url, timings=timings) as desk:
            peer = Peer(server)
            peer.furnish()

            async def count() -> None:
                async with aclosing(stream(desk).events()) as batches:
                    async for batch in batches:
                        for event in batch:
                            if isinstance(event, StreamUp):
                                opened.append(asyncio.get_running_loop().time())
                        if len(opened) == 4:
                            return

            await asyncio.wait_for(count(), 20)

    asyncio.run(scene())
    waits = [later - earlier for earlier, later in pairwise(opened)]
    assert waits[2] > waits[0] + 0.15, waits


def test_a_heartbeat_is_told_as_a_sign_of_life_and_figures_count_as_one() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url, timings=replace(QUICK, silence_means_death=0.4)) as desk:
            peer = Peer(server)
            peer.furnish()

            async def talk() -> None:
                await until(lambda: bool(peer.said))
                await peer.sockets[0].send_str('{"topic":"system","hb":1}')
                for figure in range(6):
                    await asyncio.sleep(0.15)
                    await peer.sockets[0].send_str(_pnl(f'"dpl":{figure}'))

            talking = asyncio.get_running_loop().create_task(talk())
            signs, last = 0, None
            async with aclosing(stream(desk).events()) as batches:
                async for batch in batches:
                    assert not has(StreamDown)(list(batch))
                    signs += batch == ()
                    last = next((event.daily for event in batch if isinstance(event, AccountPnl)), last)
                    if last == 5:
                        break
            await talking
            assert signs == 1

    asyncio.run(scene())


def test_running_figures_of_before_a_break_are_not_merged_into_those_after_it() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server)
            peer.furnish()

            async def tell(socket: web.WebSocketResponse, text: str) -> None:
                if text != "spl+{}":
                    return
                if len(peer.sockets) == 1:
                    await socket.send_str(_pnl('"dpl":1.5,"nl":5000.0'))
                    await asyncio.sleep(0.1)
                    await socket.close()
                else:
                    await socket.send_str(_pnl('"dpl":2.5'))

            peer.answer = tell
            heard = await listen(desk, has(AccountPnl, 2))
            first, second = [event for event in heard if isinstance(event, AccountPnl)]
            assert (first.daily, first.net_liquidation) == (Decimal("1.5"), Decimal(5000))
            assert (second.daily, second.net_liquidation) == (Decimal("2.5"), None)

    asyncio.run(scene())


def test_a_stream_that_cannot_open_says_so_before_it_was_ever_up() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            await gateway.kill()
            heard = await listen(desk, has(StreamDown, 2))
            assert not has(StreamUp)(heard)
            assert all(event.reason for event in heard if isinstance(event, StreamDown))

    asyncio.run(scene())


def test_a_killed_gateway_takes_the_stream_down_and_a_new_one_brings_it_back() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):
            so_far: list[StreamEvent] = []
            listening = asyncio.get_running_loop().create_task(listen(desk, has(StreamUp, 2), heard=so_far))
            await until(lambda: has(StreamUp)(so_far))
            await gateway.kill()
            desk.calls.clear()
            await until(lambda: any(call.outcome == "gateway_not_running" for call in desk.calls))
            await gateway.start()
            heard = await listening
            told = [type(event) for event in heard if isinstance(event, StreamUp | StreamDown)]
            assert [first for first, _ in itertools.groupby(told)] == [StreamUp, StreamDown, StreamUp]
            door = desk.sent.index("CONNECT /ws")
            assert "POST /tickle" in desk.sent[:door]
            assert desk.sent[door + 1] == "GET /iserver/accounts"

    asyncio.run(scene())


def test_a_session_lost_to_another_login_is_told_and_the_stream_waits_for_it() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, gateway):

            def compete(heard: list[StreamEvent]) -> bool:
                if has(StreamUp)(heard) and not has(StreamDown)(heard):
                    gateway.compete()
                return has(StreamDown)(heard)

            heard = await listen(desk, compete)
            flags = [event for event in heard if isinstance(event, SessionFlags)][-1]
            assert (flags.authenticated, flags.competing) == (False, True)

    asyncio.run(scene())


def test_signing_in_wakes_a_stream_that_rests() -> None:
    async def scene() -> None:
        sleepy = replace(QUICK, first_rest=60.0, longest_rest=60.0)
        async with (
            demo(signed_out=True) as gateway,
            connected(gateway.url, gateway.certificate_sha256, timings=sleepy) as desk,
        ):
            listening = asyncio.get_running_loop().create_task(listen(desk, has(StreamUp)))
            await until(lambda: bool(desk.calls))
            gateway.login.start_ready()
            assert desk.broker.session is not None
            await desk.broker.session.status()
            await listening

    asyncio.run(scene())


def test_closing_the_broker_ends_the_stream() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            up = asyncio.Event()

            async def read() -> None:
                async for batch in stream(desk).events():
                    if any(isinstance(event, StreamUp) for event in batch):
                        up.set()

            reading = asyncio.get_running_loop().create_task(read())
            await up.wait()
            await desk.broker.close()
            async with asyncio.timeout(20):
                await reading

    asyncio.run(scene())


@pytest.mark.parametrize("conids", [(), (SPY, SPY)])
def test_watching_nothing_or_the_same_twice_is_fine(conids: tuple[Conid, ...]) -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            peer = Peer(server)
            peer.furnish()
            await stream(desk).watch(conids)
            listening = asyncio.get_running_loop().create_task(listen(desk, has(StreamDown)))
            await _said(peer, "tic")
            assert sum(text.startswith("smd") for text in peer.said) == len(set(conids))
            await listening

    asyncio.run(scene())


def _last_up(heard: list[StreamEvent]) -> StreamEvent:
    return [event for event in heard if isinstance(event, StreamUp)][-1]


async def _said(peer: Peer, beginning: str, times: int = 1) -> None:
    await until(lambda: sum(text.startswith(beginning) for text in peer.said) >= times)


# --- orders -------------------------------------------------------------------------------------------------------


def test_orders_and_executions_of_the_demo_are_pushed_as_they_happen() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            heard: list[StreamEvent] = []

            def filled(events: list[StreamEvent]) -> bool:
                return any(isinstance(event, OrderNews) and event.fills for event in events)

            async def trade() -> None:
                await until(lambda: any(isinstance(event, StreamUp) for event in heard))
                trading = desk.broker.trading
                assert trading is not None
                asked = await trading.place(intent(at_market()))
                assert isinstance(asked, Questions)
                await trading.reply(MAIN, asked.reply, yes=True)

            await asyncio.gather(listen(desk, filled, heard=heard), trade())
            news = [event for event in heard if isinstance(event, OrderNews)]
            orders = [order for each in news for order in each.orders]
            assert orders[-1].state is OrderState.FILLED and orders[-1].ref == "ref-1"
            (fill,) = [fill for each in news for fill in each.fills]
            assert fill.execution.ref == "ref-1" and fill.execution.quantity == 5
            assert all(each.is_whole for each in news), "the ticket taught us the instrument"

    asyncio.run(scene())


def test_order_news_is_asked_for_without_a_filter_and_never_coalesced() -> None:
    async def scene() -> None:
        async with small() as server, connected(server.url) as desk:
            rows = [
                f'{{"topic":"sor","args":[{{"acct":"{MAIN}","orderId":1,"conid":5,"totalSize":9,"side":"BUY",'
                f'"filledQuantity":{filled},"status":"Submitted"}}]}}' for filled in range(5)
            ]
            peer = Peer(server, on_open=(GREETING, *rows))
            peer.furnish()
            heard: list[StreamEvent] = []
            listening = asyncio.get_running_loop().create_task(listen(desk, lambda _: False, 40, heard))
            try:
                await until(lambda: any(isinstance(each, OrderNews) and each.orders[-1].filled == 4 for each in heard))
                await until(lambda: {"sor+{}", 'str+{"realtimeUpdatesOnly":false,"days":1}'} <= set(peer.said))
            finally:
                listening.cancel()
                await asyncio.wait([listening])
            news = [event for event in heard if isinstance(event, OrderNews)]
            assert [order.filled for each in news for order in each.orders] == [0, 1, 2, 3, 4]
            assert not news[0].is_whole, "nobody told what contract 5 is"
            assert not any("filters" in text for text in peer.said)

    asyncio.run(scene())
