"""The desk's ear, spoken to by hand: only who knows the token is heard, and what is said has bounds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.cli import channel
from ibdesk.cli.channel_server import AT_ONCE, Channel
from ibdesk.desk_door import Shown
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult
from tests.cli.conftest import PASSPHRASE


@dataclass(kw_only=True)
class Ear:
    """An open desk that answers commands."""

    desk: Desk
    address: channel.Address
    folder: Path
    is_locked: bool = False
    came_forward: list[bool] = field(default_factory=list)

    @property
    def secret(self) -> str:
        return channel.secret_in(self.address.token, channel.place_of(self.folder))


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[Ear]:
    account = Account(id=AccountId("DU7654321"), title="Main", currency=USD, is_paper=True)
    credentials = Credentials(
        environment=Environment.PAPER, gateway_url="https://localhost:5000", user_name="", account=account.id)
    result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    desk, _ = await wiring.create_desk(
        folder, PASSPHRASE, result, overrides={"ibkr_enabled": "false"}, watching=False)
    ear = Ear(desk=desk, address=channel.Address(port=0, token="", place=""), folder=folder)
    served = Channel(Shown(
        desk=desk, is_locked=lambda: ear.is_locked, come_forward=lambda: ear.came_forward.append(True)))
    try:
        await served.listening()
        address = channel.read_address(folder)
        assert address is not None
        ear.address = address
        yield ear
    finally:
        await served.close()
        await desk.close()
    assert channel.read_address(folder) is None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A connection to the ear."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, message: channel.FromCommand) -> None:
        self.writer.write(channel.framed(message))

    async def hear(self) -> channel.FromDesk | None:
        """The next message that says something; None when the desk hung up."""
        try:
            async with asyncio.timeout(20):
                while True:  # a desk that takes its time says now and then that it is still there
                    head = await self.reader.readexactly(channel.LENGTH.size)
                    said = channel.from_desk(await self.reader.readexactly(channel.length_of(head)))
                    if not isinstance(said, channel.Pulse):
                        return said
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def command(self, ear: Ear, *words: str, secret: str = "") -> None:
        """Greet, prove ourselves and say this."""
        self.say(channel.Hello(version=channel.VERSION, random="11"))
        challenge = await self.hear()
        assert isinstance(challenge, channel.Challenge)
        assert channel.is_proof(challenge.proof, ear.secret, "desk", "11", challenge.random)
        own = channel.proof(secret or ear.secret, "command", "11", challenge.random)
        self.say(channel.Command(proof=own, words=words, folder="/"))

    async def rest(self) -> tuple[str, str, int]:
        """Standard output, standard error and the exit code."""
        said = {False: "", True: ""}
        while True:
            message = await self.hear()
            if isinstance(message, channel.Done):
                return said[False], said[True], message.code
            assert isinstance(message, channel.Words)
            said[message.is_warning] += message.text


@asynccontextmanager
async def line_to(ear: Ear) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(channel.HOST, ear.address.port)
    try:
        yield Line(reader=reader, writer=writer)
    finally:
        writer.close()


Test = Callable[[Ear], Awaitable[None]]


@pytest.fixture
def with_ear(tmp_path: Path) -> Callable[[Test], None]:
    def run(test: Test) -> None:
        async def both() -> None:
            async with listening(tmp_path / "home") as ear:
                await test(ear)

        asyncio.run(both())

    return run


def test_a_command_that_knows_the_token_is_done(with_ear: Callable[[Test], None]) -> None:
    async def test(ear: Ear) -> None:
        async with line_to(ear) as line:
            await line.command(ear, "--json", "account", "list")
            out, err, code = await line.rest()
            assert (err, code) == ("", 0)
            assert "DU7654321" in out
            assert await line.hear() is None

    with_ear(test)


def test_who_does_not_know_the_token_or_means_another_folder_is_hung_up_on(with_ear: Callable[[Test], None]) -> None:
    async def test(ear: Ear) -> None:
        async with line_to(ear) as line:
            await line.command(ear, "account", "list", secret="00" * 32)
            assert await line.hear() is None
        async with line_to(ear) as line:
            await line.command(ear, "account", "list", secret=channel.secret_in(ear.address.token, "1:2"))
            assert await line.hear() is None
        async with line_to(ear) as line:
            line.say(channel.Command(proof="", words=("account", "list"), folder="/"))
            assert await line.hear() is None

    with_ear(test)


def test_a_command_that_thinks_better_of_it_is_no_stranger(
    with_ear: Callable[[Test], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def test(ear: Ear) -> None:
        async with line_to(ear) as line:
            line.say(channel.Hello(version=channel.VERSION, random="11"))
            assert isinstance(await line.hear(), channel.Challenge)
            line.say(channel.Cancel())
            assert await line.hear() is None

    caplog.set_level("INFO")
    with_ear(test)
    assert "no command of ours" not in caplog.text


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00"])
def test_noise_is_hung_up_on_and_the_next_command_is_answered(with_ear: Callable[[Test], None], noise: bytes) -> None:
    async def test(ear: Ear) -> None:
        async with line_to(ear) as line:
            line.writer.write(noise)
            line.writer.write_eof()
            assert await line.hear() is None
        async with line_to(ear) as line:
            await line.command(ear, "account", "list")
            assert (await line.rest())[2] == 0

    with_ear(test)


def test_who_says_nothing_is_not_waited_for(with_ear: Callable[[Test], None]) -> None:
    async def test(ear: Ear) -> None:
        async with line_to(ear) as line:
            assert await line.hear() is None

    with_ear(test)


def test_too_many_at_once_are_turned_away_and_none_is_forgotten(with_ear: Callable[[Test], None]) -> None:
    async def test(ear: Ear) -> None:
        many = [await asyncio.open_connection(channel.HOST, ear.address.port) for _ in range(AT_ONCE)]
        async with line_to(ear) as line:
            line.say(channel.Hello(version=channel.VERSION, random="11"))
            assert await line.hear() is None
        for _, writer in many:
            writer.close()
        for _ in range(200):
            async with line_to(ear) as line:
                line.say(channel.Hello(version=channel.VERSION, random="11"))
                if await line.hear() is not None:
                    return
            await asyncio.sleep(0.01)
        raise AssertionError("nobody is answered any more")

    with_ear(test)


def test_a_locked_desk_asks_first_and_waits_longer_after_each_mistake(with_ear: Callable[[Test], None]) -> None:
    async def attempt(ear: Ear, text: str | None) -> tuple[str, str, int]:
        async with line_to(ear) as line:
            await line.command(ear, "--json", "account", "list")
            question = await line.hear()
            assert isinstance(question, channel.Question)
            assert question.is_secret and question.unlocks and question.opens
            line.say(channel.Answer(text=text))
            return await line.rest()

    async def test(ear: Ear) -> None:
        ear.is_locked = True
        out, _, code = await attempt(ear, None)
        assert (code, "DU7654321" in out) == (3, False)
        for wrong in ("", "not this one"):
            out, _, code = await attempt(ear, wrong)
            assert (code, "DU7654321" in out) == (3, False)
        began = asyncio.get_running_loop().time()
        out, _, code = await attempt(ear, PASSPHRASE)
        assert (code, "DU7654321" in out) == (0, True)
        assert asyncio.get_running_loop().time() - began >= 2

    with_ear(test)


def test_the_passphrase_that_unlocked_the_desk_is_not_asked_for_again(with_ear: Callable[[Test], None]) -> None:
    """Standard input has the old passphrase, then the new one, whether the desk is locked or not."""

    async def asked(ear: Ear, *answers: str) -> list[bool]:
        opens = list[bool]()
        async with line_to(ear) as line:
            await line.command(ear, "db", "passphrase")
            for text in answers:
                question = await line.hear()
                assert isinstance(question, channel.Question)
                opens.append(question.opens)
                line.say(channel.Answer(text=text))
            assert (await line.rest())[2] == 0
        return opens

    async def test(ear: Ear) -> None:
        ear.is_locked = True
        assert await asked(ear, PASSPHRASE, "walnut kettle orbit plaster", "walnut kettle orbit plaster") == [
            True, False, False]
        ear.is_locked = False
        assert await asked(ear, "walnut kettle orbit plaster", PASSPHRASE, PASSPHRASE) == [True, False, False]

    with_ear(test)


def test_without_a_verb_the_window_comes_to_the_front_even_locked(with_ear: Callable[[Test], None]) -> None:
    async def test(ear: Ear) -> None:
        ear.is_locked = True
        async with line_to(ear) as line:
            await line.command(ear, "--home", "/x")
            assert await line.rest() == ("", "", 0)
        await asyncio.sleep(0)
        assert ear.came_forward == [True]

    with_ear(test)


def test_what_cannot_be_done_beside_an_open_desk_is_refused(with_ear: Callable[[Test], None]) -> None:
    async def test(ear: Ear) -> None:
        for words in (["demo"], ["no-such-verb"]):
            async with line_to(ear) as line:
                await line.command(ear, *words)
                out, err, code = await line.rest()
                assert (out, code) == ("", 5)
                assert err.count("\n") == 2

    with_ear(test)


def test_closing_the_desk_ends_what_is_being_answered(tmp_path: Path) -> None:
    async def test() -> None:
        async with listening(tmp_path / "home") as ear:
            ear.is_locked = True
            reader, writer = await asyncio.open_connection(channel.HOST, ear.address.port)
            line = Line(reader=reader, writer=writer)
            await line.command(ear, "account", "list")
            assert isinstance(await line.hear(), channel.Question)
        while (message := await line.hear()) is not None:
            assert isinstance(message, channel.Words | channel.Done)
        writer.close()

    asyncio.run(test())
