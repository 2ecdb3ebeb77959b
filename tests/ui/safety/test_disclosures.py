"""The Disclosures screen on a real vault."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from PySide6.QtWidgets import QApplication

from ibdesk.services.disclosures import load_disclosures
from ibdesk.services.first_run import Tick
from ibdesk.services.first_run_result import acknowledgments
from ibdesk.ui.pages.activity import build
from ibdesk.ui.pages.activity.compliance_tab import ComplianceTab
from ibdesk.ui.safety.disclosure_words import ODD
from ibdesk.ui.safety.disclosures import DisclosuresCard, TextDialog
from ibdesk.ui.widgets import Button, Check
from ibdesk.ui.wizard.again import AcknowledgeAgain
from tests.ui.rooms_desk import Opened, rooms_desk, unnamed
from tests.ui.sample_desk import MAIN, NOW

TEXTS = load_disclosures()


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def agree(opened: Opened, *texts, days: int = 0) -> None:
    at = NOW - timedelta(days=days)
    ticks = [Tick(disclosure_id=text.id, shown_at=at, acknowledged_at=at) for text in texts]
    await opened.desk.preferences.acknowledge(acknowledgments(texts, ticks, MAIN, "0.1.0"))


def shown(kind):
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)


def tab_of(opened: Opened) -> ComplianceTab:
    page = build(opened.desk, opened.bridge)
    opened.show(page)
    page.show_tab("compliance")
    return page.tab("compliance")


def test_each_text_tells_how_it_stands(run, dressed, tmp_path: Path):
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await agree(opened, TEXTS[0])
            await agree(opened, TEXTS[1], days=400)
            card = tab_of(opened).disclosures
            await until(lambda: card.states)
            assert [row.check for row in card.rows] == [Check.GOOD, Check.WARN, Check.BAD, Check.BAD]
            assert card.count.text() == "3 outstanding" and card.all.isVisible()
            assert "version 2026-11-01" in card.rows[0].title.text()
            assert "Holds up every order that opens a position." in card.rows[2].detail.text()
            assert not unnamed(card)

    run(walk())


def test_acknowledging_what_is_outstanding_puts_it_in_force(run, dressed, tmp_path: Path):
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await agree(opened, *TEXTS[1:])
            opened.desk.connector.app_version = "0.1.0"
            tab = tab_of(opened)
            await until(lambda: tab.disclosures.states)
            tab.disclosures.all.click()
            await until(lambda: shown(AcknowledgeAgain))
            dialog = shown(AcknowledgeAgain)
            assert len(dialog.page.tabs) == 1
            bar = dialog.page.text.verticalScrollBar()
            bar.setValue(bar.maximum())
            await until(dialog.page.box.isEnabled)
            dialog.page.box.click()
            dialog.yes.click()
            await until(lambda: tab.disclosures.count.text() == "all in force")
            assert not tab.disclosures.all.isVisible()
            await until(lambda: tab.list.model.rowCount() == 4)
            given = await opened.desk.preferences.acknowledgments()
            assert given[-1].sha256 == TEXTS[0].sha256

    run(walk())


def test_a_text_can_be_read_and_the_options_document_opens_in_the_browser(run, dressed, qtbot, tmp_path: Path):
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            pages: list[str] = []
            card = DisclosuresCard(opened.desk, opened.bridge, open_page=pages.append)
            opened.show(card)
            await card.read()
            card.rows[0].show_text.click()
            await until(lambda: shown(TextDialog))
            assert "Characteristics and Risks" in shown(TextDialog).text.toPlainText()
            shown(TextDialog).accept()
            await until(lambda: shown(TextDialog) is None)
            card.document.findChild(Button).click()
            assert pages == [ODD]

    run(walk())
