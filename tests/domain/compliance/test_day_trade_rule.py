"""The day-trade decision: resolver oracles R1 to R14 of reference/compliance.md 0.6, and what is never blocked."""

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId, AccountSummary, MarginType
from ibdesk.domain.compliance.day_trade_rule import (
    DayTradeContext,
    check_day_trades,
    day_trading_buying_power,
    seen_from,
)  # fmt: skip
from ibdesk.domain.compliance.day_trades import begin
from ibdesk.domain.compliance.exposure import Legs
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource, resolve_regime
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, worst
from ibdesk.domain.executions import ExecId, Execution, ExecutionKind
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Side
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, book, legs, option, stock

MONDAY = date(2026, 11, 23)
OPENING = legs((option("100C"), 1))
MARGIN, CASH, PORTFOLIO = MarginType.MARGIN, MarginType.CASH, MarginType.PORTFOLIO_MARGIN


def summary_of(day: date, remaining: int | None, equity: str | None, kind: MarginType) -> AccountSummary:
    at = datetime.combine(day, time(10), NEW_YORK)
    return AccountSummary(
        account=ACCOUNT, currency=USD, as_of=at, received_at=at, margin_type=kind,
        net_liquidation=None if equity is None else Decimal(equity), day_trades_remaining=(remaining, *(None,) * 4),
    )  # fmt: skip


def round_trips(count: int, day: date) -> list[Execution]:
    at = datetime.combine(day, time(10), NEW_YORK)
    return [
        Execution(exec_id=ExecId(f"{number}{side}"), account=ACCOUNT, instrument=stock(f"S{number}"), side=side,
                  quantity=Decimal(1), price=Decimal(1), at=at.replace(minute=minute))
        for number in range(count) for minute, side in enumerate((Side.BUY, Side.SELL))
    ]  # fmt: skip


def context(
    *, day: date = MONDAY, kind: MarginType = MARGIN, equity: str | None = "10000", remaining: int | None = None,
    refused: bool = False, setting: MarginRegime | None = None, own: int = 0, held: Legs = (), broker: str = "ibkr",
    executions: tuple[Execution, ...] = (), max_loss: str | None = "100",
) -> DayTradeContext:  # fmt: skip
    policies = policies_at(day, broker)
    summary = summary_of(day, remaining, equity, kind)
    now_held = {(ACCOUNT, instrument.conid): quantity for instrument, quantity in held}
    state = begin((*round_trips(own, day), *executions), now_held, policies.day_trades, CALENDAR)
    return DayTradeContext(
        regime=resolve_regime(summary, setting, day, was_refused=refused), trades=seen_from(state, ACCOUNT, day),
        state=state, book=book(*((instrument, str(quantity)) for instrument, quantity in held)), policies=policies,
        equity=summary.net_liquidation, margin_type=kind,
        max_loss=None if max_loss is None else Decimal(max_loss),
    )  # fmt: skip


def bought(at: int = 5) -> Execution:
    """One call, bought this morning."""
    return Execution(
        exec_id=ExecId("bought"), account=ACCOUNT, instrument=option("100C"), side=Side.BUY, quantity=Decimal(1),
        price=Decimal(1), at=datetime.combine(MONDAY, time(10, at), NEW_YORK),
    )  # fmt: skip


def closing(**given: object) -> tuple[Finding, ...]:
    """Selling the call bought today."""
    held = legs((option("100C"), 1))
    return check_day_trades(
        legs((option("100C"), -1)),
        context(held=held, executions=(bought(),), **given),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("given", "severity", "code", "source"),
    [
        ({"day": date(2026, 5, 20), "remaining": 0}, Severity.BLOCK, Code.DT_LEGACY_NO_REMAINING, Source.BROKER),
        ({"day": date(2026, 6, 3), "own": 3, "equity": "24999.99"}, Severity.BLOCK, Code.DT_LEGACY_NO_REMAINING,
         Source.ESTIMATE),
        ({"day": date(2026, 6, 4), "own": 3}, Severity.CONFIRM, Code.DT_TRANSITION_UNKNOWN, Source.ESTIMATE),
        ({"remaining": 0}, Severity.BLOCK, Code.DT_LEGACY_NO_REMAINING, Source.BROKER),
        ({"remaining": -1, "own": 7}, Severity.PASS, Code.DT_INFO, Source.BROKER),
        ({"remaining": -1, "refused": True}, Severity.BLOCK, Code.DT_LEGACY_NO_REMAINING, Source.BROKER),
        ({"setting": MarginRegime.INTRADAY_MARGIN, "own": 3}, Severity.PASS, Code.DT_INFO, Source.SETTING),
        ({"remaining": 1, "setting": MarginRegime.INTRADAY_MARGIN}, Severity.CONFIRM, Code.DT_LEGACY_LAST,
         Source.BROKER),
        ({"remaining": 3, "equity": "30000", "max_loss": "5000"}, Severity.PASS, Code.DT_INFO, Source.BROKER),
        ({"kind": CASH, "equity": "5000", "remaining": 0}, Severity.PASS, Code.DT_INFO, Source.RULE),
        ({"kind": PORTFOLIO, "equity": "4000000", "remaining": -1}, Severity.PASS, Code.DT_INFO, Source.RULE),
        ({"day": date(2027, 10, 21), "own": 9}, Severity.PASS, Code.DT_INFO, Source.RULE),
        ({"day": date(2027, 10, 21), "remaining": 0}, Severity.BLOCK, Code.DT_LEGACY_NO_REMAINING, Source.BROKER),
    ],
    ids=[f"R{number}" for number in range(1, 14)],
)  # fmt: skip
def test_an_opening_order_is_judged_by_the_rule_that_binds(
    given: dict[str, object], severity: Severity, code: Code, source: Source
) -> None:
    ruling, *_ = check_day_trades(OPENING, context(**given))  # type: ignore[arg-type]
    assert (ruling.severity, ruling.code, ruling.source) == (severity, code, source)


def test_a_closing_order_is_asked_when_it_completes_a_day_trade_and_never_blocked() -> None:
    """R14."""
    ruling, *_ = closing(remaining=0)
    assert (ruling.severity, ruling.code) == (Severity.CONFIRM, Code.DT_COMPLETES)
    assert "day trade 1 of 3" in ruling.sentence


def test_closing_what_was_held_overnight_passes() -> None:
    """R14."""
    held = legs((option("100C"), 1))
    findings = check_day_trades(legs((option("100C"), -1)), context(held=held, remaining=0))
    assert worst(findings) <= Severity.NOTE


def test_the_own_count_is_always_told_and_labelled() -> None:
    """0.6, hard rule 2; R5."""
    told = check_day_trades(OPENING, context(remaining=-1, own=7))[-1]
    assert (told.source, told.code) == (Source.ESTIMATE, Code.DT_COUNT)
    assert told.sentence.startswith("Own count, old rule: 7 day trades in 5 business days")
    assert "closing this position today adds one" in told.sentence


def test_a_setting_the_broker_contradicts_is_said() -> None:
    """R8."""
    findings = check_day_trades(OPENING, context(remaining=1, setting=MarginRegime.INTRADAY_MARGIN))
    assert Code.DT_CONTRADICTION in [finding.code for finding in findings]


def test_a_difference_between_own_count_and_the_brokers_is_told() -> None:
    """0.6, hard rule 5."""
    assert "own figure 3 left, broker 1, which counts" in check_day_trades(OPENING, context(remaining=1))[-1].sentence


@pytest.mark.parametrize(("max_loss", "severity"), [("5000", Severity.PASS), ("5000.01", Severity.WARN),
                                                    (None, Severity.WARN)])  # fmt: skip
def test_above_the_minimum_it_warns_when_the_loss_could_reach_below(max_loss: str | None, severity: Severity) -> None:
    """R9."""
    ruling, *_ = check_day_trades(OPENING, context(remaining=3, equity="30000", max_loss=max_loss))
    assert ruling.severity is severity


def test_portfolio_margin_below_five_million_is_told_of_its_intraday_margin() -> None:
    """R11."""
    assert "$5,000,000" in check_day_trades(OPENING, context(kind=PORTFOLIO, equity="4000000"))[0].sentence
    assert "5,000,000" not in check_day_trades(OPENING, context(kind=PORTFOLIO, equity="5000000"))[0].sentence


def test_in_transition_a_person_may_ask_for_a_block() -> None:
    wary = replace(context(own=3), blocks_in_transition=True)
    assert check_day_trades(OPENING, wary)[0].severity is Severity.BLOCK
    assert check_day_trades(OPENING, context(own=2))[0].severity is Severity.PASS
    assert check_day_trades(OPENING, context(own=3, equity="25000"))[0].severity is Severity.PASS
    assert check_day_trades(OPENING, context(own=3, equity=None))[0].severity is Severity.CONFIRM


def test_unknown_equity_with_an_own_count_alone_is_asked_and_not_blocked() -> None:
    asked, *_ = check_day_trades(OPENING, context(day=date(2026, 6, 3), own=3, equity=None))
    assert asked.severity is Severity.CONFIRM
    assert "with equity not reported" in asked.sentence


def test_a_broker_that_rejects_no_opening_orders_is_not_said_to() -> None:
    asked, *_ = check_day_trades(OPENING, context(remaining=0, broker="alpaca"))
    assert (asked.severity, asked.code) == (Severity.CONFIRM, Code.DT_LEGACY_NO_REMAINING)


def test_an_order_proved_to_lower_risk_is_asked_at_most() -> None:
    assert check_day_trades(OPENING, context(remaining=0), lowers_risk=True)[0].severity is Severity.CONFIRM


def test_futures_are_not_counted() -> None:
    (only,) = check_day_trades(legs((stock("ES", AssetClass.FUTURE), 1)), context(remaining=0))
    assert only.severity is Severity.PASS


def test_a_roll_opens_and_completes_at_once() -> None:
    held = legs((option("100C"), 1))
    roll = legs((option("100C"), -1), (option("105C"), 1))
    findings = check_day_trades(roll, context(held=held, executions=(bought(),), remaining=0))
    assert findings[0].severity is Severity.BLOCK
    assert "this order adds 1" in findings[-1].sentence


def test_the_remedy_says_when_a_day_trade_comes_free() -> None:
    """1.5: three made today, the window moves on in five business days."""
    assert "in five business days" in check_day_trades(OPENING, context(day=date(2026, 6, 3), own=3))[0].remedy


@pytest.mark.parametrize("day", [date(2026, 6, 4), MONDAY, date(2027, 10, 21)])
@pytest.mark.parametrize("remaining", [None, -1, 0, 1, 2])
@pytest.mark.parametrize("own", [0, 3])
def test_since_june_2026_nothing_claims_that_the_regulator_requires_25000(
    day: date, remaining: int | None, own: int
) -> None:
    """0.6, hard rule 4."""
    for finding in check_day_trades(OPENING, context(day=day, remaining=remaining, own=own)):
        assert "FINRA" not in finding.sentence
        assert finding.citation


REGIMES = st.builds(
    lambda regime, source, remaining, refused: Regime(
        regime=regime, source=source, day_trades_remaining=remaining, by_refusal=refused
    ),
    st.sampled_from(MarginRegime), st.sampled_from(RegimeSource), st.sampled_from([None, -1, 0, 1, 5]), st.booleans(),
)  # fmt: skip


@given(regime=REGIMES, held=st.integers(-5, 5).filter(bool), share=st.integers(1, 5), traded=st.booleans(),
       equity=st.sampled_from([None, "0", "24999", "25000"]), wary=st.booleans(), own=st.integers(0, 4))  # fmt: skip
def test_an_order_that_only_closes_is_never_blocked(
    regime: Regime, held: int, share: int, traded: bool, equity: str | None, wary: bool, own: int
) -> None:
    """0.6, hard rule 1."""
    change = -min(share, abs(held)) * (1 if held > 0 else -1)
    some = context(
        held=legs((option("100C"), held)), executions=(bought(),) if traded else (), equity=equity, own=own
    )  # fmt: skip
    findings = check_day_trades(
        legs((option("100C"), change)), replace(some, regime=regime, blocks_in_transition=wary)
    )  # fmt: skip
    assert worst(findings) < Severity.BLOCK


def test_another_accounts_day_trades_do_not_count_here() -> None:
    other = context(own=3)
    assert seen_from(other.state, AccountId("DU7654322"), MONDAY).made == 0


def test_the_old_buying_power_was_four_times_the_excess() -> None:
    """0.2 item 5, B29: 30,000 of equity, 10,000 maintenance; options use the excess of 20,000 itself."""
    policies = policies_at(date(2026, 6, 3))
    assert day_trading_buying_power(Decimal(30000), Decimal(10000), policies) == 80000
    assert day_trading_buying_power(Decimal(9000), Decimal(10000), policies) == 0


def test_a_second_round_trip_completes_one_more() -> None:
    again = replace(bought(7), exec_id=ExecId("again"))
    sold = replace(bought(6), exec_id=ExecId("sold"), side=Side.SELL)
    held = legs((option("100C"), 1))
    findings = check_day_trades(
        legs((option("100C"), -1)), context(held=held, executions=(bought(), sold, again), remaining=1)
    )
    assert "day trade 2 of 3" in findings[0].sentence
    assert "this order adds 1" in findings[-1].sentence


@pytest.mark.parametrize(
    ("made_on", "words"),
    [
        ("2026-06-03", "in five business days"),
        ("2026-06-02", "in 4 business days"),
        ("2026-05-28", "in one business day"),
    ],
)
def test_the_wait_for_a_free_day_trade_is_counted_in_business_days(made_on: str, words: str) -> None:
    day = date(2026, 6, 3)
    earlier = context(day=date.fromisoformat(made_on), own=3)
    now = replace(context(day=day, own=0), state=earlier.state, trades=seen_from(earlier.state, ACCOUNT, day))
    assert words in check_day_trades(OPENING, now)[0].remedy


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"remaining": 3, "equity": "30000"}, "day trades are not limited"),
        ({"kind": CASH}, "Day-trade limits do not apply to this kind of account."),
        ({"remaining": -1}, "No limit on day trades"),
        ({"remaining": 2}, "The broker reports 2 day trades left: closing this position today would use one."),
    ],
)
def test_what_passes_says_why(given: dict[str, object], words: str) -> None:
    assert words in check_day_trades(OPENING, context(**given))[0].sentence  # type: ignore[arg-type]


def test_a_refusal_of_an_account_at_the_minimum_is_asked() -> None:
    asked, *_ = check_day_trades(OPENING, context(remaining=-1, refused=True, equity="25000"))
    assert asked.severity is Severity.CONFIRM


def test_an_exercise_today_is_told_to_be_left_out() -> None:
    exercised = replace(bought(), kind=ExecutionKind.EXERCISE)
    assert "an exercise or assignment today was not counted" in check_day_trades(
        OPENING, context(executions=(exercised,))
    )[-1].sentence  # fmt: skip


def test_equity_of_exactly_the_minimum_is_enough() -> None:
    assert check_day_trades(OPENING, context(remaining=0, equity="25000"))[0].severity is Severity.WARN
    assert check_day_trades(OPENING, context(remaining=0, equity="24999.99"))[0].severity is Severity.BLOCK
