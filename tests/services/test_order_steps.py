"""The lines of a receipt: what is in each, and that it is written at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from ibdesk.domain.instruments import Conid
from ibdesk.domain.orders import OrderRef
from ibdesk.domain.receipts import EnteredBy, Step
from ibdesk.services.order_steps import Steps
from ibdesk.store import receipts
from ibdesk.store.database import Database
from tests.services.order_bench import OrderBench
from tests.services.scripted_broker import SHARE, ticket
from tests.services.workshop import NOON

REF = OrderRef("r1")


def test_a_line_says_who_when_and_on_which_verdict_and_quotes(database: Database) -> None:
    async def life() -> None:
        bench = OrderBench(database=database)
        steps = Steps(database, clock=bench.clock, ticks=lambda: 1.5, entered_by=lambda: EnteredBy(user="ada"))
        checked = await bench.orders.check(ticket())
        other = replace(checked.context.quotes[SHARE.conid], conid=Conid(9))
        seen = replace(checked, context=replace(checked.context, quotes={**checked.context.quotes, other.conid: other}))
        line = steps.of(Step.CHECK_RUN, ticket(), REF, seen, decision="passed")
        assert (line.user, line.at, line.ticks, line.decision) == ("ada", NOON, 1_500_000, "passed")
        assert line.verdict == checked.verdict and [quote.conid for quote in line.quotes] == [SHARE.conid]
        plain = steps.of(Step.SENT, ticket(), REF, order_id="17")
        assert (plain.verdict, plain.quotes, plain.order_id) == (None, (), "17")

    asyncio.run(life())


def test_lines_are_read_back_in_their_order(database: Database) -> None:
    async def life() -> None:
        bench = OrderBench(database=database)
        steps = Steps(database, clock=bench.clock, ticks=lambda: 0.0, entered_by=EnteredBy)
        bench.now += timedelta(seconds=1)
        await steps.write(steps.of(Step.CHECK_RUN, ticket(), REF), steps.of(Step.SENT, ticket(), REF))
        found = await database.read(receipts.load, REF)
        assert [each.receipt.step for each in found] == [Step.CHECK_RUN, Step.SENT]

    asyncio.run(life())
