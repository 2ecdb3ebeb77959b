"""The transport behaves like the gateway's: its own paths, its pool, its odd answers."""

import asyncio
import time

import aiohttp
import pytest

from ibdesk.demo.gateway import sign_in
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.timings import DemoLimits, DemoTimings
from tests.demo.door import MAIN, Ticks, open_demo


def test_answers_come_in_chunks() -> None:
    async def main() -> None:
        async with open_demo() as (_, door), door.http.get("/v1/api/tickle") as response:
            assert response.headers["Transfer-Encoding"] == "chunked"
            assert "Content-Length" not in response.headers
            assert response.headers["Content-Type"].startswith("application/json")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/", 302, "/sso/Login?forwardTo=22&RL=1&ip2loc=US"),
        ("/portal/anything", 302, "https://broker.invalid/portal/anything"),
    ],
)
def test_other_paths_are_sent_away(path: str, status: int, location: str) -> None:
    async def main() -> None:
        async with open_demo() as (_, door), door.http.get(path, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (status, location)

    asyncio.run(main())


def test_the_old_prefix_and_a_trailing_slash_mean_the_same() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            plain = await door.ok("portfolio/accounts")
            assert await door.ok("/v1/portal/portfolio/accounts/") == plain

    asyncio.run(main())


def test_status_never_answers() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(door.get("/status"), 0.3)
            assert (await door.get("tickle"))[0] == 200

    asyncio.run(main())


def test_preflight_is_allowed() -> None:
    async def main() -> None:
        async with open_demo() as (_, door), door.http.options("/v1/api/tickle") as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == "*"

    asyncio.run(main())


def test_reauthenticate_never_leaves_the_machine() -> None:
    async def main() -> None:
        async with open_demo(signed_out=True) as (gateway, door):
            assert await door.post("iserver/reauthenticate") == (200, {"error": "not logged in"})
            gateway.login.start_ready()
            gateway.lose_brokerage()
            assert await door.post("iserver/reauthenticate") == (200, {"message": "triggered"})
            assert gateway.login.stage is Stage.BROKERAGE_PENDING

    asyncio.run(main())


def test_five_calls_are_in_flight_and_the_sixth_waits() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.slow(0.2)
            begun = time.perf_counter()
            await asyncio.gather(*(door.get("portfolio/accounts") for _ in range(8)))
            assert time.perf_counter() - begun >= 0.4  # two rounds of five at most

    asyncio.run(main())


def test_a_chunked_request_body_is_dropped() -> None:
    async def body() -> object:
        yield b'{"acctId": "DU7654322"}'

    async def main() -> None:
        async with open_demo() as (_, door):
            await door.ok("iserver/accounts")
            async with door.http.post("/v1/api/iserver/account", data=body()) as response:
                assert response.status == 400
            status, answer = await door.post("iserver/account", {"acctId": "DU7654322"})
            assert (status, answer) == (200, {"set": True, "acctId": "DU7654322"})

    asyncio.run(main())


def test_nobody_signed_in_means_401_with_a_body_that_is_not_json() -> None:
    async def main() -> None:
        async with open_demo(signed_out=True) as (_, door):
            for path in ("tickle", "portfolio/accounts", "iserver/accounts", "nonsense"):
                assert await door.get(path) == (401, "Access Denied")

    asyncio.run(main())


def test_the_sign_in_page_leads_through_a_second_factor_to_a_ready_session() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_demo(signed_out=True, timings=DemoTimings(), ticks=ticks) as (gateway, door):
            status, page = await door.get("/sso/Login?forwardTo=22&RL=1&ip2loc=US")
            assert status == 200
            assert 'name="user_name"' in page
            assert 'name="password"' in page
            assert "demo" in page.lower()
            assert gateway.login.stage is Stage.LOGIN_PAGE
            async with door.http.post("/sso/Authenticator", data={"user_name": "ann", "password": "x"}) as second:
                assert "Approve" in await second.text()
            async with door.http.post("/sso/Dispatcher", data=b"") as done:
                assert (done.status, await done.text()) == (200, "Client login succeeds")
            pending = await door.ok("iserver/auth/status")
            assert (pending["connected"], pending["established"]) == (True, False)
            assert await door.get("iserver/accounts") == (400, {"error": "Bad Request: no bridge", "statusCode": 400})
            ticks.pass_by(3.0)
            ready = await door.ok("iserver/auth/status")
            assert (ready["authenticated"], ready["established"]) == (True, True)

    asyncio.run(main())


def test_a_form_without_a_name_asks_again() -> None:
    async def main() -> None:
        async with open_demo(signed_out=True) as (_, door):
            form = {"user_name": " ", "password": ""}
            async with door.http.post("/sso/Authenticator", data=form) as page:
                assert "Type a user name" in await page.text()

    asyncio.run(main())


def test_a_headless_sign_in_takes_the_same_way() -> None:
    async def main() -> None:
        async with open_demo(signed_out=True) as (gateway, door):
            await sign_in(gateway.url)
            assert (await door.get("tickle"))[0] == 200
            paths = [path for _, path in gateway.calls]
            assert paths[:3] == ["/sso/Login", "/sso/Authenticator", "/sso/Dispatcher"]

    asyncio.run(main())


def test_too_many_calls_are_answered_429() -> None:
    async def main() -> None:
        async with open_demo(limits=DemoLimits(), ticks=Ticks()) as (_, door):
            answers = await asyncio.gather(*(door.get(f"portfolio/{MAIN}/ledger") for _ in range(12)))
            statuses = sorted(status for status, _ in answers)
            assert statuses == [200] * 10 + [429] * 2
            assert next(body for status, body in answers if status == 429)["error"].startswith("Too many")

    asyncio.run(main())


def test_plain_http_at_the_tls_port_gets_no_answer() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, _), aiohttp.ClientSession() as plain:
            with pytest.raises(aiohttp.ClientError):
                await plain.get(f"http://127.0.0.1:{gateway.port}/")

    asyncio.run(main())
