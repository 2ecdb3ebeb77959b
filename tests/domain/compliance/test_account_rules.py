"""The rules on margin, levels and day trades are asked with what the context and the settings say."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.account_rules import (
    check_cash,
    check_counts,
    check_funds,
    check_level,
    check_margin_level,
    estimate_needed,
    estimated,
)
from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.option_levels import level
from ibdesk.domain.compliance.settlement import CashState
from ibdesk.domain.compliance.verdict import Code, Severity, Source, worst
from ibdesk.domain.orders import Impact
from ibdesk.domain.risk_settings import BrokerLevel, DayTradeChoice
from tests.domain.compliance.ready import (
    CALL,
    NOW,
    buying,
    case,
    context,
    found,
    leg,
    preview,
    selling,
    setting,
    summary,
    ticket,
)
from tests.domain.compliance.sample import book, option, stock


def test_the_level_is_the_brokers_where_told_else_the_settings() -> None:
    chosen = setting(context(), risk_broker_level=BrokerLevel.LEVEL_1)
    assert found(check_level(case(seen=chosen)), Code.LEVEL_REQUIRED).source is Source.SETTING
    told = replace(chosen, granted=level("ibkr", "Level 2"))
    assert found(check_level(case(seen=told)), Code.LEVEL_OK).source is Source.BROKER
    assert found(check_level(case(seen=context(what_if=None))), Code.LEVEL_UNKNOWN).severity is Severity.CONFIRM


def test_the_buffer_is_the_persons_share_of_net_liquidation() -> None:
    """B26 and acceptance B64: 49,000 is left of 50,000."""
    enough = setting(context(), risk_bp_buffer_pct=Decimal(98))
    assert worst(check_funds(case(seen=enough))) is Severity.PASS
    assert found(check_funds(case(seen=setting(context(), risk_bp_buffer_pct=Decimal("98.1")))),
                 Code.BP_CUSHION).severity is Severity.WARN  # fmt: skip


def test_old_figures_are_asked_about_before_closing_too_for_the_positions_may_be_old() -> None:
    old = context(book=book((CALL, 1)), summary=summary(received_at=NOW - timedelta(seconds=121)))
    assert found(check_funds(case(selling(), old)), Code.ACCOUNT_UNKNOWN).severity is Severity.CONFIRM


def test_a_required_preview_blocks_what_has_none() -> None:
    seen = setting(context(what_if=None), risk_require_preview=True)
    assert worst(check_funds(case(seen=seen))) is Severity.BLOCK


def test_the_estimate_takes_the_orders_own_price() -> None:
    """B13."""
    vertical = ticket(leg(CALL, 1), leg(option("105C"), -1), limit="1.80")
    assert estimated(case(vertical)).effect == Decimal(180)
    assert estimated(case(buying(stock(), quantity=100, limit="100.00"))).effect == Decimal(5000)  # B1


def test_an_estimate_is_made_wherever_the_preview_does_not_answer_everything() -> None:
    assert estimate_needed(case()) is None
    for seen in (context(what_if=None), context(what_if=preview(NOW - timedelta(seconds=11))),
                 context(what_if=replace(preview(), equity=Impact())), context(summary=summary("1999")),
                 context(summary=None)):  # fmt: skip
        assert estimate_needed(case(seen=seen)) is not None


def test_shares_bought_with_borrowed_money_need_two_thousand() -> None:
    small = context(summary=summary("1900", total_cash=Decimal(500)))
    assert found(check_funds(case(buying(stock(), quantity=10), small)), Code.MIN_EQUITY_2000).severity is (
        Severity.BLOCK
    )


def test_the_settings_rule_binds_where_the_broker_reports_nothing() -> None:
    silent = context(summary=summary("25100", day_trades_remaining=(None,) * 5))
    legacy = setting(silent, risk_day_trade_rule=DayTradeChoice.PDT_LEGACY)
    assert found(check_counts(case(seen=legacy)), Code.DT_LEGACY_EQUITY)  # less 105: below 25,000
    assert worst(check_counts(case(seen=setting(silent, risk_day_trade_rule=DayTradeChoice.INFO_ONLY)))) <= (
        Severity.NOTE
    )


def test_the_intraday_level_is_measured_with_the_preview() -> None:
    assert found(check_margin_level(case()), Code.IML_OK).measured == Decimal(49_000)


def test_in_a_cash_account_the_sale_of_what_was_bought_unsettled_is_asked() -> None:
    cash = context(summary=summary(kind=MarginType.CASH), cash=CashState(settled=Decimal(50)))
    assert worst(check_cash(case(buying(), cash))) is Severity.CONFIRM  # 105 of 50
    assert check_cash(case()) == ()
    held: Context = replace(cash, book=book((CALL, 1)))
    assert worst(check_cash(case(selling(), held))) is Severity.PASS
