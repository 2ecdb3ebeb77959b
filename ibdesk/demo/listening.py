"""How a server of the demo stops listening without leaving a socket to nobody."""

import asyncio
from contextlib import suppress


async def stop_accepting(listener: asyncio.Server) -> None:
    """Let nobody else in, and those who are being let in get in: asyncio takes a turn of the loop between accepting
    and making a connection, and one that is made after its server closed belongs to nobody and stays open (3.11)."""
    with suppress(NotImplementedError):  # Windows' loop accepts in another way
        for listening in listener.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
    await asyncio.sleep(0)
