import pytest

from ibdesk.brokers.tws.words import plain


@pytest.mark.parametrize(("code", "text", "told"), [
    (201, "Order rejected - reason:YOUR ACCOUNT HAS A MINIMUM", "The broker refused it: YOUR ACCOUNT HAS A MINIMUM"),
    (201, "Order rejected - reason:", "The broker refused it and gave no reason."),
    (202, "Order Canceled - reason:", "Cancelled."),
    (202, "Order Canceled - reason: expired at the close", "Cancelled: expired at the close"),
    (399, "Order Message:\nBUY 1 AAPL NASDAQ.NMS\nWarning: your order waits until 09:30",
     "The broker remarks: BUY 1 AAPL NASDAQ.NMS Warning: your order waits until 09:30"),
    (10147, "OrderId 7 that needs to be cancelled is not found.", "TWS does not know this order any more."),
    (10148, "OrderId 7 that needs to be cancelled cannot be cancelled, state: Filled.",
     "It can be cancelled no more: it is filled."),
    (10148, "no state named", "It can be cancelled no more: it is over."),
    (110, "The price does not conform to the minimum price variation for this contract.",
     "The price is between two steps of this contract’s prices: choose one on the grid."),
    (387, "Unsupported order type", "Unsupported order type"),
    (9999, " ", "TWS refused it (9999)."),
])  # fmt: skip
def test_what_tws_says_of_an_order_by_number_becomes_one_plain_line(code: int, text: str, told: str) -> None:
    assert plain(code, text) == told
