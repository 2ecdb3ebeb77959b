from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.expiries import Expiring
from ibdesk.domain.modes import Mode
from ibdesk.ui.expiry.dialog import ExerciseDialog
from tests.ui.expiry.sample import LONG_CALL, LONG_PUT, MadeUpExpiry
from tests.ui.sample_desk import NOW


@pytest.fixture
def asked(dressed: QApplication, qtbot: QtBot) -> object:
    def make(row: Expiring, *, lapses: bool = False) -> ExerciseDialog:
        judge = MadeUpExpiry()
        made = ExerciseDialog(row, lambda wish: judge.check(row, wish), NOW, lapses=lapses, mode=Mode.IBKR_PAPER)
        qtbot.addWidget(made)
        with qtbot.waitExposed(made):
            made.show()
        return made

    return make


def findings(dialog: ExerciseDialog) -> list[str]:
    return dialog.findings.titles()


def test_an_exercise_needs_the_box_that_says_it_is_final(asked) -> None:  # type: ignore[no-untyped-def]
    dialog = asked(LONG_CALL)
    assert not dialog.yes.isEnabled() and "cannot be taken back" in dialog.final.text()
    dialog.final.setChecked(True)
    assert dialog.yes.isEnabled() and dialog.yes.text() == "Exercise 15 contracts"
    assert dialog.wish.contracts == 15 and not dialog.wish.is_overridden


def test_out_of_the_money_is_refused_until_the_word_is_typed(asked) -> None:  # type: ignore[no-untyped-def]
    dialog = asked(LONG_PUT)
    dialog.final.setChecked(True)
    assert not dialog.yes.isEnabled() and dialog.typed.isVisible() and "Value" in findings(dialog)
    dialog.typed.setText("exercis")
    assert not dialog.yes.isEnabled()
    dialog.typed.setText("exercise ")
    assert dialog.yes.isEnabled() and dialog.wish.is_overridden and not dialog.verdict.is_blocked
    dialog.typed.clear()
    assert not dialog.yes.isEnabled() and dialog.typed.isVisible()


def test_in_the_money_asks_for_no_word(asked) -> None:  # type: ignore[no-untyped-def]
    assert not asked(LONG_CALL).typed.isVisible()


def test_letting_money_lapse_asks_for_its_own_word(asked) -> None:  # type: ignore[no-untyped-def]
    dialog = asked(LONG_CALL, lapses=True)
    dialog.final.setChecked(True)
    dialog.typed.setText("EXERCISE")
    assert not dialog.yes.isEnabled()
    dialog.typed.setText("LAPSE")
    assert dialog.yes.isEnabled() and dialog.wish.lapses and dialog.yes.text() == "Let lapse 15 contracts"


def test_no_word_helps_where_something_else_forbids_it(asked) -> None:  # type: ignore[no-untyped-def]
    evening = replace(LONG_CALL, quantity=Decimal(0))
    dialog = asked(evening)
    dialog.final.setChecked(True)
    assert not dialog.yes.isEnabled() and not dialog.typed.isVisible() and findings(dialog)[0] == "Quantity"


def test_fewer_contracts_are_judged_and_valued_anew(asked) -> None:  # type: ignore[no-untyped-def]
    dialog = asked(LONG_CALL)
    assert "$9,270.00" in dialog.worth.text() and "$9,180.00" in dialog.worth.text() and "Cash" in findings(dialog)
    dialog.quantity.setValue(1)
    assert "$618.00" in dialog.worth.text() and "Cash" not in findings(dialog)
    assert dialog.yes.text() == "Exercise 1 contract"
