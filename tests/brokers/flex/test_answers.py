from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.brokers.flex.answers import Accepted, Failed, Whole, read_answer
from ibdesk.brokers.statements import Period
from ibdesk.demo.flex import HTML, ODDITIES
from ibdesk.domain.errors import BadData, Cause, DeskError, Unavailable

GO_AHEAD = b"""<FlexStatementResponse timestamp='07 March, 2026 05:12 AM EST'>
<Status>Success</Status><ReferenceCode>1234567890</ReferenceCode>
<%s>https://gdcdyn.interactivebrokers.com/x</%s></FlexStatementResponse>"""
STATEMENT = (b'<FlexQueryResponse queryName="a" type="AF"><FlexStatements count="1"><FlexStatement accountId="U1234567"'
             b' fromDate="%s" toDate="%s"></FlexStatement></FlexStatements></FlexQueryResponse>')  # fmt: skip
WEEK = Period(first=date(2026, 3, 2), last=date(2026, 3, 6))


@pytest.mark.parametrize("tag", [b"Url", b"url", b"URL"])
def test_a_go_ahead_names_its_reference_and_place(tag: bytes) -> None:
    wanted = Accepted(reference="1234567890", url="https://gdcdyn.interactivebrokers.com/x")
    assert read_answer(200, GO_AHEAD % (tag, tag)) == wanted


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_refusal_is_one_whatever_the_status(status: int) -> None:
    body = (b"<?xml version='1.0'?><!-- x --><FlexStatementResponse timestamp='at noon'><Status>Warn</Status>"
            b"<ErrorCode>1019</ErrorCode><ErrorMessage>Please wait.</ErrorMessage></FlexStatementResponse>")
    assert read_answer(status, body) == Failed(number=1019, words="Please wait.")


@pytest.mark.parametrize(("first", "last", "told"), [
    (b"20260302", b"20260306", WEEK), (b"2026-03-02", b"2026-03-06", WEEK), (b"02/03/2026", b"06/03/2026", None),
    (b"20260399", b"20260306", None),
])  # fmt: skip
def test_a_statement_is_kept_as_it_is_with_the_days_it_names(first: bytes, last: bytes, told: Period | None) -> None:
    body = STATEMENT % (first, last)
    assert read_answer(200, body) == Whole(content=body, told=told)


def test_an_empty_statement_is_one() -> None:
    for body in (b"<FlexQueryResponse />", b"\xef\xbb\xbf<FlexQueryResponse></FlexQueryResponse>\n"):
        assert read_answer(200, body) == Whole(content=body, told=None)


@pytest.mark.parametrize("body", [
    STATEMENT[:-5], b"<FlexQueryResponse>", ODDITIES["bomb"][1], ODDITIES["not_xml"][1], ODDITIES["other_xml"][1], b"",
    b"<FlexStatementResponse><Status>Success</Status></FlexStatementResponse>",
    b"<FlexStatementResponse><Status>Success</Status><ReferenceCode>a/../b?x</ReferenceCode></FlexStatementResponse>",
    b"<FlexStatementResponse><ErrorCode>many</ErrorCode></FlexStatementResponse>",
    b"<FlexStatementResponse>" + b" " * 70_000 + b"</FlexStatementResponse>",
    b"<?xml version='1.0' encoding='martian'?><FlexStatementResponse></FlexStatementResponse>",
    b"<!DOCTYPE x SYSTEM 'file:///etc/hostname'><FlexQueryResponse></FlexQueryResponse>",
])  # fmt: skip
def test_what_cannot_be_read_is_bad_data(body: bytes) -> None:
    with pytest.raises(BadData) as caught:
        read_answer(200, body)
    assert caught.value.cause is Cause.BAD_ANSWER


@pytest.mark.parametrize(("status", "body"), [(200, HTML), (503, HTML), (500, b""), (200, b"  <html>down</html>")])
def test_a_web_page_means_out_of_service(status: int, body: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        read_answer(status, body)
    assert caught.value.cause is Cause.MAINTENANCE


def test_a_query_that_gives_no_xml_is_told_from_everything_else() -> None:
    with pytest.raises(BadData, match="not XML") as caught:
        read_answer(200, ODDITIES["csv"][1])
    assert caught.value.cause is Cause.FLEX_QUERY


@given(st.sampled_from([200, 302, 404, 500]), st.one_of(st.binary(max_size=200), st.builds(
    lambda head, tail: head + tail,
    st.sampled_from([b"<FlexQueryResponse", b"<FlexStatementResponse>", b"<?xml?>", b"<!--"]), st.binary(max_size=60),
)))  # fmt: skip
def test_any_bytes_are_an_answer_or_an_error_of_ours(status: int, body: bytes) -> None:
    try:
        read_answer(status, body)
    except DeskError as error:
        assert error.remedy
