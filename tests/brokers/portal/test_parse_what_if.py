"""A preview's text figures: separators, sizes, ranges, sentinels, and a warning in their place."""

from decimal import Decimal

import pytest

from ibdesk.brokers.portal.parse.what_if import figures, preview
from ibdesk.domain.errors import BadData
from ibdesk.domain.orders import Impact, Question
from tests.brokers.door import LUNCH
from tests.brokers.portal.replies import reply


def test_the_recorded_preview_is_read_to_the_digit() -> None:
    found = preview(reply("what_if"), LUNCH)
    assert found.amount == Decimal("1977.60")
    assert (found.commission_from, found.commission_to, found.currency) == (1, 1, "USD")
    assert found.equity == Impact(current=Decimal(215415594), change=Decimal(-1), after=Decimal(215415593))
    assert found.initial_margin.after == 117617 and found.maintenance_margin.change == 592
    assert found.warnings == (Question(
        id="21", text="You are trying to submit an order without having market data for this instrument.\nSure?"
    ),)
    assert found.refusal == ""


def test_a_range_of_commissions_sentinels_and_gaps() -> None:
    found = preview(reply("what_if_sentinels"), LUNCH)
    assert (found.commission_from, found.commission_to) == (Decimal("1.0"), Decimal("1.1"))
    assert found.amount is None
    assert found.equity == Impact() == found.initial_margin
    assert found.maintenance_margin == Impact(current=Decimal("116965.5"))
    assert found.refusal == "The preview is not available."


@pytest.mark.parametrize(("text", "expected"), [
    ("1.0 ... 1.1 USD", ("1.0", "1.1")), ("1.0...1.1 USD", ("1.0", "1.1")), ("-1", ("-1",)),
    ("\N{MINUS SIGN}1.5", ("-1.5",)),
    ("1,005,165.5", ("1005165.5",)), (".75 USD", (".75",)), ("1.7976931348623157E308 USD", ()), ("N/A", ()), ("", ()),
    ("12 USD (10 Shares)", ("12",)),
])
def test_figures_in_text(text: str, expected: tuple[str, ...]) -> None:
    assert figures(text) == tuple(Decimal(each) for each in expected)


def test_a_question_in_place_of_figures_is_a_warning() -> None:
    found = preview(b'[{"id":"1","message":["Sure?"],"messageIds":["o163"]}]', LUNCH)
    assert found.warnings == (Question(id="o163", text="Sure?"),)
    assert found.equity == Impact() and found.amount is None


@pytest.mark.parametrize("body", [b'[{"order_id":"1","order_status":"Submitted"}]', b"[]", b"5", b'{"amount":'])
def test_what_is_no_preview_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadData):
        preview(body, LUNCH)
