"""The walk from a pressed button: fresh answers, questions asked once, and no way around a block or a no."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibdesk.domain.compliance.verdict import Code, Finding, Severity
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.market import Delay
from ibdesk.domain.orders import OrderState, OrderTicket
from ibdesk.services.orders import Checked
from ibdesk.services.questioning import Reply
from ibdesk.store.database import Database, open_database
from ibdesk.ui.ticket.sending import Sender, Sent
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import ticket
from tests.services.workshop import NOON
from tests.store.fresh import fresh_vault
from tests.ui.ticket.samples import previewing

drafts = (f"sending-{number}" for number in count())
days = (NOON + timedelta(days=7 * number) for number in count())
BIG = ticket("6000")  # more shares than a person is not asked about


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    vault = fresh_vault(tmp_path_factory.mktemp("sending") / "home")
    database = open_database(vault)
    yield database
    asyncio.run(database.close())
    vault.close()


@dataclass
class Person:
    """Says yes or no to findings, and may take time."""

    bench: OrderBench
    says: bool = True
    thinks: float = 0.0
    shown: list[Sequence[Finding]] = field(default_factory=list)

    async def confirm(self, _checked: Checked, findings: Sequence[Finding]) -> bool:
        self.shown.append(findings)
        self.bench.pass_by(self.thinks)
        return self.says


class Bench(OrderBench):
    """With a person at it."""

    def at(self, **parts: object) -> tuple[Sender, Person]:
        previewing(self)
        person = Person(self, **parts)  # type: ignore[arg-type]
        return Sender(orders=self.orders, clock=self.clock, confirm=person.confirm, ask=self.ask), person

    def walk(self, one: OrderTicket, known: Checked | None = None, **parts: object) -> tuple[Sent, Person]:
        sender, person = self.at(**parts)
        return asyncio.run(sender.send(next(drafts), one, known, None)), person


@pytest.fixture
def bench(shared: Database) -> Bench:
    return Bench(database=shared, now=next(days))


def test_a_big_order_is_confirmed_once_and_placed(bench: Bench) -> None:
    sent, person = bench.walk(BIG)
    assert sent.order is not None and sent.order.state is OrderState.WORKING
    assert len(person.shown) == 1


def test_a_no_sends_nothing(bench: Bench) -> None:
    sent, _ = bench.walk(BIG, says=False)
    assert sent.order is None and bench.broker.placed == []


@pytest.mark.parametrize("seconds", [8, 29, 31, 600])
def test_whoever_thinks_long_is_not_asked_the_same_twice(bench: Bench, seconds: float) -> None:
    sent, person = bench.walk(BIG, thinks=seconds)
    assert sent.order is not None and len(person.shown) == 1


def test_what_is_new_after_the_thinking_is_asked_about(bench: Bench) -> None:
    sender, person = bench.at(thinks=60)

    def news(context: object) -> object:
        quotes = {conid: replace(quote, delay=Delay.DELAYED) if person.shown else quote
                  for conid, quote in context.quotes.items()}  # type: ignore[attr-defined]
        return replace(context, quotes=quotes)  # type: ignore[type-var]

    bench.change = news  # type: ignore[assignment]
    sent = asyncio.run(sender.send(next(drafts), BIG, None, None))
    assert sent.order is not None
    assert [Code.STALE_DATA in {each.code for each in shown} for shown in person.shown] == [False, True]


def test_a_block_that_came_meanwhile_ends_it(bench: Bench) -> None:
    sender, person = bench.at(thinks=60)

    async def kill(checked: Checked, findings: Sequence[Finding]) -> bool:
        bench.killed = "Ctrl+Shift+K"
        return await person.confirm(checked, findings)

    sent = asyncio.run(replace(sender, confirm=kill).send(next(drafts), BIG, None, None))
    assert sent.order is None and sent.shown.verdict.is_blocked and bench.broker.placed == []


def test_a_fresh_answer_is_not_asked_for_again_and_an_old_one_is(bench: Bench) -> None:
    sender, _ = bench.at()
    known = asyncio.run(bench.orders.preview(ticket()))
    sent = asyncio.run(sender.send(next(drafts), ticket(), known, None))
    assert sent.shown is known
    bench.pass_by(9)
    other = asyncio.run(sender.send(next(drafts), ticket("2"), known, None))
    assert other.shown is not known and other.shown.ticket.quantity == 2


def test_without_a_preview_the_rules_ask_instead(bench: Bench) -> None:
    sender, person = bench.at()

    async def none(_ticket: OrderTicket) -> object:
        raise Unavailable("Nobody answers.", remedy="Wait.", cause=Cause.GATEWAY_NOT_RUNNING)

    bench.broker.what_if = none  # type: ignore[method-assign, assignment]
    sent = asyncio.run(sender.send(next(drafts), ticket(), None, None))
    assert sent.order is not None
    assert Code.BP_ESTIMATE in {finding.code for shown in person.shown for finding in shown}


def test_the_order_that_is_changed_is_no_duplicate_of_its_change(bench: Bench) -> None:
    sender, _ = bench.at()
    placed = asyncio.run(sender.send(next(drafts), ticket("3"), None, None)).order
    assert placed is not None
    bench.pass_by(1)
    changed = asyncio.run(sender.send(next(drafts), ticket("3"), None, placed))
    assert changed.order is not None and len(bench.broker.placed) == 1
    assert asyncio.run(bench.orders.check(ticket("3"))).verdict.is_blocked


WORDS = st.sampled_from(["take", "ask", "reject", "lost", "gone"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=st.lists(WORDS, max_size=6), sizes=st.lists(st.sampled_from(["1", "6000", "60000", "0"]), max_size=5),
    says=st.booleans(), yes=st.booleans(), repeats=st.integers(1, 3),
)  # fmt: skip
def test_no_row_of_presses_sends_a_blocked_ticket_or_one_draft_twice(
    shared: Database, script: list[str], sizes: list[str], says: bool, yes: bool, repeats: int
) -> None:
    bench = Bench(database=shared, now=next(days), script=tuple(script), says=Reply(yes=yes))
    sender, _ = bench.at(says=says)
    for size in sizes:
        one, draft = ticket(size, limit="100.00"), next(drafts)
        before = len(bench.broker.placed)
        for _ in range(repeats):
            try:
                sent = asyncio.run(sender.send(draft, one, None, None))
            except DeskError:
                continue
            if sent.order is not None:
                assert not sent.shown.verdict.is_blocked or sent.order.ref in bench.broker.placed
        assert len(bench.broker.placed) - before <= 1, "one draft, at most one order"
        if Decimal(size) in (0, 60000):
            assert len(bench.broker.placed) == before, "blocked"
        bench.pass_by(30)
    assert len(set(bench.broker.placed)) == len(bench.broker.placed)
    assert max(Severity) == Severity.BLOCK
