"""All rules together: every one is asked, in order, and what lowers risk is stopped by few (oracles K14, K15)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.context import Context, Desk
from ibdesk.domain.compliance.engine import STEPS, check
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.orders import OrderIntent, OrderRef, OrderTicket
from ibdesk.domain.risk_settings import OwnLevel
from ibdesk.domain.session import Session, SessionState
from tests.domain.compliance.ready import (
    CALL,
    NOW,
    TODAY,
    buying,
    checked,
    context,
    found,
    hard,
    leg,
    market,
    quote,
    quotes,
    selling,
    setting,
    summary,
    ticket,
    working,
)  # fmt: skip
from tests.domain.compliance.sample import book, legs, option, stock

HELD = book((CALL, 5))
KILLED = Desk(session=Session(state=SessionState.READY), mode=ticket().mode, killed="pressed at 09:58")


class Broken(dict[object, object]):
    """A picture that lies about itself: reading it fails."""

    def get(self, key: object, default: object = None) -> object:
        raise RuntimeError("the picture is broken")


def test_an_order_in_order_passes_every_rule_and_may_leave() -> None:
    verdict = checked()
    assert verdict.may_send and not verdict.is_blocked
    assert verdict.checked_at == NOW


def test_every_rule_is_asked_and_not_only_up_to_the_first_that_blocks() -> None:
    """Section 10: run all checks."""
    seen = setting(context(desk=KILLED, acknowledged=(), summary=summary("1000")), risk_contracts_block=2)
    codes = {code for code, severity in hard(checked(buying(quantity=9, limit="1.055"), seen))
             if severity is Severity.BLOCK}  # fmt: skip
    assert codes >= {Code.KILL_SWITCH, Code.TICK, Code.FAT_FINGER_QTY, Code.FAT_FINGER_NOTIONAL, Code.ACK_REQUIRED}


def test_the_rules_stand_in_the_order_of_the_reference() -> None:
    """Section 10: identity, contract, structure, duplicates, market, permission, funds, day trades, expiry, texts."""
    names = [step.name for step in STEPS]
    order = ["mode, account and session", "the contracts", "price steps", "duplicates", "market hours",
             "the option level", "buying power", "day trades", "expiry", "disclosures", "the day's limits"]  # fmt: skip
    assert [name for name in names if name in order] == order
    codes = [finding.code for finding in checked().findings]
    assert codes.index(Code.SESSION) < codes.index(Code.TICK) < codes.index(Code.DUPLICATE) < codes.index(Code.BP_OK)


def test_a_partly_filled_order_that_is_changed_is_judged_by_what_is_left_of_it_and_its_size_by_the_whole() -> None:
    before = replace(working(buying(quantity=10), quantity=10), ref=OrderRef("mine"), filled=Decimal(4))
    changing = setting(context(working=(before,)), risk_contracts_block=10).without(before)
    codes = {each.code for each in checked(buying(quantity=10), changing).findings}
    assert Code.FAT_FINGER_QTY not in codes
    told = found(checked(buying(quantity=11), changing), Code.FAT_FINGER_QTY)
    assert (told.severity, told.measured) == (Severity.BLOCK, 11)
    part = setting(changing, risk_premium_block_pct=Decimal(2), risk_exposure_block_pct=Decimal(100))
    told = found(checked(buying(quantity=10), part), Code.FAT_FINGER_NOTIONAL)
    assert told.measured == Decimal("2.1"), "ten for 105 each, of 50,000"
    assert not {each.measured for each in checked(buying(quantity=10), part).findings
                if each.code is Code.BP_INSUFFICIENT}  # fmt: skip
    told = found(checked(buying(quantity=4), changing), Code.TICKET)
    assert (told.severity, told.sentence) == (Severity.BLOCK, "4 of this order are filled already.")


def test_what_is_known_to_be_filled_counts_though_the_order_shown_is_older() -> None:
    shown = replace(working(buying(quantity=10), quantity=10), ref=OrderRef("mine"))
    seen = context(working=(replace(shown, filled=Decimal(4)),)).without(shown)
    assert (seen.filled, seen.working) == (4, ())


def test_the_same_inputs_give_the_same_verdict() -> None:
    assert checked() == checked()


def test_k14_the_kill_switch_stops_opening_and_lets_closing_pass() -> None:
    assert (Code.KILL_SWITCH, Severity.BLOCK) in hard(checked(seen=context(desk=KILLED)))
    closing = checked(selling(), context(desk=KILLED, book=HELD))
    assert found(closing, Code.KILL_SWITCH).severity is Severity.NOTE
    assert not closing.is_blocked


@pytest.mark.parametrize(
    ("worse", "code"),
    [
        ({"limit": "1.055"}, Code.TICK),
        ({"limit": "0.40"}, Code.PRICE_COLLAR),
        ({"account": "DU7654322"}, Code.MODE),
    ],
)
def test_k14_a_closing_order_is_still_stopped_by_identity_tick_and_hard_collar(
    worse: dict[str, str], code: Code
) -> None:
    verdict = checked(selling(**worse), context(desk=KILLED, book=HELD))
    assert (code, Severity.BLOCK) in hard(verdict)


def test_k14_a_closing_order_is_still_stopped_by_a_duplicate() -> None:
    seen = context(desk=KILLED, book=HELD, sent=(OrderIntent(ref=OrderRef("1"), ticket=selling(), at=NOW),))
    assert (Code.DUPLICATE, Severity.BLOCK) in hard(checked(selling(), seen))


def test_k15_a_rule_that_fails_blocks_what_opens_and_asks_before_what_closes() -> None:
    broken = context(usual=Broken(), hours=Broken(), book=HELD)
    for opens, severity in ((True, Severity.BLOCK), (False, Severity.CONFIRM)):
        verdict = checked(buying() if opens else selling(), broken)
        failed = found(verdict, Code.CHECK_FAILED)
        assert failed.severity is severity
        assert "RuntimeError: the picture is broken" in failed.sentence
        assert verdict.is_blocked is opens
        assert found(verdict, Code.ACK_REQUIRED)  # the others were asked all the same


def test_k15_a_resulting_position_that_cannot_be_told_blocks_opening_and_asks_before_closing() -> None:
    broken = replace(HELD, groups=Broken())  # type: ignore[arg-type]
    assert (Code.CHECK_FAILED, Severity.BLOCK) in hard(checked(buying(), context(book=broken)))
    assert (Code.CHECK_FAILED, Severity.CONFIRM) in hard(checked(selling(), context(book=broken)))


@pytest.mark.parametrize("worse", [{"quantity": "NaN"}, {"quantity": "-1"}, {"limit": None}, {"limit": "Infinity"},
                                   {"legs": ()}])  # fmt: skip
def test_a_ticket_that_is_no_order_is_blocked_before_anything_is_reckoned(worse: dict[str, object]) -> None:
    plain = ticket()
    for name, value in worse.items():
        plain = replace(plain, **{name: Decimal(value) if isinstance(value, str) else value})  # type: ignore[arg-type]
    verdict = checked(plain, context(desk=KILLED))
    assert {code for code, _ in hard(verdict)} == {Code.TICKET, Code.KILL_SWITCH}


def test_what_is_unknown_is_not_zero_an_opening_order_is_asked_about() -> None:
    """Section 10: unknown on an opening order gives at least CONFIRM."""
    for missing, code in (
        ({"summary": None}, Code.ACCOUNT_UNKNOWN),
        ({"summary": summary(received_at=NOW - timedelta(seconds=121))}, Code.ACCOUNT_UNKNOWN),
        ({"what_if": None}, Code.BP_ESTIMATE),
        ({"quotes": {}}, Code.NO_QUOTE),
        ({"rules": {}}, Code.TICK),
        ({"daily_pnl": None}, Code.DAILY_LOSS),
        ({"day_trades": None}, Code.DT_TRANSITION_UNKNOWN),
        ({"disclosures": ()}, Code.ACK_REQUIRED),
    ):
        verdict = checked(seen=context(**missing))
        assert found(verdict, code).severity >= Severity.CONFIRM, missing
        assert not verdict.may_send


def test_figures_just_young_enough_still_count() -> None:
    assert checked(seen=context(summary=summary(received_at=NOW - timedelta(seconds=120)))).may_send


def test_figures_in_another_currency_need_a_rate() -> None:
    euro = replace(CALL, currency="EUR")
    seen = context(what_if=None)
    assert "no exchange rate for EUR" in found(checked(buying(euro), seen), Code.BP_UNKNOWN).sentence
    priced = context(what_if=None, rates={"EUR": Decimal("1.2")})
    assert found(checked(buying(euro), priced), Code.BP_ESTIMATE).measured == Decimal(126)  # 105 at 1.2


def test_the_persons_settings_reach_the_rules_on_margin_levels_and_day_trades() -> None:
    seen = context(summary=summary(day_trades_remaining=(None,) * 5))
    verdict = checked(seen=setting(seen, risk_own_level=OwnLevel.LEVEL_1, risk_bp_buffer_pct=Decimal(99)))
    assert (Code.LEVEL_REQUIRED, Severity.BLOCK) in hard(verdict)
    assert found(verdict, Code.BP_CUSHION).limit == Decimal("49500")


def test_a_cash_account_is_asked_while_its_settled_cash_is_unknown() -> None:
    seen = context(summary=summary(kind=MarginType.CASH))
    assert (Code.SETTLEMENT_FREE_RIDE, Severity.CONFIRM) in hard(checked(seen=seen))


def test_selling_the_long_leg_of_a_spread_is_no_closing_order() -> None:
    """Section 3.2, step 6: what it covered would be bare."""
    spread = book((CALL, 1), (option("105C"), -1))
    assert (Code.KILL_SWITCH, Severity.BLOCK) in hard(checked(selling(), context(desk=KILLED, book=spread)))


def test_selling_shares_that_a_working_short_call_counts_on_is_no_closing_order() -> None:
    waiting = book((stock(), 100), working=(legs((CALL, -1)),))
    seen = context(desk=KILLED, book=waiting, working=(working(selling()),))
    assert (Code.KILL_SWITCH, Severity.BLOCK) in hard(checked(selling(stock(), quantity=100, limit="100.00"), seen))
    other = book((stock(), 200), working=(legs((CALL, -1)),))
    assert not checked(selling(stock(), quantity=100, limit="100.00"), replace(seen, book=other)).is_blocked


def _anything() -> st.SearchStrategy[Context]:
    return st.builds(
        lambda **changes: context(book=HELD, **changes),
        summary=st.sampled_from([None, summary(), summary("1"), summary("-5"), summary(kind=MarginType.CASH)]),
        daily_pnl=st.sampled_from([None, Decimal(0), Decimal(-40000)]),
        what_if=st.sampled_from([None, context().what_if]), acknowledged=st.sampled_from([(), context().acknowledged]),
        live_orders=st.integers(0, 9), was_refused=st.booleans(),
        desk=st.sampled_from([KILLED, replace(KILLED, killed="")]),
        quotes=st.sampled_from([{}, context().quotes, quotes(quote(CALL, "1.00", "1.10", at=NOW - timedelta(days=1)))]),
        now=st.sampled_from([NOW, NOW + timedelta(hours=9), NOW + timedelta(days=3)]),
    )  # fmt: skip


@given(_anything(), st.integers(1, 5), st.booleans())
def test_an_order_that_closes_is_never_blocked_by_a_limit_margin_or_day_trade(
    seen: Context, quantity: int, at_market: bool
) -> None:
    """Section 10 and 0.6, hard rule 1: only identity, contract, tick, duplicate and the hard collar may."""
    closing = selling(quantity=quantity)
    verdict = check(market(closing) if at_market else closing, seen, policies_at(TODAY))
    assert not verdict.is_blocked, hard(verdict)


@given(_anything(), st.sampled_from([buying(quantity=6), ticket(leg(CALL, 1), leg(option("105C"), -1), limit="0.60")]))
def test_an_opening_order_never_leaves_unasked_while_anything_stands_against_it(
    seen: Context, opening: OrderTicket
) -> None:
    verdict = check(opening, seen, policies_at(TODAY))
    if seen.desk.killed or not seen.acknowledged or (seen.daily_pnl is not None and seen.daily_pnl < -30000
                                                     and seen.summary == summary()):  # fmt: skip
        assert verdict.is_blocked
    elif seen.summary is None or not seen.quotes or seen.daily_pnl is None:
        assert not verdict.may_send
