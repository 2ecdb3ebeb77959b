"""One vault, two doors: the window has it open, and commands from other processes are answered all the same."""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.app import DeskApp
from ibdesk.cli.channel import FILE_NAME, Address, Challenge, Done, Words, encoded, framed, place_of, read_address
from ibdesk.cli.channel_server import Channel, serve
from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.timings import DemoTimings
from ibdesk.desk_door import Serve, Shown
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.first_run import FirstRunResult
from ibdesk.services.waiting import until
from ibdesk.store.files import replace_private
from ibdesk.ui.main_window import MainWindow
from ibdesk.ui.unlock import UnlockScreen
from tests.announced import outside_of_windows

PASSPHRASE = "eleven brass kettles sing low"


async def make_vault(folder: Path, gateway: DemoGateway | None = None) -> None:
    """A vault with one account that was never read; without a gateway none is ever asked."""
    account = Account(id=AccountId("DU7654321"), title="Main", currency=USD, is_paper=True)
    credentials = Credentials(
        environment=Environment.PAPER, user_name="somebody", account=account.id,
        gateway_url="https://localhost:5000" if gateway is None else gateway.url,
        certificate_sha256="" if gateway is None else gateway.certificate_sha256,
    )
    result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    desk, _ = await wiring.create_desk(folder, PASSPHRASE, result, watching=False)
    if gateway is None:
        await desk.preferences.change("ibkr_enabled", "false")
    await desk.close()


@pytest.fixture
def home(loop: qasync.QEventLoop, tmp_path: Path) -> Path:
    loop.run_until_complete(make_vault(tmp_path / "home"))
    return tmp_path / "home"


@asynccontextmanager
async def window(qt: QApplication, home: Path, serve: Serve = serve) -> AsyncIterator[DeskApp]:
    """The application with its desk open."""
    shown = MainWindow()
    shown.dress()
    app = DeskApp(qt, shown, home=home, demo=False, overrides={}, serve=serve, clock=outside_of_windows)
    running = asyncio.create_task(app.run())  # noqa: TID251 - ended below
    try:
        await asyncio.sleep(0)
        screen = shown.stack.currentWidget()
        assert isinstance(screen, UnlockScreen)
        screen.given.emit(PASSPHRASE)
        assert await until(lambda: app.view is not None and not shown.is_covered, 30)
        served = app.door._served
        if isinstance(served, Channel):
            await served.listening()
        yield app
    finally:
        app.quit()
        assert await asyncio.wait_for(running, 20) == 0
        shown.deleteLater()


def test_whoever_serves_commands_is_told_of_each_desk_and_closed_before_it(
    dressed: QApplication, loop: qasync.QEventLoop, home: Path
) -> None:
    told: list[str] = []

    class Server:
        def __init__(self, shown: Shown) -> None:
            self.shown = shown
            told.append(f"{shown.desk.preferences.folder.name} locked={shown.is_locked()}")

        async def close(self) -> None:
            await self.shown.desk.book.every_account()  # still open
            told.append("closed")

    async def journey() -> None:
        async with window(dressed, home, Server):
            assert told == ["home locked=False"]

    loop.run_until_complete(asyncio.wait_for(journey(), 40))
    assert told == ["home locked=False", "closed"]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What one command, in a process of its own, said."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


async def begin(
    home: Path, *arguments: str, variables: dict[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start one command."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ibdesk", "--home", str(home), *arguments, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(variables or {})},
    )


async def ibdesk(
    home: Path, *arguments: str, stdin: str = "", variables: dict[str, str] | None = None
) -> Ran:
    """Run one command without any terminal and without the passphrase."""
    began = time.monotonic()
    process = await begin(home, *arguments, variables=variables)
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 30)
    assert process.returncode is not None
    return Ran(code=process.returncode, out=out.decode(), err=err.decode(), seconds=time.monotonic() - began)


Journey = Callable[[DeskApp], Any]


@pytest.fixture
def beside_the_window(
    dressed: QApplication, loop: qasync.QEventLoop, home: Path
) -> Callable[[Journey], None]:
    """Runs a journey while the window is open."""
    def run(journey: Journey) -> None:
        async def both() -> None:
            async with window(dressed, home) as app:
                await journey(app)

        loop.run_until_complete(asyncio.wait_for(both(), 60))

    return run


def test_commands_are_answered_by_the_window_that_has_the_vault_open(
    beside_the_window: Callable[[Journey], None], home: Path
) -> None:
    async def journey(_app: DeskApp) -> None:
        listed = await ibdesk(home, "--json", "account", "list")
        assert (listed.code, listed.err) == (0, "")
        assert [row["id"] for row in listed.json["accounts"]] == ["DU7654321"]
        health = await ibdesk(home, "--json", "health")
        assert (health.code, health.json["cause"]) == (5, "unknown_account")
        refused = await ibdesk(home, "session", "status")
        assert (refused.code, refused.out) == (5, "")
        assert "switched off" in refused.err
        unknown = await ibdesk(home, "trade")
        assert unknown.code == 2

    beside_the_window(journey)
    assert not (home / FILE_NAME).exists()


def test_a_busy_window_holds_up_nothing_that_is_stored(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    """The window's thread stands still for as long as the commands run; each is a real process."""
    home, free, answers = tmp_path / "home", threading.Event(), list[Ran]()
    starting: list[float] = []

    def ask() -> None:
        async def all_of_them() -> None:
            starting.append((await ibdesk(home, "--help")).seconds)
            for verb in (["account", "list"], ["health"], ["session", "status"], ["audit", "verify"], ["db", "check"],
                         ["doctor"]):
                answers.append(await ibdesk(home, "--json", *verb))

        try:
            asyncio.run(all_of_them())
        finally:
            free.set()

    async def journey() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick())
        await gateway.start()
        try:
            await make_vault(home, gateway)
            async with window(dressed, home) as app:
                assert app.desk is not None
                session = app.desk.session
                assert session is not None
                assert await until(lambda: session.session.is_ready, 20)
                asking = threading.Thread(target=ask)
                asking.start()
                is_over = asyncio.get_running_loop().create_future()
                asyncio.get_running_loop().call_soon(lambda: is_over.set_result(free.wait(90)))
                assert await is_over
                asking.join()
        finally:
            await gateway.stop()

    loop.run_until_complete(asyncio.wait_for(journey(), 110))
    *stored, examined = answers
    listed, health, status, verified, checked = stored
    assert len(examined.json["results"]) > 10
    assert "DU7654321" in {row["id"] for row in listed.json["accounts"]}
    assert (health.code, health.json["session"], health.json["environment"]) == (0, "ready", "paper")
    assert "window is busy" in health.json["remark"]
    assert (status.code, status.json["status"], status.json["authenticated"]) == (0, "ready", True)
    assert (verified.code, verified.json["first_broken"]) == (0, None)
    assert (checked.code, checked.json["findings"]) == (0, [])
    assert max(answer.seconds for answer in stored) < 15 + starting[0]  # a command that is held up waits a minute


def test_a_locked_desk_wants_its_passphrase_from_every_command(
    beside_the_window: Callable[[Journey], None], home: Path
) -> None:
    async def journey(app: DeskApp) -> None:
        app.lock()
        nobody = await ibdesk(home, "--json", "account", "list")
        assert (nobody.code, nobody.json["cause"]) == (3, "wrong_passphrase")
        wrong = await ibdesk(home, "account", "list", stdin="not this one\n")
        assert (wrong.code, wrong.out) == (3, "")
        assert "locked" in wrong.err
        typed = await ibdesk(home, "--json", "account", "list", stdin=PASSPHRASE + "\n")
        assert (typed.code, len(typed.json["accounts"])) == (0, 1)
        assert typed.seconds >= 1  # a wrong one makes the next wait
        given = await ibdesk(home, "--json", "health", variables={"IBDESK_PASSPHRASE": PASSPHRASE})
        assert given.json["environment"] == "paper"
        assert app.door.is_locked
        assert PASSPHRASE not in typed.out + typed.err + given.out + given.err

    beside_the_window(journey)
    logs = "".join(path.read_text() for path in (home / "logs").iterdir())
    assert PASSPHRASE not in logs


def test_starting_ibdesk_again_brings_the_window_to_the_front(
    beside_the_window: Callable[[Journey], None], home: Path
) -> None:
    async def journey(app: DeskApp) -> None:
        app.window.showMinimized()
        again = await ibdesk(home)
        assert (again.code, again.out, again.err) == (0, "", "")
        assert await until(lambda: not app.window.isMinimized() and app.window.isVisible(), 5)

    beside_the_window(journey)


def test_settings_for_one_run_are_refused_while_the_window_has_its_own(
    beside_the_window: Callable[[Journey], None], home: Path
) -> None:
    async def journey(_app: DeskApp) -> None:
        refused = await ibdesk(home, "--json", "--set", "gateway_port=5001", "account", "list")
        assert (refused.code, refused.json["cause"]) == (5, "bad_setting")
        assert "Settings" in refused.json["remedy"]

    beside_the_window(journey)


def test_an_account_can_be_connected_while_the_desk_is_open(
    beside_the_window: Callable[[Journey], None], home: Path
) -> None:
    async def journey(app: DeskApp) -> None:
        assert app.desk is not None
        gateway = DemoGateway()
        await gateway.start()
        try:
            add = ("account", "add", "--gateway-url", gateway.url, "--id", "U1234567", "--environment", "live")
            unknown = await ibdesk(home, "--json", *add)
            assert (unknown.code, unknown.json["cause"]) == (3, "certificate_unknown")
            added = await ibdesk(home, *add, "--accept-certificate", gateway.certificate_sha256)
        finally:
            await gateway.stop()
        assert (added.code, added.err) == (0, "")
        assert "open it again" in added.out
        stored = {each.environment: each for each in await app.desk.preferences.credentials()}
        pinned = stored[Environment.LIVE].certificate_sha256.replace(":", "")
        assert pinned == gateway.certificate_sha256.replace(":", "").upper()

    beside_the_window(journey)


def test_who_gives_up_ends_the_command_in_the_window_too(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    async def journey() -> None:
        gateway = DemoGateway(signed_out=True)
        await gateway.start()
        try:
            await make_vault(tmp_path / "home", gateway)
            async with window(dressed, tmp_path / "home") as app:
                assert app.desk is not None
                await until(lambda: bool(gateway.calls), 10)
                login = await begin(tmp_path / "home", "session", "login", "--no-browser")
                assert login.stdout is not None
                assert b"Sign in here" in await login.stdout.readline()
                assert b"Waiting" in await login.stdout.readline()
                assert _named("command") and len(_named("session")) == 1
                login.send_signal(signal.SIGINT)
                assert await asyncio.wait_for(login.wait(), 20) == 130
                assert await until(lambda: not _named("command"), 5)
        finally:
            await gateway.stop()

    loop.run_until_complete(asyncio.wait_for(journey(), 60))


def test_another_login_is_ended_only_after_a_yes_typed_beside_the_command(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    async def journey() -> None:
        home, gateway = tmp_path / "home", DemoGateway(timings=DemoTimings.quick())
        await gateway.start()
        try:
            await make_vault(home, gateway)
            async with window(dressed, home) as app:
                assert app.desk is not None
                session = app.desk.session
                assert session is not None
                assert await until(lambda: session.session.is_ready, 20)
                gateway.compete()
                for nobody in ("", "no\n"):
                    left = await ibdesk(home, "session", "login", stdin=nobody)
                    assert left.code == 3
                assert gateway.login.stage is Stage.COMPETING
                taken = await ibdesk(home, "session", "login", stdin="yes\n")
                assert (taken.code, taken.out.splitlines()[-1].split(",")[0]) == (0, "ready")
        finally:
            await gateway.stop()

    loop.run_until_complete(asyncio.wait_for(journey(), 60))


def _named(name: str) -> list[str]:
    """What the window's own loop works on under this name."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == name]


def test_a_window_that_stays_busy_is_told_and_then_given_up(
    dressed: QApplication, loop: qasync.QEventLoop, home: Path
) -> None:
    """Only the window can look for contracts; it stands still for longer than the command waits."""
    free, answers = threading.Event(), list[Ran]()

    def ask() -> None:
        try:
            answers.append(asyncio.run(ibdesk(home, "--json", "contract", "find", "AAPL")))
        finally:
            free.set()

    async def journey() -> None:
        async with window(dressed, home, partial(Channel, patience=4.0)):
            asking = threading.Thread(target=ask)
            asking.start()
            is_over = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(lambda: is_over.set_result(free.wait(30)))
            assert await is_over
            asking.join()

    loop.run_until_complete(asyncio.wait_for(journey(), 60))
    assert (answers[0].code, answers[0].json["cause"]) == (4, "timed_out")
    assert answers[0].err == "The desk is busy; still waiting …\n"


def test_a_stranger_on_the_port_of_a_desk_that_died_learns_nothing_and_is_not_believed(
    home: Path, loop: qasync.QEventLoop
) -> None:
    heard = bytearray()

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4096))
        challenge = Challenge(version=1, random="0" * 64, proof="0" * 64)
        writer.write(framed(challenge) + framed(Words(text="All is well.\n")) + framed(Done(code=0)))
        with suppress(ConnectionError):
            heard.extend(await reader.read(4096))
        writer.close()

    async def journey() -> None:
        server = await asyncio.start_server(stranger, "127.0.0.1", 0)
        token = "5e" * 32
        replace_private(home / FILE_NAME, encoded(Address(
            port=server.sockets[0].getsockname()[1], token=token, place=place_of(home))))
        answer = await ibdesk(home, "account", "list", variables={"IBDESK_PASSPHRASE": PASSPHRASE})
        server.close()
        assert answer.code == 0  # it opened the vault itself
        assert "All is well" not in answer.out
        assert b"Hello" in heard
        assert token.encode() not in heard and PASSPHRASE.encode() not in heard and b"account" not in heard

    loop.run_until_complete(asyncio.wait_for(journey(), 60))


def test_what_a_desk_that_died_left_behind_stops_nobody(home: Path, loop: qasync.QEventLoop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    replace_private(home / FILE_NAME, encoded(Address(port=port, token="00" * 32, place=place_of(home))))

    async def journey() -> None:
        answer = await ibdesk(home, "--json", "db", "check", variables={"IBDESK_PASSPHRASE": PASSPHRASE})
        assert (answer.code, answer.json["findings"]) == (0, [])

    loop.run_until_complete(asyncio.wait_for(journey(), 60))


def test_closing_the_vault_ends_the_channel_and_opening_it_begins_a_new_one(
    beside_the_window: Callable[[Journey], None], home: Path
) -> None:
    async def journey(app: DeskApp) -> None:
        first = read_address(home)
        app.do("close-vault")
        assert await until(lambda: isinstance(app.window.stack.currentWidget(), UnlockScreen), 10)
        assert read_address(home) is None
        screen = app.window.stack.currentWidget()
        assert isinstance(screen, UnlockScreen)
        screen.given.emit(PASSPHRASE)
        assert await until(lambda: read_address(home) is not None, 30)
        second = read_address(home)
        assert first is not None and second is not None
        assert first.token != second.token
        if sys.platform != "win32":
            assert (home / FILE_NAME).stat().st_mode & 0o777 == 0o600

    beside_the_window(journey)

