"""Tickets, forms and answers for tests of the ticket, and a desk with the real service of orders."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtWidgets import QDialog

from ibdesk.domain.accounts import Account, Environment
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, Verdict
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Impact, OrderTicket, Side, WhatIf
from ibdesk.services.orders import Checked
from ibdesk.store.database import open_database
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.ticket.form import Form
from ibdesk.ui.ticket.panel import TicketPanel
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import SHARE, account, picture, ticket
from tests.services.workshop import NOON
from tests.store.fresh import fresh_vault
from tests.ui.sample_desk import sample_desk

__all__ = ["NOON", "SHARE", "Side", "Ticketing", "checked", "finding", "form", "picture", "ticket", "ticketing",
           "verdict"]  # fmt: skip


def finding(severity: Severity, code: Code = Code.MAX_LOSS, sentence: str = "", **parts: Any) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence or f"{code} says {severity.word}.",
                   source=parts.pop("source", Source.DESK), **parts)  # fmt: skip


def verdict(*severities: Severity) -> Verdict:
    return Verdict(findings=tuple(finding(each) for each in severities), checked_at=NOON)


def checked(one: OrderTicket, *severities: Severity) -> Checked:
    return Checked(ticket=one, verdict=verdict(*severities), context=picture(lambda: NOON))


def form(*severities: Severity, one: OrderTicket | None = None) -> Form:
    """A ticket with the answer to it."""
    of = one or ticket()
    return Form(ticket=of, draft="draft", shown=checked(of, *severities) if severities else None)


class MadeUpLive:
    """Quotes that are there without a stream."""

    def __init__(self, quotes: dict[Conid, Quote]) -> None:
        self.quotes = quotes


class AnyBook:
    """One account."""

    def __init__(self, only: Account) -> None:
        self._only = only

    async def accounts(self) -> tuple[Account, ...]:
        return (self._only,)


@dataclass
class Ticketing:
    """A ticket on a desk whose broker is scripted, and hands to fill it in."""

    bench: OrderBench
    bridge: Bridge
    panel: TicketPanel
    failures: list[tuple[str, BaseException]]

    async def until(self, is_so: Callable[[], object], within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while not is_so():
                await asyncio.sleep(0.005)

    async def checked(self, *, previewed: bool = True) -> None:
        """Until the answer to the ticket on screen is there, with the broker's preview."""
        await self.until(lambda: self.panel.form.checked is not None and not self.panel.answers.is_previewing)
        if previewed:
            await self.until(lambda: self.panel.form.checked.context.what_if is not None)  # type: ignore[union-attr]

    async def bought(self, quantity: str = "", *, previewed: bool = True) -> None:
        """Fill in the purchase of a share, or of so many, and wait for the answer."""
        self.panel.add_leg(SHARE, Side.BUY)
        if quantity:
            self.panel.editor.read_quantity(quantity)
        await self.checked(previewed=previewed)

    async def dialog(self, kind: type[QDialog]) -> Any:
        """The dialog of this kind that is open."""
        def found() -> list[QDialog]:
            return [each for each in self.panel.findChildren(kind) if each.isVisible()]

        await self.until(found)
        return found()[0]

    async def outcome(self) -> str:
        await self.until(lambda: self.panel.form.outcome is not None and not self.panel.form.is_sending)
        assert self.panel.form.outcome is not None
        return self.panel.form.outcome.text

    @property
    def orders_sent(self) -> int:
        return len(self.bench.broker.placed)


def sure(context: Context) -> Context:
    """A picture in which an ordinary share order passes without a question."""
    return context


def previewing(bench: OrderBench) -> None:
    """The broker's preview is whole from now on."""
    async def what_if(_ticket: OrderTicket) -> WhatIf:
        whole = Impact(current=Decimal(0), change=Decimal(50), after=Decimal(50))
        return WhatIf(at=bench.clock(), equity=Impact(current=Decimal(1_000_000), change=Decimal(0),
                                                     after=Decimal(1_000_000)),
                      initial_margin=whole, maintenance_margin=whole)  # fmt: skip

    bench.broker.what_if = what_if  # type: ignore[method-assign]


@asynccontextmanager
async def ticketing(
    home: Path, *, mode: Mode = Mode.DEMO, script: Sequence[str] = (),
    change: Callable[[Context], Context] = sure, **parts: Any,
) -> AsyncIterator[Ticketing]:
    """A real vault and the real service of orders under a shown ticket."""
    vault = fresh_vault(home)
    database = open_database(vault)
    bench = OrderBench(database=database, mode=mode, script=tuple(script), change=change, read_only=False)
    previewing(bench)
    live = MadeUpLive(dict(picture(bench.clock, mode).quotes))
    environment = Environment.LIVE if mode is Mode.IBKR_LIVE else Environment.DEMO
    desk = sample_desk(environment, clock=bench.clock, **{
        "mode": mode, "orders": bench.orders, "live": live, "book": AnyBook(account(mode)), **parts,
    })  # fmt: skip
    failures: list[tuple[str, BaseException]] = []
    bridge = Bridge(desk.tasks)
    desk.tasks.on_failure = lambda name, error: failures.append((name, error))
    bridge.listen(desk.hub)
    panel = TicketPanel(desk, bridge)
    panel.resize(400, 800)
    panel.show()
    panel.activateWindow()
    made = Ticketing(bench, bridge, panel, failures)
    try:
        await made.until(lambda: panel.form.ticket.account)
        yield made
    finally:
        bridge.deafen()
        await desk.tasks.close()
        shiboken6.delete(panel)
        await database.close()
        vault.close()
    assert not failures, failures
