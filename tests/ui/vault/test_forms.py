"""The vault's forms: a new passphrase typed twice, a deed that may be refused, a code that is seen once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.store.passphrase import advise
from ibdesk.ui.pages.activity.hints import HintsPanel
from ibdesk.ui.pages.settings.backups_card import BackupsCard
from ibdesk.ui.unlock import UnlockScreen
from ibdesk.ui.vault.code import CodeDialog, CodePanel
from ibdesk.ui.vault.door_card import DoorCard
from ibdesk.ui.vault.fields import NewPassphrase, SecretField
from ibdesk.ui.vault.forms import PassphraseForm
from ibdesk.ui.vault.moving import STEPS, MoveDialog
from ibdesk.ui.vault.passphrase import ChangePassphrase
from ibdesk.ui.vault.questions import close_to_restore

Run = Callable[[Coroutine[Any, Any, Any]], Any]
GOOD = "nine green lanterns over water"


def now_running(_name: str, work: Coroutine[Any, Any, Any]) -> None:
    """As `Bridge.start`, for forms without a desk."""
    started.append(asyncio.ensure_future(work))  # noqa: TID251 - the test plays the bridge


started: list["asyncio.Future[Any]"] = []


async def finished() -> None:
    while started:
        await started.pop()


def test_a_secret_is_hidden_until_asked_for(dressed: QApplication, qtbot: QtBot) -> None:
    field = SecretField("Passphrase")
    qtbot.addWidget(field)
    assert field.echoMode() is QLineEdit.EchoMode.Password
    field.eye.setChecked(True)
    assert field.echoMode() is QLineEdit.EchoMode.Normal


def test_a_new_passphrase_counts_when_strong_and_typed_the_same_twice(dressed: QApplication, qtbot: QtBot) -> None:
    new = NewPassphrase(advise)
    qtbot.addWidget(new)
    new.first.setText("short")
    assert "Too short" in new.advice.text() and not new.is_good
    new.first.setText(GOOD)
    new.second.setText(GOOD[:-1])
    assert new.advice.text() == "The two are not the same yet." and not new.is_good
    new.second.setText(GOOD)
    assert new.is_good and new.passphrase == GOOD
    assert not new.suggest.isVisibleTo(new)
    new.forget()
    assert new.first.text() == new.second.text() == ""


def test_a_suggested_passphrase_is_filled_in_twice_and_shown(dressed: QApplication, qtbot: QtBot) -> None:
    new = NewPassphrase(advise, suggest=lambda: "k3m7-x2vq-9dpt-a4wn-b8hs")
    qtbot.addWidget(new)
    new.suggest.click()
    assert new.is_good
    assert new.first.echoMode() is QLineEdit.EchoMode.Normal


def test_a_refused_passphrase_is_said_in_the_form_and_the_form_stays(run: Run, qtbot: QtBot) -> None:
    async def walk() -> None:
        given: list[str] = []

        async def check(form: PassphraseForm) -> None:
            given.append(form.field.text())
            if form.field.text() != GOOD:
                raise NeedsPerson("That is wrong.", remedy="Try again.", cause=Cause.WRONG_PASSPHRASE)

        form = PassphraseForm("Do it", "It is done.", "Do", start=now_running, deed=check)
        qtbot.addWidget(form)
        form.show()
        assert not form.yes.isEnabled()
        QTest.keyClicks(form.field, "wrong one")
        QTest.keyClick(form.field, Qt.Key.Key_Return)
        form.reject()
        assert form.isVisible(), "it cannot be left while the vault answers"
        await finished()
        assert form.error.text() == "That is wrong. Try again." and form.isVisible()
        form.field.setText(GOOD)
        form.yes.click()
        await finished()
        assert not form.isVisible() and form.result() == 1
        assert given == ["wrong one", GOOD]
        assert form.field.text() == "", "nothing typed is left behind"

    run(walk())


def test_changing_the_passphrase_needs_the_old_one_and_a_good_new_one(dressed: QApplication, qtbot: QtBot) -> None:
    async def nothing(_form: ChangePassphrase) -> None:
        """It is never reached."""

    form = ChangePassphrase(start=now_running, deed=nothing, advise=advise)
    qtbot.addWidget(form)
    form.new.first.setText(GOOD)
    form.new.second.setText(GOOD)
    assert not form.yes.isEnabled()
    form.old.setText("correct horse")
    assert form.yes.isEnabled()
    form.new.second.setText("")
    assert not form.yes.isEnabled()


def test_a_new_code_is_not_left_before_it_is_stored(dressed: QApplication, qtbot: QtBot) -> None:
    dialog = CodeDialog("84VDP-QJRXV")
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.reject()
    dialog.close()
    assert dialog.isVisible() and not dialog.done_button.isEnabled()
    dialog.panel.copy.click()
    assert QGuiApplication.clipboard().text() == "84VDP-QJRXV"
    dialog.panel.written.click()
    dialog.done_button.click()
    assert not dialog.isVisible()
    assert dialog.panel.code.text() == ""


def test_the_printed_page_holds_the_code(dressed: QApplication, qtbot: QtBot) -> None:
    panel = CodePanel("84VDP-QJRXV")
    qtbot.addWidget(panel)
    assert "84VDP-QJRXV" in panel.page().toPlainText()


def test_moving_is_told_step_by_step_and_the_first_can_be_done_here(dressed: QApplication, qtbot: QtBot) -> None:
    dialog = MoveDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    assert len(STEPS) == 5
    dialog.make.click()
    assert dialog.result() == 1


@pytest.mark.parametrize("make", [lambda: DoorCard("Title", "Sentence"), lambda: close_to_restore(None)])
def test_a_card_and_a_question_can_be_shown(dressed: QApplication, qtbot: QtBot, make: Callable[[], Any]) -> None:
    made = make()
    qtbot.addWidget(made)
    made.show()
    assert made.isVisible()


def test_no_part_of_a_form_is_ever_a_window_of_its_own(dressed: QApplication, qtbot: QtBot) -> None:
    """A widget that is shown before it has a parent takes the keyboard away from the window."""
    before = set(QApplication.topLevelWidgets())
    suggests = NewPassphrase(advise, suggest=lambda: GOOD)
    made = (suggests, UnlockScreen(), CodePanel("84VDP"), BackupsCard(), HintsPanel())
    for each in made:
        qtbot.addWidget(each)
    assert not [each for each in QApplication.topLevelWidgets() if each.isVisible() and each not in before]
