from dataclasses import replace
from decimal import Decimal

from ibdesk.domain.orders import OrderRef, OrderType, Trail
from ibdesk.domain.pairs import Pairing
from ibdesk.ui.orders.columns import Seen, mark_words
from ibdesk.ui.orders.details import facts_of
from ibdesk.ui.orders.pair_words import named, of_cancel, of_change
from ibdesk.ui.orders.rows import OrderRow
from tests.ui.orders.sample import NOW, SELLS_SHARES

STOP = replace(SELLS_SHARES, ref=OrderRef("p-oco2"), order_type=OrderType.STOP, limit=None, stop=Decimal(130))


def test_the_other_half_is_named_by_its_kind_and_price() -> None:
    assert named(STOP) == "stop 130.00"
    trailing = replace(STOP, order_type=OrderType.TRAILING, stop=None, trail=Trail(amount=Decimal(2), is_percent=True))
    assert "2.00 %" in named(trailing)


def test_a_change_says_what_stays_and_a_cancellation_what_is_known_of_the_broker() -> None:
    assert "keeps its size and its price" in of_change(STOP)
    assert "keeps working" in of_cancel(STOP, Pairing.KEEPS)
    assert "may cancel" in of_cancel(STOP, Pairing.MAY_CANCEL)


def test_both_are_marked_in_the_table_and_in_their_facts() -> None:
    assert mark_words(Seen(row=OrderRow(order=STOP), price=None, now=NOW)) == "OCO"
    assert dict(facts_of(STOP))["Pair"] == "the one that fills cancels the other"
    assert "Pair" not in dict(facts_of(SELLS_SHARES))
