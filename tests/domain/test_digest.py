"""The day in short, out of a stored page and the day's prints."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import Account, AccountId, AccountSummary
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.domain.digest import Digest, Expiring, Moved, account_digest, day_trade_words
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.orders import Leg, Order, OrderState, OrderType, Side, TimeInForce
from ibdesk.domain.portfolio import AccountPage, Row
from ibdesk.domain.positions import Position, Source

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
DAY, MAIN = date(2026, 11, 20), AccountId("DU7654321")
FREE = Regime(regime=MarginRegime.UNLIMITED, source=RegimeSource.BROKER)


def share(number: int, symbol: str) -> Instrument:
    return Instrument(conid=Conid(number), symbol=symbol, asset_class=AssetClass.STOCK, currency=USD)


def option(number: int, expiry: date) -> Instrument:
    terms = OptionTerms(right=Right.PUT, strike=Decimal(570), expiry=expiry)
    return Instrument(conid=Conid(number), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD, option=terms,
                      multiplier=Decimal(100))  # fmt: skip


def row(instrument: Instrument, quantity: int) -> Row:
    return Row(position=Position(account=MAIN, instrument=instrument, quantity=Decimal(quantity)), rate=Decimal(1))


def page(*rows: Row) -> AccountPage:
    summary = AccountSummary(account=MAIN, currency=USD, as_of=NOW, received_at=NOW, net_liquidation=Decimal(100))
    return AccountPage(
        account=Account(id=MAIN, title="", currency=USD, is_paper=True), source=Source.PORTAL, as_of=NOW,
        received_at=NOW, summary=summary, ledger=(), rows=rows, equity=(), pnl=None,
    )  # fmt: skip


def fill(number: int, instrument: Instrument, side: Side, quantity: int, paid: str | None = "1.00") -> Fill:
    name = ExecId(str(number))
    done = Execution(exec_id=name, account=MAIN, instrument=instrument, side=side, quantity=Decimal(quantity),
                     price=Decimal(10), at=NOW)  # fmt: skip
    return Fill(execution=done, commission=None if paid is None else Commission(
        exec_id=name, amount=Decimal(paid), currency=USD))  # fmt: skip


AAPL, MSFT, SOLD = share(1, "AAPL"), share(2, "MSFT"), share(3, "TSLA")


def test_changed_positions_are_told_by_the_days_prints() -> None:
    prints = [
        fill(1, AAPL, Side.BUY, 100), fill(2, AAPL, Side.SELL, 40), fill(3, MSFT, Side.BUY, 5),
        fill(4, SOLD, Side.SELL, 7), fill(5, share(4, "KO"), Side.BUY, 1), fill(6, share(4, "KO"), Side.SELL, 1),
    ]  # fmt: skip
    found = account_digest(page(row(AAPL, 160), row(MSFT, 5)), prints, (), DAY, FREE, 2)
    assert found.moved == (
        Moved(label="AAPL", before=Decimal(100), after=Decimal(160)),
        Moved(label="MSFT", before=Decimal(0), after=Decimal(5)),
        Moved(label="TSLA", before=Decimal(7), after=Decimal(0)),
        Moved(label="KO", before=Decimal(0), after=Decimal(0)),
    )
    assert (found.fills, found.positions, found.commission) == (6, 2, Decimal("6.00"))


def test_a_commission_that_is_not_told_leaves_the_sum_unknown() -> None:
    assert account_digest(page(), [fill(1, AAPL, Side.BUY, 1, None)], (), DAY, FREE, None).commission is None
    euros = fill(1, AAPL, Side.BUY, 1)
    assert euros.commission is not None
    euros = replace(euros, commission=replace(euros.commission, currency=Currency("EUR")))
    assert account_digest(page(), [euros], (), DAY, FREE, None).commission is None
    assert account_digest(page(), [], (), DAY, FREE, None).commission == 0


def test_options_that_end_within_a_week_are_listed_the_nearest_first() -> None:
    rows = [row(option(n, DAY + timedelta(days=days)), -1) for n, days in ((1, 7), (2, 8), (3, 0), (4, -1))]
    found = account_digest(page(*rows, row(option(5, DAY), 0)), [], (), DAY, FREE, None)
    assert [(each.days, each.quantity) for each in found.expiring] == [(0, Decimal(-1)), (7, Decimal(-1))]
    assert isinstance(found.expiring[0], Expiring)


def order() -> Order:
    return Order(
        account=MAIN, state=OrderState.WORKING, legs=(Leg(instrument=AAPL, side=Side.BUY),), quantity=Decimal(1),
        order_type=OrderType.LIMIT, tif=TimeInForce.DAY, at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_the_headline_counts_what_there_is_and_says_when_there_is_nothing() -> None:
    quiet = Digest(at=NOW, day=DAY, mode=Mode.DEMO, accounts=(account_digest(page(), [], (), DAY, FREE, 0),))
    assert quiet.headline == "Nothing happened, and nothing is left open."
    prints = [fill(1, AAPL, Side.BUY, 100), fill(2, AAPL, Side.BUY, 100)]
    busy = account_digest(page(row(AAPL, 200)), prints, [order()], DAY, FREE, 0)
    assert replace(quiet, accounts=(busy,), blocked=1, hints=2).headline == (
        "2 fills, 1 position changed, 1 order still works, 1 order was blocked, 2 hints in the audit.")


@pytest.mark.parametrize("kind", list(MarginRegime))
def test_day_trading_is_told_by_the_regime(kind: MarginRegime) -> None:
    regime = Regime(regime=kind, source=RegimeSource.DATE, day_trades_remaining=1)
    for count in (None, 0, 1, 3):
        words = day_trade_words(account_digest(page(), [], (), DAY, regime, count))
        assert words.endswith(".") and words[0].isupper()
        assert ("not counted yet" in words) is (count is None and kind is not MarginRegime.NOT_APPLICABLE)
