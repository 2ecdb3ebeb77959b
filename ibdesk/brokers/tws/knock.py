"""How a port tells whether TWS listens there: the first words of its protocol, and no session opened by them."""

import asyncio
import contextlib
import socket

from ibdesk.domain.sockets import Knock

#: What every client says first, with versions that every TWS since 2019 knows (reference/tws-api.md 1.2).
_HELLO = b"API\0" + len(b"v157..178").to_bytes(4, "big") + b"v157..178"
#: Two numbers and a time: anything longer is not a greeting.
_LONGEST = 256
_REACHED_WITHIN, _ANSWERED_WITHIN = 3.0, 3.0


async def knock(
    host: str, port: int, *, reached_within: float = _REACHED_WITHIN, answered_within: float = _ANSWERED_WITHIN
) -> Knock:
    """What answers there. Nothing is signed in or subscribed, and no client id is taken; never raises for what the
    network does."""
    try:
        async with asyncio.timeout(reached_within):
            reader, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return Knock.UNREACHED
    except socket.gaierror:
        return Knock.NO_HOST
    except ConnectionRefusedError:
        return Knock.REFUSED
    except (OSError, ValueError, OverflowError) as problem:
        return Knock.REFUSED if "Connect call failed" in str(problem) else Knock.UNREACHED
    try:
        async with asyncio.timeout(answered_within):
            writer.write(_HELLO)
            return await _heard(reader)
    except TimeoutError:
        return Knock.SILENT
    except OSError:
        return Knock.CLOSED
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _heard(reader: asyncio.StreamReader) -> Knock:
    try:
        size = int.from_bytes(await reader.readexactly(4), "big")
        if not 0 < size <= _LONGEST:
            return Knock.STRANGER
        words = await reader.readexactly(size)
    except asyncio.IncompleteReadError as ended:
        return Knock.STRANGER if ended.partial else Knock.CLOSED
    version = words.split(b"\0", 1)[0]
    return Knock.GREETED if version.isdigit() and words.endswith(b"\0") else Knock.STRANGER
