"""The wizard's scan of the local ports, and its meeting with the demo's TWS."""

import asyncio
from contextlib import aclosing

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws.knock import knock
from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import OF_TWS, Verdict
from ibdesk.domain.session import Region
from ibdesk.domain.sockets import USUAL_PORTS, Knock
from ibdesk.services.tws_connector import TwsConnector
from tests.brokers.door import LUNCH, free_port
from tests.brokers.tws.door import at_tws
from tests.services.test_tws_contact import opening


def connector(*ports: int) -> TwsConnector:
    return TwsConnector(
        knock=knock, opening=opening, clock=lambda: LUNCH, region=lambda: Region.NEW_YORK, offered=TwsPlace, ports=ports
    )


def test_a_scan_tells_each_port_as_it_is_heard_and_ends_when_it_is_closed() -> None:
    async def scene() -> None:
        async with at_tws() as at:
            nobody = await free_port()
            made = connector(nobody, at.service.port, nobody)
            assert [each async for each in made.scan()] == [
                (nobody, Knock.REFUSED), (at.service.port, Knock.GREETED), (nobody, Knock.REFUSED),
            ]
            async with aclosing(made.scan()) as ports:
                assert await anext(ports) == (nobody, Knock.REFUSED)
            assert not at.service.clients

    asyncio.run(scene())


def test_the_four_usual_ports_are_scanned_unless_told_otherwise() -> None:
    made = TwsConnector(
        knock=knock, opening=opening, clock=lambda: LUNCH, region=lambda: Region.NEW_YORK, offered=TwsPlace
    )
    assert made.ports == tuple(each.port for each in USUAL_PORTS)


def test_a_meeting_answers_the_whole_list() -> None:
    async def scene() -> None:
        async with at_tws() as at:
            seen, results = await connector().meet(TwsPlace(port=at.service.port, environment=Environment.PAPER))
            assert len(seen.accounts) == 2
            assert tuple(each.check for each in results) == OF_TWS
            assert {each.verdict for each in results} == {Verdict.GOOD}

    asyncio.run(scene())
