"""A desk on the demo gateway, in market hours and with every disclosure acknowledged, and commands typed at it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ibdesk.brokers.base import TwsPlace
from ibdesk.cli.grammar import parser
from ibdesk.cli.talk import Talk, code_of, nobody_answered
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.demo.tws.server import TwsService
from ibdesk.demo.tws.timings import TwsTimings
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.errors import DeskError
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.disclosures import load_disclosures
from ibdesk.store import secrets
from ibdesk.store import vault as vaults
from ibdesk.wiring.desks import World, build_desk
from tests.store.fresh import fresh_vault

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


@dataclass(kw_only=True)
class Person:
    """Whoever typed the command; `says` are the answers to come, silence when there are none left."""

    says: list[str] = field(default_factory=list)
    out: str = ""
    err: str = ""
    asked: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        self.out += text

    def warn(self, text: str) -> None:
        self.err += text

    async def ask(self, question: str, *, secret: bool, opens: bool = False) -> str:
        self.asked.append(question)
        if not self.says:
            raise nobody_answered(question, opens=opens)
        return self.says.pop(0)


@dataclass(kw_only=True)
class OrderDesk:
    desk: Desk
    gateway: DemoGateway
    tws: TwsService | None = None

    async def type(self, *words: str, says: tuple[str, ...] = ()) -> Ran:
        """Run one command as the open desk does."""
        args = parser().parse_args(list(words))
        person = Person(says=list(says))
        talk = Talk(json=args.json, quiet=args.quiet, mouth=person)
        try:
            if args.run.at_once is not None:
                await args.run.at_once(self.desk, args, talk)
            code = await args.run.verb(self.desk, args, talk)
        except DeskError as error:
            talk.complain(error)
            code = code_of(error)
        return Ran(code=code, out=person.out, err=person.err)

    async def json(self, *words: str) -> Ran:
        return await self.type("--json", *words)

    async def accepted(self, *words: str) -> Ran:
        """The command, repeated with every code it wants to be accepted."""
        first = await self.json(*words)
        if first.code != 3 or "missing" not in first.json:
            return first
        return await self.json(*words, *(part for code in first.json["missing"] for part in ("--accept", code)))

    @property
    def placed(self) -> int:
        """How many requests to place or change an order reached the gateway, previews apart."""
        return sum(method == "POST" and "/order" in path and "whatif" not in path
                   for method, path in self.gateway.calls)  # fmt: skip


def with_desk(
    life: Callable[[OrderDesk], Awaitable[None]],
    folder: Path,
    *,
    environment: Environment = Environment.DEMO,
    account: str = "DU7654321",
    acknowledged: bool = True,
    options_level: int | None = None,
    overrides: Mapping[str, str] = MappingProxyType({}),
    over_tws: bool = False,
) -> None:
    """Open it, run the life, close it. The seconds of the request budget pass a million times faster. `over_tws`: the
    demo's TWS stands beside the gateway, and orders go over it."""

    async def run() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off())
        await gateway.start()
        async with AsyncExitStack() as opened:
            opened.push_async_callback(gateway.stop)
            service = place = None
            chosen = dict(overrides)
            if over_tws:
                service = gateway.tws_service(timings=TwsTimings.quick(), master=1)
                await service.start()
                opened.push_async_callback(service.stop)
                place = TwsPlace(port=service.port, environment=environment, read_only=False)
                chosen = {"order_route": "tws", "read_only": "false"} | chosen
            vault = fresh_vault(folder / "home")
            opened.callback(vault.close)
            world = World(
                home=folder / "home", clock=gateway.clock.now, variables={}, overrides=chosen,
                environment=environment, watching=False, ticks=lambda: time.monotonic() * 1e6, tws=place,
            )  # fmt: skip
            credentials = Credentials(
                environment=environment, gateway_url=gateway.url, user_name="demo", account=AccountId(account),
                certificate_sha256=gateway.certificate_sha256, options_level=options_level,
            )  # fmt: skip
            first = partial(_save, vault, credentials)
            desk = await build_desk(vault, opened, world, first=first)
            if acknowledged:
                await desk.preferences.acknowledge(_all_read(desk))
            await life(OrderDesk(desk=desk, gateway=gateway, tws=service))

    asyncio.run(run())


def _save(vault: vaults.OpenVault, credentials: Credentials, tx: "Connection", at: datetime) -> None:
    secrets.save_credentials(tx, vault, credentials, at)


def _all_read(desk: Desk) -> tuple[Acknowledgment, ...]:
    now = desk.clock()
    return tuple(
        Acknowledgment(
            disclosure_id=each.id, version=each.version, sha256=each.sha256, statement_sha256="", shown_at=now,
            acknowledged_at=now, account_hash="", app_version="test",
        )
        for each in load_disclosures()
    )  # fmt: skip
