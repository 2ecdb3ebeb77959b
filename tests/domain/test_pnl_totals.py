"""Sums that follow a book: always what adding it all up gives, and what they go without is named."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.pnl import PnlBook, PositionMoved, PositionPnl, totals
from ibdesk.domain.pnl_totals import RunningTotals

NOW = datetime(2026, 11, 20, 17, 48, 7, tzinfo=UTC)
MAIN = AccountId("DU7654321")
CURRENCIES = (USD, Currency("EUR"), Currency("ZZZ"))
RATES = {Currency("EUR"): Decimal("1.0862")}


def moved(number: int, quantity: int) -> PositionMoved:
    instrument = Instrument(
        conid=Conid(number), symbol=f"S{number}", asset_class=AssetClass.STOCK, currency=CURRENCIES[number % 3]
    )
    return PositionMoved(
        account=MAIN, instrument=instrument, quantity=Decimal(quantity), average_cost=Decimal(1), at=NOW
    )


def told(number: int, amount: Decimal | None) -> PositionPnl:
    return PositionPnl(
        account=MAIN, conid=Conid(number), quantity=None, daily=amount, unrealized=amount, realized=None, value=amount,
        at=NOW,
    )


def test_the_running_sums_are_those_of_adding_everything_up() -> None:
    random = Random(7)
    book, running = PnlBook(since=NOW), RunningTotals(USD, RATES)
    for _step in range(300):
        number = random.randrange(12)
        news = random.choice([
            moved(number, random.choice([0, 1, -5])),
            told(number, random.choice([None, Decimal(random.randrange(-9999, 9999)) / 100])),
        ])
        before, book = book, book.moved([news])
        for key, row in book.rows.items():
            if before.rows.get(key) is not row:
                running.put(row)
        whole = totals(book.rows.values(), USD, RATES)
        now = running.totals
        assert (now.unrealized, now.daily, now.value) == (whole.unrealized, whole.daily, whole.value)
        held = [row for row in book.rows.values() if row.quantity]
        assert running.held == len(held) and running.total == now.total
        assert {each for each in now.left_out if each in {row.instrument.symbol for row in held}} == {
            each for each in whole.left_out if each in {row.instrument.symbol for row in held}
        }


def test_what_is_left_out_is_named_with_the_reason() -> None:
    running = RunningTotals(USD, RATES)
    book = PnlBook(since=NOW).moved([moved(0, 1), moved(2, 1), told(2, Decimal(5))])
    for row in book.rows.values():
        running.put(row)
    assert {(each.label, each.why) for each in running.left_out(9)} == {
        ("S0", "the broker has not told its figures"), ("S2", "no rate from ZZZ to USD"),
    }
    running.put(replace(book.rows[MAIN, Conid(0)], told=told(0, Decimal("2.50"))))
    assert running.totals.unrealized == Decimal("2.50")
    assert [each.label for each in running.left_out(9)] == ["S2"]


def test_sums_of_several_accounts_add_up_in_one_currency_alone() -> None:
    running, together = RunningTotals(USD, RATES), RunningTotals(USD, RATES)
    book = PnlBook(since=NOW).moved([moved(1, 3), moved(0, 1), told(1, Decimal(5))])
    for row in book.rows.values():
        running.put(row)
    together.add(running)
    assert together.totals == running.totals and together.held == 2 and together.missing == 1
    with pytest.raises(ValueError, match="do not add up"):
        together.add(RunningTotals(Currency("EUR"), {}))


def test_only_rates_in_use_are_shown() -> None:
    running = RunningTotals(USD, RATES)
    (row,) = PnlBook(since=NOW).moved([moved(1, 3)]).rows.values()
    running.put(row)
    assert running.totals.rates == RATES
    running.put(replace(row, quantity=Decimal(0)))
    assert running.totals.rates == {}
