"""A snapshot is whole or an error: every page, both halves, and each thing that can go wrong in the middle."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from aiohttp import web

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.throttle import Budget
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoTimings
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.money import ZERO
from tests.brokers.door import LUNCH, MAIN, SECOND, Desk, Dial, Small, at_demo, connected, small
from tests.brokers.portal.replies import reply

ACCOUNT = AccountId("DU1000001")


def furnish(server: Small, *pages: bytes) -> None:
    """A gateway whose one account holds these pages of positions."""
    server.says("/portfolio/accounts", reply("accounts"))
    server.says("/iserver/accounts", reply("brokerage_accounts"))
    server.says(f"/portfolio/{ACCOUNT}/summary", reply("summary_seconds"))
    server.says(f"/portfolio/{ACCOUNT}/ledger", reply("ledger"))
    server.says("/iserver/account/pnl/partitioned", reply("pnl"))
    for number, page in enumerate((*pages, b"[]")):
        server.says(f"/portfolio/{ACCOUNT}/positions/{number}", page)


def page_of(*conids: int) -> bytes:
    """A page with one whole row per conid."""
    return msgspec.json.encode([
        {"acctId": ACCOUNT, "conid": conid, "contractDesc": f"S{conid}", "position": 1.0, "currency": "USD",
         "assetClass": "STK", "ticker": f"S{conid}", "name": "N", "mktValue": 1.0} for conid in conids
    ])


def positions_asked(server: Small) -> list[str]:
    return [each.rpartition("/")[2] for each in server.asked if "/positions/" in each]


def at_small(scene: Callable[[Desk, Small], Awaitable[None]]) -> None:
    async def run() -> None:
        async with small() as server, connected(server.url) as desk:
            await scene(desk, server)

    asyncio.run(run())


def test_the_demos_account_is_read_whole() -> None:
    async def scene() -> None:
        async with at_demo() as (desk, _):
            snapshot = await desk.broker.snapshot(MAIN)
            assert snapshot.as_of == LUNCH
            held = {(each.instrument.symbol, each.instrument.asset_class) for each in snapshot.positions}
            assert {("AAPL", AssetClass.STOCK), ("AAPL", AssetClass.OPTION), ("VTI", AssetClass.ETF)} <= held
            assert {line.currency for line in snapshot.ledger} == {"USD", "EUR", "GBP", "JPY"}
            assert all(position.quantity for position in snapshot.positions)
            assert not any(path.startswith("POST") for path in desk.sent)

    asyncio.run(scene())


def test_a_large_account_arrives_with_every_page_of_it() -> None:
    async def scene() -> None:
        async with at_demo(extra_positions=1_000) as (desk, _):
            snapshot = await desk.broker.snapshot(MAIN)
            assert len(snapshot.positions) > 1_000
            pages = {path.rpartition("/")[2] for path in desk.sent if "/positions/" in path}
            assert len(pages) == -(-len(snapshot.positions) // 100) + 1, "and the empty one that ends the list"
            worth = snapshot.summary.net_liquidation
            rates = {line.currency: line.rate for line in snapshot.ledger}
            cash = sum((line.cash * line.rate for line in snapshot.ledger), ZERO)
            held = sum(((each.value or ZERO) * rates[each.instrument.currency] for each in snapshot.positions), ZERO)
            assert worth is not None
            assert abs(cash + held - worth) < Decimal("10")

    asyncio.run(scene())


def test_pages_are_followed_until_one_is_empty_even_after_a_short_one() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server, page_of(1, 2, 3), page_of(4), page_of(5, 6))
        snapshot = await desk.broker.snapshot(ACCOUNT)
        assert [position.instrument.conid for position in snapshot.positions] == [1, 2, 3, 4, 5, 6]
        assert positions_asked(server) == ["0", "1", "2", "3"]

    at_small(scene)


def test_a_gateway_that_repeats_its_page_ends_the_list() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server)
        for number in range(5):
            server.says(f"/portfolio/{ACCOUNT}/positions/{number}", page_of(1, 2))
        assert len((await desk.broker.snapshot(ACCOUNT)).positions) == 2
        assert positions_asked(server) == ["0", "1"]

    at_small(scene)


def test_a_page_that_is_first_half_filled_is_read_again_after_a_moment() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server, page_of(1))
        answers = [reply("positions_first_stage"), reply("class_fut")]

        async def filling(_: web.Request) -> web.Response:
            return web.Response(body=answers.pop(0) if len(answers) > 1 else answers[0])

        server.routes[f"/portfolio/{ACCOUNT}/positions/1"] = filling
        server.says(f"/portfolio/{ACCOUNT}/positions/2", "[]")
        snapshot = await desk.broker.snapshot(ACCOUNT)
        assert [position.instrument.symbol for position in snapshot.positions] == ["S1", "MNQ"]
        assert positions_asked(server) == ["0", "1", "2", "1"]
        assert desk.dial.pauses == [0.5]

    at_small(scene)


def test_what_stays_half_filled_is_looked_up_by_conid() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server, reply("positions_first_stage"))
        server.says("/trsrv/secdef", reply("secdef"))
        snapshot = await desk.broker.snapshot(ACCOUNT)
        future = snapshot.positions[2]
        assert (future.instrument.symbol, future.instrument.exchange) == ("MNQ", "CME")
        assert positions_asked(server) == ["0", "1", "0", "0"]
        assert [call.path for call in desk.calls if "secdef" in call.path] == [
            "/v1/api/trsrv/secdef?conids=320227571,653318228,672387468"
        ]

    at_small(scene)


def test_a_person_asking_for_fresh_positions_drops_the_brokers_cache_first() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server, page_of(1))
        server.says(f"/portfolio/{ACCOUNT}/positions/invalidate", '{"message":"success"}')
        await desk.broker.snapshot(ACCOUNT, fresh=True)
        assert server.asked[2] == f"POST /portfolio/{ACCOUNT}/positions/invalidate"

    at_small(scene)


def test_the_running_pnl_is_asked_for_once_in_five_seconds_for_all_accounts() -> None:
    async def run() -> None:
        dial = Dial()
        async with small() as server, connected(server.url, dial=dial, ticks=dial.ticks) as desk:
            furnish(server, page_of(1))
            first = await desk.broker.snapshot(ACCOUNT)
            await desk.broker.snapshot(ACCOUNT)
            assert first.pnl is not None and first.pnl.daily == Decimal("15.7")
            assert server.asked.count("GET /iserver/account/pnl/partitioned") == 1
            dial.turn(5.1)
            await desk.broker.snapshot(ACCOUNT)
            assert server.asked.count("GET /iserver/account/pnl/partitioned") == 2

    asyncio.run(run())


def test_the_equity_history_of_all_accounts_is_one_call_in_a_quarter_of_an_hour() -> None:
    async def run() -> None:
        async with at_demo() as (desk, gateway):
            first, second = await desk.broker.equity_history(MAIN), await desk.broker.equity_history(SECOND)
            assert len(first) > 200 and len(second) > 200
            assert first[-1].value != second[-1].value
            assert sum("pa/" in path for _, path in gateway.calls) == 1

    asyncio.run(run())


def test_an_older_gateway_gives_its_equity_history_by_the_other_call() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server)
        server.says("/pa/allperiods", '{"error":"unknown"}', 404)
        server.says("/pa/performance", reply("performance"))
        assert len(await desk.broker.equity_history(ACCOUNT)) == 2
        assert server.bodies[-1] == b'{"acctIds":["DU1000001","U3000003"],"period":"1Y"}'

    at_small(scene)


def test_choosing_an_account_tells_the_broker_and_an_unknown_one_is_refused_here() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server)
        server.says("/iserver/account", '{"set":true,"acctId":"DU1000001"}')
        await desk.broker.select(ACCOUNT)
        assert server.bodies[-1] == b'{"acctId":"DU1000001"}'
        with pytest.raises(Refused) as unknown:
            await desk.broker.select(AccountId("U7777777"))
        assert unknown.value.cause is Cause.UNKNOWN_ACCOUNT
        assert server.asked[-1] == "POST /iserver/account"

    at_small(scene)


# --- bad input ---------------------------------------------------------------------------------------------------


async def _broken(desk: Desk) -> DeskError:
    with pytest.raises(DeskError) as broken:
        await desk.broker.snapshot(ACCOUNT)
    return broken.value


def test_a_401_in_the_middle_of_a_snapshot_stops_it_there() -> None:
    async def run() -> None:
        async with at_demo() as (desk, gateway):
            await desk.broker.accounts()
            gateway.unauthorized(after_n_calls=2)
            before = len(gateway.calls)
            with pytest.raises(NeedsPerson) as out:
                await desk.broker.snapshot(MAIN)
            assert out.value.cause is Cause.NOT_AUTHENTICATED
            assert [path.rpartition("/")[2] for _, path in gateway.calls[before:]] == ["summary", "ledger", "0"]

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["truncated", "html", "not_json", "empty"])
def test_a_spoiled_page_is_an_error_and_never_a_shorter_list(kind: str) -> None:
    async def run() -> None:
        async with at_demo() as (desk, gateway):
            await desk.broker.accounts()
            gateway.bad_bytes(kind, "positions/0")
            with pytest.raises(BadData) as bad:
                await desk.broker.snapshot(MAIN)
            assert bad.value.cause is Cause.BAD_ANSWER
            assert desk.sent[-1] == f"GET /portfolio/{MAIN}/positions/0"
            assert (await desk.broker.snapshot(MAIN)).positions, "the next one is fine again"

    asyncio.run(run())


@pytest.mark.parametrize("body", ['{"message": "none"}', "5", '"text"'])
def test_a_page_that_is_no_list_is_an_error(body: str) -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server, body.encode())
        error = await _broken(desk)
        assert isinstance(error, BadData)
        assert error.raw == body.encode()

    at_small(scene)


def test_unknown_classes_missing_fields_and_unset_figures_leave_the_rest_standing() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server, reply("class_unknown"), reply("positions_missing_fields"), reply("positions_sentinels"))
        server.says("/trsrv/secdef", '{"secdef": []}')
        snapshot = await desk.broker.snapshot(ACCOUNT)
        assert [position.instrument.conid for position in snapshot.positions] == [700000009, 13, 21]
        assert len(snapshot.skipped) == 5
        assert snapshot.positions[0].instrument.broker_class == "PHYSS"
        assert snapshot.positions[2].market_value is None

    at_small(scene)


def test_a_429_shuts_the_wire_for_a_quarter_of_an_hour() -> None:
    async def run() -> None:
        dial = Dial()
        async with small() as server, connected(server.url, dial=dial, ticks=dial.ticks) as desk:
            furnish(server, page_of(1))
            await desk.broker.accounts()
            server.says(f"/portfolio/{ACCOUNT}/summary", '{"error":"pacing"}', 429)
            error = await _broken(desk)
            assert isinstance(error, Unavailable)
            assert (error.cause, error.retry_at) == (Cause.PENALTY_BOX, LUNCH + timedelta(minutes=15))
            assert desk.rates[-1].boxed_until == error.retry_at

            furnish(server, page_of(1))
            server.asked.clear()
            logged = len(desk.calls)
            dial.turn(15 * 60 - 1)
            assert (await _broken(desk)).cause is Cause.PENALTY_BOX
            with pytest.raises(Unavailable):
                await desk.broker.session.tickle()  # type: ignore[union-attr]
            assert server.asked == [] and len(desk.calls) == logged

            dial.turn(1)
            assert (await desk.broker.snapshot(ACCOUNT)).positions
            assert desk.rates[-1].boxed_until is None

    asyncio.run(run())


def test_the_broker_asks_for_more_patience_than_a_quarter_of_an_hour() -> None:
    async def scene(desk: Desk, server: Small) -> None:
        furnish(server)
        server.says(f"/portfolio/{ACCOUNT}/summary", "", 429, **{"Retry-After": "3600"})
        error = await _broken(desk)
        assert isinstance(error, Unavailable)
        assert error.retry_at == LUNCH + timedelta(hours=1)

    at_small(scene)


def test_our_own_budget_never_breaks_the_gateways_limits() -> None:
    """The demo with its real limits: a second sync and a market-data read right after the first earn no 429."""
    async def run() -> None:
        gateway = DemoGateway(clock=DemoClock(LUNCH, ticks=lambda: 0.0), timings=DemoTimings.quick())
        await gateway.start()
        try:
            budget = Budget(per_second=10, limits=endpoints.LIMITS)
            async with connected(gateway.url, gateway.certificate_sha256, budget=budget) as desk:
                for account in (MAIN, SECOND, MAIN):
                    snapshot = await desk.broker.snapshot(account)
                assert desk.broker.market is not None
                await desk.broker.market.quotes([each.instrument.conid for each in snapshot.positions])
                assert {call.outcome for call in desk.calls} == {"ok"}
                assert max(rate.per_second for rate in desk.rates) <= 10
        finally:
            await gateway.stop()

    asyncio.run(run())
