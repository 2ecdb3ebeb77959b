"""How the gateway's keeper, the doctor and the support bundle are built, around an open vault and without one."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Examined
from ibdesk.domain.errors import Refused
from ibdesk.domain.modes import Mode
from ibdesk.domain.settings import Sourced, defaults
from ibdesk.services.desk import Clock
from ibdesk.wiring.gateways import connection_to, open_broker, show_certificate
from ibdesk.wiring.tws import fresh_access, place_of, tws_connector

if TYPE_CHECKING:
    from ibdesk.brokers.base import Broker, CallSink, Connection, RateSink
    from ibdesk.domain.events import GatewayChanged
    from ibdesk.services.activity import Activity
    from ibdesk.services.book import Book
    from ibdesk.services.connector import Connector
    from ibdesk.services.doctor import Doctor, Stored
    from ibdesk.services.findings import Target
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.services.hub import Hub
    from ibdesk.services.live import Live
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.session import SessionService
    from ibdesk.services.support import Support
    from ibdesk.services.tws_contact import TwsAccess
    from ibdesk.wiring.orders import TradingDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The three who find out what is wrong with a connection."""

    gateway: "GatewayKeeper"
    doctor: "Doctor"
    support: "Support"


def diagnosis_for(
    home: Path, *, environment: Environment, connection: "Connection", clock: Clock, hub: "Hub",
    preferences: "Preferences", on_call: "CallSink", book: "Book", activity: "Activity",
    session: "SessionService | None", live: "Live | None", mode: Mode, trading: "TradingDesk | None",
    database_bytes: Callable[[], int], tws: "TwsAccess | None" = None,
) -> Diagnosis:  # fmt: skip
    """Around an open vault."""
    from ibdesk.services.doctor import Stored, Trading
    from ibdesk.services.gateway import GatewayKeeper

    gateway = GatewayKeeper(
        home, settings=lambda: preferences.settings, change=preferences.change, publish=hub.publish, clock=clock,
        address=lambda: connection.url,
    )  # fmt: skip

    def stands() -> Trading | None:
        if trading is None:
            return None
        orders = () if trading.book is None else trading.book.orders
        return Trading(mode=mode, orders=orders, killed=trading.kill_switch.why)

    stored = Stored(
        credentials=preferences.credentials, accounts=book.every_account, activity=activity,
        database_bytes=database_bytes, session=lambda: None if session is None else session.session,
        stream=lambda: None if live is None else live.state, trading=stands,
    )  # fmt: skip

    async def user_names() -> tuple[str, ...]:
        return tuple(each.user_name for each in await preferences.credentials() if each.user_name)

    doctor = _doctor(
        home, environment=environment, connection=lambda: connection, settings=lambda: preferences.sourced,
        gateway=gateway, clock=clock, on_call=on_call, stored=stored, tws=tws,
    )  # fmt: skip
    return Diagnosis(
        gateway=gateway,
        doctor=doctor,
        support=_support(home, clock, doctor, gateway, lambda: preferences.sourced, activity, user_names),
    )


def diagnosis_without_vault(
    home: Path, overrides: Mapping[str, str], *, clock: Clock, because: str = "There is no vault yet."
) -> Diagnosis:
    """What works before there is a vault, or while it is locked: nothing stored is known, and nothing is sent to a
    gateway whose certificate nobody trusted. `because` is told of whatever needs the vault."""
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.store.settings import load_settings, save_setting

    problem: Refused | None = None
    in_force = settings_of(home, overrides)
    try:
        load_settings(home, os.environ, overrides)
    except Refused as error:
        problem = error

    async def change(name: str, text: str) -> None:
        save_setting(home, name, text)

    gateway = GatewayKeeper(
        home, settings=lambda: in_force().settings, change=change, publish=lambda event: None, clock=clock
    )
    environment = in_force().settings.default_environment
    doctor = _doctor(
        home, environment=environment, connection=lambda: connection_to(in_force(), None, environment),
        settings=in_force, gateway=gateway, clock=clock, on_call=lambda call: None, because=because, problem=problem,
        tws=_wanted(in_force(), clock),
    )  # fmt: skip
    support = _support(home, clock, doctor, gateway, in_force, None, None)
    return Diagnosis(gateway=gateway, doctor=doctor, support=support)


def help_wizard(
    connector: "Connector", home: Path, *, settings: Callable[[], Sourced],
    change: Callable[[str, str], Awaitable[object]], publish: "Callable[[GatewayChanged], None]", on_call: "CallSink",
) -> "Connector":  # fmt: skip
    """Let the wizard start the gateway of its address, say why a target fails, and look for a TWS."""
    from ibdesk.brokers.base import Connection
    from ibdesk.services.gateway import GatewayKeeper

    gateway = GatewayKeeper(
        home, settings=lambda: settings().settings, change=change, publish=publish, clock=connector.clock,
        address=lambda: connector.address or connector.default_url,
    )  # fmt: skip

    def diagnose(target: "Target") -> AsyncIterator[Examined]:
        to = Connection(
            url=target.url, environment=target.environment, certificate_sha256=target.pin,
            allow_remote=target.allow_remote,
        )  # fmt: skip
        return _doctor(
            home, environment=target.environment, connection=lambda: to, settings=settings, gateway=gateway,
            clock=connector.clock, on_call=on_call, because="The wizard asks before anything is stored.",
        ).watch()  # fmt: skip

    connector.gateway, connector.diagnose = gateway, diagnose
    connector.tws = tws_connector(settings, connector.clock)
    return connector


def settings_of(home: Path, overrides: Mapping[str, str]) -> Callable[[], Sourced]:
    """The settings in force without a vault; the defaults while they cannot be read."""
    from ibdesk.store.settings import load_settings

    def in_force() -> Sourced:
        try:
            return load_settings(home, os.environ, overrides)
        except Refused:
            return defaults()

    return in_force


def _wanted(sourced: Sourced, clock: Clock) -> "TwsAccess | None":
    settings = sourced.settings
    return fresh_access(place_of(settings, settings.default_environment), clock) if settings.tws_enabled else None


def _doctor(
    home: Path, *, environment: Environment, connection: "Callable[[], Connection]", settings: Callable[[], Sourced],
    gateway: "GatewayKeeper", clock: Clock, on_call: "CallSink", stored: "Stored | None" = None, because: str = "",
    problem: Refused | None = None, tws: "TwsAccess | None" = None,
) -> "Doctor":  # fmt: skip
    from ibdesk.services.doctor import Doctor, Sources

    def broker(to: "Connection", heard: "CallSink", rated: "RateSink") -> "Broker":
        return open_broker(to, on_call=heard, on_rate=rated, clock=clock)

    return Doctor(Sources(
        home=home, clock=clock, environment=environment, settings=settings, gateway=gateway, connection=connection,
        open_broker=broker, fetch_certificate=show_certificate, on_call=on_call, stored=stored,
        closed_because=because, settings_problem=problem, tws=tws,
    ))  # fmt: skip


def _support(
    home: Path, clock: Clock, doctor: "Doctor", gateway: "GatewayKeeper", settings: Callable[[], Sourced],
    activity: "Activity | None", user_names: "Callable[[], Awaitable[tuple[str, ...]]] | None",
) -> "Support":  # fmt: skip
    from ibdesk.services.support import Support

    return Support(
        home, clock=clock, doctor=doctor, gateway=gateway, settings=settings, activity=activity, user_names=user_names
    )
