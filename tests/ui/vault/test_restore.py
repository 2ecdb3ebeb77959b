"""The page that restores: a file, what it says of itself, a passphrase, and what is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from ibdesk.ui.vault.restore import RestoreScreen
from tests.ui.sample_care import BACKUP


@pytest.fixture
def screen(dressed: QApplication, qtbot: QtBot) -> Iterator[RestoreScreen]:
    made = RestoreScreen(folder=Path("/srv/me/ibdesk"), has_vault=True)
    qtbot.addWidget(made)
    made.show()
    made.focus()
    yield made


def test_nothing_is_restored_before_a_file_and_a_passphrase_are_there(screen: RestoreScreen) -> None:
    given: list[tuple[Path, str]] = []
    screen.given.connect(lambda path, secret: given.append((path, secret)))
    screen.field.setText("correct horse")
    QTest.keyClick(screen.field, Qt.Key.Key_Return)
    assert not given and not screen.restore.isEnabled()
    screen.show_backup(BACKUP)
    assert "12.4 MB" in screen.about.text() and "48,211 rows" in screen.about.text()
    screen.field.setText("correct horse")
    QTest.keyClick(screen.field, Qt.Key.Key_Return)
    assert given == [(Path(BACKUP.path), "correct horse")]
    assert not screen.back.isEnabled(), "nobody leaves in the middle"


def test_a_refusal_says_why_forgets_what_was_typed_and_can_be_tried_again(screen: RestoreScreen) -> None:
    screen.show_backup(BACKUP)
    screen.field.setText("wrong")
    screen.restore.click()
    screen.refuse("That passphrase does not open this vault.", "Try again.")
    assert screen.error.text() == "That passphrase does not open this vault. Try again."
    assert screen.field.text() == "" and screen.field.isEnabled() and screen.back.isEnabled()


def test_it_says_what_is_kept_and_where(dressed: QApplication, qtbot: QtBot, screen: RestoreScreen) -> None:
    assert "kept whole" in screen.kept.text() and "/srv/me/ibdesk" in screen.kept.text()
    fresh = RestoreScreen(folder=Path("/srv/me/ibdesk"), has_vault=False)
    qtbot.addWidget(fresh)
    assert "kept" not in fresh.kept.text()


def test_the_file_is_asked_for_and_looked_at(screen: RestoreScreen) -> None:
    looked: list[Path] = []
    screen.looked_for.connect(looked.append)
    screen.choose.click()
    dialog = screen.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit("/srv/me/a.ibdesk-backup")
    assert looked == [Path("/srv/me/a.ibdesk-backup")]
    dialog.reject()


def test_escape_goes_back(screen: RestoreScreen) -> None:
    left: list[bool] = []
    screen.cancelled.connect(lambda: left.append(True))
    QTest.keyClick(screen.field, Qt.Key.Key_Escape)
    assert left
