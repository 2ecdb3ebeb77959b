"""The bar shows what is looked at, what it costs and how late that is; its bid and ask trade it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QApplication

from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.orders import Side
from ibdesk.ui.chain.bar import UnderlyingBar
from tests.ui.chain.sample import EXPIRY, NOW, SPY, TODAY

QUOTE = Quote(conid=SPY.conid, received_at=NOW, delay=Delay.LIVE, last=Decimal("588.40"), bid=Decimal("588.39"),
              ask=Decimal("588.41"), change=Decimal("3.12"), change_percent=Decimal("0.53"))  # fmt: skip


@pytest.fixture
def bar(dressed: QApplication) -> Iterator[UnderlyingBar]:
    made = UnderlyingBar()
    made.resize(1200, 54)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def test_prices_are_told_with_their_change(bar: UnderlyingBar) -> None:
    bar.show_instrument(SPY, QUOTE)
    assert (bar.symbol.text(), bar.exchange.text(), bar.last.text()) == ("SPY", "ARCA", "588.40")
    assert bar.change.text() == "+3.12 +0.53 %" and bar.change.property("tone") == "gain"
    assert (bar.bid.text(), bar.ask.text()) == ("588.39", "588.41") and not bar.late.isVisible()
    down = replace(QUOTE, change=Decimal("-1"), received_at=NOW + timedelta(seconds=1), last=None)
    bar.show_quote(down)
    assert bar.change.property("tone") == "gain", "no faster than it can be read"
    bar.draw()
    assert bar.change.property("tone") == "loss" and bar.change.text().startswith("−1.00")
    assert bar.last.text() == "588.40", "what a quote does not tell stays"


def test_another_underlying_forgets_the_prices_of_the_one_before(bar: UnderlyingBar) -> None:
    bar.show_instrument(SPY, QUOTE)
    bar.show_expiries((EXPIRY,), EXPIRY, TODAY)
    bar.show_volatility("IV 17.4 %", "why")
    bar.show_instrument(replace(SPY, conid=Conid(1), symbol="QQQ"))
    assert bar.symbol.text() == "QQQ" and not bar.last.isVisible() and not bar.bid.isVisible()
    assert bar.strip.expiries == () and not bar.volatility.isVisible()
    bar.show_instrument(None)
    assert bar.symbol.text() == ""


@pytest.mark.parametrize(("parts", "word"), [
    ({"delay": Delay.DELAYED}, "Delayed"), ({"delay": Delay.FROZEN}, "Frozen"), ({"is_close": True}, "Prior close"),
    ({"is_halted": True, "delay": Delay.DELAYED}, "Halted"), ({"delay": Delay.NOT_SUBSCRIBED}, "No market data"),
])  # fmt: skip
def test_late_prices_are_marked(bar: UnderlyingBar, parts: dict[str, object], word: str) -> None:
    bar.show_instrument(SPY, replace(QUOTE, **parts))  # type: ignore[arg-type]
    assert bar.late.isVisible() and bar.late.text() == word and bar.late.toolTip()


def test_the_ask_buys_and_the_bid_sells_the_underlying_itself(bar: UnderlyingBar) -> None:
    heard: list[tuple[object, object]] = []
    bar.leg_wanted.connect(lambda instrument, side: heard.append((instrument, side)))
    bar.show_instrument(SPY, QUOTE)
    bar.ask.click()
    bar.bid.click()
    assert heard == [(SPY, Side.BUY), (SPY, Side.SELL)] and bar.ask.accessibleName() == "Buy SPY at 588.41"


def test_an_index_cannot_be_bought(bar: UnderlyingBar) -> None:
    bar.show_instrument(replace(SPY, asset_class=AssetClass.INDEX), QUOTE)
    assert not bar.ask.isEnabled() and "cannot be traded" in bar.ask.toolTip()


def test_one_missing_side_is_a_dash_that_does_nothing(bar: UnderlyingBar) -> None:
    bar.show_instrument(SPY, replace(QUOTE, bid=None))
    assert bar.bid.text() == "—" and not bar.bid.isEnabled() and bar.ask.isEnabled()
    bar.set_dimmed(True)
    assert bar.last.property("tone") == "faint"
