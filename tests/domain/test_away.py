"""What an outage hid: changed holdings and figures, and whole sentences on what nobody knows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountId, AccountSummary
from ibdesk.domain.away import AwayReport, compare
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.portfolio import AccountPage, rows_of
from ibdesk.domain.positions import Position, Source

LEFT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
BACK = LEFT + timedelta(minutes=39)
MAIN, SMALL = AccountId("DU7654321"), AccountId("DU7654322")


def page(account: AccountId, at: datetime, value: int | None = 5000, **held: int) -> AccountPage:
    """`held` is quantity by symbol."""
    positions = [
        Position(
            account=account, quantity=Decimal(quantity),
            instrument=Instrument(
                conid=Conid(sum(map(ord, symbol))), symbol=symbol, asset_class=AssetClass.STOCK, currency=USD
            ),
        )
        for symbol, quantity in held.items()
    ]
    summary = AccountSummary(
        account=account, currency=USD, as_of=at, received_at=at, buying_power=Decimal(900),
        net_liquidation=None if value is None else Decimal(value),
    )
    return AccountPage(
        account=Account(id=account, title="Demo", currency=USD, is_paper=True), source=Source.PORTAL, as_of=at,
        received_at=at, summary=summary, ledger=(), rows=rows_of(positions, (), {}, {}, USD),
    )  # fmt: skip


def compared(before: list[AccountPage], after: list[AccountPage]) -> AwayReport:
    return compare(before, after, since=LEFT, until=BACK, reason="It died.")


def test_what_was_bought_sold_and_changed_is_told_with_both_quantities() -> None:
    report = compared([page(MAIN, LEFT, AAPL=10, SPY=5, QQQ=1)], [page(MAIN, BACK, AAPL=10, SPY=8, MSFT=2)])
    told = {change.symbol: (change.before, change.after) for change in report.holdings}
    assert told == {"SPY": (5, 8), "QQQ": (1, 0), "MSFT": (0, 2)}
    assert (report.since, report.until, report.reason, report.as_of) == (LEFT, BACK, "It died.", BACK)


def test_only_figures_that_changed_are_told_and_unknown_is_not_zero() -> None:
    report = compared([page(MAIN, LEFT, 5000)], [page(MAIN, BACK, 5200)])
    (change,) = report.figures
    assert (change.name, change.currency, change.before, change.after) == ("Net liquidation", "USD", 5000, 5200)
    assert compared([page(MAIN, LEFT)], [page(MAIN, BACK, None)]).figures[0].after is None


def test_an_account_without_a_new_picture_is_named_and_not_compared() -> None:
    report = compared(
        [page(MAIN, LEFT, AAPL=1), page(SMALL, LEFT, SPY=5)], [page(MAIN, BACK, AAPL=2), page(SMALL, LEFT, SPY=5)]
    )
    assert [change.account for change in report.holdings] == [MAIN]
    assert "The account DU7654322 has no new picture yet." in report.unknown
    assert compared([page(MAIN, LEFT)], [page(MAIN, LEFT)]).as_of is None


def test_an_account_seen_for_the_first_time_has_changed_nothing() -> None:
    report = compared([], [page(MAIN, BACK, AAPL=2)])
    assert (report.holdings, report.figures, report.as_of) == ((), (), BACK)


def test_a_picture_from_before_by_a_clock_set_back_is_still_the_newer_one() -> None:
    earlier = LEFT - timedelta(hours=2)
    assert compared([page(MAIN, LEFT, AAPL=1)], [page(MAIN, earlier, AAPL=2)]).holdings[0].after == 2


def test_what_cannot_be_known_is_said_in_sentences_with_the_time_of_the_gap() -> None:
    unknown = compared([], []).unknown
    assert any("cancelled elsewhere may be missing" in each for each in unknown)
    assert "The equity curve has no points between 14:02 and 14:41 UTC." in unknown
    over_night = compare([], [], since=LEFT, until=LEFT + timedelta(days=1), reason="").unknown
    assert any("between 2026-11-20 14:02 and 2026-11-21 14:02 UTC" in sentence for sentence in over_night)
    assert all(sentence.endswith(".") for sentence in unknown)
