"""The broker's questions: asked one by one, put aside, answered, or gone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.events import OrdersChanged, SessionChanged, TradingLockChanged
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderRef, OrderState, OrderTicket, Question
from ibdesk.domain.records import TradingLock
from ibdesk.domain.session import SessionState
from ibdesk.services.questioning import Reply
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.orders.questions import ABOUT, GONE, KILLED, LOST, UNNAMED, OpenQuestions, QuestionDialog, asker
from ibdesk.ui.widgets import Label
from tests.ui.conftest import Run
from tests.ui.orders.sample import IS_ASKED, MAIN, NOW
from tests.ui.sample_desk import READY, sample_desk
from tests.ui.sample_rooms import bridge_to
from tests.ui.test_dashboard import frames

TICKET = OrderTicket(
    account=MAIN, mode=Mode.DEMO, legs=IS_ASKED.legs, quantity=Decimal(10), limit=Decimal("-2.15"),
)
MARKET_DATA = Question(id="o354", text="You are submitting an order without market data.\nAre you sure?")
RISK = Question(id="o10151", text="A market order takes any price.\nAre you sure?")
SOMETHING = Question(id="", text="<b>Really?</b>")


@pytest.fixture
def parent(dressed, qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def dialog_of(bridge: Bridge) -> QuestionDialog:
    found = OpenQuestions.of(bridge).about(IS_ASKED)
    assert found is not None
    return found


class Asked:
    """One question on screen, and what came back."""

    def __init__(self, parent: QWidget, ticket: OrderTicket = TICKET, *questions: Question) -> None:
        self.desk = sample_desk()
        self.bridge = bridge_to(self.desk)
        self.replies: list[Reply] = []
        self._work = asker(self.bridge, parent)(ticket, questions or (MARKET_DATA,))

    async def show(self) -> QuestionDialog:
        async def hear() -> None:
            self.replies.append(await self._work)

        self.bridge.start("ask", hear())
        await frames()
        return dialog_of(self.bridge)

    async def close(self) -> None:
        await frames()
        await self.desk.tasks.close()


def test_yes_and_no_are_what_was_pressed_and_no_has_the_focus(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        for press, says in (("yes", Reply(yes=True)), ("no", Reply(yes=False))):
            asked = Asked(parent)
            dialog = await asked.show()
            assert dialog.no.isDefault()
            qtbot.mouseClick(getattr(dialog, press), Qt.MouseButton.LeftButton)
            await asked.close()
            assert asked.replies == [says]
            assert OpenQuestions.of(asked.bridge).about(IS_ASKED) is None

    run(journey())


def test_a_question_about_a_change_asks_for_a_change_and_ends_with_the_order(dressed, qtbot: QtBot) -> None:
    working = replace(IS_ASKED, state=OrderState.WORKING)
    dialog = QuestionDialog(TICKET, (MARKET_DATA,), changes=working)
    qtbot.addWidget(dialog)
    assert (dialog.yes.text(), dialog.no.text()) == ("Yes, change", "No, leave it")
    said = " ".join(label.text() for label in dialog.findChildren(Label))
    assert "takes the change" in said and "works on as it is" in said and "not placed" not in said
    assert dialog.is_about(working) and not dialog.is_about(replace(IS_ASKED, ref=OrderRef("another")))
    dialog.follow(replace(working, filled=Decimal(1)))
    assert not dialog.is_gone
    dialog.follow(replace(working, state=OrderState.FILLED))
    assert dialog.is_gone


def test_enter_on_yes_means_yes(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        asked = Asked(parent)
        dialog = await asked.show()
        dialog.yes.setFocus()
        qtbot.keyClick(dialog.yes, Qt.Key.Key_Return)
        await asked.close()
        assert asked.replies == [Reply(yes=True)]

    run(journey())


def test_escape_means_no(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        asked = Asked(parent, TICKET, RISK)
        dialog = await asked.show()
        dialog.remember.setChecked(True)
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        await asked.close()
        assert asked.replies == [Reply(yes=False)]

    run(journey())


def test_each_question_is_told_in_our_words_and_in_the_brokers(dressed, qtbot: QtBot) -> None:
    dialog = QuestionDialog(TICKET, (MARKET_DATA, SOMETHING))
    qtbot.addWidget(dialog)
    said = [label.text() for label in dialog.findChildren(Label)]
    for text in (ABOUT["o354"], MARKET_DATA.text, UNNAMED, SOMETHING.text, "Sell"):
        assert text in said
    assert any(text.startswith("10 × SPY Dec 18") and text.endswith("Limit 2.15 cr") for text in said)


def test_an_answer_is_remembered_on_request_but_not_in_a_live_mode(run: Run, parent: QWidget) -> None:
    async def journey() -> None:
        asked = Asked(parent, TICKET, RISK)
        dialog = await asked.show()
        assert dialog.remember.isVisible()
        dialog.remember.setChecked(True)
        dialog.yes.click()
        await asked.close()
        assert asked.replies == [Reply(yes=True, remember=True)]
        live = Asked(parent, replace(TICKET, mode=Mode.IBKR_LIVE), RISK)
        slip = Asked(parent, TICKET, RISK, MARKET_DATA)  # one of them stands between a slip and an order
        for each in (live, slip):
            dialog = await each.show()
            assert not dialog.remember.isVisible()
            dialog.yes.click()
            await each.close()
            assert each.replies == [Reply(yes=True)]

    run(journey())


def test_later_puts_it_aside_and_it_goes_on_waiting(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        asked = Asked(parent)
        dialog = await asked.show()
        dialog.later.click()
        await frames()
        assert not dialog.isVisible() and asked.replies == []
        dialog_of(asked.bridge).bring_back()
        assert dialog.isVisible()
        dialog.yes.click()
        await asked.close()
        assert asked.replies == [Reply(yes=True)]

    run(journey())


def test_a_question_that_vanished_says_so_and_can_only_be_closed(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        lost = replace(READY, state=SessionState.OFFLINE)
        cancelled = replace(IS_ASKED, state=OrderState.CANCELLED)
        for event, why in ((SessionChanged(session=lost), LOST), (OrdersChanged(orders=(cancelled,)), GONE)):
            asked = Asked(parent)
            dialog = await asked.show()
            asked.desk.hub.publish(OrdersChanged(orders=(IS_ASKED,)))
            asked.desk.hub.publish(event)
            await frames()
            assert dialog.is_gone and dialog.gone.text.text() == why
            dialog.no.click()
            await asked.close()
            assert asked.replies == [Reply(yes=False)]

    run(journey())


def test_a_kill_switch_pressed_meanwhile_is_told(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        asked = Asked(parent)
        dialog = await asked.show()
        lock = TradingLock(at=NOW, reason="Ctrl+Shift+K")
        for told in (lock, None, lock):
            asked.desk.hub.publish(TradingLockChanged(lock=told))
            await frames()
            assert dialog.gone.isVisible() is (told is not None) and not dialog.is_gone
        assert dialog.gone.text.text() == KILLED
        dialog.no.click()
        await asked.close()

    run(journey())


def test_its_age_is_told_because_the_broker_tells_no_end(run: Run, parent: QWidget, qtbot: QtBot) -> None:
    async def journey() -> None:
        asked = Asked(parent)
        dialog = await asked.show()
        for seconds in (0, 75):
            asked.bridge.second.emit(NOW + timedelta(seconds=seconds))
        assert dialog.age.text().startswith("Asked 75 s ago.")
        dialog.no.click()
        await asked.close()

    run(journey())
