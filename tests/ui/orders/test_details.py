"""The selected order: what it is, and the steps of its life."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from ibdesk.domain.events import FillsArrived, OrdersChanged
from ibdesk.domain.orders import Order, OrderState
from ibdesk.domain.receipts import LoggedReceipt, Receipt, Step
from ibdesk.ui.orders.details import OrderDetails, facts_of
from ibdesk.ui.widgets import Label
from tests.ui.conftest import Run
from tests.ui.orders.bench import bench
from tests.ui.orders.sample import FROM_ELSEWHERE, IS_ASKED, NOW, SELLS_SHARES, fill
from tests.ui.test_dashboard import frames


def receipts(order: Order, *steps: Step) -> tuple[LoggedReceipt, ...]:
    return tuple(
        LoggedReceipt(
            seq=number, app_version="1", prev_hash="", row_hash="",
            receipt=Receipt(at=NOW + timedelta(seconds=number), step=step, correlation=order.ref or "",
                            account=order.account, mode="demo"),
        )
        for number, step in enumerate(steps)
    )


def said(details: OrderDetails) -> list[str]:
    return [label.text() for label in details.findChildren(Label) if label.isVisibleTo(details)]


@pytest.mark.parametrize("width", [400, 1000])
def test_an_order_is_told_with_every_step(run: Run, qtbot: QtBot, width: int) -> None:
    async def journey() -> None:
        made = bench()
        made.orders.receipts = receipts(SELLS_SHARES, Step.CHECK_RUN, Step.SENT, Step.BROKER_ACK)
        details = OrderDetails(made.desk, made.bridge)
        qtbot.addWidget(details)
        details.resize(width, 500)
        details.show()
        assert "No order selected" in said(details)
        details.show_order(SELLS_SHARES)
        await frames()
        assert details.title.text() == "Sell 100 × NVDA" and details.state.text() == "Partially filled"
        for text in ("Checked", "Sent to the broker", "The broker took it", "40 / 100 at 142.72", "good for the day"):
            assert text in said(details)
        opened: list[object] = []
        details.receipt_wanted.connect(opened.append)
        details.receipt.click()
        assert opened == [SELLS_SHARES.ref]
        details.show_order(None)
        assert "No order selected" in said(details) and not details.receipt.isVisible()
        await made.desk.tasks.close()

    run(journey())


def test_it_follows_the_order_it_shows_and_no_other(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        details = OrderDetails(made.desk, made.bridge)
        qtbot.addWidget(details)
        details.show_order(SELLS_SHARES)
        await frames()
        made.orders.receipts = receipts(SELLS_SHARES, Step.FILL)
        done = replace(SELLS_SHARES, state=OrderState.FILLED, filled=SELLS_SHARES.quantity)
        made.desk.hub.publish(OrdersChanged(orders=(IS_ASKED, done)))
        await frames()
        assert details.state.text() == "Filled" and [step.title for step in details.steps] == ["Filled"]
        made.orders.receipts = receipts(SELLS_SHARES, Step.FILL, Step.FILL)
        made.desk.hub.publish(FillsArrived(fills=(fill(SELLS_SHARES, "1", "142.70"),)))
        await frames()
        assert len(details.steps) == 2
        await made.desk.tasks.close()

    run(journey())


def test_an_order_from_elsewhere_has_no_beginning_here(run: Run, qtbot: QtBot) -> None:
    async def journey() -> None:
        made = bench()
        details = OrderDetails(made.desk, made.bridge)
        qtbot.addWidget(details)
        details.show_order(FROM_ELSEWHERE)
        await frames()
        assert details.ref == "#77" and not details.receipt.isVisible()
        assert any("not placed with ibdesk" in text for text in said(details))
        await made.desk.tasks.close()

    run(journey())


def test_every_leg_of_a_spread_is_named() -> None:
    facts = dict(facts_of(IS_ASKED))
    assert facts["Leg 1"] == "Sell 1 × SPY Dec18'26 600 C" and facts["Leg 2"].startswith("Buy 1 ×")
    assert facts["Broker’s id"] == "—" and facts["Type"] == "Limit 2.15 cr"
    assert dict(facts_of(FROM_ELSEWHERE))["Stands"] == "good until cancelled, also outside regular hours"
