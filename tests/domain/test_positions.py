"""Positions, snapshots and what a sync changed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Position, Snapshot, Source, SyncCounts, fresher

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
ACCOUNT = AccountId("DU7654321")


def position(asset_class: AssetClass, **more: Decimal) -> Position:
    instrument = Instrument(
        conid=Conid(7), symbol="ES", asset_class=asset_class, currency=USD, multiplier=Decimal(50)
    )
    return Position(account=ACCOUNT, instrument=instrument, quantity=Decimal(2), **more)


def snapshot(as_of: datetime) -> Snapshot:
    summary = AccountSummary(account=ACCOUNT, currency=USD, as_of=as_of, received_at=NOW)
    return Snapshot(
        account=ACCOUNT, source=Source.PORTAL, as_of=as_of, received_at=NOW, summary=summary, ledger=(), positions=()
    )


def test_a_futures_notional_never_enters_its_value() -> None:
    future = position(AssetClass.FUTURE, price=Decimal("6012.50"), market_value=Decimal("601250"))
    assert future.value == 0
    assert future.notional == Decimal("601250.00")


def test_cost_is_average_cost_times_quantity_and_unknown_without_it() -> None:
    assert position(AssetClass.STOCK, average_cost=Decimal("10.5")).cost == Decimal("21.0")
    assert position(AssetClass.STOCK).cost is None


def test_an_older_picture_never_replaces_a_newer_one() -> None:
    old, new = snapshot(NOW - timedelta(minutes=1)), snapshot(NOW)
    assert fresher(new, old) is new
    assert fresher(old, new) is new
    assert fresher(None, old) is old


def test_counts_of_several_accounts_add_up() -> None:
    added = SyncCounts(processed=3, new=1, updated=1, removed=2) + SyncCounts(processed=2, updated=2, skipped=1)
    assert added == SyncCounts(processed=5, new=1, updated=3, removed=2, skipped=1)
