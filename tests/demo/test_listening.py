"""A server that dies while somebody comes in leaves no socket behind."""

import asyncio
import gc

import pytest

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoTimings


@pytest.mark.parametrize("turns", range(5))
def test_who_comes_in_while_the_server_dies_is_let_go(turns: int) -> None:
    async def run() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick())
        await gateway.start()
        coming = [asyncio.create_task(asyncio.open_connection("127.0.0.1", gateway.port)) for _ in range(4)]  # noqa: TID251
        for _ in range(turns):
            await asyncio.sleep(0)
        await gateway.kill()
        for came in await asyncio.gather(*coming, return_exceptions=True):
            if not isinstance(came, BaseException):
                came[1].close()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    gc.collect()  # a socket that was left is told here, and a warning is an error
