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
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, worst
from ibdesk.domain.money import USD, Currency
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
    working,
)
from tests.domain.compliance.sample import book, option, stock


def codes(findings: tuple[Finding, ...]) -> set[Code]:
    return {each.code for each in findings}


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


def in_francs(equity: str, rates: dict[Currency, Decimal]) -> Context:
    return context(summary=summary(equity, currency=Currency("CHF"), total_cash=Decimal(500)), rates=rates)


def test_two_thousand_dollars_are_compared_with_the_equity_in_dollars() -> None:
    francs = {USD: Decimal("0.80")}
    borrowing = buying(stock(), quantity=30)
    told = found(check_funds(case(borrowing, in_francs("1500", francs))), Code.MIN_EQUITY_2000)
    assert (told.severity, told.measured) == (Severity.BLOCK, Decimal(1875))
    assert told.sentence.startswith("Equity of CHF\N{NO-BREAK SPACE}1,500 ($1,875) is below the $2,000 that borrowing")
    assert Code.MIN_EQUITY_2000 not in codes(check_funds(case(borrowing, in_francs("1600", francs))))
    enough = check_funds(case(borrowing, in_francs("1900", {USD: Decimal("0.95")})))
    assert Code.MIN_EQUITY_2000 not in codes(enough)


def test_without_an_exchange_rate_the_two_thousand_dollars_are_asked_about() -> None:
    for rates in ({}, {USD: Decimal(0)}):
        naked = replace(in_francs("1500", rates), what_if=None)
        told = found(check_funds(case(selling(option("95P"), limit="1.00"), naked)), Code.MIN_EQUITY_2000)
        assert told.severity is Severity.CONFIRM and told.remedy
        assert "no exchange rate for USD" in told.sentence


def test_the_day_trade_minimum_is_compared_with_the_equity_in_dollars() -> None:
    for rate, word in ((Decimal("1.05"), "with $24,761.90 of equity, below $25,000"),
                       (None, "with equity not known in dollars")):  # fmt: skip
        seen = context(summary=summary("26000", currency=Currency("EUR"), day_trades_remaining=(1, *(None,) * 4)),
                       rates={} if rate is None else {USD: rate})  # fmt: skip
        assert word in found(check_counts(case(seen=seen)), Code.DT_LEGACY_LAST).sentence
    rich = context(summary=summary("26000", currency=Currency("EUR"), day_trades_remaining=(1, *(None,) * 4)),
                   rates={USD: Decimal("0.9")})  # fmt: skip
    assert Code.DT_LEGACY_LAST not in codes(check_counts(case(seen=rich)))


def test_cash_of_another_currency_secures_a_put_by_its_rate() -> None:
    put = selling(option("95P"), limit="1.00")
    for rate, is_secured in ((Decimal("0.80"), True), (Decimal("1.10"), False)):
        francs = summary("9500", MarginType.CASH, currency=Currency("CHF"))
        told = check_level(case(put, context(summary=francs, rates={USD: rate})))
        blocked = [each.sentence for each in told if each.code is Code.CASH_ACCOUNT]
        assert blocked == ([] if is_secured else [f"A cash account cannot hold the short put {option('95P').label} "
                                                  "without $9,500 in cash."])  # fmt: skip


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


def test_cover_that_a_working_order_sells_is_asked_about() -> None:
    short = option("105C")
    sale = working(selling(stock(), quantity=100), quantity=100)
    for held, of in (
        (book((stock(), 100), (CALL, 1), (short, -1)), selling()),
        (book((stock(), 100)), selling(short)),
    ):
        still = context(book=held)
        assert not [each for each in check_level(case(of, still)) if each.code is Code.NAKED_RESULT]
        (said,) = [each for each in check_level(case(of, replace(still, working=(sale,))))
                   if each.code is Code.NAKED_RESULT]  # fmt: skip
        assert said.severity is Severity.CONFIRM
        assert "nothing covers" in said.sentence
    naked = check_level(case(selling(short), context(book=book(), working=(sale,))))
    assert sum(each.code is Code.NAKED_RESULT for each in naked) == 1, "what it bares itself is told once"
