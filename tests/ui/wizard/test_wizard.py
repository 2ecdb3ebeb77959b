"""The wizard by keyboard against the demo gateway, and every failure with its one next step."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

from ibdesk import wiring
from ibdesk.demo.gateway import sign_in
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.findings import Action, CheckId, Outcome
from ibdesk.services.first_run import FirstRunResult, Step, begin, edit_address
from ibdesk.ui.wizard.parts import Question
from tests.ui.rooms_desk import unnamed
from tests.ui.wizard.driver import Driver, demo, wizard

Run = Callable[[Coroutine[Any, Any, Any]], Any]
ENTER, ESCAPE, SPACE, LEFT = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Left


async def to_gateway(driver: Driver) -> None:
    """Choose the demo and arrive at the second page, probed."""
    driver.key(ENTER)
    await driver.at(Step.GATEWAY)
    await driver.idle()


async def to_verified(driver: Driver) -> None:
    await to_gateway(driver)
    driver.panel.gateway.for_me.click()
    await driver.until(lambda: driver.panel.next_button.isEnabled(), "signed in")
    driver.key(ENTER)
    await driver.at(Step.VERIFY)
    await driver.until(lambda: driver.panel.next_button.isEnabled(), "verified")


async def acknowledge_all(driver: Driver) -> None:
    page = driver.panel.acknowledge
    for _ in driver.panel.state.disclosures:
        page.text.verticalScrollBar().setValue(page.text.verticalScrollBar().maximum())
        await driver.until(page.box.isEnabled, "read to the end")
        page.box.setFocus()
        driver.key(SPACE)


def test_the_demo_is_connected_by_keyboard_alone(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            panel = driver.panel
            await to_gateway(driver)
            assert panel.state.check(CheckId.GATEWAY).outcome is Outcome.PASSED
            assert panel.gateway.user_name.text() == "demo"
            assert not panel.next_button.isEnabled()
            panel.gateway.for_me.setFocus()
            driver.key(ENTER)
            await driver.until(panel.next_button.isEnabled, "signed in")
            driver.key(ENTER)
            await driver.at(Step.VERIFY)
            await driver.until(panel.next_button.isEnabled, "verified")
            assert all(panel.state.check(check).outcome is not Outcome.FAILED for check in CheckId)
            assert "DU7654321" in panel.verify.checks[2].title.text()
            assert "Net liquidation $1," in panel.verify.checks[2].detail.text()
            panel.next_button.setFocus()
            driver.key(ENTER)
            await driver.at(Step.ACKNOWLEDGE)
            await acknowledge_all(driver)
            done: list[object] = []
            panel.completed.connect(done.append)
            panel.next_button.setFocus()
            driver.key(ENTER)
            await driver.at(Step.FINISHED)
            assert panel.finished.connected.title.text() == "IBKR account connected successfully!"
            driver.key(ENTER)
            [(result, passphrase)] = driver.saved
            assert done == [result]
            assert passphrase == ""
            assert (result.credentials.account, result.credentials.user_name) == ("DU7654321", "demo")
            assert len(result.acknowledgments) == 4
            assert [account.id for account in result.accounts] == ["DU7654321", "DU7654322"]

    run(walk())


def test_log_in_opens_the_system_browser_and_notices_the_sign_in(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            await to_gateway(driver)
            button = driver.panel.gateway.signed_in.button
            assert button.text() == "Log in"
            button.click()
            await driver.until(lambda: driver.opened_pages == [gateway.url], "the browser")
            assert driver.connector.demo is not None
            await driver.connector.demo.sign_in()
            await driver.until(driver.panel.next_button.isEnabled, "noticed")

    run(walk())


def test_without_a_browser_the_address_is_shown(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            await to_gateway(driver)
            driver.connector.open_browser = lambda url: False
            driver.panel.gateway.signed_in.button.click()
            await driver.until(driver.panel.banner.isVisible, "the address")
            assert gateway.url in driver.panel.banner.detail.text()

    run(walk())


def test_back_keeps_what_was_typed_and_escape_asks_before_leaving(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            panel = driver.panel
            await to_verified(driver)
            panel.verify.level.setCurrentIndex(4)
            panel.verify.level.activated.emit(4)
            driver.key(LEFT, Qt.KeyboardModifier.AltModifier)
            await driver.at(Step.GATEWAY)
            assert panel.state.entries.options_level == 3
            assert panel.gateway.user_name.text() == "demo"
            driver.key(ESCAPE)
            question = await driver.dialog()
            assert isinstance(question, Question)
            question.no.click()
            await driver.idle()
            assert panel.state.step is Step.GATEWAY
            gone: list[bool] = []
            panel.cancelled.connect(lambda: gone.append(True))
            driver.key(ESCAPE)
            question = await driver.dialog()
            assert isinstance(question, Question)
            question.yes.click()
            await driver.until(lambda: bool(gone), "cancelled")
            assert driver.saved == []
            assert not gateway.is_running

    run(walk())


def test_a_new_desk_needs_a_good_passphrase_typed_twice_and_shows_the_recovery_code(run: Run) -> None:
    async def walk() -> None:
        async with demo(signed_out=False) as gateway, wizard(gateway, needs_passphrase=True) as driver:
            panel = driver.panel
            assert panel.state.step is Step.PASSPHRASE
            driver.type(panel.passphrase.first, "short")
            assert "Too short" in panel.passphrase.new.advice.text()
            panel.passphrase.first.clear()
            driver.type(panel.passphrase.first, "violet tram orbits quietly")
            driver.type(panel.passphrase.second, "violet tram orbits")
            assert not panel.next_button.isEnabled()
            driver.type(panel.passphrase.second, " quietly")
            driver.key(ENTER)
            await driver.at(Step.ENVIRONMENT)
            panel.environment.cards[Environment.PAPER].radio.setFocus()
            driver.key(SPACE)
            assert panel.state.entries.environment is Environment.PAPER
            driver.key(ENTER)
            await driver.at(Step.GATEWAY)
            await driver.idle()
            panel.gateway.address.clear()
            driver.type(panel.gateway.address, gateway.url)
            driver.type(panel.gateway.user_name, "adapaper1")
            await driver.until(lambda: panel.state.check(CheckId.GATEWAY).action is Action.ACCEPT_CERTIFICATE, "shown")
            assert panel.gateway.certificate.isVisible()
            panel.gateway.reachable.button.click()
            await driver.until(panel.next_button.isEnabled, "signed in already")
            panel.next_button.click()
            await driver.at(Step.VERIFY)
            await driver.until(panel.next_button.isEnabled, "verified")
            panel.next_button.click()
            await driver.at(Step.ACKNOWLEDGE)
            await acknowledge_all(driver)
            panel.next_button.click()
            await driver.at(Step.FINISHED)
            [(result, passphrase)] = driver.saved
            assert passphrase == "violet tram orbits quietly"
            assert panel.passphrase.passphrase == "", "the field does not keep it"
            assert result.credentials.certificate_sha256.replace(":", "").lower() == gateway.certificate_sha256
            assert panel.finished.code.text() == "ABCD-EFGH"
            assert not panel.next_button.isEnabled()
            panel.finished.written.setFocus()
            driver.key(SPACE)
            assert panel.next_button.isEnabled()
            assert "violet" not in str(panel.state)

    run(walk())


def test_a_finished_paper_wizard_leaves_one_vault_with_everything_and_a_cancelled_one_leaves_nothing(
    loop: Any, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    desks: list[Desk] = []

    async def create(result: FirstRunResult, passphrase: str) -> str:
        desk, code = await wiring.create_desk(home, passphrase, result, watching=False)
        desks.append(desk)
        return code

    async def walk(*, cancels: bool) -> None:
        async with demo(signed_out=False) as gateway, wizard(needs_passphrase=True, finish=create) as driver:
            panel = driver.panel
            driver.type(panel.passphrase.first, "violet tram orbits quietly")
            driver.type(panel.passphrase.second, "violet tram orbits quietly")
            driver.key(ENTER)
            await paper(driver, gateway.url)
            panel.gateway.reachable.button.click()
            await driver.until(panel.next_button.isEnabled, "signed in")
            panel.next_button.click()
            await driver.until(lambda: panel.state.step is Step.VERIFY and panel.next_button.isEnabled(), "verified")
            panel.next_button.click()
            await driver.at(Step.ACKNOWLEDGE)
            await acknowledge_all(driver)
            if cancels:
                driver.key(ESCAPE)
                question = await driver.dialog()
                assert isinstance(question, Question)
                question.yes.click()
                await driver.at(Step.CANCELLED)
                await driver.idle()
                return
            panel.next_button.click()
            await driver.at(Step.FINISHED)
            assert len(panel.finished.code.text().replace("-", "")) > 30
            desk = desks[0]
            [saved] = await desk.preferences.credentials()
            assert (saved.environment, saved.user_name, saved.account) == (Environment.PAPER, "ada", "DU7654321")
            assert saved.certificate_sha256 == panel.state.pin
            assert len(await desk.preferences.acknowledgments()) == 4
            assert [account.id for account in await desk.book.accounts()] == ["DU7654321", "DU7654322"]
            await desk.close()

    loop.run_until_complete(asyncio.wait_for(walk(cancels=True), 30))
    assert not home.exists() or not any(home.iterdir())
    loop.run_until_complete(asyncio.wait_for(walk(cancels=False), 30))
    assert wiring.vault_exists(home)


def closed_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def saved_for(url: str, pin: str = "", environment: Environment = Environment.PAPER) -> Credentials:
    return Credentials(
        environment=environment, gateway_url=url, user_name="ada", account=AccountId("DU1234567"),
        certificate_sha256=pin,
    )


async def paper(driver: Driver, url: str) -> None:
    """Arrive at the gateway page for an address, probed."""
    driver.panel.environment.cards[Environment.PAPER].radio.click()
    driver.key(ENTER)
    await driver.at(Step.GATEWAY)
    await driver.idle()
    driver.panel.gateway.address.clear()
    driver.type(driver.panel.gateway.address, url)
    driver.type(driver.panel.gateway.user_name, "ada")
    await driver.idle()


def test_an_absent_gateway_says_how_to_start_it(run: Run) -> None:
    async def walk() -> None:
        async with wizard() as driver:
            await paper(driver, f"https://127.0.0.1:{closed_port()}")
            check = driver.panel.state.check(CheckId.GATEWAY)
            assert (check.cause, check.action) == (Cause.GATEWAY_NOT_RUNNING, Action.START_GATEWAY)
            assert driver.panel.gateway.reachable.button.text() == "Start gateway"
            assert "gateway" in driver.panel.hint.text()

    run(walk())


def test_plain_http_is_named_and_https_is_offered(run: Run) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def walk() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, wizard() as driver:
            await paper(driver, f"https://127.0.0.1:{port}")
            assert driver.panel.state.check(CheckId.GATEWAY).cause is Cause.GATEWAY_PLAIN_HTTP
            driver.panel.gateway.address.clear()
            driver.type(driver.panel.gateway.address, f"http://127.0.0.1:{port}")
            driver.panel.gateway.user_name.setFocus()
            assert driver.panel.gateway.plain.isVisible()
            await driver.idle()
            driver.panel.gateway.plain.button.click()
            assert driver.panel.state.entries.gateway_url == f"https://127.0.0.1:{port}"
            await driver.idle()

    run(walk())


def test_a_changed_certificate_stops_until_the_word_is_typed(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(known=(saved_for(gateway.url, ":".join(["11"] * 32)),)) as driver:
            panel = driver.panel
            await driver.idle()
            panel.environment.cards[Environment.PAPER].radio.click()
            driver.key(ENTER)
            await driver.at(Step.GATEWAY)
            await driver.idle()
            assert panel.state.check(CheckId.GATEWAY).cause is Cause.CERTIFICATE_CHANGED
            assert gateway.calls == (), "nothing was sent to an unknown certificate"
            panel.gateway.reachable.button.click()
            question = await driver.dialog()
            assert isinstance(question, Question)
            assert not question.yes.isEnabled()
            driver.type(question.typed, "replace")
            question.yes.click()
            await driver.until(lambda: panel.state.check(CheckId.GATEWAY).outcome is Outcome.PASSED, "accepted")

    run(walk())


def test_a_paper_account_is_refused_for_live_trading(run: Run) -> None:
    async def walk() -> None:
        async with demo(signed_out=False) as gateway:
            known = saved_for(gateway.url, gateway.certificate_sha256, Environment.LIVE)
            async with wizard(known=(known,)) as driver:
                panel = driver.panel
                await driver.idle()
                panel.environment.cards[Environment.LIVE].radio.click()
                driver.key(ENTER)
                await driver.at(Step.GATEWAY)
                await driver.until(panel.next_button.isEnabled, "signed in")
                panel.next_button.click()
                await driver.at(Step.VERIFY)
                await driver.idle()
                checks = {panel.state.check(check).cause for check in CheckId}
                assert Cause.WRONG_ENVIRONMENT in checks
                failed = next(row for row in panel.verify.checks if row.button.isVisible())
                assert failed.button.text() == "Choose environment"
                failed.button.click()
                assert panel.state.step is Step.ENVIRONMENT
                assert driver.saved == []

    run(walk())


def test_a_competing_session_is_never_taken_over_silently(run: Run) -> None:
    async def walk() -> None:
        async with demo(signed_out=False) as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            panel = driver.panel
            gateway.compete()
            await to_gateway(driver)
            assert panel.state.check(CheckId.SIGN_IN).cause is Cause.COMPETING_SESSION
            assert not any("ssodh/init" in path for _method, path in gateway.calls)
            panel.gateway.signed_in.button.click()
            question = await driver.dialog()
            assert isinstance(question, Question)
            question.yes.click()
            await driver.until(panel.next_button.isEnabled, "taken over")

    run(walk())


def test_a_lite_account_is_told_that_the_gateway_does_not_serve_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def walk() -> None:
        async with demo(signed_out=False) as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            panel = driver.panel
            real = driver.connector.open_broker
            driver.connector.open_broker = lambda connection: _lite(real(connection))
            await to_gateway(driver)
            panel.next_button.click()
            await driver.at(Step.VERIFY)
            await driver.idle()
            check = panel.state.check(CheckId.ACCOUNT)
            assert check.cause is Cause.LITE_ACCOUNT
            assert "IBKR Lite" in panel.verify.checks[2].detail.text()

    def _lite(broker: Any) -> Any:
        accounts = broker.accounts

        async def lite() -> Any:
            return tuple(replace(account, lite=True) for account in await accounts())

        broker.accounts = lite
        return broker

    run(walk())


def test_a_gateway_elsewhere_is_used_only_after_a_warning(run: Run) -> None:
    async def walk() -> None:
        async with wizard() as driver:
            await paper(driver, "https://192.0.2.1:5000")
            assert driver.panel.gateway.remote.isVisible()
            check = driver.panel.state.check(CheckId.GATEWAY)
            assert check.action is Action.ALLOW_REMOTE

    run(walk())


def test_diagnostics_are_copied_without_names(run: Run) -> None:
    async def walk() -> None:
        async with demo(signed_out=False) as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            await to_gateway(driver)
            driver.panel.gateway.user_name.setText("")
            driver.type(driver.panel.gateway.user_name, "zsecretuserz")
            driver.panel.copy_button.click()
            copied = QGuiApplication.clipboard().text()
            assert "gateway reachable: passed" in copied
            assert "zsecretuserz" not in copied

    run(walk())


def test_every_control_has_a_name(run: Run) -> None:
    async def walk() -> None:
        async with wizard(needs_passphrase=True) as driver:
            assert unnamed(driver.panel) == []

    run(walk())


def test_only_the_passphrase_is_typed_unseen(run: Run) -> None:
    async def walk() -> None:
        async with wizard(needs_passphrase=True) as driver:
            hidden = [
                field for field in driver.panel.findChildren(QLineEdit)
                if field.echoMode() is not QLineEdit.EchoMode.Normal
            ]
            assert hidden == [driver.panel.passphrase.first, driver.panel.passphrase.second]

    run(walk())


@pytest.mark.logs("work failed name=wizard")
def test_a_mistake_of_ours_while_saving_is_told_on_the_page(run: Run) -> None:
    async def walk() -> None:
        async def broken(_result: FirstRunResult, _passphrase: str) -> str:
            raise ImportError("a part is missing")

        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO, finish=broken) as driver:
            await to_verified(driver)
            driver.key(ENTER)
            await driver.at(Step.ACKNOWLEDGE)
            await acknowledge_all(driver)
            driver.panel.next_button.click()
            await driver.until(driver.panel.banner.isVisible, "told")
            assert "mistake" in driver.panel.banner.text.text()
            assert driver.panel.next_button.isEnabled()

    run(walk())


def test_after_the_sign_in_enter_goes_on(run: Run) -> None:
    async def walk() -> None:
        async with demo() as gateway, wizard(gateway, environment=Environment.DEMO) as driver:
            await to_gateway(driver)
            driver.panel.act(Action.SIGN_IN)
            await sign_in(gateway.url)
            await driver.until(lambda: driver.panel.next_button.isEnabled(), "signed in")
            await driver.idle()
            assert driver.panel.focusWidget() is driver.panel.next_button

    run(walk())


def test_host_and_port_alone_are_an_address() -> None:
    state = begin(disclosures=(), needs_passphrase=False)
    assert edit_address(state, "localhost:5511").entries.gateway_url == "https://localhost:5511"
    assert edit_address(state, "http://localhost:5511").entries.gateway_url == "http://localhost:5511"
