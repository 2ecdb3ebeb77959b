"""Each fault of the demo's order desk by its name, at the services: nothing blocked leaves, nothing is sent twice or
lost, and once it is healed the desk knows of every order what the broker knows."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.brokers.portal.broker import forgive
from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.errors import DeskError
from ibdesk.domain.orders import Leg, Order, OrderState, OrderTicket, OrderType, Question, Side
from ibdesk.domain.receipts import Step
from ibdesk.services.demo_faults import demo_faults
from ibdesk.services.demo_trading_faults import FAMILY, trading_faults
from ibdesk.services.orders import Checked
from ibdesk.services.questioning import Reply
from tests.cli.order_desk import OrderDesk, with_desk
from tests.services.workshop import MAIN

#: Each fault, the kind of order that meets it, and the states the order may have once all is healed.
RESTS = {OrderState.HELD, OrderState.WORKING}
FAULTS: dict[str, tuple[OrderType, set[OrderState]]] = {
    "lost reply": (OrderType.LIMIT, RESTS),
    "placed but 503": (OrderType.LIMIT, RESTS),
    "duplicate": (OrderType.LIMIT, RESTS),
    "death before": (OrderType.LIMIT, {OrderState.UNKNOWN, OrderState.REFUSED}),
    "death after": (OrderType.LIMIT, RESTS),
    "strange question": (OrderType.LIMIT, RESTS),
    "stale reply": (OrderType.MARKET, {OrderState.REFUSED, OrderState.DECLINED}),
    "reject": (OrderType.LIMIT, {OrderState.REFUSED}),
    "late reject": (OrderType.LIMIT, {OrderState.INACTIVE, OrderState.REFUSED}),
    "half filled": (OrderType.MARKET, {OrderState.CANCELLED}),
    "filled first": (OrderType.LIMIT, {OrderState.FILLED}),
    "told twice": (OrderType.MARKET, {OrderState.FILLED}),
    "backwards": (OrderType.MARKET, {OrderState.FILLED}),
    "preview sentinel": (OrderType.LIMIT, RESTS),
    "preview warning": (OrderType.LIMIT, RESTS),
    "frozen quotes": (OrderType.LIMIT, RESTS),
    "cut in cancel all": (OrderType.LIMIT, RESTS),
}


def test_every_fault_of_the_order_desk_is_tried_here() -> None:
    class Nothing:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_, **__: None

    names = [each.name.removeprefix(FAMILY) for each in trading_faults(Nothing())]  # type: ignore[arg-type]
    assert names == list(FAULTS)


class Trader:
    """Somebody who says yes to all that is asked, at a desk whose broker has a fault."""

    def __init__(self, typed: OrderDesk) -> None:
        assert typed.desk.orders is not None and typed.desk.sync is not None and typed.desk.market is not None
        self.typed, self.desk, self.orders = typed, typed.desk, typed.desk.orders
        self.gateway = typed.gateway
        self.market, self.sync, self.switch = typed.desk.market, typed.desk.sync, typed.desk.kill_switch
        self.faults = {each.name: each for each in demo_faults(self.gateway, forgive=self._forgive)}

    def _forgive(self) -> None:
        forgive(self.gateway.url)

    async def sit_down(self) -> None:
        assert self.desk.session is not None
        await self.desk.session.refresh()
        await self.sync.run(MAIN)
        await self.orders.book.refresh(MAIN)

    async def break_with(self, name: str) -> None:
        await self.faults[FAMILY + name].run()

    async def ticket(self, kind: OrderType) -> OrderTicket:
        share = await self.market.contracts.share("AAPL")
        limit = Decimal("224") if kind is OrderType.LIMIT else None
        return OrderTicket(
            account=MAIN, mode=self.desk.mode, legs=(Leg(instrument=share, side=Side.BUY),), quantity=Decimal(2),
            order_type=kind, limit=limit,
        )  # fmt: skip

    async def look(self, ticket: OrderTicket) -> Checked:
        try:
            return await self.orders.preview(ticket)
        except DeskError:
            return await self.orders.check(ticket)

    async def send(self, draft: str, shown: Checked) -> Order | None:
        async def yes(_ticket: OrderTicket, _questions: tuple[Question, ...]) -> Reply:
            return Reply(yes=True)

        try:
            sure = None if shown.verdict.is_blocked else self.orders.confirm(shown)
            return await self.orders.send(draft, shown, ask=yes, confirmation=sure)
        except DeskError:
            return None

    async def heal(self) -> None:
        """All is well again, and some seconds pass for the broker to work."""
        await self.faults["heal"].run()
        assert self.desk.session is not None
        await self.desk.session.refresh()
        for seconds in (1, 10, 60):
            self.gateway.clock.advance(timedelta(seconds=seconds))
            await self.orders.book.refresh(MAIN)

    def check_whole(self) -> None:
        """Of each order of ours there is at most one at the broker, and what is known of it is what is so."""
        theirs: dict[str, list[str]] = {}
        for each in self.gateway.orders.values():
            if each.ticket.ref.startswith("ibdesk-"):
                theirs.setdefault(each.ticket.ref, []).append(each.status.value)
        assert all(len(found) == 1 for found in theirs.values()), theirs
        for order in self.orders.book.orders:
            is_there = (order.ref or "") in theirs
            never_came = {OrderState.REFUSED, OrderState.DECLINED, OrderState.UNKNOWN}
            assert is_there or order.state in never_came, order
            assert not is_there or order.state is not OrderState.UNKNOWN, order


def at_the_desk(folder: Path, life: Callable[[Trader], Awaitable[None]]) -> None:
    async def sit(typed: OrderDesk) -> None:
        trader = Trader(typed)
        await trader.sit_down()
        await life(trader)
        trader.check_whole()
        assert await trader.desk.activity.fault() is None

    with_desk(sit, folder)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_order_desk_leaves_one_order_or_none(name: str, tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        kind, ends = FAULTS[name]
        meets_cancels = name in ("cut in cancel all", "filled first")
        if not meets_cancels:
            await trader.break_with(name)
        shown = await trader.look(await trader.ticket(kind))
        await trader.send("draft", shown)
        again = await trader.send("draft", shown)  # the second click
        if meets_cancels:
            assert again is not None
            await trader.break_with(name)
            with suppress(DeskError):
                await (trader.orders.cancel_all(MAIN) if name == "cut in cancel all" else trader.orders.cancel(again))
        await trader.heal()
        (found,) = trader.orders.book.orders
        assert found.state in ends, found
        assert again is None or again.ref == found.ref
        steps = [each.receipt.step for each in await trader.desk.activity.receipt(found.ref or "")]
        assert steps.count(Step.SENT) == 1

    at_the_desk(tmp_path, life)


def test_a_preview_without_numbers_is_never_taken_for_a_preview(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        await trader.break_with("preview sentinel")
        shown = await trader.look(await trader.ticket(OrderType.LIMIT))
        preview = shown.context.what_if
        assert preview is None or preview.initial_margin.after is None
        assert any(each.code in (Code.BP_ESTIMATE, Code.BP_UNKNOWN) for each in shown.verdict.findings)

    at_the_desk(tmp_path, life)


@pytest.mark.logs("Working orders could not be cancelled")
def test_a_blocked_order_never_leaves_whatever_is_broken(tmp_path: Path) -> None:
    async def life(trader: Trader) -> None:
        assert trader.switch is not None
        ticket = await trader.ticket(OrderType.LIMIT)
        shown = await trader.look(ticket)
        for name in FAULTS:
            if not name.startswith("death"):
                await trader.break_with(name)
        await trader.switch.press("enough")
        assert await trader.send("draft", shown) is None
        await trader.heal()
        assert trader.typed.placed == 0 and trader.orders.book.orders == ()
        blocked = await trader.desk.activity.receipts(steps=(Step.BLOCKED,), limit=5)
        assert len(blocked) == 1

    at_the_desk(tmp_path, life)
