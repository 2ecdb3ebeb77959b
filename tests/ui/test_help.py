"""The help window: every topic has its text, links between texts stay inside, others go to the browser."""

import pytest
import shiboken6
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QApplication

from ibdesk.domain.diagnosis import Complaint
from ibdesk.ui import links
from ibdesk.ui.pages.help import TOPICS, HelpDialog, help_text


@pytest.mark.parametrize(("topic", "title"), TOPICS)
def test_every_topic_has_its_text(dressed: QApplication, topic: str, title: str) -> None:
    dialog = HelpDialog(topic)
    assert dialog.topics.currentItem().text() == title
    assert len(dialog.text.toPlainText()) > 200
    shiboken6.delete(dialog)


def test_every_title_stands_whole_in_the_list(dressed: QApplication) -> None:
    dialog = HelpDialog()
    dialog.show()
    assert dialog.topics.horizontalScrollBar().maximum() == 0
    dialog.hide()
    shiboken6.delete(dialog)


def test_a_missing_text_says_so_instead_of_failing() -> None:
    assert "missing" in help_text("no-such-topic")


def test_links_to_the_web_leave_and_links_to_our_texts_stay(dressed: QApplication) -> None:
    opened: list[str] = []
    dialog = HelpDialog("resources", open_page=opened.append)
    dialog.text.anchorClicked.emit(QUrl("https://interactivebrokers.github.io/cpwebapi/"))
    assert opened == ["https://interactivebrokers.github.io/cpwebapi/"]
    dialog.text.anchorClicked.emit(QUrl("risk.md"))
    assert dialog.topics.currentItem().text() == "Risk statement"
    assert len(opened) == 1
    shiboken6.delete(dialog)


def test_only_web_addresses_reach_the_browser(dressed: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(links.QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for address in ("file:///etc/passwd", "javascript:alert(1)", "https://www.interactivebrokers.com/"):
        links.open_link(address)
    assert opened == ["https://www.interactivebrokers.com/"]


@pytest.mark.parametrize("complaint", Complaint)
def test_every_complaint_has_its_place_in_the_trouble_page(dressed: QApplication, complaint: Complaint) -> None:
    heading = complaint.value.replace(" ", "-")
    dialog = HelpDialog(f"trouble#{heading}")
    assert dialog.text.textCursor().block().text().lower() == complaint.value
    dialog.show_topic("trouble")
    dialog.text.moveCursor(dialog.text.textCursor().MoveOperation.Start)
    dialog.text.anchorClicked.emit(QUrl(f"#{heading}"))
    assert dialog.text.textCursor().block().text().lower() == complaint.value
    shiboken6.delete(dialog)
