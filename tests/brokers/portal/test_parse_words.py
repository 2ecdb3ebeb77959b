"""One meaning for each of the broker's spellings, and none for those nobody knows."""

from datetime import UTC, datetime

import pytest

from ibdesk.brokers.portal.parse import words
from ibdesk.domain.orders import OrderState, OrderType, Side, TimeInForce


@pytest.mark.parametrize(("text", "kind"), [
    ("LIMIT", OrderType.LIMIT), ("Limit", OrderType.LIMIT), ("LMT", OrderType.LIMIT), ("MARKET", OrderType.MARKET),
    ("Stop Limit", OrderType.STOP_LIMIT), ("STOP_LIMIT", OrderType.STOP_LIMIT), ("stop", OrderType.STOP),
    ("trailing_stop", OrderType.TRAILING), ("TRAIL", OrderType.TRAILING), ("TRAILING_STOP_LIMIT", None),
    ("marketonclose", OrderType.MARKET_ON_CLOSE), ("Limit on Close", OrderType.LIMIT_ON_CLOSE), ("MIDPRICE", None),
    ("", None), (None, None),
])
def test_order_types_in_all_their_spellings(text: str | None, kind: OrderType | None) -> None:
    assert words.order_type_of(text) is kind


def test_what_an_order_is_sent_as_is_read_back() -> None:
    assert {kind: words.order_type_of(text) for kind, text in words.ORDER_TYPES.items()} == {
        kind: kind for kind in OrderType
    }


@pytest.mark.parametrize(("text", "state"), [
    ("Inactive", OrderState.INACTIVE), ("PendingSubmit", OrderState.PENDING), ("PreSubmitted", OrderState.HELD),
    ("pre_submitted", OrderState.HELD), ("Submitted", OrderState.WORKING), ("Filled", OrderState.FILLED),
    ("PendingCancel", OrderState.CANCELLING), ("PreCancelled", OrderState.CANCELLING),
    ("Cancelled", OrderState.CANCELLED), ("WarnState", None), ("SomethingNew", None), ("", None),
])
def test_states_and_none_for_a_status_nobody_documented(text: str, state: OrderState | None) -> None:
    assert words.state_of(text) is state


def test_sides_and_times_in_force() -> None:
    assert [words.side_of(text) for text in ("B", "BUY", "BOT", "S", "SLD", "EXER", None)] == [
        Side.BUY, Side.BUY, Side.BUY, Side.SELL, Side.SELL, None, None,
    ]
    assert [words.tif_of(text) for text in ("CLOSE", "DAY", "GTC", "IOC", "OPG", "OVT")] == [
        TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.OPG, None,
    ]


@pytest.mark.parametrize(("text", "at"), [
    ("260401234047", datetime(2026, 4, 1, 23, 40, 47, tzinfo=UTC)),
    ("20231211-18:00:49", datetime(2023, 12, 11, 18, 0, 49, tzinfo=UTC)),
    (260401234047, datetime(2026, 4, 1, 23, 40, 47, tzinfo=UTC)),
    ("269901000000", None), ("soon", None), (None, None),
])
def test_times_are_utc_in_both_forms(text: object, at: datetime | None) -> None:
    assert words.short_instant(text) == at
