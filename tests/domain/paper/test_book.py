"""The account as a value: it goes through text and comes back, and forgets old prints without losing a cent."""

from datetime import timedelta

import msgspec

from ibdesk.domain.orders import Exits, OrderRef, OrderType, Side, Trail
from ibdesk.domain.paper import expiry
from ibdesk.domain.paper.book import Instruction, PaperBook, told, trimmed
from ibdesk.domain.paper.ledger import replayed
from ibdesk.domain.paper.venue import with_mark
from tests.domain.paper.market import LOCAL, NOON, SHARE, D, at, book, later, looked, option, placed, ticket

CALL, HIGHER = option(100), option(105)


def full() -> PaperBook:
    """With a bit of everything."""
    held = placed(book(), ticket((SHARE, Side.BUY), quantity=D(150), limit=D(100), exits=Exits(take_profit=D(120))))
    held = looked(held, {SHARE: at("99", "100", sizes=60)})
    held = placed(held, ticket((CALL, Side.BUY), (HIGHER, Side.SELL), quantity=D(2), limit=D(2)), "combo")
    held = looked(held, {CALL: at("3", "3.1"), HIGHER: at("2", "2.1")}, later(1))
    held = placed(held, ticket((SHARE, Side.SELL), order_type=OrderType.TRAILING, trail=Trail(amount=D(1))), "trail")
    return expiry.instructed(held, Instruction(instrument=CALL, quantity=D(1), at=NOON))


def test_it_goes_through_text_and_comes_back_the_same() -> None:
    held = full()
    assert msgspec.json.decode(msgspec.json.encode(held), type=PaperBook) == held


def test_old_prints_and_orders_are_forgotten_and_their_sum_is_kept() -> None:
    held = full()
    short = trimmed(held, later(0.5))
    assert [fill.execution.ref for fill in short.fills] == ["combo", "combo"]
    assert replayed(short.base, short.fills) == short.ledger == held.ledger
    assert short.by_ref(OrderRef("r1")) is not None, "it still works"
    assert trimmed(held, NOON - timedelta(days=1)) is held


def test_a_finished_order_is_kept_while_a_child_of_it_works() -> None:
    held = looked(
        placed(book(), ticket((SHARE, Side.BUY), order_type=OrderType.MARKET, exits=Exits(take_profit=D(120)))),
        {SHARE: at("99", "100")},
    )
    assert len(trimmed(held, NOON + timedelta(days=40)).orders) == 1 + 1


def test_orders_are_found_by_our_id_and_by_theirs() -> None:
    held = full()
    order = held.by_ref(OrderRef("combo"))
    assert order is not None
    report = told(held, order)
    assert report.account == LOCAL and held.by_id(report.id) == order and held.by_id(None) is None
    assert report.label.count("/") == 1


def test_a_mark_is_found_by_its_contract() -> None:
    held = with_mark(with_mark(book(), SHARE.conid, D(50)), CALL.conid, D(3))
    marks = held.mark(SHARE.conid), held.mark(CALL.conid)
    assert [mark and mark.price for mark in marks] == [50, 3] and held.mark(HIGHER.conid) is None
