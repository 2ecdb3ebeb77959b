"""A doctor with everything it needs, in front of real and broken gateways; each test causes what is to be found."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from ibdesk.brokers.base import Broker, CallSink, Connection, RateSink
from ibdesk.brokers.portal.broker import PortalBroker
from ibdesk.brokers.throttle import Budget
from ibdesk.demo.gateway import DemoGateway
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.diagnosis import Check, Examined, Report
from ibdesk.domain.errors import DeskError
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import Session
from ibdesk.domain.settings import Origin, Settings, Sourced, defaults, with_values
from ibdesk.domain.truth import StreamState
from ibdesk.services.activity import Activity
from ibdesk.services.book import Book
from ibdesk.services.doctor import Doctor, Sources, Stored, Trading
from ibdesk.services.gateway import GatewayKeeper
from ibdesk.services.tws_contact import TwsAccess
from ibdesk.store.database import Database
from ibdesk.wiring.gateways import show_certificate
from tests.brokers.door import LUNCH, demo
from tests.services.workshop import Dial, open_database_in


@dataclass(kw_only=True)
class Ward:
    """What a test may touch. `settings` and `connection` may be replaced before the doctor is asked."""

    home: Path
    connection: Connection
    dial: Dial = field(default_factory=lambda: Dial(LUNCH))
    settings: Settings = field(default_factory=Settings)
    database: Database | None = None
    session: Session | None = None
    stream: StreamState | None = None
    trading: Trading | None = None
    problem: DeskError | None = None
    calls: list[ApiCall] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    tws: TwsAccess | None = None
    budget: Budget = field(default_factory=lambda: Budget(per_second=1000, limits=()))

    def keeper(self) -> GatewayKeeper:
        return GatewayKeeper(
            self.home, settings=lambda: self.settings, change=self._change, publish=lambda event: None, clock=self.dial,
            address=lambda: self.connection.url,
        )

    async def _change(self, name: str, text: str) -> None:
        self.settings = replace(self.settings, **{name: text})

    def doctor(self) -> Doctor:
        return Doctor(self.sources())

    def sources(self) -> Sources:
        return Sources(
            home=self.home, clock=self.dial, environment=self.connection.environment, settings=self._sourced,
            gateway=self.keeper(), connection=lambda: self.connection, open_broker=self._broker,
            fetch_certificate=show_certificate, on_call=self.calls.append, stored=self._stored(),
            closed_because="There is no vault yet.", settings_problem=self.problem, tws=self.tws,
        )  # fmt: skip

    def _sourced(self) -> Sourced:
        made = with_values(defaults(), {}, Origin.FILE, self.variables)
        return replace(made, settings=self.settings, origins={**made.origins, **self.origins})

    def _broker(self, connection: Connection, heard: CallSink, rated: RateSink) -> Broker:
        return PortalBroker(connection, on_call=heard, on_rate=rated, clock=self.dial, budget=self.budget)

    def _stored(self) -> Stored | None:
        if self.database is None:
            return None
        database = self.database

        async def credentials() -> tuple[Credentials, ...]:
            return (
                Credentials(
                    environment=self.connection.environment, gateway_url=self.connection.url, user_name="demo",
                    account=AccountId("DU7654321"),
                ),
            )

        return Stored(
            credentials=credentials,
            accounts=Book(database, environment=self.connection.environment, clock=self.dial).every_account,
            activity=Activity(database, clock=self.dial, default_environment=lambda: self.connection.environment),
            database_bytes=lambda: database.size, session=lambda: self.session,
            stream=lambda: self.stream, trading=lambda: self.trading,
        )

    async def report(self) -> Report:
        return await self.doctor().examine()

    async def find(self, check: Check) -> Examined:
        """The first result of one check."""
        return next(each for each in (await self.report()).results if each.check is check)


def ward(tmp_path: Path, url: str, pin: str = "", environment: Environment = Environment.PAPER) -> Ward:
    """In front of an address, without a vault."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    connection = Connection(
        url=url, environment=environment, certificate_sha256=pin, timeout=timedelta(seconds=0.6)
    )
    return Ward(home=home, connection=connection)


@asynccontextmanager
async def at_demo(tmp_path: Path, *, signed_out: bool = False, with_vault: bool = False,
                  environment: Environment = Environment.PAPER) -> AsyncIterator[tuple[Ward, DemoGateway]]:  # fmt: skip
    """In front of the demo gateway, whose market and clock stand still."""
    async with demo(signed_out=signed_out) as gateway:
        made = ward(tmp_path, gateway.url, gateway.certificate_sha256, environment)
        made.settings = replace(made.settings, gateway_port=gateway.port)
        if not with_vault:
            yield made, gateway
            return
        async with open_database_in(tmp_path / "vault") as (_, database):
            made.database = database
            yield made, gateway


#: Passes every connection on to a port, as docker's and ssh's forwarders do. Ends with its standard input.
_PASS_ON = """\
import asyncio, os, sys

async def copy(source, sink):
    while data := await source.read(65536):
        sink.write(data)
    sink.close()

async def pass_on(reader, writer):
    try:
        there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)

async def main():
    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)

asyncio.run(main())
"""


@contextmanager
def forwarding(port: int) -> Iterator[int]:
    """Another program that has a port and passes it on to this one; its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PASS_ON, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate(timeout=10)


Cause = Callable[[Ward, DemoGateway], None]
