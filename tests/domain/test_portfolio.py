"""Rows, totals, shares: the sums the views show."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, AccountSummary, LedgerLine
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.money import USD, Currency
from ibdesk.domain.portfolio import (
    AccountPage,
    Row,
    by_class,
    by_currency,
    by_sector,
    figures_of,
    is_in_filter,
    rows_of,
    summed,
    summed_equity,
)
from ibdesk.domain.positions import Position, Source
from ibdesk.domain.returns import Point

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")
EUR = Currency("EUR")


def position(conid: int, asset_class: AssetClass, currency: Currency = USD, **more: Decimal) -> Position:
    instrument = Instrument(conid=Conid(conid), symbol=f"S{conid}", asset_class=asset_class, currency=currency)
    return Position(account=ACCOUNT, instrument=instrument, quantity=Decimal(10), **more)


def line(currency: Currency, cash: str, rate: str, **more: Decimal) -> LedgerLine:
    return LedgerLine(account=ACCOUNT, currency=currency, cash=Decimal(cash), rate=Decimal(rate), **more)


LEDGER = (
    line(USD, "1000", "1", realized=Decimal(5), unrealized=Decimal(7)),
    line(EUR, "100", "1.1", realized=Decimal(-10), unrealized=Decimal(20)),
)


def rows(*positions: Position) -> tuple[Row, ...]:
    return rows_of(positions, LEDGER, {}, {}, USD)


def page(pnl: AccountPnl | None = None, currency: Currency = USD) -> AccountPage:
    summary = AccountSummary(
        account=ACCOUNT, currency=currency, as_of=NOW, received_at=NOW, net_liquidation=Decimal(5000)
    )
    return AccountPage(
        account=Account(id=ACCOUNT, title="Demo", currency=currency, is_paper=True),
        source=Source.PORTAL, as_of=NOW, received_at=NOW, summary=summary, ledger=LEDGER, rows=(), pnl=pnl,
    )  # fmt: skip


def test_a_foreign_position_is_worth_its_value_times_the_ledgers_rate() -> None:
    (row,) = rows(position(1, AssetClass.STOCK, EUR, market_value=Decimal(200), unrealized=Decimal(-30)))
    assert (row.base_value, row.base_unrealized) == (Decimal("220.0"), Decimal("-33.0"))


def test_without_a_rate_there_is_no_base_value_rather_than_a_wrong_one() -> None:
    (row,) = rows(position(1, AssetClass.STOCK, Currency("GBP"), market_value=Decimal(200)))
    assert row.rate is None
    assert row.base_value is None


def test_the_quoted_last_wins_over_the_snapshots_price() -> None:
    quotes = {Conid(1): Quote(conid=Conid(1), received_at=NOW, last=Decimal(12), daily_pnl=Decimal(3))}
    (row,) = rows_of([position(1, AssetClass.STOCK, price=Decimal(11))], LEDGER, quotes, {}, USD)
    assert (row.last, row.daily, row.base_daily) == (Decimal(12), Decimal(3), Decimal(3))


def test_the_gain_of_a_short_position_is_measured_against_what_was_received() -> None:
    short = Position(
        account=ACCOUNT,
        instrument=position(1, AssetClass.OPTION).instrument,
        quantity=Decimal(-10), average_cost=Decimal(842), unrealized=Decimal(2270),
    )  # fmt: skip
    percent = rows(short)[0].unrealized_percent
    assert percent is not None
    assert round(percent, 2) == Decimal("26.96")


def test_figures_are_the_brokers_own_and_the_stream_is_fresher_than_the_summary() -> None:
    pnl = AccountPnl(
        account=ACCOUNT, daily=Decimal(50), unrealized=Decimal(70), net_liquidation=Decimal(5050),
        excess_liquidity=None, as_of=NOW,
    )  # fmt: skip
    figures = figures_of(page(pnl))
    assert (figures.net_liquidation, figures.daily, figures.unrealized) == (5050, 50, 70)
    assert figures.daily_percent == Decimal(1)
    assert figures_of(page()).net_liquidation == 5000
    assert figures_of(page()).unrealized == Decimal("29.0")
    assert figures_of(page()).realized == Decimal("-6.0")
    assert figures_of(page()).daily is None


def test_accounts_of_one_currency_add_up_and_of_two_do_not() -> None:
    both = summed([figures_of(page()), figures_of(page())])
    assert both is not None
    assert (both.net_liquidation, both.daily) == (10000, None)
    assert summed([figures_of(page()), figures_of(page(currency=EUR))]) is None
    assert summed([]) is None


def test_a_figure_that_one_account_does_not_report_has_no_sum() -> None:
    pnl = AccountPnl(
        account=ACCOUNT, daily=Decimal(50), unrealized=Decimal(70), net_liquidation=Decimal(5050),
        excess_liquidity=None, as_of=NOW,
    )  # fmt: skip
    both = summed([figures_of(page(pnl)), figures_of(page())])
    assert both is not None
    assert (both.net_liquidation, both.daily, both.daily_percent) == (10050, None, None)


def test_curves_add_up_from_where_all_of_them_have_begun() -> None:
    def curve(*pairs: tuple[int, int]) -> tuple[Point, ...]:
        return tuple(Point(at=NOW + timedelta(days=day), value=Decimal(value)) for day, value in pairs)

    combined = summed_equity([curve((0, 100), (2, 120), (3, 130)), curve((1, 10), (3, 30))])
    assert [(point.at.day - NOW.day, int(point.value)) for point in combined] == [(1, 110), (2, 130), (3, 160)]
    assert summed_equity([curve((0, 1)), ()]) == ()


def test_the_allocation_counts_cash_and_leaves_a_futures_notional_out() -> None:
    shares = by_class(
        rows(
            position(1, AssetClass.STOCK, market_value=Decimal(2890)),
            position(2, AssetClass.FUTURE, market_value=Decimal(601250)),
        ),
        LEDGER,
    )
    assert [(share.name, share.value) for share in shares] == [("Stocks", Decimal(2890)), ("Cash", Decimal("1110.0"))]
    assert sum(share.percent for share in shares) == 100


def test_short_values_take_their_share_by_size() -> None:
    shares = by_currency(rows(position(1, AssetClass.OPTION, market_value=Decimal(-1000))), LEDGER[1:])
    assert {share.name: share.value for share in shares} == {"USD": Decimal(-1000), "EUR": Decimal("110.0")}
    assert sum(share.percent for share in shares) == 100


def test_what_has_no_sector_is_named_other() -> None:
    (share,) = by_sector(rows(position(1, AssetClass.STOCK, market_value=Decimal(1))), ())
    assert share.name == "Other"


def test_every_class_is_in_exactly_one_quick_filter() -> None:
    for asset_class in AssetClass:
        hits = [name for name in ("Stocks", "Options", "Futures", "Other") if is_in_filter(asset_class, name)]
        assert len(hits) == 1, asset_class
        assert is_in_filter(asset_class, "All")
