"""How a desk is put together around an open vault: database, audit, broker, services, in the order they must close."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import RateChanged
from ibdesk.domain.hours import Calendar, half_days
from ibdesk.domain.modes import Mode, face_of, mode_of
from ibdesk.domain.positions import Source
from ibdesk.domain.settings import Settings
from ibdesk.services.desk import Clock, Desk
from ibdesk.wiring.diagnosis import diagnosis_for, help_wizard
from ibdesk.wiring.flex import flex_for
from ibdesk.wiring.gateways import COUNTS_FOR, chosen_environment, connection_to, connector_with, open_broker
from ibdesk.wiring.going_live import going_live_for
from ibdesk.wiring.local_paper import local_paper_over
from ibdesk.wiring.orders import TradingDesk, trading_for
from ibdesk.wiring.tws import asked_of, place_of, tws_at

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

    from ibdesk.brokers.base import Broker, TwsPlace
    from ibdesk.services.book import Book
    from ibdesk.services.chains import Chains
    from ibdesk.services.first_run import FirstRunResult
    from ibdesk.services.hub import Hub
    from ibdesk.services.live import Live
    from ibdesk.services.market import Market
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.reconnect import Reconnect
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncService
    from ibdesk.services.tasks import Tasks
    from ibdesk.services.waking import Waking
    from ibdesk.store.database import Database
    from ibdesk.store.vault import OpenVault


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What differs between a desk on a person's own vault and one in the demo's world. `ticks` are the seconds of the
    loop the desk runs on, which only ever grow. `tws` is a socket that stands ready, whatever the settings say."""

    home: Path
    clock: Clock
    variables: Mapping[str, str]
    overrides: Mapping[str, str]
    environment: Environment | None
    watching: bool
    ticks: Callable[[], float] = time.monotonic
    tws: "TwsPlace | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What every service is built from. `environment` is the gateway's; `local` the account of Local Paper, None where
    orders go to the gateway; `is_tws_alone` where no gateway is connected and the pictures are those of TWS."""

    hub: "Hub"
    tasks: "Tasks"
    database: "Database"
    preferences: "Preferences"
    environment: Environment
    mode: Mode
    clock: Clock
    ticks: Callable[[], float]
    local: AccountId | None = None
    is_tws_alone: bool = False

    @property
    def source(self) -> Source:
        if self.is_tws_alone:
            return Source.TWS
        return Source.PORTAL if self.local is None else Source.LOCAL

    @property
    def settings(self) -> Settings:
        return self.preferences.settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Connected:
    """The services that need a broker; all None without one, or with a `problem` that forbids it."""

    session: "SessionService | None" = None
    sync: "SyncService | None" = None
    market: "Market | None" = None
    chains: "Chains | None" = None
    live: "Live | None" = None
    reconnect: "Reconnect | None" = None
    waking: "Waking | None" = None
    problem: DeskError | None = None

    def start(self, tasks: "Tasks") -> None:
        """Begin watching. First those who listen, then the session, and then those who wait for it."""
        if self.problem is not None:
            tasks.start("open the gateway", _fail(self.problem))
        for service in (self.reconnect, self.waking, self.session, self.sync, self.live):
            if service is not None:
                service.start()


async def build_desk(
    vault: "OpenVault",
    opened: AsyncExitStack,
    world: World,
    *,
    first: "Callable[[Transaction, datetime], None] | None" = None,
    calls: Sequence[ApiCall] = (),
) -> Desk:
    """Build everything around an open vault; `first` is written before anything reads. What has to be closed goes
    onto `opened` in the order of opening: database, audit, broker, tasks."""
    from ibdesk.services.activity import Activity
    from ibdesk.services.audit import CallLog
    from ibdesk.services.backups import Backups
    from ibdesk.services.day_trading import DayTrading
    from ibdesk.services.digest import Digests
    from ibdesk.services.hub import Hub
    from ibdesk.services.local_paper import LocalPaper
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.tasks import Tasks
    from ibdesk.services.vault_care import VaultCare
    from ibdesk.services.waking import Waking
    from ibdesk.store import audit, keystore
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
    care = VaultCare(
        vault, database=database, hub=hub, settings=lambda: preferences.settings, clock=world.clock,
        key_store=(lambda: None) if world.environment is Environment.DEMO else keystore.system_key_store,
    )  # fmt: skip
    opened.push_async_callback(care.close)
    call_log = CallLog(database, hub)
    for call in calls:
        call_log.record(call)
    call_log.start()
    opened.push_async_callback(call_log.close)
    stored = await preferences.credentials()
    environment = world.environment or chosen_environment(preferences.sourced, stored)
    known = next((each for each in stored if each.environment is environment), None)
    connection = connection_to(preferences.sourced, known, environment)
    mode = mode_of(environment, local_paper=preferences.settings.local_paper)
    parts = _Parts(
        hub=hub, tasks=Tasks(), database=database, preferences=preferences, environment=environment, mode=mode,
        clock=world.clock, ticks=world.ticks,
    )  # fmt: skip
    local_paper = LocalPaper(database, clock=world.clock, start=lambda: preferences.settings.local_paper_cash)
    if mode is Mode.LOCAL_PAPER:  # also where nobody lends it prices, its account is the one that is shown
        parts = replace(parts, local=(await local_paper.load()).account)
    elif known is None and preferences.settings.tws_enabled:
        parts = replace(parts, is_tws_alone=True)
    connected, trading, tws = _Connected(), None, None
    broker: Broker | None = None
    traders: list[TradingDesk] = []  # the one, as soon as it is there: it and the socket know of each other
    day_trading = DayTrading(
        mode=mode, orders=lambda: None if trading is None else trading.book, settings=lambda: preferences.settings,
        calendar=calendar, database=database, clock=world.clock,
    )  # fmt: skip
    going_live = going_live_for(
        mode=mode, book=_book(parts, None), session=lambda: connected.session, day_trading=day_trading,
        preferences=preferences, hub=hub, database=database, clock=world.clock,
    )  # fmt: skip
    if known is not None and preferences.settings.ibkr_enabled:
        since = world.clock() - COUNTS_FOR
        broker = open_broker(
            connection, on_call=call_log.record, on_rate=lambda rate: hub.publish(RateChanged(rate=rate)),
            clock=world.clock, recent=await database.read(audit.calls_since, since, environment.value),
            ticks=world.ticks,
        )  # fmt: skip
        opened.push_async_callback(broker.close)
        link = broker.name
        if mode is Mode.LOCAL_PAPER:
            broker = await local_paper_over(
                broker, local_paper, database=database, clock=world.clock, calendar=calendar, start=parts.tasks.start
            )
        connected = await _connect(broker, parts, world, link)
    if world.tws is not None or preferences.settings.tws_enabled:
        tws = await tws_at(
            world.tws or place_of(preferences.settings, environment), opened, settings=lambda: preferences.settings,
            hub=hub, tasks=parts.tasks, database=database, clock=world.clock, ticks=world.ticks,
            carries_orders=lambda: any(each.carries_orders for each in traders), stands_beside=not parts.is_tws_alone,
        )  # fmt: skip
        if parts.is_tws_alone:
            market, chains = asked_of(tws, database=database, clock=world.clock)
            connected = replace(connected, market=market, chains=chains)
    if broker is not None or parts.is_tws_alone:
        trading = trading_for(
            broker, tws=tws, mode=mode, connected_to=environment, local=parts.local,
            book=_book(parts, connected.live), session=connected.session, live=connected.live,
            sync=connected.sync or (None if tws is None else tws.sync),
            preferences=preferences, calendar=calendar, hub=hub, tasks=parts.tasks, database=database,
            clock=world.clock, ticks=world.ticks, is_armed=going_live.is_armed,
        )  # fmt: skip
        traders.append(trading)
        await trading.open()
    if connected.waking is None:  # a computer that slept locks the desk, also where no account is connected
        connected = replace(connected, waking=Waking(hub=hub, tasks=parts.tasks, clock=world.clock, ticks=world.ticks))
    opened.push_async_callback(parts.tasks.close)
    backups = Backups(
        care, hub=hub, tasks=parts.tasks, settings=lambda: preferences.settings, clock=world.clock
    )
    if world.watching:  # begins with the loop's next turn: the caller subscribes before anything happens
        connected.start(parts.tasks)
        if trading is not None:
            trading.start()
        parts.tasks.start("look at the vault", care.look())
        if tws is not None:
            tws.start(is_wanted=world.tws is None)  # one that only stands ready waits until it is looked at or used
            if trading is not None:
                trading.follow(tws, hub)
        if environment is not Environment.DEMO:  # a throwaway vault needs none
            backups.start()
    book = _book(parts, connected.live)
    activity = Activity(database, clock=world.clock, default_environment=lambda: environment)
    digests = Digests(
        mode=mode, book=book, orders=lambda: None if trading is None else trading.book, activity=activity,
        day_trading=day_trading, settings=lambda: preferences.settings, calendar=calendar, hub=hub,
        tasks=parts.tasks, database=database, clock=world.clock,
    )  # fmt: skip
    if world.watching:
        digests.start()
    diagnosis = diagnosis_for(
        world.home, environment=environment, connection=connection, clock=world.clock, hub=hub,
        preferences=preferences, on_call=call_log.record, book=book, activity=activity, session=connected.session,
        live=connected.live, mode=mode, trading=trading, database_bytes=lambda: database.size,
        tws=None if tws is None else tws.access,
    )  # fmt: skip

    async def keep(result: "FirstRunResult") -> None:
        await database.write(partial(save_result, vault, result), world.clock())
        for name, text in result.settings:
            await preferences.change(name, text)

    return Desk(
        environment=environment,
        mode=mode,
        gateway_url=connection.url,
        clock=world.clock,
        calendar=calendar,
        hub=hub,
        tasks=parts.tasks,
        book=book,
        activity=activity,
        preferences=preferences,
        care=care,
        backups=backups,
        flex=flex_for(vault, database=database, hub=hub, on_call=call_log.record, clock=world.clock, ticks=world.ticks),
        connector=help_wizard(
            connector_with(
                call_log.record, clock=world.clock, known=preferences.credentials,
                default_url=preferences.settings.gateway,
                save=keep,
            ),
            world.home, settings=lambda: preferences.sourced, change=preferences.change, publish=hub.publish,
            on_call=call_log.record,
        ),
        session=connected.session,
        sync=tws.sync if parts.is_tws_alone and tws is not None else connected.sync,
        market=connected.market,
        live=connected.live,
        gateway=diagnosis.gateway,
        doctor=diagnosis.doctor,
        support=diagnosis.support,
        reconnect=connected.reconnect,
        orders=None if trading is None else trading.orders,
        order_book=None if trading is None else trading.book,
        kill_switch=None if trading is None else trading.kill_switch,
        expiry=None if trading is None else trading.expiry,
        going_live=going_live,
        digests=digests,
        day_trading=day_trading,
        chains=connected.chains,
        local_paper=local_paper,
        live_pnl=None if tws is None else tws.live_pnl,
        tws_sync=None if tws is None else tws.sync,
        tws_health=None if tws is None else tws.health,
        check_passphrase=lambda secret: asyncio.to_thread(vaults.opens, vault, secret),
        database_bytes=lambda: database.size,
        close=opened.aclose,
    )


async def _connect(broker: "Broker", parts: _Parts, world: World, link: str) -> _Connected:
    """Open the broker and build what works on it. A desk that watches opens even when the broker may not be: the
    stored books stay readable, and the reason is reported like any failed work."""
    try:
        await broker.open()
    except DeskError as error:
        if not world.watching:
            raise
        return _Connected(problem=error)
    return _services(broker, parts, link)


def _services(broker: "Broker", parts: _Parts, link: str) -> _Connected:
    """`link` names the connection that can be lost."""
    from ibdesk.services.chains import Chains
    from ibdesk.services.live import Live
    from ibdesk.services.market import Market
    from ibdesk.services.reconnect import Reconnect
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncService
    from ibdesk.services.waking import Waking

    def settings() -> Settings:
        return parts.settings

    hub, tasks, database, clock, ticks = parts.hub, parts.tasks, parts.database, parts.clock, parts.ticks
    session = None
    if broker.session is not None:
        session = SessionService(
            broker.session, hub=hub, tasks=tasks, database=database, environment=parts.environment, settings=settings,
            clock=clock, ticks=ticks,
        )  # fmt: skip
    sync = SyncService(
        broker, session=session, hub=hub, tasks=tasks, database=database, environment=face_of(parts.mode).environment,
        settings=settings, clock=clock, ticks=ticks,
    )  # fmt: skip
    market = None
    if broker.market is not None:
        market = Market(broker.market, session=session, database=database, clock=clock)
    live = None
    if broker.stream is not None:
        live = Live(
            broker.stream, session=session, hub=hub, tasks=tasks, database=database, clock=clock, source=parts.source
        )
    chains = None
    if broker.market is not None:
        chains = Chains(
            broker.market, session=session, clock=clock, streamed=lambda: {} if live is None else live.quotes
        )  # fmt: skip
    reconnect = None
    if session is not None:
        reconnect = Reconnect(
            source=link, session=session, sync=sync, pages=_book(parts, live).pages, hub=hub, tasks=tasks,
            settings=settings, clock=clock, ticks=ticks,
        )  # fmt: skip
    waking = Waking(hub=hub, tasks=tasks, clock=clock, ticks=ticks)
    return _Connected(
        session=session, sync=sync, market=market, chains=chains, live=live, reconnect=reconnect, waking=waking
    )  # fmt: skip


def _book(parts: _Parts, live: "Live | None") -> "Book":
    from ibdesk.services.book import Book

    return Book(
        parts.database, environment=parts.environment, clock=parts.clock, source=parts.source, local=parts.local,
        quotes=lambda: {} if live is None else live.quotes, pnl=lambda: {} if live is None else live.pnl,
    )  # fmt: skip


def save_result(vault: "OpenVault", result: "FirstRunResult", tx: "Transaction", at: datetime) -> None:
    """Everything a finished wizard leaves: how the gateway is reached, the accounts, the acknowledgments."""
    from ibdesk.store import accounts, records, secrets

    if result.credentials is not None:
        secrets.save_credentials(tx, vault, result.credentials, at)
    accounts.save_accounts(tx, result.accounts or (result.account,), at)
    records.add_acknowledgments(tx, result.acknowledgments)


def exchange_calendar(year: int) -> Calendar:
    """The New York exchange's closed and half days around a year."""
    import holidays

    years = range(year - 1, year + 3)
    closed = dict(holidays.financial_holidays("XNYS", years=years).items())
    return Calendar(closed=closed, early=half_days(closed, years))


async def _fail(error: DeskError) -> None:
    raise error
