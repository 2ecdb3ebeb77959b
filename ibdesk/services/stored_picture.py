"""How one picture of an account gets into the vault, and what is said of one that seems to be older than the stored."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from ibdesk.domain.positions import Position, Snapshot, SyncCounts
from ibdesk.domain.returns import Point
from ibdesk.store import series, snapshots

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FREED_AT_A_TIME = 500


async def let_go(positions: list[Position]) -> None:
    """Free them bit by bit: 10,000 in one go hold the window up for 6 to 11 ms (goal G9)."""
    while positions:
        del positions[-_FREED_AT_A_TIME:]
        await asyncio.sleep(0)


def store(tx: "Connection", picture: Snapshot) -> tuple[SyncCounts, datetime | None]:
    """One picture and its point of the equity curve, in one transaction; with it the stored picture's instant when
    that lay in the future.

    Of two pictures the younger stays. A stored one from the future says only that the clock was set back since: then
    the order in which they came decides, for refusing would leave the old figures on screen until the clock is there.
    """
    stored = snapshots.stored_as_of(tx, picture.account, picture.source)
    was_ahead = stored if stored is not None and stored > picture.received_at else None
    counts = snapshots.save_snapshot(tx, picture, whatever_is_stored=was_ahead is not None)
    value = picture.summary.net_liquidation
    if value is not None:
        series.add_equity(tx, picture.account, (Point(at=picture.as_of, value=value),), picture.source)
    return counts, was_ahead


def outdated(picture: Snapshot, counts: SyncCounts, was_ahead: datetime | None) -> tuple[str, ...]:
    """What to say of a picture that is older than the stored one, or seems to be."""
    instant = f"{picture.as_of:%Y-%m-%d %H:%M:%S} UTC"
    if was_ahead is not None:
        return (f"This picture of {instant} replaces one of {was_ahead:%Y-%m-%d %H:%M:%S} UTC, which is still to come: "
                "this computer's clock was set back. Check it.",)  # fmt: skip
    if counts.skipped == len(picture.skipped):
        return ()
    return (f"This picture is of {instant}, before the stored one, which stays: the broker sent an older one.",)
