"""Quotes are merged field by field, since the wire sends only what changed."""

from datetime import UTC, datetime
from decimal import Decimal

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Delay, Quote

AT = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)


def quote(**fields: object) -> Quote:
    return Quote(conid=Conid(1), received_at=AT, **fields)  # type: ignore[arg-type]


def test_a_delta_keeps_what_it_does_not_mention() -> None:
    merged = quote(last=Decimal("10.1"), bid=Decimal(10), delay=Delay.LIVE).merged(quote(bid=Decimal("10.2")))
    assert (merged.last, merged.bid, merged.delay) == (Decimal("10.1"), Decimal("10.2"), Delay.LIVE)


def test_the_close_mark_goes_with_the_price_it_came_with() -> None:
    closed = quote(last=Decimal(10), is_close=True)
    assert closed.merged(quote(bid=Decimal(9))).is_close
    assert not closed.merged(quote(last=Decimal(11))).is_close


def test_a_zero_is_a_figure_and_not_a_gap() -> None:
    assert quote(change=Decimal(5)).merged(quote(change=Decimal(0))).change == 0
