"""G7: from Send pressed to the order's bytes on the gateway's socket, beside what cannot be avoided: one durable write
and one bare request.

The whole desk works, as wiring builds it: every rule is asked once more, intent and receipts are written down, and the
order leaves for a demo gateway over TLS. A relay before the gateway notes when bytes come; both run in a process of
their own, as a real gateway does. The other side writes the same rows durably to a vault of its own and then makes one
bare aiohttp request on a warm connection to the same gateway, until its answer is there. Sides take turns; medians. A
person's ticket was previewed before Send, so that is not in it; quotes stream, as they do while somebody looks at it.

Prints the ratio with its goal; exit code 1 when it is missed.
"""

import asyncio
import gc
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp

from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoLimits
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.orders import Leg, OrderIntent, OrderRef, OrderTicket, Question, Side
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.disclosures import load_disclosures
from ibdesk.services.orders import Checked
from ibdesk.services.questioning import Reply
from ibdesk.store import receipts, secrets, trades
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.wiring.desks import World, build_desk

GOAL, TURNS = 1.5, 20
#: Seconds between a preview and Send. A person takes longer; without them the turns ask more often than the broker
#: permits (10 times a second), and the order would wait for the requests of the turns before it.
PAUSE = 0.4
ACCOUNT = AccountId("DU7654321")
BEGINS = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)  # a Friday's lunch in New York


class Relay:
    """Passes bytes between the desk and the gateway; `came` is when bytes for the gateway came last (perf_counter)."""

    def __init__(self, port: int) -> None:
        self.came: list[float] = []
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for each in (near, far):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pump, args=(near, far, self.came.append), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, lambda _at: None), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, note: Callable[[float], None]) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                note(time.perf_counter())
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


async def serve() -> None:
    """The gateway and the relay, until standard input ends. Each line in is answered with when bytes came and which
    requests were made since the line before it."""
    gateway = DemoGateway(clock=DemoClock(BEGINS, ticks=time.monotonic), limits=DemoLimits.off())
    await gateway.start()
    relay = Relay(gateway.port)
    print(json.dumps([gateway.port, relay.port, gateway.certificate_sha256]), flush=True)
    known = 0
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        made, known = [path for _, path, *_ in gateway.calls[known:]], len(gateway.calls)
        print(json.dumps([relay.came, made]), flush=True)
        relay.came.clear()
    relay.close()
    await gateway.stop()


class Gateway:
    """The other process; perf_counter is one clock for all processes of a computer."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port, self.relayed, self.certificate_sha256 = self._line()

    def since(self) -> tuple[list[float], list[str]]:
        """When bytes came for it and what was asked of it since the last call."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        came, made = self._line()
        return came, made

    def _line(self) -> list[Any]:
        assert self._process.stdout is not None
        told: list[Any] = json.loads(self._process.stdout.readline())
        return told


class Bench:
    """A desk whose gateway is reached through the relay, and a vault of its own for the bare side."""

    def __init__(self, desk: Desk, gateway: Gateway, bare: Database) -> None:
        assert desk.orders is not None and desk.market is not None and desk.live is not None
        self.desk, self.gateway, self.bare = desk, gateway, bare
        self.orders, self.market, self.live = desk.orders, desk.market, desk.live
        self.sent = 0

    async def ready(self) -> None:
        assert self.desk.session is not None and self.desk.sync is not None
        await self.desk.session.wait_until_ready(timedelta(seconds=20))
        await self.desk.sync.run()
        self.share = await self.market.contracts.share("AAPL")
        await self.live.watch((self.share.conid,))
        await self.orders.book.refresh(ACCOUNT)
        await asyncio.sleep(2)  # the first quotes come
        assert self.share.conid in self.live.quotes

    async def shown(self) -> Checked:
        """Another ticket each time, previewed."""
        self.sent += 1
        ticket = OrderTicket(
            account=ACCOUNT, mode=self.desk.mode, legs=(Leg(instrument=self.share, side=Side.BUY),),
            limit=Decimal(224) + Decimal(self.sent) / 100,
        )  # fmt: skip
        return await self.orders.preview(ticket)

    async def send(self) -> float:
        """Seconds from Send to the bytes of the order at the relay, while the desk asks for nothing else."""
        while (taken := await self._send()) is None:
            pass
        return taken

    async def _send(self) -> float | None:
        """None when a sync or the like spoke in between."""
        shown = await self.shown()
        sure = self.orders.confirm(shown) if not shown.verdict.is_blocked else None
        assert sure is not None, [each.sentence for each in shown.verdict.findings if each.severity > 3]
        await asyncio.sleep(PAUSE)
        self.gateway.since()
        begin = time.perf_counter()
        await self.orders.send(f"draft {self.sent}", shown, ask=_no, confirmation=sure)
        came, made = self.gateway.since()
        if len(made) != 1 or not made[0].endswith("/orders"):
            return None
        return next(at for at in came if at >= begin) - begin

    async def write_and_ask(self, http: aiohttp.ClientSession) -> float:
        """Seconds for the same rows written durably and one bare request."""
        shown = await self.shown()
        ref = OrderRef(f"bare-{self.sent}")
        now = self.desk.clock()
        intent = OrderIntent(ref=ref, ticket=shown.ticket, at=now)
        plain = Receipt(at=now, step=Step.SENT, correlation=ref, account=ACCOUNT, mode=shown.ticket.mode.value,
                        ref=ref, ticket=shown.ticket)  # fmt: skip
        checked = Receipt(at=now, step=Step.CHECK_RUN, correlation=ref, account=ACCOUNT, ref=ref, ticket=shown.ticket,
                          mode=shown.ticket.mode.value, verdict=shown.verdict, summary=shown.context.summary,
                          what_if=shown.context.what_if)  # fmt: skip
        await asyncio.sleep(PAUSE)
        begin = time.perf_counter()
        await self.bare.write(_store, intent, (checked, checked, plain), urgent=True)
        async with http.post(f"https://127.0.0.1:{self.gateway.port}/v1/api/tickle") as answer:
            await answer.read()
        return time.perf_counter() - begin


def _store(tx: object, intent: OrderIntent, steps: tuple[Receipt, ...]) -> None:
    trades.add_intent(tx, intent, intent.ref)  # type: ignore[arg-type]
    receipts.append(tx, steps)  # type: ignore[arg-type]


async def _no(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
    return Reply(yes=False)


async def run(gateway: Gateway) -> tuple[float, float]:
    """Medians in seconds: of Send, and of the durable write with the bare request."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        vault, _ = vaults.create(folder / "desk", "a passphrase for nobody", cost=LOWEST_COST)
        other, _ = vaults.create(folder / "bare", "a passphrase for nobody", cost=LOWEST_COST)
        opened.callback(vault.close)
        opened.callback(other.close)
        bare = open_database(other)
        opened.push_async_callback(bare.close)
        clock = DemoClock(BEGINS, ticks=time.monotonic)
        world = World(home=folder / "desk", clock=clock.now, variables={}, overrides={},
                      environment=Environment.DEMO, watching=True)  # fmt: skip
        credentials = Credentials(
            environment=Environment.DEMO, gateway_url=f"https://127.0.0.1:{gateway.relayed}", user_name="demo",
            account=ACCOUNT, certificate_sha256=gateway.certificate_sha256,
        )  # fmt: skip
        desk = await build_desk(vault, opened, world, first=partial(_save, vault, credentials))
        await desk.preferences.acknowledge(_read(desk))
        bench = Bench(desk, gateway, bare)
        await bench.ready()
        unverified = aiohttp.TCPConnector(ssl=False)
        http = await opened.enter_async_context(aiohttp.ClientSession(connector=unverified))
        return await _measured(bench, http)


async def _measured(bench: Bench, http: aiohttp.ClientSession) -> tuple[float, float]:
    sent: list[float] = []
    bare: list[float] = []
    sides = [lambda: bench.send(), lambda: bench.write_and_ask(http)]
    gc.collect()
    for turn in range(TURNS + 3):
        for side in random.sample((0, 1), 2):
            taken = await sides[side]()
            if turn >= 3:
                (bare if side else sent).append(taken)
    return median(sent), median(bare)


def _save(vault: vaults.OpenVault, credentials: Credentials, tx: object, at: object) -> None:
    secrets.save_credentials(tx, vault, credentials, at)  # type: ignore[arg-type]


def _read(desk: Desk) -> tuple[Acknowledgment, ...]:
    now = desk.clock()
    return tuple(
        Acknowledgment(
            disclosure_id=each.id, version=each.version, sha256=each.sha256, statement_sha256="", shown_at=now,
            acknowledged_at=now, account_hash="", app_version="bench",
        )
        for each in load_disclosures()
    )  # fmt: skip


def main() -> int:
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
        return 0
    other = [sys.executable, __file__, "serve"]
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        sent, bare = asyncio.run(run(Gateway(process)))
        process.communicate()
    ratio = sent / bare
    held = ratio <= GOAL
    print(f"Send to bytes {sent * 1000:.2f} ms; a durable write and a bare request {bare * 1000:.2f} ms")
    print(f"G7 send: {ratio:.2f} x (goal: at most {GOAL}) {'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
