"""Two orders that close one position at the pretended venue: between them they never sell more than there is."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.orders import OrderRef, OrderState, OrderTicket, OrderType, OtherHalf, Side, TimeInForce, Trail
from ibdesk.domain.pairs import first_ref, other_ref
from ibdesk.domain.paper import venue
from ibdesk.domain.paper.book import PaperBook, told
from tests.domain.paper.market import SHARE, D, at, book, later, looked, placed, states, ticket

FIRST = first_ref(OrderRef("pair"))
SECOND = other_ref(FIRST)


def pair(quantity: int = 100, *, other: OtherHalf | None = None) -> OrderTicket:
    return ticket((SHARE, Side.SELL), quantity=D(quantity), limit=D(110), tif=TimeInForce.GTC,
                  other=other or OtherHalf(stop=D(90)))  # fmt: skip


def holding(quantity: int = 100) -> PaperBook:
    bought = placed(book(), ticket((SHARE, Side.BUY), quantity=D(quantity), order_type=OrderType.MARKET), "entry")
    return looked(bought, {SHARE: at("99.99", "100.00")})


def resting(quantity: int = 100, *, other: OtherHalf | None = None) -> PaperBook:
    return placed(holding(quantity), pair(quantity, other=other), FIRST)


def held(found: PaperBook) -> Decimal:
    return found.ledger.quantity(SHARE.conid)


def test_both_are_told_under_ids_of_their_own() -> None:
    _, limit, stop = (told(resting(), each) for each in resting().orders)
    assert (limit.ref, stop.ref) == (FIRST, SECOND)
    assert (limit.order_type, limit.limit, stop.order_type, stop.stop) == (OrderType.LIMIT, 110, OrderType.STOP, 90)
    assert limit.parent is stop.parent is None and limit.tif is stop.tif is TimeInForce.GTC


def test_the_one_that_fills_cancels_the_other() -> None:
    up = looked(resting(), {SHARE: at("110.00", "110.02")}, later(10))
    assert states(up)[1:] == [OrderState.FILLED, OrderState.CANCELLED] and held(up) == 0
    down = looked(resting(), {SHARE: at("89.90", "89.95", last="89.90")}, later(10))
    assert states(down)[1:] == [OrderState.CANCELLED, OrderState.FILLED] and held(down) == 0


def test_what_one_gets_the_other_wants_no_more() -> None:
    part = looked(resting(), {SHARE: at("110.00", "110.02", sizes=30)}, later(10))
    _, limit, stop = part.orders
    assert (limit.resting.filled, stop.resting.quantity) == (30, 70)
    rest = looked(part, {SHARE: at("89.90", "89.95", last="89.90")}, later(20))
    assert held(rest) == 0 and states(rest)[1:] == [OrderState.CANCELLED, OrderState.FILLED]


def test_a_trailing_stop_may_stand_beside_the_limit() -> None:
    trail = OtherHalf(order_type=OrderType.TRAILING, trail=Trail(amount=D(5)))
    risen = looked(resting(other=trail), {SHARE: at("108", "108.02", last="108")}, later(10))
    fallen = looked(risen, {SHARE: at("102.9", "102.95", last="102.9")}, later(20))
    assert states(fallen)[1:] == [OrderState.CANCELLED, OrderState.FILLED] and held(fallen) == 0


def test_the_other_one_keeps_working_when_a_person_cancels_one() -> None:
    found = resting()
    number = found.orders[1].number
    asked = venue.cancel_asked(found, (number,), later(5)).book
    after = venue.ended(asked, (number,), later(5)).book
    assert states(after)[1:] == [OrderState.CANCELLED, OrderState.HELD]
    assert after.orders[2].resting.quantity == 100


looks = st.lists(
    st.tuples(st.integers(85, 115), st.integers(1, 60), st.sampled_from(["look", "cancel 1", "cancel 2"])),
    min_size=1, max_size=14,
)  # fmt: skip


@given(looks, st.integers(1, 150))
def test_whatever_the_market_does_a_pair_never_sells_more_than_is_held(
    seen: list[tuple[int, int, str]], quantity: int
) -> None:
    found = resting(quantity)
    for place, (price, size, act) in enumerate(seen):
        now = later(10 * (place + 1))
        if act != "look":
            number = found.orders[int(act[-1])].number
            asked = venue.cancel_asked(found, (number,), now)
            found = venue.ended(asked.book, (number,), now).book
        found = looked(found, {SHARE: at(f"{price}", f"{price}.02", last=f"{price}", sizes=size)}, now)
        _, limit, stop = found.orders
        sold = limit.resting.filled + stop.resting.filled
        assert held(found) == quantity - sold >= 0
        ended = [each for each in (limit, stop) if each.state is OrderState.FILLED]
        assert len(ended) <= 1 and (not ended or all(each.is_over for each in (limit, stop)))
        for each, other in ((limit, stop), (stop, limit)):
            if not each.is_over:
                assert each.resting.quantity - each.resting.filled + sold <= quantity
            assert each.resting.filled <= each.resting.quantity or other.is_over
