"""What the mode button's panel is told."""

import asyncio
from dataclasses import replace

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.events import SettingsChanged
from ibdesk.domain.records import Credentials
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.modes.selector import ModeSelector, standing_of
from tests.ui.modes.test_going_live import MadeUp
from tests.ui.sample_desk import sample_desk

LIVE = Credentials(
    environment=Environment.LIVE, gateway_url="https://localhost:5000", user_name="ursula",
    account=AccountId("U1234567"))


def test_connections_and_checklist_are_read_when_it_opens_and_while_it_is_open(run, qtbot):
    known: list[Credentials] = []
    made_up = MadeUp()
    desk = replace(sample_desk(Environment.PAPER), going_live=made_up)  # type: ignore[arg-type]

    async def credentials():
        return tuple(known)

    desk.preferences.credentials = credentials
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)
    view, anchor, asked = QWidget(), QPushButton("mode"), []
    qtbot.addWidget(view)
    QVBoxLayout(view).addWidget(anchor)
    view.resize(900, 700)
    selector = ModeSelector(desk, bridge, view, anchor, asked.append)

    async def life() -> None:
        view.show()
        selector.toggle()
        await asyncio.sleep(0.05)
        live = selector.panel.rows[4]
        assert "step by step" in live.choice.note and live.isVisible()
        known.append(LIVE)
        desk.hub.publish(SettingsChanged(names=("credentials",)))
        await asyncio.sleep(0.1)
        assert "6 items of Going live are open" in live.choice.note
        live.click()
        assert asked == ["mode:ibkr_live"] and not selector.popover.isVisible()
        looks = made_up.looks
        desk.hub.publish(SettingsChanged(names=("credentials",)))
        await asyncio.sleep(0.05)
        assert made_up.looks == looks
        assert (await standing_of(desk)).connected == {Environment.LIVE: "U1234567"}

    run(life())
    bridge.deafen()
