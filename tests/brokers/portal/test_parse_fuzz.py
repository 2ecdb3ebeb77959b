"""Whatever the wire carries about orders, it is read, left out or said to be unreadable; nothing else happens."""

import json
from contextlib import suppress

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ibdesk.brokers.portal.parse import contracts, orders, outcomes, trades, what_if
from ibdesk.domain.errors import BadData
from ibdesk.domain.instruments import Conid
from tests.brokers.door import LUNCH
from tests.brokers.portal.tickets import AAPL, option

KNOWN = {each.conid: each for each in (AAPL, option(111, "590"))}
WORDS = st.sampled_from([
    "BUY", "SELL", "S", "LIMIT", "Stop", "Filled", "Submitted", "0/5", "5", "9/1", "28812380;;;111/-1,265598/2", "NaN",
    "1.7976931348623157E308", "1E+999999", "-1E-400", "1,250.5", "DU1", "260401234047", "20261218", "C", "OPT", "BAG",
    "", "\u2212", "DEC26;JAN27", "x",
])
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.integers(-(2**70), 2**70) | FLOATS | st.sampled_from([265598, 111, 0])
NESTED = st.lists(WORDS, max_size=2) | st.dictionaries(WORDS, NUMBERS, max_size=2)
VALUES = st.none() | st.booleans() | NUMBERS | WORDS | NESTED


def names_of(kind: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


NAMES = sorted({
    *names_of(orders.Row), *names_of(trades.Row), "id", "message", "messageIds", "order_status", "error", "amount",
    "commission", "equity", "current", "warn", "right", "strike", "maturityDate", "currency", "symbol", "msg",
    "secType",
})
ROWS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12)


@settings(max_examples=300)
@given(st.lists(ROWS, max_size=3))
def test_rows_of_any_content_are_read_or_left_out(rows: list[dict[str, object]]) -> None:
    body = json.dumps(rows).encode()
    for row in orders.live(json.dumps({"orders": rows}).encode()):
        order = orders.order(row, KNOWN, {}, LUNCH)
        assert order is None or (order.quantity.is_finite() and order.filled.is_finite())
        assert all(conid > 0 for conid in orders.conids_of(row))
    for print_ in trades.rows(body):
        fill = trades.fill(print_, KNOWN)
        assert fill is None or fill.execution.quantity > 0
    assert all(each.option is not None for each in contracts.contracts(body, Conid(1)))


@settings(max_examples=300)
@given(st.lists(ROWS, max_size=3) | ROWS)
def test_answers_of_any_content_are_answers_or_unreadable(rows: object) -> None:
    body = json.dumps(rows).encode()
    for read in (outcomes.answer, outcomes.requested, lambda each: what_if.preview(each, LUNCH)):
        with suppress(BadData):
            read(body)
