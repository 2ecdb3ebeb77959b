"""The session answers in each stage, as the reference shows them."""

import asyncio

from tests.demo.door import Ticks, open_demo


def test_a_ready_session_has_all_its_flags() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            status, flags = await door.post("iserver/auth/status")
            assert status == 200
            assert flags["authenticated"]
            assert flags["established"]
            assert not flags["competing"]
            assert flags["fail"] == ""
            assert set(flags["serverInfo"]) == {"serverName", "serverVersion"}

    asyncio.run(main())


def test_tickle_carries_the_session_and_the_missing_bridge() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            _, body = await door.post("tickle")
            assert body["session"] == gateway.login.session
            assert body["hmds"] == {"error": "no bridge"}
            assert "collission" in body
            assert 0 < body["ssoExpires"] <= 360_000
            assert body["iserver"]["authStatus"]["authenticated"]

    asyncio.run(main())


def test_a_session_without_brokerage_reads_portfolios_but_not_iserver() -> None:
    async def main() -> None:
        async with open_demo() as (gateway, door):
            gateway.login.close_brokerage()
            assert (await door.get("portfolio/accounts"))[0] == 200
            refused = (401, {"error": "not authenticated", "statusCode": 401})
            assert await door.get("iserver/accounts") == refused
            flags = await door.ok("iserver/auth/status")
            assert not flags["authenticated"]
            assert "established" not in flags

    asyncio.run(main())


def test_competing_shows_and_yields_to_a_competing_init() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_demo(ticks=ticks) as (gateway, door):
            gateway.compete()
            flags = await door.ok("iserver/auth/status")
            assert (flags["competing"], flags["authenticated"], flags["connected"]) == (True, False, True)
            await door.post("iserver/auth/ssodh/init", {"publish": True, "compete": False})
            assert (await door.ok("iserver/auth/status"))["competing"]
            await door.post("iserver/auth/ssodh/init", {"publish": True, "compete": True})
            ticks.pass_by(1.0)
            assert (await door.ok("iserver/auth/status"))["authenticated"]

    asyncio.run(main())


def test_init_without_publish_is_an_error() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert (await door.post("iserver/auth/ssodh/init", {"compete": True}))[0] == 500
            assert (await door.post("iserver/auth/ssodh/init?compete=true&publish=true"))[0] == 200

    asyncio.run(main())


def test_validate_says_paper() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            body = await door.ok("sso/validate")
            assert (body["LOGIN_TYPE"], body["USER_NAME"], body["RESULT"]) == (2, "demo", True)

    asyncio.run(main())


def test_logout_ends_everything() -> None:
    async def main() -> None:
        async with open_demo() as (_, door):
            assert await door.post("logout") == (200, {"status": True})
            assert (await door.get("portfolio/accounts"))[0] == 401

    asyncio.run(main())


def test_maintenance_answers_503_and_forgets_the_warm_up() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_demo(ticks=ticks) as (gateway, door):
            await door.ok("iserver/accounts")
            gateway.maintain(60.0)
            assert (await door.get("iserver/accounts"))[0] == 503
            assert (await door.get("iserver/auth/status"))[0] == 503
            assert (await door.get("tickle"))[0] == 200  # the sign-in stays
            ticks.pass_by(61.0)
            cold = await door.get("iserver/account/orders")
            assert cold == (500, {"error": "Please query /accounts first"})

    asyncio.run(main())


def test_six_minutes_without_a_call_expire_the_session() -> None:
    async def main() -> None:
        ticks = Ticks()
        async with open_demo(ticks=ticks) as (_, door):
            assert (await door.get("tickle"))[0] == 200
            ticks.pass_by(361.0)
            assert (await door.get("tickle"))[0] == 401

    asyncio.run(main())
