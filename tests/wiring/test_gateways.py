"""Gateways: which environment a desk opens, where it connects, what it trusts there."""

import asyncio
from dataclasses import replace

import pytest

from ibdesk.brokers.base import Connection
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Origin, defaults, with_values
from ibdesk.wiring import gateways
from ibdesk.wiring.gateways import chosen_environment, connection_to, show_certificate, start_demo
from tests.services.workshop import NOON
from tests.test_wiring import NOWHERE, PAPER


def stored(*environments: Environment) -> list[Credentials]:
    return [
        Credentials(environment=each, gateway_url=NOWHERE, user_name="", account=AccountId("U1234567"))
        for each in environments
    ]


@pytest.mark.parametrize(
    ("connected", "chosen"),
    [
        ((), Environment.PAPER),
        ((Environment.PAPER, Environment.LIVE), Environment.PAPER),
        ((Environment.LIVE,), Environment.LIVE),
    ],
)
def test_the_desk_opens_with_the_setting_s_environment_or_the_only_one(
    connected: tuple[Environment, ...], chosen: Environment
) -> None:
    assert chosen_environment(defaults(), stored(*connected)) is chosen


def test_an_environment_a_person_set_is_opened_even_before_it_is_connected() -> None:
    sourced = with_values(defaults(), {"default_environment": Environment.LIVE}, Origin.FILE, {})

    assert chosen_environment(sourced, stored(Environment.PAPER)) is Environment.LIVE


def connection(**values: object) -> Connection:
    sourced = with_values(defaults(), values, Origin.ENVIRONMENT, {})
    return connection_to(sourced, PAPER, Environment.PAPER)


def test_the_stored_address_is_used_with_its_pin_until_a_person_sets_another() -> None:
    assert (connection().url, connection().certificate_sha256) == (NOWHERE, PAPER.certificate_sha256)
    moved = connection(gateway_url="https://localhost:5001")
    assert (moved.url, moved.certificate_sha256, moved.allow_remote) == ("https://localhost:5001", "", False)
    assert connection().read_only and not connection(read_only=False).read_only
    assert connection(gateway_url=NOWHERE + "/").certificate_sha256 == PAPER.certificate_sha256


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"gateway_port": 5001}, "https://127.0.0.1:5001"),
        ({"gateway_host": "localhost"}, "https://localhost:9"),
        ({"gateway_ssl": False}, "http://127.0.0.1:9"),
        ({"gateway_ssl": False, "gateway_url": "https://localhost:5002"}, "https://localhost:5002"),
    ],
)
def test_host_port_and_encryption_change_their_part_of_the_stored_address_alone(
    values: dict[str, object], url: str
) -> None:
    moved = connection(**values)
    assert (moved.url, moved.certificate_sha256, moved.allow_remote) == (url, "", False)


@pytest.mark.parametrize(("stored", "url"), [
    ("https://[::1]:5000", "https://[::1]:5001"), ("https://gateway.example", "https://gateway.example:5001"),
])  # fmt: skip
def test_a_port_goes_with_any_stored_host(stored: str, url: str) -> None:
    sourced = with_values(defaults(), {"gateway_port": 5001}, Origin.ENVIRONMENT, {})
    assert connection_to(sourced, replace(PAPER, gateway_url=stored), Environment.PAPER).url == url


def test_a_gateway_elsewhere_is_looked_at_only_when_allowed() -> None:
    with pytest.raises(Refused) as refusal:
        asyncio.run(show_certificate("https://192.0.2.7:5000", allow_remote=False))
    assert refusal.value.cause is Cause.HOST_NOT_LOOPBACK


def test_the_demo_starts_signed_out_for_the_wizard_and_shows_the_pin_it_names() -> None:
    async def run() -> None:
        address = await start_demo()
        broker = gateways.open_broker(
            Connection(url=address.url, environment=Environment.DEMO, certificate_sha256=address.certificate_sha256),
            on_call=lambda call: None, on_rate=lambda rate: None, clock=lambda: NOON,
        )  # fmt: skip
        await broker.open()
        assert broker.session is not None
        flags = await broker.session.status()
        assert flags.reachable and not flags.signed_in
        assert (await show_certificate(address.url)).sha256 == address.certificate_sha256
        await broker.close()
        await address.stop()

    asyncio.run(run())
