import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from ibdesk.ui.unlock import UnlockScreen


@pytest.fixture
def screen(dressed, qtbot):
    made = UnlockScreen()
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.focus()
    made.secrets = []
    made.given.connect(made.secrets.append)
    return made


def test_typing_and_enter_gives_the_passphrase(screen):
    QTest.keyClicks(screen.field, "correct horse")
    QTest.keyClick(screen.field, Qt.Key.Key_Return)
    assert screen.secrets == ["correct horse"]
    assert not screen.button.isEnabled()


def test_nothing_typed_is_no_answer(screen):
    QTest.keyClick(screen.field, Qt.Key.Key_Return)
    assert screen.secrets == []
    assert screen.error.text() == "Type the passphrase first."


def test_a_refusal_says_why_and_forgets_what_was_typed(screen):
    QTest.keyClicks(screen.field, "wrong")
    screen.button.click()
    screen.refuse("That is not the passphrase of this vault.", "Check Caps Lock.")
    assert screen.error.text() == "That is not the passphrase of this vault. Check Caps Lock."
    assert screen.error.isVisible()
    assert screen.field.text() == ""
    assert screen.field.isEnabled() and screen.field.hasFocus()


def test_letters_are_hidden_until_asked_for(screen):
    assert screen.field.echoMode() is QLineEdit.EchoMode.Password
    screen.show_button.click()
    assert screen.field.echoMode() is QLineEdit.EchoMode.Normal


def test_the_recovery_code_is_another_way_in(screen):
    screen.way.click()
    assert screen.field.accessibleName() == "Recovery code"
    assert screen.field.echoMode() is QLineEdit.EchoMode.Normal
    QTest.keyClicks(screen.field, "ABCD-EFGH")
    screen.button.click()
    assert screen.secrets == ["ABCD-EFGH"]
    screen.set_busy(False)
    screen.way.click()
    assert screen.field.accessibleName() == "Passphrase"
    assert screen.field.text() == ""


def test_escape_empties_the_field(screen):
    QTest.keyClicks(screen.field, "half a sec")
    QTest.keyClick(screen.field, Qt.Key.Key_Escape)
    assert screen.field.text() == ""


def test_a_locked_desk_offers_no_recovery(dressed, qtbot):
    screen = UnlockScreen(locked=True)
    qtbot.addWidget(screen)
    screen.show()
    assert not screen.way.isVisible()
    assert "locked" in screen.title.text()
