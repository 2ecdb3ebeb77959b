import asyncio
from datetime import timedelta

import pytest

from ibdesk.brokers.flex.wire import Wire
from ibdesk.brokers.statements import StatementPlace
from ibdesk.demo.flex import QUERY, TOKEN
from ibdesk.domain.errors import BadData, Refused
from tests.brokers.flex.bench import Bench, Passing, bench


def test_a_wire_leads_to_checked_places_alone() -> None:
    with pytest.raises(Refused):
        Wire(StatementPlace(url="https://example.com"), on_call=lambda call: None, clock=Passing().clock)


def test_more_than_anybody_can_use_is_not_read_to_the_end() -> None:
    async def work(it: Bench) -> None:
        wire = Wire(
            StatementPlace(url=it.demo.url, certificate_sha256=it.demo.certificate_sha256), on_call=it.calls.append,
            clock=it.passing.clock, silence=timedelta(seconds=5), largest=100,
        )  # fmt: skip
        await wire.open()
        heard: list[int] = []
        with pytest.raises(BadData, match="larger"):
            await wire.get(f"{wire.base}/SendRequest", {"t": TOKEN, "q": QUERY, "v": "3"},
                           pace=it.client._paces.of(TOKEN), heard=heard.append)
        await wire.close()
        assert heard and it.calls[-1].outcome == "bad_answer"

    async def main() -> None:
        async with bench() as it:
            await work(it)

    asyncio.run(main())
