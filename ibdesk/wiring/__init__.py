"""Which implementation stands behind each name: the one place that builds things and takes them apart again.

Charter. What: an open vault, a broker from the plain dict in `gateways` and services around them (`desks`), handed out
as one `Desk`; here are the doors: an existing vault, a new one, the demo.
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
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Clock, Desk
from ibdesk.wiring.desks import World, build_desk, exchange_calendar, save_result
from ibdesk.wiring.diagnosis import help_wizard, settings_of
from ibdesk.wiring.gateways import connector_with, open_broker, show_certificate, start_demo
from ibdesk.wiring.vaults import code_seen, look_at, rekey, restore

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

    from ibdesk.brokers.base import CallSink
    from ibdesk.services.connector import Connector, DemoAddress
    from ibdesk.services.first_run import FirstRunResult
    from ibdesk.store.vault import OpenVault

__all__ = [
    "code_seen", "create_desk", "default_home", "exchange_calendar", "first_run_connector", "given_passphrase",
    "look_at", "now", "open_broker", "open_demo_desk", "open_desk", "rekey", "remembered", "restore",
    "show_certificate", "start_demo", "vault_exists",
]  # fmt: skip

log = logging.getLogger(__name__)

DEMO_ACCOUNT = AccountId("DU7654321")


def now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def default_home() -> Path:
    """The folder IBKR_DB_PATH means, else where this system keeps an application's files."""
    import platformdirs

    from ibdesk.store.settings import home_named

    return home_named(os.environ) or Path(platformdirs.user_data_dir("ibdesk", appauthor=False))


def vault_exists(home: Path) -> bool:
    """Whether `home` holds a vault, whole or damaged."""
    from ibdesk.store import vault

    return vault.exists(home)


def given_passphrase() -> str | None:
    """The passphrase in the environment: IBDESK_PASSPHRASE, else VITE_ENCRYPTION_KEY; None when neither is set.
    Refused(BAD_SETTING) when the latter is too short."""
    from ibdesk.store.passphrase import from_environment

    return from_environment(os.environ)


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
    clock: Clock = now,
) -> Desk:
    """Open the vault in `home` with its passphrase, recovery code or `remembered` key and build the desk.

    `environment` chooses another than the settings do. `watching` False starts no loops: the command line asks when
    it wants. Raises what `store.vault.open` raises, and Refused(BAD_SETTING).
    """
    from ibdesk.store import vault as vaults

    world = World(
        home=home, clock=clock, variables=os.environ, overrides=overrides or {}, environment=environment,
        watching=watching,
    )  # fmt: skip
    async with AsyncExitStack() as held:
        vault = await asyncio.to_thread(vaults.open, home, secret)
        held.callback(vault.close)
        _log_to(home, held)
        return await _desk_on(vault, held, world)


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
    from ibdesk.store.settings import save_setting

    world = World(
        home=home, clock=now, variables=os.environ, overrides=overrides or {},
        environment=result.environment, watching=watching,
    )  # fmt: skip
    async with AsyncExitStack() as unfinished, AsyncExitStack() as held:
        vault, code = await asyncio.to_thread(vaults.create, home, passphrase)
        unfinished.push_async_exit(partial(_discard_on_error, vault))
        held.callback(vault.close)
        _log_to(home, held)
        for name, text in result.settings:
            save_setting(home, name, text)
        if result.tws is not None:  # without a gateway's connection nothing else says which environment it is
            save_setting(home, "default_environment", result.environment.value)
        desk = await _desk_on(vault, held, world, first=partial(save_result, vault, result), calls=calls)
        unfinished.pop_all()
        return desk, code


async def open_demo_desk(
    result: "FirstRunResult | None" = None, *, demo: "DemoAddress | None" = None, watching: bool = True,
    local_paper: bool = False, ticks: Callable[[], float] = time.monotonic,
) -> Desk:  # fmt: skip
    """A desk on the demo gateway, with a throwaway vault in a temporary folder. Closing it leaves no trace.

    `demo` is a gateway that runs already (the wizard's) and is stopped with the desk; without it one is started,
    signed in. Any passphrase unlocks the window: there is nothing to protect. `local_paper` opens it in that mode.
    `ticks` are the seconds that waits and budgets count.
    """
    from ibdesk.store import vault as vaults
    from ibdesk.store.header import LOWEST_COST
    from ibdesk.store.settings import save_setting

    async with AsyncExitStack() as held:
        from ibdesk.brokers.base import TwsPlace

        address = demo or await start_demo(signed_out=False)
        held.push_async_callback(address.stop)
        home = Path(tempfile.mkdtemp(prefix="ibdesk-demo-"))
        held.callback(shutil.rmtree, home, ignore_errors=True)
        vault, _ = await asyncio.to_thread(vaults.create, home, randomness.token_hex(32), cost=LOWEST_COST)
        held.callback(vault.close)
        if local_paper:
            save_setting(home, "local_paper", "true")  # a choice, as the mode's button makes it
        world = World(
            home=home, clock=address.clock or now, variables=_appearance(os.environ), overrides={},
            environment=Environment.DEMO, watching=watching, ticks=ticks,
            tws=None if address.tws_port is None else TwsPlace(
                port=address.tws_port, environment=Environment.DEMO, read_only=False
            ),
        )  # fmt: skip
        first = partial(_save_demo, vault, address) if result is None else partial(save_result, vault, result)
        return await _desk_on(vault, held, world, first=first, as_demo=address)


def first_run_connector(
    on_call: "CallSink | None" = None, *, home: Path | None = None, overrides: Mapping[str, str] | None = None
) -> "Connector":
    """The wizard's connector before there is a vault. It saves nothing: `create_desk` does, with a passphrase.

    `on_call` hears of its calls, to be handed to `create_desk` for the audit. The gateway's address that is offered
    first is the one in force in `home`: settings file, environment, command line. A setting that cannot be read is told
    when the desk opens; the wizard can still be walked.
    """
    from ibdesk.store.settings import save_setting

    async def nothing() -> tuple[Credentials, ...]:
        return ()

    async def later(_result: "FirstRunResult") -> None:
        log.info("The wizard is finished; its result is saved with the new vault.")

    async def change(name: str, text: str) -> None:
        save_setting(place, name, text)

    place, heard = home or default_home(), on_call or (lambda call: None)
    settings = settings_of(place, overrides or {})
    made = connector_with(heard, clock=now, known=nothing, save=later, default_url=settings().settings.gateway)
    return help_wizard(
        made, place, settings=settings, change=change, publish=lambda event: None, on_call=heard
    )


def _save_demo(vault: "OpenVault", address: "DemoAddress", tx: "Transaction", at: datetime) -> None:
    from ibdesk.store import secrets

    credentials = Credentials(
        environment=Environment.DEMO,
        gateway_url=address.url,
        user_name=address.user_name,
        account=DEMO_ACCOUNT,
        certificate_sha256=address.certificate_sha256,
        options_level=address.options_level,
    )
    secrets.save_credentials(tx, vault, credentials, at)


async def _desk_on(
    vault: "OpenVault",
    held: AsyncExitStack,
    world: World,
    *,
    first: "Callable[[Transaction, datetime], None] | None" = None,
    calls: Sequence[ApiCall] = (),
    as_demo: "DemoAddress | None" = None,
) -> Desk:
    """The desk as the owner of all that was opened for it: what `held` holds below it and its own services.

    Its `reopen` ends the services alone and builds them anew on the same open vault, as the settings say by then.
    """
    async with AsyncExitStack() as opened:
        desk = await build_desk(vault, opened, world, first=first, calls=calls)
        services = opened.pop_all()
    below = held.pop_all()

    async def close() -> None:
        async with below:
            await services.aclose()

    async def reopen() -> Desk:
        async with below:
            await services.aclose()
            return await _desk_on(vault, below, _by_its_settings(world), as_demo=as_demo)

    if as_demo is not None:
        desk = replace(desk, check_passphrase=_anything, faults=as_demo.faults)
    return replace(desk, close=close, reopen=reopen)


def _by_its_settings(world: World) -> World:
    """The same world, opened with what the settings name and not with what was asked for the first time."""
    return world if world.environment is Environment.DEMO else replace(world, environment=None)


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


