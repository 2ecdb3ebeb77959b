"""Quotes are merged field by field, since the wire sends only what changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Delay, OptionFigures, Quote, TradingHours, TradingSpan

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


def test_a_figure_is_as_old_as_the_broker_says_unless_clocks_may_differ() -> None:
    def told(seconds: int) -> datetime:
        return quote(updated_at=AT - timedelta(seconds=seconds)).told_at

    assert (told(60), told(10), told(-60), quote().told_at) == (AT - timedelta(seconds=60), AT, AT, AT)


def test_the_brokers_word_of_an_older_price_does_not_age_a_newer_one() -> None:
    """A feed that says nothing of when follows one that does: its price is of when it came."""
    old = quote(updated_at=AT, bid=Decimal(1))
    later = AT + timedelta(minutes=1)
    priced = old.merged(replace(quote(bid=Decimal(2)), received_at=later))
    assert (priced.updated_at, priced.told_at) == (None, later)
    counted = old.merged(replace(quote(volume=Decimal(2)), received_at=later))
    assert (counted.updated_at, counted.told_at) == (AT, AT), "no price came with it"
    assert old.merged(replace(quote(bid=Decimal(2), updated_at=later), received_at=later)).updated_at == later


def test_a_partial_telling_is_completed_and_looks_no_fresher_than_what_it_takes() -> None:
    asked = quote(bid=Decimal(9), ask=Decimal(11), last=Decimal(10), delay=Delay.DELAYED)
    live = Quote(conid=Conid(1), received_at=AT + timedelta(minutes=1), bid=Decimal(10), delay=Delay.LIVE)
    for whole in (live.completed(asked), asked.completed(live)):
        assert (whole.bid, whole.ask, whole.last) == (10, 11, 10)
        assert (whole.told_at, whole.delay) == (AT, Delay.DELAYED), "the ask is a minute old"
    told = replace(live, ask=Decimal(12), last=Decimal(11)).completed(replace(asked, updated_at=AT))
    assert (told.bid, told.ask, told.told_at) == (10, 12, live.received_at), "all prices are its own"


def test_a_zero_is_a_figure_and_not_a_gap() -> None:
    assert quote(change=Decimal(5)).merged(quote(change=Decimal(0))).change == 0


def test_sizes_and_an_options_figures_are_merged_one_by_one() -> None:
    older = quote(bid_size=Decimal(5), option=OptionFigures(delta=Decimal("0.5"), vega=Decimal(1)))
    merged = older.merged(quote(ask_size=Decimal(7), option=OptionFigures(delta=Decimal("0.6"))))
    assert (merged.bid_size, merged.ask_size) == (5, 7)
    assert merged.option == OptionFigures(delta=Decimal("0.6"), vega=Decimal(1))
    assert quote().merged(older).option == older.option == older.merged(quote()).option


def test_trading_hours_tell_regular_hours_from_the_others() -> None:
    def at(hour: int) -> datetime:
        return AT.replace(hour=hour, minute=0)

    hours = TradingHours(conid=Conid(1), zone="US/Eastern", spans=(
        TradingSpan(opens=at(9), closes=at(22), is_liquid=False),
        TradingSpan(opens=at(14), closes=at(21), is_liquid=True),
    ))
    assert [hours.is_open(at(hour)) for hour in (9, 14, 20, 21)] == [False, True, True, False]
    assert hours.is_open(at(9), outside_hours=True) and not hours.is_open(at(22), outside_hours=True)
