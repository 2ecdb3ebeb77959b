from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.positions import Skipped, Source, SyncCounts
from ibdesk.store.snapshots import load_positions, load_snapshot, save_snapshot
from ibdesk.store.tables import ibkr_account_info, ibkr_positions
from tests.store.examples import MAIN, NOW, SECOND, option, position, snapshot

Run = Callable[..., Any]


def test_a_picture_comes_back_as_it_went_in(in_transaction: Run) -> None:
    everything = [position(number, asset_class) for number, asset_class in enumerate(AssetClass, start=1)]
    picture = snapshot(*everything, option())
    counts = in_transaction(save_snapshot, picture)
    assert counts == SyncCounts(processed=len(everything) + 1, new=len(everything) + 1)
    assert in_transaction(load_snapshot, MAIN) == picture


def test_the_same_picture_twice_changes_nothing(in_transaction: Run) -> None:
    picture = snapshot(position(1), position(2))
    in_transaction(save_snapshot, picture)
    assert in_transaction(save_snapshot, picture) == SyncCounts(processed=2, updated=2)
    assert in_transaction(load_snapshot, MAIN) == picture


def test_a_vanished_position_is_closed_and_not_deleted(in_transaction: Run) -> None:
    later = NOW + timedelta(seconds=30)
    in_transaction(save_snapshot, snapshot(position(1), position(2)))
    counts = in_transaction(save_snapshot, snapshot(position(2), position(3), at=later))
    assert counts == SyncCounts(processed=2, new=1, updated=1, removed=1)
    assert [held.instrument.conid for held in in_transaction(load_positions, MAIN)] == [2, 3]
    c = ibkr_positions.c
    closed = in_transaction(lambda tx: tx.execute(select(c.conid, c.closed_at).where(c.closed_at.is_not(None))).all())
    assert [tuple(row) for row in closed] == [(1, later)]


def test_a_position_that_returns_is_new_again(in_transaction: Run) -> None:
    in_transaction(save_snapshot, snapshot(position(1)))
    in_transaction(save_snapshot, snapshot(at=NOW + timedelta(seconds=30)))
    back = snapshot(position(1), at=NOW + timedelta(seconds=60))
    assert in_transaction(save_snapshot, back) == SyncCounts(processed=1, new=1)
    assert in_transaction(load_snapshot, MAIN) == back


def test_a_vanished_currency_is_closed(in_transaction: Run) -> None:
    in_transaction(save_snapshot, snapshot())
    dollars_only = snapshot(at=NOW + timedelta(seconds=30))
    dollars_only = replace(dollars_only, ledger=dollars_only.ledger[1:])
    in_transaction(save_snapshot, dollars_only)
    assert in_transaction(load_snapshot, MAIN) == dollars_only


def test_an_older_picture_does_not_replace_a_newer_one(in_transaction: Run) -> None:
    newer = snapshot(position(1, price=Decimal(20)))
    in_transaction(save_snapshot, newer)
    older = snapshot(position(1), position(2), at=NOW - timedelta(seconds=1))
    assert in_transaction(save_snapshot, older) == SyncCounts(processed=2, skipped=2)
    assert in_transaction(load_snapshot, MAIN) == newer


def test_accounts_and_sources_do_not_touch_each_other(in_transaction: Run) -> None:
    first, second = snapshot(position(1)), snapshot(position(1), of=SECOND)
    flex = replace(snapshot(position(9)), source=Source.FLEX)
    for picture in (first, second, flex):
        in_transaction(save_snapshot, picture)
    assert in_transaction(load_snapshot, MAIN) == first
    assert in_transaction(load_snapshot, SECOND) == second
    assert in_transaction(load_snapshot, MAIN, Source.FLEX) == flex
    assert in_transaction(load_snapshot, MAIN, Source.TWS) is None


def test_what_could_not_be_read_is_counted(in_transaction: Run) -> None:
    picture = replace(snapshot(position(1)), skipped=(Skipped(what="row 2", why="no conid"),))
    assert in_transaction(save_snapshot, picture).skipped == 1


def test_what_is_there_but_could_not_be_read_stays_as_it_was(in_transaction: Run) -> None:
    first = snapshot(position(1), position(2), position(3))
    in_transaction(save_snapshot, first)
    gone = first.ledger[0]
    unread = (
        Skipped(what="two", why="no currency", conid=Conid(2)),
        Skipped(what="cash", why="no amount", currency=gone.currency),
    )
    later = snapshot(position(1), at=NOW + timedelta(seconds=30))
    counts = in_transaction(save_snapshot, replace(later, ledger=later.ledger[1:], skipped=unread))
    assert counts == SyncCounts(processed=1, updated=1, removed=1, skipped=2)
    stored = in_transaction(load_snapshot, MAIN)
    assert [held.instrument.conid for held in stored.positions] == [1, 2]
    assert gone in stored.ledger


def test_a_picture_is_stored_whole_or_not_at_all(in_transaction: Run) -> None:
    good = snapshot(position(1), position(2))
    in_transaction(save_snapshot, good)
    bad = snapshot(position(1), position(3, quantity=Decimal("NaN")), at=NOW + timedelta(seconds=30))
    with pytest.raises(ValueError, match="not finite"):
        in_transaction(save_snapshot, bad)
    assert in_transaction(load_snapshot, MAIN) == good


def test_amounts_are_text_and_unreported_figures_are_null(in_transaction: Run) -> None:
    in_transaction(save_snapshot, snapshot(position(1)))
    kinds = in_transaction(
        lambda tx: tx.execute(
            text("SELECT typeof(quantity), quantity, typeof(realized_pnl), typeof(as_of) FROM ibkr_positions")
        ).one()
    )
    assert tuple(kinds) == ("text", "100.50", "null", "integer")


@pytest.mark.parametrize(("left", "count"), [(3, 0), (0, 3), (-1, None), (None, None)])
def test_the_documents_day_trade_count_follows_from_what_is_left(
    in_transaction: Run, left: int | None, count: int | None
) -> None:
    picture = snapshot()
    picture = replace(picture, summary=replace(picture.summary, day_trades_remaining=(left, None, None, None, None)))
    in_transaction(save_snapshot, picture)
    assert in_transaction(lambda tx: tx.execute(select(ibkr_account_info.c.day_trade_count)).scalar()) == count
