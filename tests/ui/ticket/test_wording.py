"""How the ticket reads: strategies, legs, prices with their words, findings and outcomes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exposure import EMPTY
from ibdesk.domain.compliance.verdict import Code, Severity, Source
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Exits, Leg, Order, OrderState, OrderTicket, OrderType, Side, TimeInForce, Trail
from ibdesk.domain.payoff import Extreme, Line
from ibdesk.domain.ticket_aims import Aim
from ibdesk.domain.ticket_outlook import Outlook
from ibdesk.domain.ticket_prices import UnitQuote, shown
from ibdesk.ui.ticket.prospects import break_even_words, chance_words, extreme_words, greek_words
from ibdesk.ui.ticket.wording import (
    TITLES,
    closing_words,
    outcome_words,
    price_words,
    send_words,
    source_words,
    strategy_name,
    terms_words,
    title_of,
    title_words,
    typed_words,
)
from tests.domain.contracts import option
from tests.ui.ticket.samples import NOON, finding, ticket

TODAY = NOON.date()

D = Decimal


def of(*legs: tuple[str, Side]) -> OrderTicket:
    made = tuple(Leg(instrument=option(name), side=side) for name, side in legs)
    return OrderTicket(account=AccountId("DU7654321"), mode=Mode.DEMO, legs=made, quantity=D(10))


@pytest.mark.parametrize(
    ("legs", "name"),
    [
        ([("Jan 100P", Side.SELL), ("Jan 95P", Side.BUY)], "Bull put spread"),
        ([("Jan 100C", Side.BUY), ("Jan 105C", Side.SELL)], "Bull call spread"),
        ([("Jan 100C", Side.BUY)], "Long call"),
        ([("Jan 100C", Side.BUY), ("Jan 100P", Side.BUY)], "Long straddle"),
        ([("Jan 90P", Side.BUY), ("Jan 95P", Side.SELL), ("Jan 105C", Side.SELL), ("Jan 110C", Side.BUY)],
         "Short iron condor"),
        ([("Jan 100C", Side.SELL), ("Feb 100C", Side.BUY)], "Calendar"),
        ([], "Order ticket"),
    ],
)  # fmt: skip
def test_a_strategy_has_the_name_traders_give_it(legs: list[tuple[str, Side]], name: str) -> None:
    assert strategy_name(of(*legs)) == name


def test_what_it_was_picked_as_counts_only_where_the_legs_have_no_name() -> None:
    spread = of(("Jan 100C", Side.SELL), ("Jan 105C", Side.BUY))
    odd = of(("Jan 100C", Side.BUY), ("Jan 90P", Side.SELL))
    assert strategy_name(spread, "Short vertical") == "Bear call spread"
    assert strategy_name(odd, "My risk reversal") == "My risk reversal" and strategy_name(odd) == "Custom"


def test_a_closing_order_and_a_roll_are_called_so() -> None:
    put, later = ("Jan 100P", Side.BUY), ("Feb 100P", Side.SELL)
    assert title_words(of(put), Aim.CLOSE, today=TODAY) == "Close XYZ Jan 15 100 P"
    for legs in ((put, later), (later, put)):
        assert title_words(of(*legs), Aim.ROLL, today=TODAY) == "Roll XYZ Jan 15 100 P"
    assert title_words(of(put), Aim.CLOSE, today=date(2025, 6, 1)) == "Close XYZ Jan 15 ’27 100 P"
    assert title_words(of(put, later), Aim.CLOSE, today=TODAY) == "Close position"
    assert title_words(of(put), Aim.OPEN, today=TODAY) == "Long put"


def test_what_a_closing_order_leaves_is_said_in_place_of_a_payoff() -> None:
    put = option("Jan 100P")
    short = closing_words(of(("Jan 100P", Side.BUY)), replace(EMPTY, held={put.conid: D(-15)}), today=TODAY)
    assert short.startswith("Closes 10 of 15 XYZ Jan 15 100 P sold short: 5 are left. ")
    whole = closing_words(of(("Jan 100P", Side.SELL)), replace(EMPTY, held={put.conid: D(10)}), today=TODAY)
    assert whole.startswith("Closes 10 of 10 XYZ Jan 15 100 P held: nothing is left. ")


def test_greeks_in_money_have_cents_where_one_lot_makes_them_small() -> None:
    assert [greek_words(D(each), "USD") for each in ("0.314", "-1.88", "0", "-9.99", "10", "184.4")] == [
        "+$0.31", "−$1.88", "$0.00", "−$9.99", "+$10", "+$184"]


def test_shares_are_named_by_what_is_done_with_them() -> None:
    assert strategy_name(ticket(side=Side.SELL)) == "Sell SPY"


def test_a_net_price_has_its_word_and_one_legs_has_none() -> None:
    credit = shown(UnitQuote(), D("-1.88"))
    assert price_words(credit, is_combo=True) == "1.88 cr"
    assert price_words(shown(UnitQuote(), D("1.5")), is_combo=True) == "1.50 db"
    assert price_words(shown(UnitQuote(), D("1234.5")), is_combo=False) == "1234.50"
    assert price_words(shown(UnitQuote(), None), is_combo=True) == ""
    assert typed_words(D("10.500")) == "10.5"
    assert typed_words(D("1E+3")) == "1000"


def test_an_order_is_told_with_its_terms() -> None:
    spread = replace(of(("Jan 100P", Side.SELL), ("Jan 95P", Side.BUY)), limit=D("-1.88"))
    assert terms_words(spread) == "limit 1.88 cr, DAY"
    stop = replace(ticket(), order_type=OrderType.STOP_LIMIT, stop=D("4.9"), tif=TimeInForce.GTC, outside_hours=True,
                   exits=Exits(take_profit=D(120)))  # fmt: skip
    assert terms_words(stop) == "stop limit 100.00, stop 4.90, GTC, outside regular hours, with exits"
    trail = replace(ticket(), order_type=OrderType.TRAILING, limit=None, trail=Trail(amount=D(2), is_percent=True))
    assert terms_words(trail) == "trailing stop, trailing by 2 %, DAY"


def test_every_code_of_a_finding_has_a_title() -> None:
    assert set(TITLES) == set(Code)
    assert title_of(finding(Severity.PASS, Code.BP_OK)) == "Buying power"
    assert title_of(finding(Severity.NOTE, Code.DT_INFO)) == "Day-trade rule"
    assert title_of(finding(Severity.NOTE, Code.DT_COUNT)) == "Day-trade count"


def test_a_finding_names_its_source_and_rule() -> None:
    found = finding(Severity.WARN, source=Source.SETTING, citation="FINRA 4210")
    assert source_words(found) == "your setting · FINRA 4210"
    assert source_words(finding(Severity.WARN)) == ""


def test_the_button_says_whom_it_sends_to() -> None:
    assert send_words(replace(ticket(), mode=Mode.IBKR_PAPER), is_change=False) == "Send to IBKR Paper"
    assert send_words(ticket(), is_change=True) == "Change order"


@pytest.mark.parametrize("state", OrderState)
def test_every_outcome_is_told_in_a_sentence(state: OrderState) -> None:
    order = Order(account=AccountId("DU7654321"), state=state, legs=(), quantity=D(1), order_type=None, tif=None,
                  at=NOON, updated_at=NOON)  # fmt: skip
    words, tone = outcome_words(order)
    assert words and tone in ("gain", "warn", "loss")
    assert (state is OrderState.UNKNOWN) == ("looked for" in words)


def test_what_does_not_work_yet_is_not_called_working_and_a_change_is_called_one() -> None:
    order = Order(account=AccountId("DU7654321"), state=OrderState.HELD, legs=(), quantity=D(2), order_type=None,
                  tif=None, at=NOON, updated_at=NOON)  # fmt: skip
    assert outcome_words(order)[0] == "Placed; the broker holds the order until it may work."
    sent = replace(order, state=OrderState.PENDING)
    assert outcome_words(sent)[0] == "Placed; the broker has not said yet that the order works."
    works = replace(order, state=OrderState.WORKING)
    assert outcome_words(works)[0] == "Placed and working."
    assert outcome_words(works, is_change=True)[0] == "The change was taken; the order is working."
    partly = replace(works, filled=D(1))
    assert outcome_words(partly)[0] == "Placed and partly filled."
    assert outcome_words(partly, is_change=True)[0] == "The change was taken; the order is partly filled."


def test_a_spread_is_filled_for_a_credit_or_a_debit_and_one_contract_at_its_price() -> None:
    two = of(("Jan 100P", Side.SELL), ("Jan 95P", Side.BUY)).legs
    done = Order(account=AccountId("DU7654321"), state=OrderState.FILLED, legs=two, quantity=D(1), order_type=None,
                 tif=None, at=NOON, updated_at=NOON, filled=D(1), average_price=D("-0.93"))  # fmt: skip
    assert outcome_words(done)[0] == "Filled at 0.93 cr."
    assert outcome_words(replace(done, average_price=D("0.93")))[0] == "Filled at 0.93 db."
    assert outcome_words(replace(done, legs=two[:1], average_price=D("0.93")))[0] == "Filled at 0.93."


def test_extremes_and_break_evens_are_told_with_their_signs_and_unbounded_is_said() -> None:
    assert extreme_words("Max gain", Extreme(amount=D(1880), at=D(1)), "USD", sign="+") == "Max gain +$1,880"
    assert extreme_words("Max loss", Extreme(amount=None, at=None), "USD", sign="\u2212") == "Max loss unbounded"
    assert extreme_words("Max gain", Extreme(amount=D(0), at=D(1)), "USD", sign="+") == "Max gain none"
    line = Line(knots=((D(0), D(-100)), (D(100), D(-100)), (D(110), D(900))), slope=D(0))
    assert break_even_words(line) == "Break-even 101.00"
    assert break_even_words(None) == "" and chance_words(Outlook()) == ""
