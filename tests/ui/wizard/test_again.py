"""The disclosures asked again: not within the year, not kept when put off, and with titles that can be read."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.services.disclosures import load_disclosures
from ibdesk.ui.wizard.again import AcknowledgeAgain, ask_again
from tests.ui.rooms_desk import Opened, rooms_desk
from tests.ui.sample_desk import NOW, MadeUpConnector

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Connector(MadeUpConnector):
    app_version = "1.0.0"


async def give(opened: Opened, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    await opened.desk.preferences.acknowledge([
        Acknowledgment(
            disclosure_id=text.id, version=text.version, sha256=text.sha256, statement_sha256="cd" * 32, shown_at=at,
            acknowledged_at=at, account_hash="ef" * 32, app_version="1.0.0")
        for text in load_disclosures()
    ])


def asked() -> list[AcknowledgeAgain]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, AcknowledgeAgain) and each.isVisible()]


def test_within_the_year_nobody_is_asked(run: Run, tmp_path: Path, qtbot: QtBot) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await give(opened, days_ago=364)
            over = QWidget()
            qtbot.addWidget(over)
            assert await ask_again(opened.desk, opened.bridge, over)
            assert not asked()

    run(walk())


def test_putting_it_off_keeps_nothing_and_a_yes_keeps_every_proof(run: Run, tmp_path: Path, qtbot: QtBot) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, connector=Connector()) as opened:
            await give(opened, days_ago=365)
            over = QWidget()
            qtbot.addWidget(over)
            for wants in (False, True):
                opened.bridge.start("ask", _ask(opened, over))
                while not asked():
                    await asyncio.sleep(0.01)
                dialog = asked()[0]
                if wants:
                    _acknowledge_all(dialog)
                (dialog.yes if wants else dialog.later).click()
                for _ in range(20):
                    await asyncio.sleep(0.01)
                given = await opened.desk.preferences.acknowledgments()
                assert len(given) == (8 if wants else 4)
            assert {yes.acknowledged_at for yes in given[4:]} == {NOW}

    run(walk())


async def _ask(opened: Opened, over: QWidget) -> None:
    await ask_again(opened.desk, opened.bridge, over)


def _acknowledge_all(dialog: AcknowledgeAgain) -> None:
    for tab in dialog.page.tabs:
        tab.click()
        bar = dialog.page.text.verticalScrollBar()
        bar.setValue(bar.maximum())
        if not dialog.page.box.isChecked():
            dialog.page.box.click()
    assert dialog.yes.isEnabled()


def test_every_title_has_the_room_it_needs(dressed: QApplication, qtbot: QtBot) -> None:
    dialog = AcknowledgeAgain(load_disclosures(), lambda: NOW)
    qtbot.addWidget(dialog)
    for tab in dialog.page.tabs:
        tab.setStyleSheet("font-size: 14.5px")  # some systems' own face is a tenth wider than ours
    dialog.resize(620, 600)
    dialog.show()
    assert all(tab.width() >= tab.sizeHint().width() for tab in dialog.page.tabs)
