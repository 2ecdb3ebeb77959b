"""What the demo offers to break, and what it says is broken."""

import asyncio

import pytest

from ibdesk.services.demo_faults import DemoFault
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.frame.demo_menu import DemoMenu
from ibdesk.ui.frame.desk_view import DeskView
from tests.ui.sample_desk import sample_desk


class Broken:
    """Notes which faults were set off."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def fault(self, name: str, title: str) -> DemoFault:
        async def run() -> None:
            self.done.append(name)

        return DemoFault(name=name, title=title, help=f"What {title.lower()} does.", run=run)


@pytest.fixture
def broken() -> Broken:
    return Broken()


@pytest.fixture
def faults(broken):
    return (broken.fault("kill", "Kill the gateway"), broken.fault("slow", "Slow answers"),
            broken.fault("bad bytes: html", "An error page for an answer"), broken.fault("heal", "Heal everything"))


@pytest.fixture
def menu(dressed, qtbot, faults) -> DemoMenu:
    made = DemoMenu()
    qtbot.addWidget(made)
    made.show_faults(faults)
    return made


def test_the_way_back_comes_first_and_every_fault_explains_itself(menu):
    actions = [action for action in menu.menu().actions() if not action.isSeparator()]
    assert [action.text() for action in actions] == [
        "Heal everything", "Kill the gateway", "Slow answers", "Bad answers"]
    assert actions[1].toolTip() == "What kill the gateway does."
    [bad] = actions[-1].menu().actions()
    assert bad.data() == "bad bytes: html"


def test_it_says_what_is_broken_until_it_is_healed(menu):
    assert menu.text() == "Demo ▾"
    menu.mark("kill")
    assert menu.text() == "Broken on purpose: Kill the gateway ▾"
    menu.mark("slow")
    menu.mark("slow")
    assert menu.in_force == ("kill", "slow")
    assert menu.text() == "Broken on purpose: Slow answers and 1 more ▾"
    assert "Kill the gateway" in menu.toolTip()
    menu.set_narrow(True)
    assert menu.text() == "Demo: 2 broken ▾"
    menu.mark("heal")
    assert (menu.text(), menu.in_force) == ("Demo ▾", ())


def test_a_real_desk_has_no_such_menu(run, qtbot, dressed):
    desk = sample_desk()
    bridge = Bridge(desk.tasks)
    view = DeskView(desk, bridge, lambda _room: None)
    qtbot.addWidget(view)
    assert view.status.demo.isHidden()
    assert not [command for command in view.commands() if command.name.startswith("fault:")]


def test_menu_and_palette_break_the_demo_and_say_so(run, qtbot, dressed, faults, broken):
    desk = sample_desk(faults=faults)
    bridge = Bridge(desk.tasks)
    view = DeskView(desk, bridge, lambda _room: None)
    qtbot.addWidget(view)

    async def press() -> None:
        view.status.demo.menu().actions()[2].trigger()
        await asyncio.sleep(0.05)
        assert broken.done == ["kill"]
        view.run("fault:bad bytes: html")
        await asyncio.sleep(0.05)

    run(press())
    assert broken.done == ["kill", "bad bytes: html"]
    assert view.status.demo.in_force == ("kill", "bad bytes: html")
    assert "Demo: Kill the gateway" in {command.title for command in view.commands()}
