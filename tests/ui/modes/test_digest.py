"""The day in short on screen."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from PySide6.QtWidgets import QPushButton

from ibdesk.domain.digest import Digest, account_digest
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Side
from ibdesk.ui.modes.digest import SHOWN, AccountCard, DigestDialog
from ibdesk.ui.widgets import Label
from tests.domain.test_digest import AAPL, DAY, FREE, NOW, fill, option, order, page, row, share


def texts(widget) -> list[str]:
    return [label.text() for label in widget.findChildren(Label)]


def busy() -> Digest:
    prints = [fill(1, AAPL, Side.BUY, 100), *(fill(9 + n, share(9 + n, f"S{n}"), Side.BUY, 1) for n in range(SHOWN))]
    account = account_digest(page(row(AAPL, 100), row(option(3, DAY + timedelta(days=1)), -2)), prints, [order()], DAY,
                             FREE, 1)  # fmt: skip
    return Digest(at=NOW, day=DAY, mode=Mode.IBKR_PAPER, accounts=(replace(account, day_pnl=Decimal(-5)),))


def test_everything_of_the_day_is_told_and_long_lists_are_counted(dressed, qtbot):
    dialog = DigestDialog(busy())
    qtbot.addWidget(dialog)
    told = texts(dialog)
    assert "Friday, 20 November 2026 · IBKR Paper" in told
    assert dialog.headline.text() == busy().headline
    assert "0 → 100 · opened" in told and "and 1 more" in told
    assert "Buy 1 AAPL" in told or any(text.startswith("Buy 1") for text in told)
    assert "−2 · tomorrow" in told
    assert any(text.startswith("Day trades in five days: 1 day trade;") for text in told)


def test_a_loss_has_its_sign_and_its_tone(dressed, qtbot):
    card = AccountCard(busy().accounts[0])
    qtbot.addWidget(card)
    (loss,) = [label for label in card.findChildren(Label) if label.text().startswith("−") and "5.00" in label.text()]
    assert loss.property("tone") == "loss"


def test_a_button_leads_to_the_orders(dressed, qtbot):
    dialog = DigestDialog(busy())
    qtbot.addWidget(dialog)
    next(button for button in dialog.findChildren(QPushButton) if button.text() == "Orders").click()
    assert dialog.room == "room:orders" and dialog.result() == 1


def test_before_the_first_sync_it_says_what_is_missing(dressed, qtbot):
    dialog = DigestDialog(Digest(at=NOW, day=DAY, mode=Mode.DEMO, accounts=()))
    qtbot.addWidget(dialog)
    assert any("Sync once" in text for text in texts(dialog))
