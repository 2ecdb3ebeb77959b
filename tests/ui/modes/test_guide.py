"""The guided switch on screen: one button at a time, and what it does."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import SessionChanged
from ibdesk.domain.live_switch import Stage
from ibdesk.domain.modes import Mode
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import SessionFlags
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.modes.guide import GuidedSwitch, switch_evidence
from ibdesk.ui.widgets import Check
from tests.ui.sample_desk import NOW, READY, sample_desk

LIVE = Credentials(
    environment=Environment.LIVE, gateway_url="https://localhost:5000", user_name="ursula",
    account=AccountId("U1234567"))
PAPER_FLAGS = replace(READY.flags, is_paper=True)


class Bench:
    def __init__(self, run, qtbot, *, mode=Mode.IBKR_PAPER, flags=PAPER_FLAGS, known=()) -> None:
        environment = Environment.LIVE if mode is Mode.IBKR_LIVE else Environment.PAPER
        self.desk = sample_desk(environment, replace(READY, flags=flags))

        async def credentials():
            return known

        self.desk.preferences.credentials = credentials
        self.bridge = Bridge(self.desk.tasks)
        self.bridge.listen(self.desk.hub)
        self.dialog = GuidedSwitch(self.desk, self.bridge)
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.run = run
        run(self.dialog.look())

    def press(self, stage: Stage) -> None:
        async def press() -> None:
            self.dialog.rows[stage].button.click()
            await asyncio.sleep(0.05)

        self.run(press())

    @property
    def offered(self) -> list[Stage]:
        return [stage for stage, row in self.dialog.rows.items() if row.button.isVisible()]


def test_paper_is_signed_out_from_here(run, qtbot):
    bench = Bench(run, qtbot)
    assert bench.offered == [Stage.DISCONNECT]
    bench.press(Stage.DISCONNECT)
    assert bench.desk.session.asked == ["sign out"]
    gone = replace(READY, flags=SessionFlags(reachable=True))
    bench.desk.session.session = gone

    async def tell() -> None:
        bench.desk.hub.publish(SessionChanged(session=gone))
        await asyncio.sleep(0.1)

    run(tell())
    assert bench.offered == [Stage.CONNECT]
    bench.bridge.deafen()


@pytest.mark.parametrize(("known", "stage"), [((), Stage.CONNECT), ((LIVE,), Stage.CHANGE)])
def test_connecting_and_changing_are_left_to_the_application(run, qtbot, known, stage):
    bench = Bench(run, qtbot, flags=SessionFlags(reachable=True), known=known)
    assert bench.offered == [stage]
    bench.press(stage)
    assert bench.dialog.chosen is stage and bench.dialog.result() == 1
    bench.bridge.deafen()


def test_on_a_live_desk_one_signs_in_at_the_gateways_page(run, qtbot):
    bench = Bench(run, qtbot, mode=Mode.IBKR_LIVE, known=(LIVE,))
    assert bench.offered == [Stage.SIGN_IN] and "paper user name" in bench.dialog.rows[Stage.SIGN_IN].detail.text()
    bench.press(Stage.SIGN_IN)
    assert bench.desk.connector.shown == ["https://localhost:5000/"]
    bench.bridge.deafen()


def test_the_test_reads_the_account_and_says_when_it_fails(run, qtbot):
    bench = Bench(run, qtbot, mode=Mode.IBKR_LIVE, flags=replace(READY.flags, is_paper=False), known=(LIVE,))
    assert bench.offered == [Stage.TEST]
    error = Unavailable("The gateway went away.", remedy="Start it.", cause=Cause.GATEWAY_NOT_RUNNING)
    sync = bench.desk.sync

    async def fail(_account=None):
        return SimpleNamespace(error=error)

    sync.run = fail
    bench.press(Stage.TEST)
    row = bench.dialog.rows[Stage.TEST]
    assert row.check is Check.BAD and "went away" in row.detail.text()

    async def page(_account):
        return SimpleNamespace(received_at=NOW)

    async def well(_account=None):
        return SimpleNamespace(error=None)

    bench.desk.book.page = page
    sync.run = well
    bench.press(Stage.TEST)
    assert bench.offered == [] and bench.dialog.checklist.isVisible()
    bench.dialog.checklist.click()
    assert bench.dialog.chosen is Stage.TEST
    evidence = run(switch_evidence(bench.desk))
    assert (evidence.live_user, evidence.live_account, evidence.read_at) == ("ursula", "U1234567", NOW)
    bench.bridge.deafen()
