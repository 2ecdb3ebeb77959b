"""The service of orders between a vault and a scripted broker, with a clock to turn."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Order, OrderRef, OrderRoute, OrderTicket, Question
from ibdesk.domain.receipts import Step
from ibdesk.services.hub import Hub
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.orders import Checked, Orders
from ibdesk.services.questioning import Reply
from ibdesk.services.routes import Routes
from ibdesk.services.tasks import Tasks
from ibdesk.store import receipts
from ibdesk.store.database import Database
from tests.services.scripted_broker import MAIN, ScriptedBroker, picture
from tests.services.workshop import NOON

_serial = itertools.count(1)


@dataclass(kw_only=True)
class OrderBench:
    database: Database
    mode: Mode = Mode.DEMO
    now: datetime = NOON
    killed: str = ""
    read_only: bool = True
    route: OrderRoute | None = None
    is_armed: bool = True
    script: tuple[str, ...] = ()
    change: Callable[[Context], Context] = staticmethod(lambda context: context)
    hub: Hub = field(default_factory=Hub)
    tasks: Tasks = field(default_factory=Tasks)
    says: Reply = Reply(yes=True)
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = ScriptedBroker(self.clock, *self.script)
        self._build()

    def clock(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _build(self) -> None:
        async def accounts() -> tuple[AccountId, ...]:
            return (MAIN,)

        async def see(_ticket: OrderTicket) -> Context:
            return self.change(picture(self.clock, self.mode))

        environment = Environment.LIVE if self.mode is Mode.IBKR_LIVE else Environment.DEMO
        self.book = LiveOrders(
            self.broker, environment=environment, mode=self.mode, accounts=accounts, hub=self.hub, tasks=self.tasks,
            database=self.database, clock=self.clock,
        )  # fmt: skip
        self.orders = Orders(
            self.broker, self.book, mode=self.mode, picture=see, database=self.database, clock=self.clock,
            ticks=lambda: 0.0, new_ref=lambda: OrderRef(f"r{next(_serial)}"), killed=lambda: self.killed,
            is_read_only=lambda: self.read_only, is_armed=lambda account: self.is_armed, way=self._way(),
        )  # fmt: skip

    def _way(self) -> Routes | None:
        """None where there is one way alone; else both lead to the same broker."""
        if self.route is None:
            return None
        return Routes(
            dict.fromkeys(OrderRoute, lambda: self.broker), mode=self.mode,
            chosen=lambda: self.route or OrderRoute.PORTAL, database=self.database,
        )  # fmt: skip

    async def reopen(self) -> None:
        """The desk ends at once and opens again on the same vault and broker."""
        self._build()
        await self.book.open()

    async def ask(self, _ticket: OrderTicket, questions: tuple[Question, ...]) -> Reply:
        self.heard += [question.text for question in questions]
        return self.says

    async def send(self, draft: str, ticket: OrderTicket) -> Order:
        shown = await self.orders.check(ticket)
        return await self.send_shown(draft, shown)

    async def send_shown(self, draft: str, shown: Checked) -> Order:
        yes = None if shown.verdict.is_blocked else self.orders.confirm(shown)
        return await self.orders.send(draft, shown, ask=self.ask, confirmation=yes)

    async def steps(self, ref: str) -> list[Step]:
        return [each.receipt.step for each in await self.orders.receipt(OrderRef(ref))]

    async def newest(self, *steps: Step, since: datetime = NOON) -> list[str]:
        found = await self.database.read(lambda tx: receipts.newest(tx, steps=steps, limit=10_000))
        return [each.receipt.correlation for each in found if each.receipt.at >= since]
