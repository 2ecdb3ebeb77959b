"""Meetings with the demo's TWS, well and broken, and what the doctor's list makes of each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from ibdesk.brokers.base import Broker, ClientIdTaken, TwsPlace
from ibdesk.brokers.tws.broker import TwsBroker
from ibdesk.brokers.tws.knock import knock
from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import OF_TWS, Check, Examined, Fix, Verdict
from ibdesk.domain.errors import Cause
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.maintenance import Outage, next_outage
from ibdesk.domain.session import Region
from ibdesk.domain.sockets import Knock
from ibdesk.services.doctor.socket import examine
from ibdesk.services.tws_contact import TwsAccess, TwsSeen, greeting_ports, meet, visit
from tests.brokers.door import LUNCH, free_port
from tests.brokers.tws.door import QUICK, Scene, at_tws
from tests.brokers.tws.test_knock import answering

UPCOMING = next_outage(LUNCH, Region.NEW_YORK)
TONIGHT = Outage(name="the nightly maintenance", begins=LUNCH, ends=LUNCH + timedelta(minutes=45))


@asynccontextmanager
async def opening(place: TwsPlace) -> AsyncIterator[Broker]:
    broker = TwsBroker(place, clock=lambda: LUNCH, timings=QUICK)
    try:
        yield broker
    finally:
        await broker.close()


async def quick_knock(host: str, port: int) -> Knock:
    return await knock(host, port, answered_within=0.2)


async def met(port: int, **changed: object) -> TwsSeen:
    place = replace(TwsPlace(port=port, environment=Environment.PAPER), **changed)  # type: ignore[arg-type]
    return await meet(place, knock=quick_knock, opening=opening, clock=lambda: LUNCH)


def listed(seen: TwsSeen, outage: Outage | None = None) -> dict[Check, Examined]:
    told = list(examine(seen, outage, UPCOMING))
    assert [each.check for each in told] == list(OF_TWS)
    assert all(each.advice for each in told if each.verdict in (Verdict.BAD, Verdict.WARN))
    return {each.check: each for each in told}


def test_a_tws_that_is_well_names_accounts_positions_and_its_read_only_setting() -> None:
    async def scene(at: Scene) -> None:
        seen = await met(at.service.port)
        assert seen.knock is Knock.GREETED and seen.error is None
        assert [str(each.id) for each in seen.accounts] == ["DU7654321", "DU7654322"]
        assert seen.is_read_only is False
        assert seen.picture(seen.accounts[0].id) is not None
        told = listed(seen)
        assert {each.verdict for each in told.values()} == {Verdict.GOOD}
        assert told[Check.TWS_ACCOUNTS].evidence == ("DU•••4321", "DU•••4322")
        assert "orders use 2" in told[Check.TWS_CLIENT_ID].statement
        assert "second factor is due in 3 days" in told[Check.TWS_OUTAGES].statement
        at.service.faults.read_only()
        assert (await met(at.service.port)).is_read_only is True
        trading = listed(await met(at.service.port, read_only=False))[Check.TWS_READ_ONLY]
        assert (trading.verdict, trading.fix) == (Verdict.WARN, Fix.TWS_HELP)

    _at_tws(scene)


def test_a_client_id_in_use_has_the_next_free_one_as_its_fix() -> None:
    async def scene(at: Scene) -> None:
        at.service.faults.refuse_client_id(1)
        seen = await met(at.service.port)
        assert isinstance(seen.error, ClientIdTaken)
        found = listed(seen)[Check.TWS_CLIENT_ID]
        assert (found.verdict, found.fix, found.target) == (Verdict.BAD, Fix.USE_CLIENT_ID, "3")
        assert "4 for orders" in found.advice

    _at_tws(scene)


def test_where_nobody_listens_the_list_begins_with_starting_tws_and_goes_on_in_order() -> None:
    async def scene() -> None:
        told = listed(await met(await free_port()))
        assert (told[Check.TWS_ANSWERS].verdict, told[Check.TWS_ANSWERS].fix) == (Verdict.BAD, Fix.TWS_HELP)
        assert told[Check.TWS_SOCKETS].verdict is Verdict.WARN
        assert "Enable ActiveX and Socket Clients" in told[Check.TWS_SOCKETS].advice
        assert told[Check.TWS_TRUSTED].verdict is Verdict.UNKNOWN
        assert told[Check.TWS_FIREWALL].verdict is Verdict.GOOD
        gone = await met(await free_port())
        tonight = listed(gone, TONIGHT)
        assert tonight[Check.TWS_ANSWERS].verdict is Verdict.BAD, "what never was there did not go for the night"
        assert listed(replace(gone, is_lost=True), TONIGHT)[Check.TWS_ANSWERS].verdict is Verdict.EXPECTED
        assert "45 minutes to go" in tonight[Check.TWS_OUTAGES].statement

    asyncio.run(scene())


def test_a_web_server_a_waiting_dialog_and_a_hang_up_are_told_apart() -> None:
    async def scene(at: Scene) -> None:
        async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            web = listed(await met(port))[Check.TWS_ANSWERS]
            assert (web.verdict, web.fix, web.target) == (Verdict.BAD, Fix.OPEN_SETTING, "tws_port")
            assert "Another program" in web.statement
        at.service.faults.accept_and_hang()
        asks = listed(await met(at.service.port))[Check.TWS_TRUSTED]
        assert asks.verdict is Verdict.BAD and "127.0.0.1" in asks.advice
        at.service.faults.heal()
        at.service.faults.accept_and_close()
        refuses = listed(await met(at.service.port))[Check.TWS_TRUSTED]
        assert refuses.verdict is Verdict.BAD and "not trusted" in refuses.statement

    _at_tws(scene)


def test_the_port_where_it_answers_instead_is_one_press_away() -> None:
    seen = TwsSeen(place=TwsPlace(port=4002), at=LUNCH, knock=Knock.REFUSED, others=(7497,))
    told = listed(seen)
    assert (told[Check.TWS_PORT].fix, told[Check.TWS_PORT].target) == (Fix.USE_PORT, "7497")
    assert told[Check.TWS_SOCKETS].verdict is Verdict.UNKNOWN
    live = listed(replace(seen, others=(7496,)))[Check.TWS_PORT]
    assert live.verdict is Verdict.BAD and live.fix is Fix.CONNECT
    assert "you chose paper" in live.statement
    doubtful = listed(TwsSeen(place=TwsPlace(port=7496), at=LUNCH, knock=Knock.GREETED))[Check.TWS_PORT]
    assert doubtful.verdict is Verdict.WARN


def test_another_computer_that_does_not_answer_may_be_behind_a_firewall() -> None:
    place = TwsPlace(host="192.168.1.100", port=7497)
    told = listed(TwsSeen(place=place, at=LUNCH, knock=Knock.UNREACHED))
    assert told[Check.TWS_FIREWALL].verdict is Verdict.BAD
    assert "ping 192.168.1.100" in told[Check.TWS_FIREWALL].advice
    silent = listed(TwsSeen(place=place, at=LUNCH, knock=Knock.SILENT))
    assert "this computer’s address" in silent[Check.TWS_TRUSTED].advice
    missing = listed(TwsSeen(place=replace(place, host="nas"), at=LUNCH, knock=Knock.NO_HOST))
    assert missing[Check.TWS_ANSWERS].target == "tws_host"


def test_accounts_of_the_other_environment_are_refused_both_ways() -> None:
    async def scene(at: Scene) -> None:
        paper = listed(await met(at.service.port, environment=Environment.LIVE))[Check.TWS_ACCOUNTS]
        assert paper.verdict is Verdict.BAD and "with a paper account, and you chose live" in paper.statement
        at.service.faults.name_accounts("U7654321")
        seen = await met(at.service.port)
        live = listed(seen)[Check.TWS_ACCOUNTS]
        assert live.verdict is Verdict.BAD and "with a live account, and you chose paper" in live.statement

    _at_tws(scene)


def test_a_tws_without_its_sign_in_or_broker_has_one_finding_with_one_step() -> None:
    async def scene(at: Scene) -> None:
        at.service.faults.name_accounts()
        seen = await met(at.service.port)
        assert seen.error is not None and seen.error.cause is Cause.TWS_SILENT
        found = listed(seen)
        bad = [each.check for each in found.values() if each.verdict in (Verdict.BAD, Verdict.WARN)]
        assert bad == [Check.TWS_SIGN_IN]
        assert found[Check.TWS_SIGN_IN].fix is Fix.AVOID_DISCONNECTS
        assert "second factor" in found[Check.TWS_SIGN_IN].advice
        at.service.faults.heal()
        lost = Line().become(LineState.BROKER_LOST, LUNCH)
        access = TwsAccess(
            place=TwsPlace(port=at.service.port), knock=quick_knock, opening=opening, line=lambda: lost
        )
        gone = await visit(access, within=20.0, clock=lambda: LUNCH)
        assert listed(gone)[Check.TWS_SIGN_IN].fix is Fix.AVOID_DISCONNECTS
        assert listed(gone, TONIGHT)[Check.TWS_SIGN_IN].verdict is Verdict.EXPECTED
        down = replace(access, line=lambda: Line().become(LineState.DOWN, LUNCH))
        assert (await visit(down, within=20.0, clock=lambda: LUNCH)).is_lost
        access = replace(access, line=None)
        assert (await visit(access, within=20.0, clock=lambda: LUNCH)).accounts
        assert (await visit(access, within=0.0, clock=lambda: LUNCH)).error is not None

    _at_tws(scene)


def test_a_tws_that_greets_and_hangs_up_is_told_as_one_that_is_not_signed_in() -> None:
    words = b"176\x0020261120 14:30:00 America/New_York\0"

    async def scene() -> None:
        async with answering(len(words).to_bytes(4, "big") + words) as port:
            seen = await met(port)
            assert seen.knock is Knock.GREETED and seen.error is not None and not seen.accounts
            found = listed(seen)
            assert [each.check for each in found.values() if each.verdict is Verdict.BAD] == [Check.TWS_SIGN_IN]

    asyncio.run(scene())


def test_no_positions_lead_to_the_accounts_and_the_logs() -> None:
    async def scene(at: Scene) -> None:
        seen = await met(at.service.port)
        empty = replace(seen, pictures=tuple(replace(each, positions=()) for each in seen.pictures))
        found = listed(empty)[Check.TWS_POSITIONS]
        assert (found.verdict, found.fix, found.target) == (Verdict.WARN, Fix.SHOW_ACTIVITY, "syncs")
        assert "Troubleshooting" in found.advice

    _at_tws(scene)


def test_every_other_usual_port_is_knocked_at_once() -> None:
    async def scene() -> None:
        heard: list[int] = []

        async def tell(_host: str, port: int) -> Knock:
            heard.append(port)
            return Knock.GREETED if port == 4001 else Knock.REFUSED

        assert await greeting_ports(TwsPlace(port=7497), tell) == (4001,)
        assert heard == [7496, 4001, 4002]

    asyncio.run(scene())


def _at_tws(scene) -> None:  # type: ignore[no-untyped-def]
    async def run() -> None:
        async with at_tws() as at:
            await scene(at)

    asyncio.run(run())
