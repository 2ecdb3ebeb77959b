"""What an order opens and what it closes, seen against one index of the holdings."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.compliance.exposure import EMPTY, book_of, only_closes, opened, outcome_of, resulting, uncovering
from ibdesk.domain.instruments import Right
from ibdesk.domain.orders import OrderRef
from ibdesk.domain.positions import Position
from tests.domain.compliance.ready import buying, selling, working
from tests.domain.compliance.sample import ACCOUNT, book, conid, legs, option, stock

WHOLE = st.integers(-1000, 1000).map(Decimal)


@pytest.mark.parametrize(
    ("held", "change", "opens"),
    [(0, 5, 5), (10, 5, 5), (10, -5, 0), (10, -10, 0), (10, -15, -5), (-10, 4, 0), (-10, 12, 2), (-10, -1, -1)],
)
def test_only_what_goes_beyond_the_position_opens(held: int, change: int, opens: int) -> None:
    assert opened(Decimal(held), Decimal(change)) == Decimal(opens)


@given(held=WHOLE, change=WHOLE)
def test_what_opens_never_exceeds_the_change_nor_turns_its_sign(held: Decimal, change: Decimal) -> None:
    beyond = opened(held, change)
    assert abs(beyond) <= abs(change)
    assert beyond * change >= 0
    assert abs(held + change - beyond) <= abs(held)


def test_an_order_closes_only_when_each_leg_does() -> None:
    held = book((option("100C"), 2), (option("105C"), -2))
    assert only_closes(held, legs((option("100C"), -2), (option("105C"), 2)))
    assert not only_closes(held, legs((option("100C"), -3), (option("105C"), 2)))
    assert not only_closes(held, legs((option("100C"), -1), (option("110C"), 1)))
    assert not only_closes(EMPTY, ())


def test_the_result_names_only_the_underlyings_of_the_order() -> None:
    held = book((stock("ABC"), 100), (stock("XYZ"), 50))
    after = resulting(held, legs((option("105C"), -1)))
    assert after == {conid("ABC"): legs((stock("ABC"), 100), (option("105C"), -1))}


def test_a_position_closed_whole_is_gone_from_the_result() -> None:
    held = book((option("100C"), 1))
    assert resulting(held, legs((option("100C"), -1))) == {conid("ABC"): ()}


def test_an_option_that_names_no_underlying_finds_it_by_symbol() -> None:
    nameless = replace(option("105C"), underlying_conid=None)
    assert book((stock("ABC"), 100)).underlying_of(nameless) == conid("ABC")
    assert EMPTY.underlying_of(nameless) == "ABC"


def test_working_orders_count_when_they_sell_to_open_and_are_no_cover_before() -> None:
    short, long = option("105C"), option("100C")
    selling = book((stock("ABC"), 100), working=(legs((short, -1)),))
    assert resulting(selling, legs((long, 1)))[conid("ABC")] == legs((stock("ABC"), 100), (short, -1), (long, 1))
    buying = book(working=(legs((long, 1)),))
    assert resulting(buying, legs((short, -1)))[conid("ABC")] == legs((short, -1))


def test_a_book_without_a_working_order_is_as_if_it_had_never_been_built_with_it() -> None:
    short, other = legs((option("105C"), -2)), legs((option("110C"), -1))
    both, one = book((stock(), 100), working=(short, other)), book((stock(), 100), working=(other,))
    order = legs((option("105C"), -1))
    assert resulting(both.without(short), order) == resulting(one, order)
    assert outcome_of(both.without(short), order) == outcome_of(one, order) != outcome_of(both, order)
    buying = legs((option("100C"), 1))
    assert both.without(buying) == both, "what was never counted is not taken off"


def test_a_working_spread_counts_whole_and_two_exits_of_one_position_not_at_all() -> None:
    spread = legs((option("100P"), -1), (option("95P"), 1))
    assert resulting(book(working=(spread,)), legs((stock(), 1)))[conid("ABC")] == (*spread, *legs((stock(), 1)))
    exits = (legs((option("100C"), -1)), legs((option("100C"), -1)))
    held = book((option("100C"), 1), working=exits)
    assert resulting(held, legs((stock(), 1)))[conid("ABC")] == legs((option("100C"), 1), (stock(), 1))


def test_an_outcome_knows_before_after_and_the_worst() -> None:
    working = legs((option("105C"), -1))
    held = book((stock(), 100), working=(working,))
    found = outcome_of(held, legs((option("110C"), -1)))
    assert [part.strategy.value for each in found.before for part in each.parts] == ["long underlying"]
    assert [each.naked_contracts(Right.CALL) for each in found.after] == [0]
    assert [each.naked_contracts(Right.CALL) for each in found.worst] == [1]
    assert not found.only_closes


def test_what_was_held_is_recognised_once() -> None:
    held = book((stock(), 100))
    first, second = (outcome_of(held, legs((option("110C"), -1))) for _ in range(2))
    assert first.before[0] is second.before[0]


def test_the_latest_orders_outcome_is_kept_and_another_order_has_its_own() -> None:
    held = book((stock(), 100))
    first = outcome_of(held, legs((option("110C"), -1)))
    assert outcome_of(held, legs((option("110C"), -1))) is first
    assert outcome_of(held, legs((option("110C"), -2))) != first
    assert outcome_of(held, legs((option("110C"), -1))) == first
    assert outcome_of(book(), legs((option("110C"), -1))) != first


def test_options_tell_their_underlying_to_nameless_ones_even_without_its_shares() -> None:
    nameless = replace(option("105C"), underlying_conid=None)
    assert book((option("100C"), 1)).underlying_of(nameless) == conid("ABC")


def test_the_marks_of_what_is_held_are_at_hand() -> None:
    rows = tuple(
        Position(account=ACCOUNT, instrument=option(text), quantity=Decimal(1), price=price)
        for text, price in (("100C", Decimal(2)), ("105C", None))
    )
    assert book_of(rows).marks == {option("100C").conid: Decimal(2)}


def test_what_may_take_cover_away_is_all_but_bought_options_and_of_two_exits_the_larger() -> None:
    sale, buy = working(selling(stock(), quantity=100), quantity=100), working(buying())
    assert uncovering((sale, buy)) == sale.changes
    small, large = (replace(sale, parent=OrderRef("entry"), quantity=Decimal(each)) for each in (40, 60))
    assert uncovering((small, large)) == uncovering((large, small)) == large.changes
    assert uncovering((small, large), OrderRef("entry")) == ()
    halves = replace(small, parent=None, ref=OrderRef("x-oco1")), replace(large, parent=None, ref=OrderRef("x-oco2"))
    assert uncovering(halves) == large.changes, "a pair on a position is one of two as well"
    assert uncovering(halves, OrderRef("x")) == ()
    back = working(buying(stock(), quantity=5), quantity=5)
    assert uncovering((back,)) == back.changes, "short shares cover puts"
