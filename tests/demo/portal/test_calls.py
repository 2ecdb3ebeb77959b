"""Answers carry exact numbers, and errors come in the two envelopes."""

from decimal import Decimal

from ibdesk.demo.portal.calls import answer, complain, is_true, refuse, whole


def test_decimals_are_numbers_with_all_their_places() -> None:
    assert answer({"a": Decimal("1276061.10"), "b": Decimal("0.0066399")}).body == b'{"a":1276061.10,"b":0.0066399}'


def test_the_two_error_envelopes() -> None:
    assert refuse(401, "not authenticated").body == b'{"error":"not authenticated","statusCode":401}'
    assert complain(500, "no").body == b'{"error":"no"}'


def test_numbers_and_flags_are_read_leniently() -> None:
    assert [whole(value) for value in ("12", 12, "x", "", "-1")] == [12, 12, 0, 0, -1]
    assert [is_true(value) for value in ("true", True, "1", "false", "")] == [True, True, True, False, False]
