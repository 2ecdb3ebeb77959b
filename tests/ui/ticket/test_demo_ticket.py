"""The ticket on the whole demo desk: a spread of its chain, the broker's own preview, and the send over the wire."""


from ibdesk import wiring
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.compliance.verdict import Code, Severity, Source
from ibdesk.domain.instruments import Conid, Instrument, Right
from ibdesk.domain.orders import OrderType, Side
from ibdesk.services.desk import Desk
from ibdesk.services.disclosures import load_disclosures
from ibdesk.services.waiting import until
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.ticket import TicketPanel
from ibdesk.ui.ticket.confirm_dialog import ConfirmDialog
from tests.ui.conftest import Run

SPY = Conid(756733)


async def acknowledge(desk: Desk) -> None:
    """Everything was read."""
    now = desk.clock()
    await desk.preferences.acknowledge([
        Acknowledgment(disclosure_id=text.id, version=text.version, sha256=text.sha256, statement_sha256="",
                       shown_at=now, acknowledged_at=now, account_hash="", app_version="")
        for text in load_disclosures()
    ])  # fmt: skip


async def ready(desk: Desk) -> None:
    """Signed in, read, and every disclosure acknowledged."""
    assert desk.session is not None and desk.sync is not None
    session = desk.session
    assert await until(lambda: session.session.is_ready, 20)
    await desk.sync.run()
    await acknowledge(desk)


async def puts(desk: Desk) -> tuple[Instrument, Instrument]:
    """Two puts below the money, ten points apart."""
    assert desk.chains is not None
    underlying = await desk.chains.open(SPY)
    spot, month = desk.chains.spot(underlying), underlying.months[1]
    assert spot is not None
    high = (spot / 10).to_integral_value() * 10 - 20
    found = [[each for each in await desk.chains.contracts(underlying, month, strike)
              if each.option is not None and each.option.right is Right.PUT][-1] for strike in (high, high - 10)]
    return found[0], found[1]


async def checked(panel: TicketPanel) -> None:
    """The broker's preview of what is on screen is there."""
    assert await until(
        lambda: panel.form.checked is not None and panel.form.checked.context.what_if is not None
        and not panel.answers.is_previewing, 10,
    )  # fmt: skip


async def confirm_all(panel: TicketPanel) -> None:
    """Send, and say yes to whatever has to be confirmed."""
    panel.send_button.press()
    assert await until(lambda: panel.form.outcome is not None or bool(panel.findChildren(ConfirmDialog)), 10)
    for dialog in panel.findChildren(ConfirmDialog):
        for box in dialog.boxes:
            box.click()
        dialog.yes.click()
    assert await until(lambda: panel.form.outcome is not None, 20)


def test_a_spread_is_previewed_blocked_when_absurd_and_placed_over_the_wire(run: Run) -> None:
    async def walk() -> None:
        desk = await wiring.open_demo_desk()
        bridge = Bridge(desk.tasks)
        bridge.listen(desk.hub)
        panel = TicketPanel(desk, bridge)
        try:
            await ready(desk)
            panel.show()
            high, low = await puts(desk)
            panel.add_leg(high, Side.SELL)
            panel.add_leg(low, Side.BUY)
            assert await until(lambda: panel.form.ticket.limit is not None, 10)
            assert panel.head.title.text() == "Bull put spread"
            await checked(panel)
            verdict, limit = panel.form.verdict, panel.form.ticket.limit
            assert verdict is not None and not verdict.is_blocked and limit is not None and limit < 0
            power = next(each for each in verdict.findings if each.code is Code.BP_OK)
            assert power.source is Source.WHAT_IF and panel.limit.text().endswith(" cr")
            panel._draw_picture()
            assert panel.payoff.chart.gain_words.text().startswith("Max gain +$")
            assert "European model" in panel.prospects.assumptions.text()

            panel.editor._read_price("limit", "9.50 db")  # paying for what can never be worth more than nothing
            assert await until(lambda: panel.form.verdict is not None and panel.form.verdict.is_blocked, 10)
            assert not panel.send_button.isEnabled()
            panel.send()
            assert not panel.form.is_sending

            panel.editor._read_price("limit", f"{-limit + 1} cr")
            await checked(panel)
            await confirm_all(panel)
            assert panel.form.outcome is not None and panel.form.outcome.text.startswith("Placed")
            assert desk.orders is not None
            (order,) = desk.orders.book.working
            assert order.order_type is OrderType.LIMIT and len(order.legs) == 2
            steps = await desk.orders.receipt(order.ref)  # type: ignore[arg-type]
            assert steps and Severity.BLOCK not in {each.receipt.verdict and each.receipt.verdict.severity
                                                    for each in steps}  # fmt: skip
        finally:
            bridge.deafen()
            await desk.close()
            panel.deleteLater()

    run(walk())
