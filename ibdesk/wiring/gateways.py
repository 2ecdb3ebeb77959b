"""How a gateway is chosen and spoken to: which adapter, address and environment, and the wizard's connector."""

import time
import webbrowser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ibdesk import __version__
from ibdesk.domain.accounts import Environment
from ibdesk.domain.positions import Source
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Origin, Settings, Sourced
from ibdesk.services.desk import Clock

if TYPE_CHECKING:
    from ibdesk.brokers.base import Broker, CallSink, Certificate, Connection, RateSink
    from ibdesk.demo.gateway import DemoGateway
    from ibdesk.domain.calls import ApiCall
    from ibdesk.services.connector import Connector, DemoAddress
    from ibdesk.services.first_run import FirstRunResult

DEMO_USER = "demo"

def open_broker(
    connection: "Connection", *, on_call: "CallSink", on_rate: "RateSink", clock: Clock,
    recent: "Sequence[ApiCall]" = (), ticks: Callable[[], float] = time.monotonic, source: Source = Source.PORTAL,
) -> "Broker":  # fmt: skip
    """The adapter for a source; nothing is sent yet. `recent` are the calls of earlier processes that still count,
    `ticks` the seconds that waits and budgets count."""
    return BROKERS[source](connection, on_call, on_rate, clock, recent, ticks)


def _portal(
    connection: "Connection", on_call: "CallSink", on_rate: "RateSink", clock: Clock, recent: "Sequence[ApiCall]",
    ticks: Callable[[], float],
) -> "Broker":  # fmt: skip
    from ibdesk.brokers.portal.broker import PortalBroker

    return PortalBroker(connection, on_call=on_call, on_rate=on_rate, clock=clock, recent=recent, ticks=ticks)


BROKERS: Mapping[
    Source, "Callable[[Connection, CallSink, RateSink, Clock, Sequence[ApiCall], Callable[[], float]], Broker]"
] = {Source.PORTAL: _portal}
#: How long the broker's count of a call can matter: its longest budgets and its penalty box are a quarter of an hour.
COUNTS_FOR = timedelta(minutes=16)


def chosen_environment(sourced: Sourced, stored: Sequence[Credentials]) -> Environment:
    """The environment to open with: the one a person set; unset, the default where it is connected, else the only
    one that is."""
    wanted = sourced.settings.default_environment
    connected = [each.environment for each in stored]
    is_set = sourced.origins["default_environment"] is not Origin.DEFAULT
    return wanted if is_set or wanted in connected or not connected else connected[0]


def connection_to(sourced: Sourced, known: Credentials | None, environment: Environment) -> "Connection":
    """How the gateway is reached. An address from settings, environment or command line wins over the stored one, a
    host, port or encryption over that part of it; the pin and the leave to reach another computer belong to the stored
    address only."""
    from ibdesk.brokers.base import Connection

    settings = sourced.settings
    url = settings.gateway if known is None else _address(sourced, known.gateway_url.rstrip("/"))
    is_known = known is not None and known.gateway_url.rstrip("/") == url
    return Connection(
        url=url,
        environment=environment,
        certificate_sha256=known.certificate_sha256 if known is not None and is_known else "",
        allow_remote=is_known,
        read_only=settings.read_only,
        timeout=timedelta(seconds=float(settings.request_timeout)),
        requests_per_second=settings.request_budget,
    )


def _address(sourced: Sourced, stored: str) -> str:
    """The stored address, with the parts of it that a person set."""
    settings, was = sourced.settings, urlsplit(stored)
    host = was.netloc.removesuffix(f":{was.port}")  # an IPv6 host keeps its brackets
    is_encrypted = was.scheme == "https"
    parts = {
        "gateway_host": host, "gateway_port": was.port or (443 if is_encrypted else 80), "gateway_ssl": is_encrypted,
    }  # fmt: skip
    kept: dict[str, Any] = {name: part for name, part in parts.items() if sourced.origins[name] is Origin.DEFAULT}
    return stored if kept == parts and not settings.gateway_url else replace(settings, **kept).gateway


async def show_certificate(url: str, *, allow_remote: bool = True) -> "Certificate":
    """What a gateway shows, for a person to look at; nothing is sent. Raises DeskError branches."""
    from ibdesk.brokers.http import fetch_certificate

    return await fetch_certificate(url, allow_remote=allow_remote)


async def start_demo(*, signed_out: bool = True, gateway: "DemoGateway | None" = None) -> "DemoAddress":
    """Start the demo gateway in this process, on a free port; or this one, which is as patient as it was made."""
    from ibdesk.brokers.base import TwsPlace
    from ibdesk.brokers.portal.broker import forgive
    from ibdesk.demo.gateway import DemoGateway, sign_in
    from ibdesk.services.connector import DemoAddress
    from ibdesk.services.demo_faults import demo_faults

    gateway = gateway or DemoGateway(signed_out=signed_out)
    await gateway.start()
    tws = gateway.tws_service(master=TwsPlace().client_id)  # the desk hears of prints made elsewhere, too
    await tws.start()

    async def stop() -> None:
        await tws.stop()
        await gateway.stop()

    return DemoAddress(
        url=gateway.url,
        certificate_sha256=bytes.fromhex(gateway.certificate_sha256).hex(":").upper(),
        user_name=DEMO_USER,
        sign_in=lambda: sign_in(gateway.url),
        stop=stop,
        clock=gateway.clock.now,
        faults=demo_faults(gateway, forgive=lambda: forgive(gateway.url), tws=tws),
        tws_port=tws.port,
    )


def connector_with(
    on_call: "CallSink",
    *,
    clock: Clock,
    known: Callable[[], Awaitable[tuple[Credentials, ...]]],
    save: "Callable[[FirstRunResult], Awaitable[None]]",
    default_url: str = Settings().gateway,
) -> "Connector":
    """The wizard's connector; it is given everything it touches. `default_url` is the address it offers first."""
    from ibdesk.services.connector import Connector
    from ibdesk.store.passphrase import advise, generate

    return Connector(
        open_broker=lambda connection: open_broker(
            connection, on_call=on_call, on_rate=lambda rate: None, clock=clock
        ),
        fetch_certificate=show_certificate,  # looking sends nothing; whether it may be used is asked
        start_demo=start_demo,
        save=save,
        advise=advise,
        suggest=generate,
        known=known,
        clock=clock,
        app_version=__version__,
        open_browser=webbrowser.open,
        default_url=default_url,
    )
