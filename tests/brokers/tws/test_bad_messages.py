"""One message of every kind TWS tells, spoilt in every field and cut at every length: nothing stops, nothing that is no
number gets through, and what comes after is heard."""

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ibdesk.brokers.tws import seam
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert_market import Ticks
from ibdesk.brokers.tws.ears import Ears
from ibdesk.brokers.tws.inbox import Inbox, Listener
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from tests.brokers.tws.door import MAIN, Scene, at_tws, sent, ticket_for, watching

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
BAD = ("", "several é", "nan", "-inf", "1.7976931348623157E308", "1e999", "2147483647", "0")
#: What is heard while somebody reads, trades and looks at an account: prices, states, orders, figures, holdings,
#: details, prints, commissions, positions and running figures.
KINDS = {"1", "2", "3", "4", "5", "6", "7", "9", "10", "11", "15", "49", "59", "61", "94", "95"}
FIGURES = ["95", "7", "100", "1.5", "2.5", "3.5", "1000"]


async def nobody() -> Any:
    raise AssertionError("nothing is asked here")


class Listening:
    """A connection's ears and everything behind them, without a socket."""

    def __init__(self, version: int) -> None:
        self.box = Inbox(Contracts(nobody), lambda: NOW)
        listener = Listener(self.box, 1, lambda: NOW, is_main=True)
        self.wire = seam.Wire(Ears(listener, lambda: 0.0, 1), self.box.latest_pnl, self.box.wake.set)
        self.wire.client.decoder.serverVersion = self.wire.client._serverVersion = version
        self.box.pnl_keys["7"] = (AccountId(MAIN), Conid(1))

    def hear(self, fields: list[str]) -> list[Any]:
        """What is told of a message."""
        for number in ("1", "2", "3", "4", "5", "6", "7"):
            self.box.ticks.setdefault(int(number), Ticks(Conid(265598)))
            self.box.accounts[int(number)] = AccountId(MAIN)
        self.wire._interpret(list(fields))
        return list(self.box.batch())


def decimals(value: Any) -> Iterator[Decimal]:
    """Every figure in a value, however deep."""
    if isinstance(value, Decimal):
        yield value
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from decimals(getattr(value, each.name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from decimals(each)


def recorded() -> tuple[dict[str, list[str]], int]:
    """One message of each kind, as the demo tells them, and the version it speaks."""
    frames: dict[str, list[str]] = {}

    async def record(stage: Scene) -> int:
        await stage.broker.snapshot(MAIN)
        await sent(stage.broker, await ticket_for(stage.broker, quantity=1), "first")
        made: list[Any] = []
        for link in (stage.broker._main, stage.broker._ordering):
            assert link is not None and link.line is not None
            made.append(link.line.wire)
        for wire in made:
            _keep(wire, frames)
        assert stage.broker.stream is not None and stage.broker.market is not None
        await stage.broker.stream.watch([Conid(265598)])
        async with watching(stage.broker) as watch:
            await sent(stage.broker, await ticket_for(stage.broker, "SPY", quantity=1), "second")
            await stage.broker.market.find("MSFT")
            await stage.broker.snapshot(MAIN)
            stage.service.faults.farms(lost=True)
            await watch.until(lambda: KINDS - {"9", "15"} <= set(frames), seconds=20)
        return int(made[0].server_version)

    async def run() -> int:
        async with at_tws() as stage:
            return await record(stage)

    version = asyncio.run(run())
    return frames, version


def _keep(wire: Any, frames: dict[str, list[str]]) -> None:
    interpret = wire.client.decoder.interpret

    def both(fields: list[str]) -> None:
        if fields:
            frames.setdefault(fields[0], list(fields))
        interpret(fields)

    wire.client.decoder.interpret = both


@pytest.mark.timeout(120)
@pytest.mark.logs("a position without contract, currency or quantity was left out", "an execution cannot be read")
def test_every_message_may_be_spoilt_in_every_field_and_cut_at_every_length() -> None:
    frames, version = recorded()
    frames |= {"9": ["9", "1", "12"], "15": ["15", "1", "DU7654321,DU7654322"]}

    async def run() -> None:
        ears = Listening(version)
        for kind, fields in sorted(frames.items()):
            if kind not in KINDS:
                continue
            for at in range(1, len(fields)):
                for bad in BAD:
                    check(ears.hear([*fields[:at], bad, *fields[at + 1 :]]), kind, at, bad)
                check(ears.hear(fields[:at]), kind, at, "cut")
            check(ears.hear([*fields, "one", "two more"]), kind, len(fields), "longer")
            ears.hear(["95", "7", "100", "9", "9", "9", "9"])
            (told,) = [each for each in ears.hear(FIGURES) if getattr(each, "key", None) == (MAIN, 1)]
            assert told.unrealized == Decimal("2.5"), f"nothing is heard after {kind}"

    asyncio.run(run())


def check(told: list[Any], kind: str, at: int, bad: str) -> None:
    for figure in decimals(told):
        assert figure.is_finite() and abs(figure) < Decimal("1e300"), (kind, at, bad, told)
