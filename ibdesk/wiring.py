"""Which implementation stands behind each name: the one place that builds things and takes them apart again.

Charter. What: an open vault, a broker from the plain dict below and services around them, handed out as one `Desk`.
Why: every other file gets what it needs as an argument, so tests and the demo swap a clock or a gateway here and
nowhere else. Tried: a container that resolves by type (it hides the order of closing, which is what matters).
Would change our mind: a second broker open at the same time; then `_Connected` becomes one for each.
Imports that cost time are inside the functions: the first paint needs none of them.
"""

import asyncio
import logging
import os
import secrets as randomness
import shutil
import tempfile
import webbrowser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk import __version__
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import RateChanged
from ibdesk.domain.hours import Calendar, half_days
from ibdesk.domain.modes import ibkr_mode
from ibdesk.domain.positions import Source
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Origin, Settings, Sourced
from ibdesk.services.desk import Clock, Desk

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

    from ibdesk.brokers.base import Broker, CallSink, Certificate, Connection, RateSink
    from ibdesk.services.connector import Connector, DemoAddress
    from ibdesk.services.first_run import FirstRunResult
    from ibdesk.services.hub import Hub
    from ibdesk.services.live import Live
    from ibdesk.services.market import Market
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tasks import Tasks
    from ibdesk.store.database import Database
    from ibdesk.store.vault import OpenVault

log = logging.getLogger(__name__)

DEMO_ACCOUNT, DEMO_USER = AccountId("DU7654321"), "demo"
#: Settings that say where the gateway is; any of them set by a person wins over the stored connection.
ADDRESS = ("gateway_url", "gateway_host", "gateway_port", "gateway_ssl")


def now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def default_home() -> Path:
    """Where this system keeps an application's files."""
    import platformdirs

    return Path(platformdirs.user_data_dir("ibdesk", appauthor=False))


def vault_exists(home: Path) -> bool:
    """Whether `home` holds a vault, whole or damaged."""
    from ibdesk.store import vault

    return vault.exists(home)


def remembered(home: Path) -> bytes | None:
    """The key by which this computer's own key store opens the vault in `home`; None when it does not know it."""
    from ibdesk.store import keystore

    store = keystore.system_key_store()
    return None if store is None else keystore.recall(home, store)


async def open_desk(
    home: Path,
    secret: str | bytes,
    *,
    overrides: Mapping[str, str] | None = None,
    environment: Environment | None = None,
    watching: bool = True,
) -> Desk:
    """Open the vault in `home` with its passphrase, recovery code or `remembered` key and build the desk.

    `environment` chooses another than the settings do. `watching` False starts no loops: the command line asks when
    it wants. Raises what `store.vault.open` raises, and Refused(BAD_SETTING).
    """
    from ibdesk.store import vault as vaults

    world = _World(
        home=home, clock=now, variables=os.environ, overrides=overrides or {}, environment=environment,
        watching=watching,
    )  # fmt: skip
    async with AsyncExitStack() as opened:
        vault = await asyncio.to_thread(vaults.open, home, secret)
        opened.callback(vault.close)
        _log_to(home, opened)
        return _owned(await _desk(vault, opened, world), opened)


async def create_desk(
    home: Path,
    passphrase: str,
    result: "FirstRunResult",
    *,
    calls: Sequence[ApiCall] = (),
    overrides: Mapping[str, str] | None = None,
    watching: bool = True,
) -> tuple[Desk, str]:
    """Create the vault, save what the wizard found and build the desk; the second value is the recovery code.

    `calls` are those the wizard made before there was an audit to hold them. On any failure no vault is left.
    Raises what `store.vault.create` raises.
    """
    from ibdesk.store import vault as vaults

    world = _World(
        home=home, clock=now, variables=os.environ, overrides=overrides or {},
        environment=result.credentials.environment, watching=watching,
    )  # fmt: skip
    async with AsyncExitStack() as opened:
        vault, code = await asyncio.to_thread(vaults.create, home, passphrase)
        opened.push_async_exit(partial(_discard_on_error, vault))
        _log_to(home, opened)
        desk = await _desk(vault, opened, world, first=partial(_save, vault, result), calls=calls)
        return _owned(desk, opened), code


async def open_demo_desk(
    result: "FirstRunResult | None" = None, *, demo: "DemoAddress | None" = None, watching: bool = True
) -> Desk:
    """A desk on the demo gateway, with a throwaway vault in a temporary folder. Closing it leaves no trace.

    `demo` is a gateway that runs already (the wizard's) and is stopped with the desk; without it one is started,
    signed in. Any passphrase unlocks the window: there is nothing to protect.
    """
    from ibdesk.store import vault as vaults
    from ibdesk.store.header import LOWEST_COST

    async with AsyncExitStack() as opened:
        address = demo or await start_demo(signed_out=False)
        opened.push_async_callback(address.stop)
        home = Path(tempfile.mkdtemp(prefix="ibdesk-demo-"))
        opened.callback(shutil.rmtree, home, ignore_errors=True)
        vault, _ = await asyncio.to_thread(vaults.create, home, randomness.token_hex(32), cost=LOWEST_COST)
        opened.callback(vault.close)
        world = _World(
            home=home, clock=address.clock or now, variables=_appearance(os.environ), overrides={},
            environment=Environment.DEMO, watching=watching,
        )  # fmt: skip
        first = partial(_save_demo, vault, address) if result is None else partial(_save, vault, result)
        desk = await _desk(vault, opened, world, first=first)
        return replace(_owned(desk, opened), check_passphrase=_anything)


async def start_demo(*, signed_out: bool = True) -> "DemoAddress":
    """Start the demo gateway in this process, on a free port."""
    from ibdesk.demo.gateway import DemoGateway, sign_in
    from ibdesk.services.connector import DemoAddress

    gateway = DemoGateway(signed_out=signed_out)
    await gateway.start()
    return DemoAddress(
        url=gateway.url,
        certificate_sha256=bytes.fromhex(gateway.certificate_sha256).hex(":").upper(),
        user_name=DEMO_USER,
        sign_in=lambda: sign_in(gateway.url),
        stop=gateway.stop,
        clock=gateway.clock.now,
    )


def first_run_connector(on_call: "CallSink | None" = None) -> "Connector":
    """The wizard's connector before there is a vault. It saves nothing: `create_desk` does, with a passphrase.

    `on_call` hears of its calls, to be handed to `create_desk` for the audit.
    """

    async def nothing() -> tuple[Credentials, ...]:
        return ()

    async def later(_result: "FirstRunResult") -> None:
        log.info("The wizard is finished; its result is saved with the new vault.")

    return _connector(on_call or (lambda call: None), clock=now, known=nothing, save=later)


def open_broker(
    connection: "Connection", *, on_call: "CallSink", on_rate: "RateSink", clock: Clock, source: Source = Source.PORTAL
) -> "Broker":
    """The adapter for a source; nothing is sent yet."""
    return BROKERS[source](connection, on_call, on_rate, clock)


async def show_certificate(url: str, *, allow_remote: bool = True) -> "Certificate":
    """What a gateway shows, for a person to look at; nothing is sent. Raises DeskError branches."""
    from ibdesk.brokers.http import fetch_certificate

    return await fetch_certificate(url, allow_remote=allow_remote)


def exchange_calendar(year: int) -> Calendar:
    """The New York exchange's closed and half days around a year."""
    import holidays

    years = range(year - 1, year + 3)
    closed = dict(holidays.financial_holidays("XNYS", years=years).items())
    return Calendar(closed=closed, early=half_days(closed, years))


def _portal(connection: "Connection", on_call: "CallSink", on_rate: "RateSink", clock: Clock) -> "Broker":
    from ibdesk.brokers.portal.broker import PortalBroker

    return PortalBroker(connection, on_call=on_call, on_rate=on_rate, clock=clock)


BROKERS: Mapping[Source, "Callable[[Connection, CallSink, RateSink, Clock], Broker]"] = {Source.PORTAL: _portal}


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """What differs between a desk on a person's own vault and one in the demo's world."""

    home: Path
    clock: Clock
    variables: Mapping[str, str]
    overrides: Mapping[str, str]
    environment: Environment | None
    watching: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What every service is built from."""

    hub: "Hub"
    tasks: "Tasks"
    database: "Database"
    preferences: "Preferences"
    environment: Environment
    clock: Clock

    @property
    def settings(self) -> Settings:
        return self.preferences.settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Connected:
    """The services that need a broker; all None without one, or with a `problem` that forbids it."""

    session: "SessionService | None" = None
    sync: "SyncService | None" = None
    market: "Market | None" = None
    live: "Live | None" = None
    problem: DeskError | None = None

    def start(self, tasks: "Tasks") -> None:
        """Begin watching. The session first: the others wait for it."""
        if self.problem is not None:
            tasks.start("open the gateway", _fail(self.problem))
        for service in (self.session, self.sync, self.live):
            if service is not None:
                service.start()


async def _desk(
    vault: "OpenVault",
    opened: AsyncExitStack,
    world: _World,
    *,
    first: "Callable[[Transaction, datetime], None] | None" = None,
    calls: Sequence[ApiCall] = (),
) -> Desk:
    """Build everything around an open vault; `first` is written before anything reads. What has to be closed goes
    onto `opened` in the order of opening: database, audit, broker, tasks."""
    from ibdesk.services.activity import Activity
    from ibdesk.services.audit import CallLog
    from ibdesk.services.book import Book
    from ibdesk.services.hub import Hub
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.tasks import Tasks
    from ibdesk.store import vault as vaults
    from ibdesk.store.database import open_database

    calendar = await asyncio.to_thread(exchange_calendar, world.clock().year)
    database = await asyncio.to_thread(open_database, vault)
    opened.push_async_callback(database.close)
    if first is not None:
        await database.write(first, world.clock())
    hub = Hub()
    preferences = Preferences(
        world.home, vault=vault, database=database, hub=hub, clock=world.clock, environment=world.variables,
        overrides=world.overrides,
    )  # fmt: skip
    call_log = CallLog(database, hub)
    for call in calls:
        call_log.record(call)
    call_log.start()
    opened.push_async_callback(call_log.close)
    stored = await preferences.credentials()
    environment = world.environment or chosen_environment(preferences.settings, stored)
    known = next((each for each in stored if each.environment is environment), None)
    connection = connection_to(preferences.sourced, known, environment)
    parts = _Parts(
        hub=hub, tasks=Tasks(), database=database, preferences=preferences, environment=environment, clock=world.clock
    )
    connected = _Connected()
    if known is not None and preferences.settings.ibkr_enabled:
        broker = open_broker(
            connection, on_call=call_log.record, on_rate=lambda rate: hub.publish(RateChanged(rate=rate)),
            clock=world.clock,
        )  # fmt: skip
        opened.push_async_callback(broker.close)
        connected = await _connect(broker, parts, world)
    opened.push_async_callback(parts.tasks.close)
    if world.watching:  # begins with the loop's next turn: the caller subscribes before anything happens
        connected.start(parts.tasks)
    live = connected.live
    return Desk(
        environment=environment,
        mode=ibkr_mode(environment),
        gateway_url=connection.url,
        clock=world.clock,
        calendar=calendar,
        hub=hub,
        tasks=parts.tasks,
        book=Book(database, clock=world.clock) if live is None
        else Book(database, clock=world.clock, quotes=lambda: live.quotes, pnl=lambda: live.pnl),
        activity=Activity(database),
        preferences=preferences,
        connector=_connector(
            call_log.record, clock=world.clock, known=preferences.credentials,
            save=lambda result: database.write(partial(_save, vault, result), world.clock()),
        ),
        session=connected.session,
        sync=connected.sync,
        market=connected.market,
        live=live,
        check_passphrase=lambda secret: asyncio.to_thread(vaults.opens, vault, secret),
        database_bytes=lambda: database.size,
        close=opened.aclose,
    )


async def _connect(broker: "Broker", parts: _Parts, world: _World) -> _Connected:
    """Open the broker and build what works on it. A desk that watches opens even when the broker may not be: the
    stored books stay readable, and the reason is reported like any failed work."""
    try:
        await broker.open()
    except DeskError as error:
        if not world.watching:
            raise
        return _Connected(problem=error)
    return _services(broker, parts)


def _services(broker: "Broker", parts: _Parts) -> _Connected:
    from ibdesk.services.live import Live
    from ibdesk.services.market import Market
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncService

    def settings() -> Settings:
        return parts.settings

    hub, tasks, database, clock = parts.hub, parts.tasks, parts.database, parts.clock
    session = None
    if broker.session is not None:
        session = SessionService(
            broker.session, hub=hub, tasks=tasks, database=database, environment=parts.environment, settings=settings,
            clock=clock,
        )  # fmt: skip
    sync = SyncService(
        broker, session=session, hub=hub, tasks=tasks, database=database, environment=parts.environment,
        settings=settings, clock=clock,
    )  # fmt: skip
    market = None
    if broker.market is not None:
        market = Market(broker.market, session=session, database=database, clock=clock)
    live = None
    if broker.stream is not None:
        live = Live(broker.stream, source=broker.name, session=session, hub=hub, tasks=tasks, database=database)
    return _Connected(session=session, sync=sync, market=market, live=live)


def _connector(
    on_call: "CallSink",
    *,
    clock: Clock,
    known: Callable[[], Awaitable[tuple[Credentials, ...]]],
    save: "Callable[[FirstRunResult], Awaitable[None]]",
) -> "Connector":
    from ibdesk.services.connector import Connector
    from ibdesk.store.passphrase import advise

    return Connector(
        open_broker=lambda connection: open_broker(
            connection, on_call=on_call, on_rate=lambda rate: None, clock=clock
        ),
        fetch_certificate=show_certificate,  # looking sends nothing; whether it may be used is asked
        start_demo=start_demo,
        save=save,
        advise=advise,
        known=known,
        clock=clock,
        app_version=__version__,
        open_browser=webbrowser.open,
    )


def chosen_environment(settings: Settings, stored: Sequence[Credentials]) -> Environment:
    """The environment to open with: the setting's where it is connected, else the one that is."""
    environments = [each.environment for each in stored]
    if settings.default_environment in environments or not environments:
        return settings.default_environment
    return environments[0]


def connection_to(sourced: Sourced, known: Credentials | None, environment: Environment) -> "Connection":
    """How the gateway is reached. An address from settings, environment or command line wins over the stored one;
    the pin and the leave to reach another computer belong to the stored address only."""
    from ibdesk.brokers.base import Connection

    settings = sourced.settings
    is_set = any(sourced.origins[name] is not Origin.DEFAULT for name in ADDRESS)
    url = settings.gateway if known is None or is_set else known.gateway_url
    is_known = known is not None and known.gateway_url.rstrip("/") == url
    return Connection(
        url=url,
        environment=environment,
        certificate_sha256=known.certificate_sha256 if known is not None and is_known else "",
        allow_remote=is_known,
        timeout=timedelta(seconds=float(settings.request_timeout)),
        requests_per_second=settings.requests_per_second,
    )


def _save(vault: "OpenVault", result: "FirstRunResult", tx: "Transaction", at: datetime) -> None:
    """Everything a finished wizard leaves: how the gateway is reached, the accounts, the acknowledgments."""
    from ibdesk.store import accounts, records, secrets

    secrets.save_credentials(tx, vault, result.credentials, at)
    accounts.save_accounts(tx, result.accounts or (result.account,), at)
    records.add_acknowledgments(tx, result.acknowledgments)


def _save_demo(vault: "OpenVault", address: "DemoAddress", tx: "Transaction", at: datetime) -> None:
    from ibdesk.store import secrets

    credentials = Credentials(
        environment=Environment.DEMO,
        gateway_url=address.url,
        user_name=address.user_name,
        account=DEMO_ACCOUNT,
        certificate_sha256=address.certificate_sha256,
    )
    secrets.save_credentials(tx, vault, credentials, at)


def _owned(desk: Desk, opened: AsyncExitStack) -> Desk:
    """The desk as the owner of all that was opened for it."""
    return replace(desk, close=opened.pop_all().aclose)


def _log_to(home: Path, opened: AsyncExitStack) -> None:
    from ibdesk.store import logs

    opened.callback(logs.close_log, logs.open_log(home))


def _appearance(variables: Mapping[str, str]) -> Mapping[str, str]:
    """The variables the demo heeds: how it looks, never where a real gateway is."""
    return {name: value for name, value in variables.items() if name.startswith("IBDESK_")}


async def _discard_on_error(
    vault: "OpenVault", kind: type[BaseException] | None, _error: BaseException | None, _trace: object
) -> None:
    """Close the vault; delete it when building the desk failed."""
    from ibdesk.store import vault as vaults

    vault.close()
    if kind is not None:
        vaults.discard(vault)


async def _anything(_secret: str) -> bool:
    return True


async def _fail(error: DeskError) -> None:
    raise error
