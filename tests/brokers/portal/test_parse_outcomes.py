"""The three shapes of an answer to an order, and what is none of them."""

import pytest

from ibdesk.brokers.portal.parse.outcomes import Taken, answer, plain_words, requested, taken
from ibdesk.domain.errors import BadData
from ibdesk.domain.orders import OrderId, OrderRef, OrderState, Question, Questions, Rejected
from tests.brokers.door import LUNCH
from tests.brokers.portal.tickets import stock


def test_a_taken_order_has_its_id_as_text_or_number() -> None:
    assert answer(b'[{"order_id":"123","order_status":"PreSubmitted","encrypt_message":"1"}]') == (
        Taken(id=OrderId("123"), status="PreSubmitted"),
    )
    assert answer(b'{"order_id":123,"order_status":"Submitted"}') == (Taken(id=OrderId("123"), status="Submitted"),)


def test_a_question_is_told_in_plain_words_each_under_its_id() -> None:
    body = (
        b'[{"id":"07a1","message":["<h4>Careful</h4>No <b>data</b> &amp; more.<br/>Sure?","Size?"],'
        b'"isSuppressed":false,"messageIds":["o354"]}]'
    )
    assert answer(body) == Questions(reply="07a1", questions=(
        Question(id="o354", text="Careful\nNo data & more.\nSure?"), Question(id="", text="Size?"),
    ))


def test_an_unknown_question_and_one_of_an_old_gateway_are_kept_as_text() -> None:
    assert answer(b'[{"id":"1","message":"Really?"}]') == Questions(
        reply="1", questions=(Question(id="", text="Really?"),)
    )
    found = answer(b'[{"id":"1","message":["What is 5 < 6?"],"messageIds":["zz9"]}]')
    assert found == Questions(reply="1", questions=(Question(id="zz9", text="What is 5 < 6?"),))


def test_a_refusal_is_the_brokers_words() -> None:
    assert answer(b'{"error":"No trading permissions.","action":"order_cannot_be_created"}') == Rejected(
        text="No trading permissions."
    )
    assert answer(b'[{"error":"No."},{"error":"Neither."}]') == Rejected(text="No.")


def test_one_child_may_be_refused_while_its_parent_is_taken() -> None:
    found = answer(b'[{"order_id":"1","order_status":"Submitted"},{"error":"Too far away"}]')
    assert isinstance(found, tuple)
    assert found[1] == Taken(id=None, status="", error="Too far away")
    child = taken(stock(), found[1], LUNCH, parent=OrderRef("r1"))
    assert (child.state, child.message, child.parent) == (OrderState.REFUSED, "Too far away", "r1")


@pytest.mark.parametrize("body", [b"[]", b"{}", b"[{}]", b'[{"order_status":"Submitted"}]', b'[{"order_id":', b"5"])
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadData):
        answer(body)


def test_a_status_nobody_knows_is_shown_as_it_is() -> None:
    order = taken(stock(), Taken(id=OrderId("1"), status="Levitating"), LUNCH, ref=OrderRef("r1"))
    assert order.state is OrderState.UNKNOWN and "Levitating" in order.message
    assert taken(stock(), Taken(id=OrderId("1"), status=""), LUNCH).state is OrderState.PENDING
    assert taken(stock(), None, LUNCH).state is OrderState.UNKNOWN


def test_a_cancel_is_taken_only_when_the_broker_says_so() -> None:
    requested(b'{"msg":"Request was submitted","order_id":602801486,"conid":-1,"account":null}')
    for body in (b"{}", b"[]", b'{"conid":1}', b"<html>"):
        with pytest.raises(BadData):
            requested(body)


def test_markup_goes_and_words_stay() -> None:
    assert plain_words("<p>One</p><ul><li>Two</li></ul>a &lt; b") == "One\nTwo\na < b"
