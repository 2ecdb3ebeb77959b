"""The WebSocket's messages, in every form they were seen in."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.brokers.portal.parse import stream as parse
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.session import SessionFlags

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


def read(frame: str) -> parse.Message | None:
    return parse.message(frame.encode(), NOW)


def test_greeting_waiting_and_heartbeat_are_told_apart() -> None:
    assert read('{"topic":"system","success":"someone","isFT":false,"isPaper":true}') == parse.Greeting(True)
    assert read('{"topic":"system","hb":1594677336001}') == parse.Heartbeat()
    assert read('{"message":"waiting for session"}') == parse.WaitingForSession()


@pytest.mark.parametrize("frame", [
    "ech+hb", "", "[]", '"text"', '{"topic":"tic","alive":true,"id":"1","lastAccessed":1}', '{"topic":"act","args":{}}',
    '{"topic":"ntf","args":[{"id":"x"}]}', '{"topic":"blt","args":{"id":"x"}}', '{"topic":"sts"}', '{"topic":"spl"}',
    '{"result":"unsubscribed from summary"}', '{"topic":"sor","args":[]}', '{"topic":"sts","args":"odd"}', "{broken",
])
def test_what_does_not_concern_us_is_passed_over(frame: str) -> None:
    assert read(frame) in (None, parse.SessionNews(None, None, ""))


def test_a_tick_has_only_what_changed() -> None:
    tick = read('{"topic":"smd+265598","server_id":"q6","conid":265598,"_updated":1593524408296,"6509":"RpB",'
                '"31":"382.89","83":0.04}')
    assert isinstance(tick, Quote)
    assert (tick.conid, tick.last, tick.change_percent) == (265598, Decimal("382.89"), Decimal("0.04"))
    assert (tick.delay, tick.bid) == (Delay.LIVE, None)


def test_session_news_replaces_only_what_it_mentions() -> None:
    ready = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, server="J")
    competing = read('{"topic":"sts","args":{"competing":true}}')
    lost = read('{"topic":"sts","args":{"authenticated":false,"message":"bye"}}')
    assert isinstance(competing, parse.SessionNews) and isinstance(lost, parse.SessionNews)
    assert competing.onto(ready).competing and competing.onto(ready).authenticated
    after = lost.onto(ready)
    assert (after.authenticated, after.established, after.message, after.server) == (False, False, "bye", "J")


def test_pnl_comes_by_account_with_exponents_and_nan() -> None:
    news = read('{"topic":"spl","args":{"DU1000001.Core":{"rowType":1,"dpl":-57520.0,"nl":2.02E8,"upl":NaN,'
                '"uel":1000.0}}}')
    assert isinstance(news, parse.PnlNews)
    row = news.rows[AccountId("DU1000001")]
    assert (row.daily, row.net_liquidation, row.unrealized, row.excess_liquidity) == (-57520, 202000000, None, 1000)


@pytest.mark.parametrize("frame", ['{"error":"nope","code":3,"topic":"error"}', '{"error":"nope"}', '{"error":5}'])
def test_a_complaint_is_a_complaint_whatever_its_shape(frame: str) -> None:
    assert isinstance(read(frame), parse.Complaint)
