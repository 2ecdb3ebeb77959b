"""Sessions, accounts, summaries, ledgers and P&L, in every form they were seen in."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.brokers.base import SignIn
from ibdesk.brokers.portal.parse import accounts as parse
from ibdesk.domain.accounts import AccountId, MarginType
from ibdesk.domain.errors import BadData
from ibdesk.domain.money import USD
from tests.brokers.portal.replies import reply

ACCOUNT = AccountId("DU1000001")
NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


def test_a_ready_session_is_ready() -> None:
    flags = parse.flags(reply("status"))
    assert flags.reachable and flags.signed_in and flags.authenticated and flags.established and flags.connected
    assert (flags.competing, flags.message, flags.server) == (False, "", "JifZ34060")


def test_an_older_status_without_established_counts_as_established() -> None:
    assert parse.flags(reply("status_without_established")).established
    assert not parse.flags(reply("status_not_established")).established


def test_a_signed_out_status_and_a_failed_one_are_told() -> None:
    assert not parse.flags(reply("status_signed_out")).authenticated
    assert parse.flags(reply("status_failed")).message.startswith("Force compete capability")


def test_the_keep_alive_carries_flags_and_the_sockets_word_and_no_bridge_is_normal_in_it() -> None:
    flags, token = parse.tickled(reply("tickle"))
    assert flags.authenticated and flags.established
    assert token == "00000000000000000000000000000001"
    assert parse.tickled(b"{}")[0].authenticated is False


def test_the_sign_in_says_paper_or_live() -> None:
    assert parse.sign_in(reply("validate_paper")) == SignIn(user_name="someone", is_paper=True)
    assert parse.sign_in(reply("validate_live")) == SignIn(user_name="12345", is_paper=False)
    assert parse.sign_in(b"{}").is_paper is None


def test_accounts_merge_what_both_sessions_know() -> None:
    first, second = parse.accounts(reply("accounts"), parse.brokerage_accounts(reply("brokerage_accounts")))
    assert (first.id, first.title, first.alias, first.currency) == (ACCOUNT, "Test User", "My desk", "USD")
    assert (first.margin_type, first.customer_type, first.entity) == (MarginType.MARGIN, "INDIVIDUAL", "IBLLC-US")
    assert (first.is_paper, first.lite) == (True, False)
    assert (second.title, second.currency, second.margin_type) == ("Pension", "EUR", MarginType.CASH)


def test_without_a_brokerage_session_the_account_tells_paper_by_itself() -> None:
    first, second = parse.accounts(reply("accounts"), parse.BrokerageAccounts())
    assert (first.is_paper, second.is_paper) == (True, False)
    assert first.lite is None


def test_an_empty_or_partial_brokerage_answer_is_accepted() -> None:
    assert parse.brokerage_accounts(b"{}").accounts is None


def test_a_summary_in_seconds_is_read_exactly() -> None:
    summary = parse.summary(reply("summary_seconds"), ACCOUNT, NOW)
    assert summary.as_of == datetime.fromtimestamp(1775169606, UTC)
    assert summary.received_at == NOW
    assert (summary.net_liquidation, summary.buying_power) == (Decimal("1005165.5"), Decimal("3979324.2"))
    assert (summary.initial_margin, summary.maintenance_margin) == (7654, 7654)
    assert (summary.cushion, summary.sma) == (Decimal("0.994598"), 989946)
    assert summary.accrued_dividend is None
    assert summary.day_trades_remaining == (3, 3, 2, -1, None)
    assert summary.margin_type is MarginType.PORTFOLIO_MARGIN


def test_a_summary_in_milliseconds_with_unset_figures_is_read() -> None:
    summary = parse.summary(reply("summary_milliseconds"), ACCOUNT, NOW)
    assert summary.as_of == datetime(2024, 4, 3, 14, 55, 5, tzinfo=UTC)
    assert (summary.currency, summary.net_liquidation) == ("EUR", Decimal("10.5"))
    assert (summary.sma, summary.total_cash) == (None, None)
    assert summary.day_trades_remaining[0] == -1


def test_a_brokers_clock_that_runs_ahead_makes_nothing_true_tomorrow() -> None:
    early = datetime(2020, 1, 1, tzinfo=UTC)
    assert parse.summary(reply("summary_seconds"), ACCOUNT, early).as_of == early


def test_the_ledger_has_a_line_per_currency_and_none_for_base() -> None:
    lines, skipped = parse.ledger(reply("ledger"), ACCOUNT, USD)
    assert skipped == ()
    assert [(line.currency, line.cash, line.rate) for line in lines] == [
        ("USD", Decimal("971869.6"), 1), ("EUR", Decimal("-42850.12"), Decimal("1.10026")),
        ("JPY", Decimal(4218000), Decimal("0.0066399")),
    ]
    assert (lines[0].interest, lines[2].interest, lines[0].realized) == (Decimal("2682.45"), None, Decimal("0.1"))


def test_cash_or_a_rate_that_is_not_told_is_never_made_up() -> None:
    body = (
        b'{"USD": {"cashbalance": 5.5}, "EUR": {"cashbalance": 7}, "CHF": {"exchangerate": 1.1},'
        b' "GBP": {"cashbalance": 1.7976931348623157e308, "exchangerate": 1.3},'
        b' "JPY": {"cashbalance": 0, "exchangerate": 0.007}}'
    )
    lines, skipped = parse.ledger(body, ACCOUNT, USD)
    assert [(line.currency, line.cash, line.rate) for line in lines] == [
        ("USD", Decimal("5.5"), 1), ("JPY", 0, Decimal("0.007"))
    ]
    assert [(each.what, each.why, each.currency) for each in skipped] == [
        ("cash in EUR", "The broker sent no exchange rate with it.", "EUR"),
        ("cash in CHF", "The broker sent no amount with it.", "CHF"),
        ("cash in GBP", "The broker sent no amount with it.", "GBP"),
    ]


def test_the_first_pnl_of_a_session_is_empty() -> None:
    assert parse.pnl(reply("pnl_first"), NOW) == {}


def test_pnl_is_by_account_and_models_inside_it_are_not_counted_twice() -> None:
    rows = parse.pnl(reply("pnl"), NOW)
    assert set(rows) == {ACCOUNT, AccountId("U3000003")}
    mine, other = rows[ACCOUNT], rows[AccountId("U3000003")]
    assert (mine.daily, mine.unrealized, mine.net_liquidation) == (Decimal("15.7"), 607, Decimal("10000.1"))
    assert (mine.excess_liquidity, mine.as_of) == (9000, NOW)
    assert (other.daily, other.unrealized, other.excess_liquidity) == (None, None, 4)


@pytest.mark.parametrize("body", [b"[]", b"nope", b"<html></html>", b'{"netliquidation": 5'])
def test_a_summary_that_is_none_is_bad_data(body: bytes) -> None:
    with pytest.raises(BadData):
        parse.summary(body, ACCOUNT, NOW)


def test_segment_letters_and_suffixes_belong_to_the_account() -> None:
    assert parse.base_account("U1000001C") == "U1000001"
    assert parse.base_account("DU1000001.Core") == "DU1000001"
