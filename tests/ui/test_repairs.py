"""What the frame mends and breaks; its menu and its commands are tested in test_demo_menu.py."""

import asyncio
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from ibdesk.services.demo_faults import DemoFault
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.frame.demo_menu import HEAL, DemoMenu
from ibdesk.ui.frame.repairs import Repairs
from tests.ui.sample_desk import sample_desk


def test_healing_the_demo_asks_the_session_at_once_and_a_fault_does_not(run, qtbot):
    done: list[str] = []

    async def note(name: str) -> None:
        done.append(name)

    faults = tuple(
        DemoFault(name=name, title=name, help="", run=lambda name=name: note(name)) for name in ("kill", HEAL))
    desk = replace(sample_desk(), faults=faults)
    view, menu = QWidget(), DemoMenu()
    qtbot.addWidget(view)
    qtbot.addWidget(menu)
    menu.show_faults(faults)
    repairs = Repairs(desk, Bridge(desk.tasks), view, menu)

    async def life() -> None:
        repairs.break_demo("kill")
        await asyncio.sleep(0.02)
        assert done == ["kill"] and desk.session.asked == []
        repairs.break_demo(HEAL)
        await asyncio.sleep(0.02)
        assert done == ["kill", HEAL] and desk.session.asked == ["refresh"]

    run(life())
