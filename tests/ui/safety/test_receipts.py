"""Receipts in the window: the list, one of them on screen, printed and saved."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from ibdesk.domain.receipts import Step
from ibdesk.domain.settings import ThemeName
from ibdesk.store import receipts
from ibdesk.ui import theme
from ibdesk.ui.pages.activity import build
from ibdesk.ui.pages.activity.receipts_tab import ReceiptsTab
from ibdesk.ui.safety.printing import PrintDialog
from ibdesk.ui.safety.receipts import ReceiptDialog, pdf_of, screen_inks, show_receipt
from tests.domain.test_receipt_document import TOO_MUCH, made, sent, step, verdict
from tests.ui.rooms_desk import Opened, rooms_desk, unnamed
from tests.ui.sample_desk import NOW


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def fill(opened: Opened) -> None:
    """One order that was sent, one that was blocked two days before."""
    run = replace(step(Step.CHECK_RUN, verdict=verdict(TOO_MUCH), decision="block"), correlation="r0", ref=None)
    old = replace(run, at=NOW - timedelta(days=2))
    blocked = replace(old, step=Step.BLOCKED, decision=TOO_MUCH.sentence)
    await opened.database.write(receipts.append, [old, blocked, *(each.receipt for each in sent())])


def tab_of(opened: Opened) -> ReceiptsTab:
    page = build(opened.desk, opened.bridge)
    opened.show(page)
    page.show_tab("receipts")
    return page.tab("receipts")


def ids(tab: ReceiptsTab) -> list[str]:
    return [head.correlation for head in tab.list.model.records]


def dialog_of(_window: QWidget, kind=ReceiptDialog):
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)


def name_it(dialog: QFileDialog, path: Path) -> None:
    typed = dialog.findChild(QLineEdit, "fileNameEdit")
    typed.setText(str(path))


Filled = Callable[[Callable[[Opened], Awaitable[None]]], None]


@pytest.fixture
def filled(run, dressed, tmp_path: Path) -> Filled:
    """Walk over a desk that has receipts."""

    def go(walk: Callable[[Opened], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with rooms_desk(tmp_path / "home") as opened:
                await fill(opened)
                await walk(opened)

        run(whole())

    return go


async def tab_with_both(opened: Opened) -> ReceiptsTab:
    """The tab once both orders are in it."""
    tab = tab_of(opened)
    await until(lambda: ids(tab) == ["r1", "r0"])
    return tab


async def shown_alone(opened: Opened) -> tuple[QWidget, ReceiptDialog]:
    """The receipt of the blocked order over an empty window."""
    holder = QWidget()
    opened.show(holder)
    show_receipt(opened.desk, opened.bridge, "r0", holder)
    await until(lambda: dialog_of(holder))
    return holder, dialog_of(holder)


async def leave(holder: QWidget) -> None:
    """Close the receipt that is open."""
    dialog_of(holder).leave.click()
    await until(lambda: dialog_of(holder) is None)


def test_the_list_is_filtered_by_kind_text_and_days(filled: Filled):
    async def walk(opened: Opened) -> None:
        tab = await tab_with_both(opened)
        assert not unnamed(tab)
        tab.kind.choose("blocked")
        await until(lambda: ids(tab) == ["r0"])
        tab.kind.choose("all")
        await until(lambda: len(ids(tab)) == 2)
        tab.span.choose("1")
        await until(lambda: ids(tab) == ["r1"])
        tab.span.choose("0")
        tab.filter.setText("above your limit")
        await until(lambda: ids(tab) == ["r0"])
        tab.filter.setText("nobody")
        await until(lambda: not ids(tab))
        assert tab.list.empty.title.text() == "No receipt matches"

    filled(walk)


def test_a_row_opens_its_receipt_by_key_and_by_button(filled: Filled):
    async def walk(opened: Opened) -> None:
        tab = await tab_with_both(opened)
        assert not tab.open.isEnabled()
        tab.list.table.select_line(1)
        assert tab.open.isEnabled()
        tab.open.click()
        await until(lambda: dialog_of(tab))
        shown = dialog_of(tab)
        text = shown.page.toPlainText()
        assert "Blocked" in text and "10 is above your limit of 5." in text and "Lower it." in text
        assert "Verified" in text and "Begun" in text
        await leave(tab)
        tab.list.table.setFocus()
        QTest.keyClick(tab.list.table, Qt.Key.Key_Return)
        await until(lambda: dialog_of(tab))
        await leave(tab)

    filled(walk)


def test_a_receipt_is_saved_as_pdf_and_as_json(filled: Filled, tmp_path: Path):
    async def walk(opened: Opened) -> None:
        holder, shown = await shown_alone(opened)
        shown.save.click()
        await until(lambda: dialog_of(shown, QFileDialog))
        asked = dialog_of(shown, QFileDialog)
        name_it(asked, tmp_path / "receipt.pdf")
        asked.accept()
        await until((tmp_path / "receipt.pdf").exists)
        assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF")
        await shown.save_as(tmp_path / "receipt.json", "json")
        assert json.loads((tmp_path / "receipt.json").read_text())["outcome"] == "Blocked"
        await leave(holder)

    filled(walk)


def test_a_blocked_order_prints(filled: Filled, tmp_path: Path):
    async def walk(opened: Opened) -> None:
        holder, shown = await shown_alone(opened)
        shown.printing.click()
        await until(lambda: dialog_of(shown, PrintDialog))
        asked = dialog_of(shown, PrintDialog)
        asked.printer().setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        asked.printer().setOutputFileName(str(tmp_path / "printed.pdf"))
        asked.done(1)
        await until(lambda: (tmp_path / "printed.pdf").exists() and shown.printing.isEnabled())
        assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF")
        await leave(holder)

    filled(walk)


def test_the_whole_log_is_exported_from_the_tab(filled: Filled, tmp_path: Path):
    async def walk(opened: Opened) -> None:
        tab = await tab_with_both(opened)
        tab.export_all.click()
        await until(lambda: dialog_of(tab, QFileDialog))
        asked = dialog_of(tab, QFileDialog)
        name_it(asked, tmp_path / "log.jsonl")
        asked.accept()
        await until((tmp_path / "log.jsonl").exists)
        assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 7
        await until(tab.export_all.isEnabled)

    filled(walk)


@pytest.mark.parametrize("name", [ThemeName.DARK, ThemeName.LIGHT])
def test_the_page_wears_the_theme_and_paper_is_white(dressed, qtbot, name: ThemeName):
    theme.change(dressed, name=name)
    shown = ReceiptDialog(None, None, "r1", made(sent()))  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    assert screen_inks(theme.look().tokens).paper == theme.look().tokens.raised
    assert len(pdf_of(made(sent()))) > 2_000
