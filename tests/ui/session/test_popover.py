"""The card below the pill: how it opens, where it lies, and everything that closes it."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ibdesk.ui.session.popover import EDGE, Popover


class Page(QWidget):
    """An anchor on top, a button below it, and a popover with two buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor, self.other = QPushButton("Anchor"), QPushButton("Other")
        column = QVBoxLayout(self)
        column.addWidget(self.anchor)
        column.addStretch(1)
        column.addWidget(self.other)
        self.inside = QWidget()
        self.first, self.second = QPushButton("First"), QPushButton("Second")
        stack = QVBoxLayout(self.inside)
        for button in (self.first, self.second):
            stack.addWidget(button)
        self.popover = Popover(self.inside, self.anchor, self, width=300)

    def open(self) -> None:
        self.anchor.setFocus()
        self.popover.open()
        self.first.setFocus()


@pytest.fixture
def page(dressed, qtbot) -> Page:
    made = Page()
    qtbot.addWidget(made)
    made.resize(600, 400)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.open()
    return made


def test_it_hangs_below_its_anchor_and_stays_inside_the_window(page, qtbot):
    below = page.anchor.mapTo(page, QPoint(0, page.anchor.height())).y()
    assert page.popover.card.y() > below
    assert page.popover.card.width() == 300
    page.resize(260, 400)
    assert page.popover.card.width() == 260 - 2 * EDGE
    assert page.popover.geometry() == page.rect()


def test_escape_closes_it_and_the_focus_goes_back(page):
    QTest.keyClick(page.first, Qt.Key.Key_Escape)
    assert not page.popover.isVisible()
    assert page.anchor.hasFocus()


def test_a_click_beside_it_closes_it_and_one_inside_does_not(page):
    QTest.mouseClick(page.popover, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                     page.popover.card.geometry().center())
    assert page.popover.isVisible()
    QTest.mouseClick(page.popover, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(590, 390))
    assert not page.popover.isVisible()


def test_the_keys_reach_every_button_and_walking_out_closes_it(page):
    QTest.keyClick(page.first, Qt.Key.Key_Tab)
    assert page.second.hasFocus() and page.popover.isVisible()
    page.other.setFocus()
    assert not page.popover.isVisible()
    assert page.other.hasFocus()  # nobody takes the focus away from where it went
