"""What an answer means before it is read: the whole table of refusals."""

import pytest

from ibdesk.brokers.http import Answer
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import AccountsFirst, Declined, Faulted, judge
from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Unavailable

READ = "/portfolio/DU1000001/summary"
ORDERS = "/iserver/account/pnl/partitioned"
HTML = b"<!DOCTYPE html><html><body>Sorry</body></html>"


def verdict(status: int, body: bytes = b"", path: str = READ, **headers: str) -> DeskError | None:
    return judge(Answer(path=path, status=status, headers=headers, body=body))


@pytest.mark.parametrize(("status", "body", "path", "kind", "cause"), [
    (401, b"Access Denied", READ, NeedsPerson, Cause.NOT_AUTHENTICATED),
    (401, b"", ORDERS, NeedsPerson, Cause.NOT_AUTHENTICATED),
    (401, b'{"error":"not authenticated","statusCode":401}', ORDERS, Unavailable, Cause.BROKERAGE_LOST),
    (401, b'{"error":"not authenticated","statusCode":401}', READ, NeedsPerson, Cause.NOT_AUTHENTICATED),
    (200, b'{"error":"no session"}', ORDERS, NeedsPerson, Cause.NOT_AUTHENTICATED),
    (400, b'{"error":"Bad Request: no bridge","statusCode":400}', ORDERS, Unavailable, Cause.BROKERAGE_LOST),
    (200, b'{"error":"Init session first"}', ORDERS, Unavailable, Cause.BROKERAGE_LOST),
    (500, b'{"error":"Please query /accounts first"}', ORDERS, AccountsFirst, Cause.BROKERAGE_LOST),
    (404, b"Access Denied", READ, NeedsPerson, Cause.ACCESS_DENIED),
    (404, HTML, READ, Declined, Cause.BROKER_ERROR),
    (302, b"", READ, NeedsPerson, Cause.NOT_A_GATEWAY),
    (503, b"", READ, Faulted, Cause.MAINTENANCE),
    (500, b'{"error":"Internal"}', READ, Faulted, Cause.BROKER_ERROR),
    (500, HTML, READ, Faulted, Cause.BROKER_ERROR),
    (400, b'{"error":"Bad Request: accountId is not valid","statusCode":"400"}', READ, Declined, Cause.BROKER_ERROR),
    (400, b'{"type":"x","title":"Bad","status":400,"detail":"conid is wrong"}', READ, Declined, Cause.BROKER_ERROR),
    (200, b'{"error":"cannot be done"}', READ, Declined, Cause.BROKER_ERROR),
    (200, HTML, READ, BadData, Cause.BAD_ANSWER),
    (200, HTML, endpoints.TICKLE, BadData, Cause.NOT_A_GATEWAY),
    (200, b"", READ, BadData, Cause.BAD_ANSWER),
])
def test_each_refusal_is_told_apart(
    status: int, body: bytes, path: str, kind: type[DeskError], cause: Cause
) -> None:
    error = verdict(status, body, path)
    assert error is not None
    assert (type(error), error.cause) == (kind, cause)
    assert error.message.endswith(".") and error.remedy.endswith(".")


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"error": null, "rules": 1}', b'{"hmds": {"error": "no bridge"}}',
                                  b'{"error": ""}', b"[1, 2", b"5"])
def test_an_answer_is_an_answer(body: bytes) -> None:
    assert verdict(200, body) is None


def test_airplay_on_macos_is_named() -> None:
    error = verdict(403, b"", server="AirTunes/690.7.1")
    assert error is not None
    assert error.cause is Cause.NOT_A_GATEWAY
    assert "AirPlay" in error.message and "listenPort" in error.remedy


def test_the_brokers_words_are_passed_on_and_a_long_body_is_not_searched_for_them() -> None:
    said = verdict(400, b'{"error":"accountId is not valid."}')
    assert said is not None and said.message == "The broker refused: accountId is not valid."
    long = verdict(200, b'{"error":"' + b"x" * 5000 + b'"}')
    assert long is None


def test_html_is_kept_aside_for_the_audit() -> None:
    error = verdict(200, HTML)
    assert isinstance(error, BadData)
    assert error.raw == HTML
