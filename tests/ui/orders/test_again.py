"""The way back to being asked by the broker."""

from pytestqt.qtbot import QtBot

from ibdesk.ui.orders.again import RememberedAnswers
from tests.ui.conftest import Run
from tests.ui.orders.bench import bench
from tests.ui.test_dashboard import frames


def test_what_is_answered_by_itself_is_named_and_asked_again(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        made.orders.answers = frozenset({"o354", "x1"})
        card = RememberedAnswers(made.desk, made.bridge)
        qtbot.addWidget(card)
        card.show()
        await frames()
        assert "There is no market data for this contract. (o354)" in card.told.text()
        assert "A question (x1)" in card.told.text()
        card.again.click()
        await frames()
        assert made.orders.asked == ["forget"] and made.said == ["The broker’s questions are asked again."]
        assert card.told.text().startswith("Nothing is answered by itself") and not card.again.isVisible()
        assert card.search_for(["remembered"]) == 1 and card.search_for(["theme"]) == 0
        await made.desk.tasks.close()

    run(journey())


def test_a_desk_that_does_not_trade_has_no_such_card(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench(orders=None)
        card = RememberedAnswers(made.desk, made.bridge)
        qtbot.addWidget(card)
        assert card.search_for([]) == 0
        await made.desk.tasks.close()

    run(journey())
