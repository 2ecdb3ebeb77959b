"""What the wizard does about a gateway that fails: says why, and does the fix, on real gateways and real troubles."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.services.findings import CheckId, Outcome
from ibdesk.services.first_run import Step
from ibdesk.services.gateway_conf import read_conf
from ibdesk.ui.links import JAVA_PAGE
from ibdesk.ui.wizard.diagnosis import MOST, DiagnosisCard, telling
from ibdesk.ui.wizard.parts import Question
from tests.services.fake_gateway import make_gateway
from tests.ui.rooms_desk import unnamed
from tests.ui.wizard.driver import Driver, demo, wizard
from tests.ui.wizard.test_wizard import ENTER, closed_port, paper, saved_for

Run = Callable[[Coroutine[Any, Any, Any]], Any]
#: A program that is no gateway: it takes a port, answers in clear, and ends with its standard input.
STRANGER = """
import http.server, sys, threading
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""


@asynccontextmanager
async def failing(home: Path, url: str) -> AsyncIterator[Driver]:
    """A paper wizard at an address where no gateway answers, once it has said why."""
    async with wizard(home=home) as driver:
        try:
            await paper(driver, url)
            await told(driver)
            yield driver
        finally:
            keeper = driver.connector.gateway
            assert keeper is not None
            with suppress(DeskError):
                await keeper.stop(confirm=True)


async def told(driver: Driver) -> None:
    helping = driver.panel.helping
    await driver.until(lambda: helping.failed is not None and not helping.is_running, "the reason", within=20)


def finding(driver: Driver, check: Check) -> Examined:
    found = [row.examined for row in driver.panel.gateway.diagnosis.rows if row.check is check]
    assert found and found[0] is not None, [row.check for row in driver.panel.gateway.diagnosis.rows]
    return found[0]


def press(driver: Driver, check: Check) -> None:
    next(row for row in driver.panel.gateway.diagnosis.rows if row.check is check).button.click()


@contextmanager
def stranger() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", STRANGER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


def test_a_gateway_that_does_not_run_is_started_from_here(run: Run, tmp_path: Path) -> None:
    port = closed_port()
    folder = make_gateway(tmp_path / "clientportal.gw", port)

    async def walk() -> None:
        async with failing(tmp_path / "home", f"https://127.0.0.1:{port}") as driver:
            page, keeper = driver.panel.gateway, driver.connector.gateway
            assert keeper is not None
            assert finding(driver, Check.GATEWAY_PROCESS).fix is Fix.CHOOSE_FOLDER
            shown = [row.check for row in page.diagnosis.rows]
            assert len(shown) == len(set(shown)), "two looks at once tell it once"
            assert page.program.isVisible()
            await keeper.choose(folder)
            page.test.click()
            await told(driver)
            assert page.program.detail.text() == f"folder clientportal.gw · port {port}"
            assert finding(driver, Check.GATEWAY_PROCESS).advice == "Start it."
            assert page.reachable.button.text() == "Start gateway"
            page.reachable.button.click()
            await driver.until(lambda: page.program.state.text() == "The gateway is starting", "starting")
            await driver.until(page.certificate.isVisible, "the gateway's certificate", within=30)
            assert driver.panel.state.check(CheckId.GATEWAY).cause is Cause.CERTIFICATE_UNKNOWN
            assert driver.panel.state.entries.gateway_url == f"https://127.0.0.1:{port}"
            await driver.until(page.program.stop.isVisible, "it is ours to stop")
            assert not page.diagnosis.isVisible()
            assert unnamed(driver.panel) == []

    run(walk())


def test_a_port_of_another_program_is_named_and_the_gateway_moved_with_consent(run: Run, tmp_path: Path) -> None:
    async def walk(port: int) -> None:
        folder = make_gateway(tmp_path / "clientportal.gw", port)
        async with failing(tmp_path / "home", f"https://127.0.0.1:{port}") as driver:
            panel, keeper = driver.panel, driver.connector.gateway
            assert keeper is not None
            found = finding(driver, Check.PORT_OWNER)
            assert (found.verdict, found.fix) == (Verdict.BAD, Fix.MOVE_PORT)
            assert str(port) in found.statement
            await keeper.choose(folder)
            press(driver, Check.PORT_OWNER)
            question = await driver.dialog()
            assert isinstance(question, Question)
            assert read_conf(folder / "root" / "conf.yaml").listen_port == port
            question.yes.click()
            await driver.until(panel.gateway.certificate.isVisible, "the gateway answers elsewhere", within=30)
            moved = read_conf(folder / "root" / "conf.yaml").listen_port
            assert moved not in (port, None)
            assert panel.state.entries.gateway_url == f"https://localhost:{moved}"
            assert len(list((folder / "root").glob("conf.yaml.*.bak"))) == 1

    with stranger() as port:
        run(walk(port))


def test_missing_java_is_said_with_where_to_get_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def walk() -> None:
        async with failing(tmp_path / "home", f"https://127.0.0.1:{closed_port()}") as driver:
            assert finding(driver, Check.JAVA).verdict is Verdict.BAD
            press(driver, Check.JAVA)
            await driver.until(lambda: driver.opened_pages == [JAVA_PAGE], "the page about Java")

    monkeypatch.setenv("PATH", str(tmp_path))
    run(walk())


def test_another_address_forgets_the_reason(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with demo() as gateway, failing(tmp_path / "home", f"https://127.0.0.1:{closed_port()}") as driver:
            page = driver.panel.gateway
            assert page.diagnosis.isVisible()
            page.address.clear()
            driver.type(page.address, gateway.url)
            page.user_name.setFocus()
            await driver.until(page.certificate.isVisible, "a gateway")
            assert not page.diagnosis.isVisible()

    run(walk())


def test_a_wrong_user_name_is_explained_on_the_third_step(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with demo(signed_out=False) as gateway:
            known = saved_for(gateway.url, gateway.certificate_sha256, Environment.LIVE)
            async with wizard(known=(known,), home=tmp_path / "home") as driver:
                panel = driver.panel
                await driver.idle()
                panel.environment.cards[Environment.LIVE].radio.click()
                driver.key(ENTER)
                await driver.at(Step.GATEWAY)
                await driver.until(panel.next_button.isEnabled, "signed in")
                panel.next_button.click()
                await driver.at(Step.VERIFY)
                await told(driver)
                told_of = {row.check: row.statement.text() for row in panel.verify.diagnosis.rows}
                assert told_of[Check.USER_NAME] == "A paper user is signed in, and this desk is for live trading."

    run(walk())


def test_the_demo_has_no_program_to_start(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            driver.panel.next_button.click()
            await driver.at(Step.GATEWAY)
            await driver.until(driver.panel.gateway.for_me.isVisible, "the demo answers")
            assert not driver.panel.can_start
            assert not driver.panel.gateway.program.isVisible()

    run(walk())


def test_only_what_explains_is_told_the_broken_before_the_doubtful() -> None:
    results = (
        Examined(check=Check.GATEWAY_FOLDER, verdict=Verdict.WARN, statement="No folder."),
        Examined(check=Check.JAVA, verdict=Verdict.GOOD, statement="Java 17 runs it."),
        Examined(check=Check.GATEWAY_PROCESS, verdict=Verdict.BAD, statement="It does not run."),
        Examined(check=Check.SIGN_ON, verdict=Verdict.BAD, statement="Nobody is signed in."),
        Examined(check=Check.CLOCK, verdict=Verdict.UNKNOWN, statement="Nobody told the time."),
    )
    assert [each.check for each in telling(CheckId.GATEWAY, results)] == [Check.GATEWAY_PROCESS]
    doubtful = tuple(each for each in results if each.check is not Check.GATEWAY_PROCESS)
    assert [each.check for each in telling(CheckId.GATEWAY, doubtful)] == [Check.GATEWAY_FOLDER]
    assert telling(CheckId.MARKET_DATA, results) == ()
    many = tuple(Examined(check=Check.GATEWAY_CONF, verdict=Verdict.WARN, statement=str(n)) for n in range(9))
    assert len(telling(CheckId.GATEWAY, many)) == MOST


def test_the_card_says_that_it_is_looking_and_hides_when_nothing_was_found(dressed: QApplication) -> None:
    card = DiagnosisCard()
    card.show_results(CheckId.GATEWAY, (), is_running=True)
    assert not card.isHidden()
    assert card.title.text() == "Looking for the reason…"
    card.show_results(CheckId.GATEWAY, (), is_running=False)
    assert card.isHidden()
    shiboken6.delete(card)


def test_nothing_is_explained_while_nothing_failed(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard() as driver:
            await paper(driver, gateway.url)
            await asyncio.sleep(0)
            assert driver.panel.state.check(CheckId.GATEWAY).outcome is Outcome.WARNED
            assert driver.panel.helping.failed is None
            assert not driver.panel.gateway.diagnosis.isVisible()

    run(walk())
