"""The number on the rail's Orders button."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from ibdesk.domain.orders import OrderState
from ibdesk.ui.frame.badges import OrdersBadge
from ibdesk.ui.frame.rail import Rail
from tests.ui.conftest import Run
from tests.ui.orders.bench import bench
from tests.ui.orders.sample import BUYS_CALLS, IS_FILLED, SELLS_SHARES, SMALL
from tests.ui.test_dashboard import frames


def test_the_badge_counts_what_works_in_the_account_that_is_looked_at(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made, rail = bench(BUYS_CALLS, replace(SELLS_SHARES, account=SMALL), IS_FILLED), Rail()
        qtbot.addWidget(rail)
        button = rail.buttons["orders"]
        OrdersBadge(made.desk, made.bridge, button)
        assert button.count == 2 and button.accessibleName() == "Orders, 2"
        made.bridge.select(SMALL)
        assert button.count == 1
        made.become(replace(SELLS_SHARES, account=SMALL, state=OrderState.CANCELLED))
        await frames()
        assert button.count == 0 and button.accessibleName() == "Orders"
        await made.desk.tasks.close()

    run(journey())
