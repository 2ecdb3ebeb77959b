"""J6: the gateway dies under an open desk and returns; the session ends and somebody signs in again; a night passes."""

from datetime import timedelta
from pathlib import Path

import qasync
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ibdesk import wiring
from ibdesk.app import DeskApp
from ibdesk.demo.gateway import DemoGateway, sign_in
from ibdesk.domain.accounts import Account, Environment
from ibdesk.domain.events import ConnectionRestored, WentAway
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import SessionState
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult
from ibdesk.ui.pages.dashboard.page import Dashboard
from ibdesk.ui.unlock import UnlockScreen
from tests.announced import outside_of_windows
from tests.journeys.hands import PASSPHRASE, application, dashboard_of, demo_gateway, happens, run, type_into, words
from tests.services.workshop import MAIN, Heard

#: Sold 42 minutes after the opening: held at the first of these hours and gone at the second.
BEFORE_THE_SALE, AFTER_THE_SALE = timedelta(hours=-3), timedelta(hours=1)
#: Seconds from the gateway's return to a picture: the list of accounts was asked for just before it died, and is given
#: once in five seconds; the pictures and price histories share ten requests a second; and the machine may be busy.
BACK_WITHIN = 25.0


async def vault_for(gateway: DemoGateway, home: Path) -> None:
    """A vault as the wizard leaves it, connected to this gateway."""
    credentials = Credentials(
        environment=Environment.PAPER, gateway_url=gateway.url, user_name="demo", account=MAIN,
        certificate_sha256=bytes.fromhex(gateway.certificate_sha256).hex(":").upper(),
    )  # fmt: skip
    account = Account(id=MAIN, title="Demo Desk", currency=USD, is_paper=True)
    found = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    desk, _ = await wiring.create_desk(home, PASSPHRASE, found, watching=False)
    await desk.close()


async def opened(app: DeskApp) -> tuple[Desk, Dashboard]:
    screen = app.window.stack.currentWidget()
    assert isinstance(screen, UnlockScreen)
    await type_into(screen.field, PASSPHRASE, Qt.Key.Key_Return)
    await happens(lambda: app.desk is not None, "the desk opens")
    assert app.desk is not None
    return app.desk, await dashboard_of(app)


def test_the_gateway_dies_and_returns_and_the_desk_says_what_it_missed(
    loop: qasync.QEventLoop, dressed: QApplication, tmp_path: Path
) -> None:
    async def journey() -> None:
        gateway = await demo_gateway(signed_out=False)
        lunch = gateway.clock.now()
        gateway.clock.set(lunch + BEFORE_THE_SALE + timedelta(minutes=-10))
        try:
            await vault_for(gateway, tmp_path)
            async with application(dressed, tmp_path, clock=outside_of_windows) as app:
                desk, page = await opened(app)
                assert desk.reconnect is not None
                link = desk.reconnect
                await happens(lambda: link.state is not None and link.state.is_up, "it is connected")
                await it_dies(app, desk, page, gateway)
                gateway.clock.set(lunch + AFTER_THE_SALE)
                await it_returns(app, desk, page, gateway)
        finally:
            await gateway.kill()

    run(loop, journey())


async def it_dies(app: DeskApp, desk: Desk, page: Dashboard, gateway: DemoGateway) -> None:
    """Nobody presses anything: the stream tells it, broken or not yet open."""
    assert app.view is not None
    view = app.view
    assert "old:" not in page.age.text().lower()
    await gateway.kill()
    await happens(lambda: desk.session.session.state is SessionState.OFFLINE, "the gateway is missed")
    await happens(lambda: page.age.text().startswith("Not updating:"), "everything shown is stale at once")
    assert all(figure.is_stale for figure in page.overview.figures.all)
    # the figures are stale from the stream's end on, a moment before the session was asked
    # a request that is cut off in the middle says less than one that nobody takes: then the next look names it
    await happens(lambda: "not running" in view.header.session.text().lower(), "the header names it")
    await happens(lambda: "try" in words(page).lower(), "the page says what is done")
    assert desk.reconnect.state.next_try is not None


async def it_returns(app: DeskApp, desk: Desk, page: Dashboard, gateway: DemoGateway) -> None:
    heard = Heard(desk.hub, ConnectionRestored, WentAway)
    asked_before = len(gateway.calls)
    await gateway.start()
    await sign_in(gateway.url)
    await desk.reconnect.try_now()
    await heard.until(lambda event: isinstance(event, ConnectionRestored), BACK_WITHIN)
    paths = [path for _, path in gateway.calls[asked_before:] if path.startswith("/v1/api/")]
    status = min(n for n, path in enumerate(paths) if "auth/status" in path or "tickle" in path)
    pictures = [n for n, path in enumerate(paths) if "/positions/" in path or path.endswith("/summary")]
    # requests that waited for their turn in the budget when it died may come first, so: before the picture that ends it
    assert status < max(pictures), f"the session is asked before the accounts, not after {paths}"
    away = (await heard.until(lambda event: isinstance(event, WentAway))).report
    assert away.unknown, "what nobody can know is said"
    assert [each.symbol for each in away.holdings], "a holding was sold meanwhile"
    assert all(each.before and not each.after for each in away.holdings)
    await happens(lambda: not page.age.text().startswith(("Old:", "Not updating:")), "the figures are fresh again")
    assert app.view is not None
    card = app.view.session.away
    await happens(card.isVisible, "the card of what was missed")
    assert away.holdings[0].symbol in " ".join(card.texts)
    card.dismiss()
    app.view.run("away")
    await happens(card.isVisible, "the card can be had again")
