"""The dialog that takes a person's word for an order nobody knows of."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ibdesk.ui.orders.settle import SettleDialog
from tests.ui.orders.sample import IS_LOST


def test_it_takes_a_choice_and_words_and_nothing_less(dressed, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    dialog = SettleDialog(IS_LOST)
    qtbot.addWidget(dialog)
    assert not dialog.settle.isEnabled()
    qtbot.keyClicks(dialog.words, "in the app")
    assert not dialog.settle.isEnabled()
    dialog.placed.click()
    assert dialog.settle.isEnabled() and dialog.was_placed
    dialog.words.setText("  no ")
    assert not dialog.settle.isEnabled()
    dialog.not_placed.click()
    dialog.words.setText(" not there at 14:05 ")
    qtbot.keyClick(dialog.words, Qt.Key.Key_Return)
    assert dialog.result() == 1 and not dialog.was_placed and dialog.note == "not there at 14:05"
