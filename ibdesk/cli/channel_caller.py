"""The terminal of whoever handed a command over, as the verb sees it; usable from any loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from ibdesk.cli import channel
from ibdesk.cli.talk import nobody_answered

#: Bytes waiting to be read by a command that reads no more; then it is cut off.
UNREAD = 16 << 20


class Caller:
    """A `talk.Mouth` at the other end of the channel. Made in the channel's own loop."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.gave_up = False
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._asked: Future[str] | None = None
        self._opens = False

    def write(self, text: str) -> None:
        """Put this on the caller's standard output."""
        self._words(text, is_warning=False)

    def warn(self, text: str) -> None:
        """Put this on the caller's standard error output."""
        self._words(text, is_warning=True)

    async def ask(self, question: str, *, secret: bool, opens: bool = False, unlocks: bool = False) -> str:
        """What the caller answers. NeedsPerson(WRONG_PASSPHRASE) when nobody is there."""
        asked: Future[str] = Future()
        self._opens = opens
        self._asked = asked  # the answer may come before the next line, in another thread
        self._post(channel.Question(text=question, is_secret=secret, opens=opens, unlocks=unlocks))
        return await asyncio.wrap_future(asked)

    async def listen(self, reader: asyncio.StreamReader, give_up: Callable[[], object]) -> None:
        """Take answers until the caller goes away or has had enough; then `give_up` is called."""
        with suppress(channel.ChannelBroken):
            while True:
                match await receive(reader):
                    case channel.Answer(text=text):
                        self._answered(text)
                    case channel.Cancel():
                        break
                    case _:
                        break
        self.gave_up = True
        give_up()

    async def beat(self, every: float) -> None:
        """Say again and again (seconds) that the desk is there."""
        while True:
            await asyncio.sleep(every)
            self._send(channel.Pulse())

    async def end(self, code: int) -> None:
        """Say the last word, after everything that was written before."""
        self._post(channel.Done(code=code))
        await asyncio.sleep(0)
        with suppress(ConnectionError):
            await self._writer.drain()

    def _answered(self, text: str | None) -> None:
        asked, self._asked = self._asked, None
        if asked is None or asked.done():
            return
        if text is None:
            asked.set_exception(nobody_answered(opens=self._opens))
        else:
            asked.set_result(text)

    def _words(self, text: str, *, is_warning: bool) -> None:
        for begin in range(0, len(text), channel.PIECE):
            self._post(channel.Words(text=text[begin:begin + channel.PIECE], is_warning=is_warning))

    def _post(self, message: channel.FromDesk) -> None:
        with suppress(RuntimeError):  # the channel was closed meanwhile; nobody is left to hear it
            self._loop.call_soon_threadsafe(self._send, message)

    def _send(self, message: channel.FromDesk) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > UNREAD:
            transport.abort()
            return
        self._writer.write(channel.framed(message))


async def receive(reader: asyncio.StreamReader) -> channel.FromCommand:
    """The next message of a command. ChannelBroken at its end, or when it is none."""
    try:
        head = await reader.readexactly(channel.LENGTH.size)
        return channel.from_command(await reader.readexactly(channel.length_of(head)))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise channel.ChannelBroken("the command is gone") from error
