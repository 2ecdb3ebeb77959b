"""The wizard over an open desk: leaving it changes nothing, finishing it saves and closes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ibdesk import wiring
from ibdesk.domain.accounts import Environment
from ibdesk.services.tasks import Tasks
from ibdesk.ui import theme
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.wizard.dialog import WizardDialog
from ibdesk.ui.wizard.parts import Question

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def answer(dialog: WizardDialog, *, yes: bool) -> None:
    """Answer the question whether to leave."""
    for _ in range(300):
        found = [each for each in dialog.findChildren(Question) if each.isVisible()]
        if found:
            (found[0].yes if yes else found[0].no).click()
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody asked")


def test_leaving_by_key_or_by_the_frame_asks_and_changes_nothing(run: Run) -> None:
    async def walk() -> None:
        tasks = Tasks()
        connector = wiring.first_run_connector()
        dialog = WizardDialog(connector, Bridge(tasks))
        dialog.open()
        before = theme.look().theme.environment
        assert list(dialog.panel.environment.cards) == [Environment.PAPER, Environment.LIVE]
        dialog.panel.environment.cards[Environment.LIVE].radio.click()
        assert theme.look().theme.environment is Environment.LIVE
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await answer(dialog, yes=False)
        assert dialog.isVisible()
        await asyncio.sleep(0.05)
        dialog.close()
        assert dialog.isVisible(), "closing asks first"
        await answer(dialog, yes=True)
        for _ in range(200):
            if not dialog.isVisible():
                break
            await asyncio.sleep(0.01)
        assert not dialog.isVisible()
        assert dialog.connected is None
        assert theme.look().theme.environment is before
        await tasks.close()
        shiboken6.delete(dialog)

    run(walk())
