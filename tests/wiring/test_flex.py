"""The Flex service as a desk has it: pulls over the wire, paced across the runs of one vault, no token in its audit."""

import asyncio
from pathlib import Path

from ibdesk.demo.flex import QUERY, TOKEN, DemoFlex
from ibdesk.demo.gateway import DemoGateway
from ibdesk.services.audit import CallLog
from ibdesk.services.hub import Hub
from ibdesk.store import audit
from ibdesk.wiring.flex import flex_for
from tests.brokers.flex.bench import Passing
from tests.services.workshop import NOON, open_database_in


def test_calls_of_an_earlier_run_count_in_the_pace_of_the_next(tmp_path: Path) -> None:
    async def main() -> None:
        passing = Passing(NOON)
        gateway = DemoGateway()
        demo = DemoFlex(gateway.account, gateway.clock, not_ready=0, ticks=passing.ticks)
        await demo.start()
        async with open_database_in(tmp_path / "home") as (vault, database):
            for run in range(2):
                log = CallLog(database, Hub())
                log.start()
                flex = flex_for(
                    vault, database=database, hub=Hub(), on_call=log.record, clock=passing.clock,
                    ticks=passing.ticks, pause=passing.pause,
                )  # fmt: skip
                if run == 0:
                    await flex.add("Daily", QUERY, f"  {TOKEN}\n", service_url=demo.url,
                                   certificate_sha256=demo.certificate_sha256)
                for _ in range(4):
                    await flex.pull("Daily")
                await log.close()
            lines = await database.read(audit.load_calls)
        await demo.stop()
        assert len(demo.calls) == 16, "nobody was told to wait"
        assert all(later.at - earlier.at >= 1 for earlier, later in zip(demo.calls, demo.calls[1:], strict=False))
        assert all(later.at - earlier.at >= 60 for earlier, later in zip(demo.calls, demo.calls[10:], strict=False))
        assert {line.call.channel for line in lines} == {"flex", "desk"}
        assert not [line for line in lines if TOKEN in line.call.path + line.call.detail]

    asyncio.run(main())
