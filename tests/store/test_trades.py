from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderId, OrderRef, OrderRoute, OrderState
from ibdesk.domain.records import TradingLock
from ibdesk.store import order_tables, schema, trades
from tests.store.examples import MAIN, NOW
from tests.store.order_examples import TICKET, fill, intent, order

Run = Callable[..., Any]
DEMO = Environment.DEMO


def test_an_intent_comes_back_exactly(in_transaction: Run) -> None:
    assert in_transaction(trades.add_intent, intent(1), "draft-1") is None
    assert in_transaction(trades.load_intents, Mode.DEMO) == (intent(1),)
    assert in_transaction(trades.load_intents, Mode.IBKR_LIVE) == ()
    assert in_transaction(trades.load_intents, Mode.DEMO, intent(1).at) == (intent(1),)
    assert in_transaction(trades.load_intents, Mode.DEMO, NOW + timedelta(seconds=2)) == ()


def test_the_way_an_order_went_is_known_and_the_oldest_went_through_the_portal(in_transaction: Run) -> None:
    in_transaction(trades.add_intent, intent(1), "draft-1")
    in_transaction(trades.add_intent, replace(intent(2), route=OrderRoute.TWS), "draft-2")
    in_transaction(_add_of_before_there_were_ways)
    ways = {OrderRef("ref-1"): OrderRoute.PORTAL, OrderRef("ref-2"): OrderRoute.TWS, OrderRef("old"): OrderRoute.PORTAL}
    assert in_transaction(trades.routes, Mode.DEMO) == ways
    assert in_transaction(trades.routes, Mode.IBKR_LIVE) == {}
    assert {each.route for each in in_transaction(trades.load_intents, Mode.DEMO)} == set(OrderRoute)


def _add_of_before_there_were_ways(tx: Any) -> None:
    tx.execute(text(
        "INSERT INTO order_intents (ref, draft_id, account_id, mode, at, body) SELECT 'old', 'draft-0', account_id, "
        "mode, at, json_remove(body, '$.route') FROM order_intents WHERE ref = 'ref-1'"
    ))  # fmt: skip


def test_a_draft_sent_twice_stays_the_intent_it_became_first(in_transaction: Run) -> None:
    in_transaction(trades.add_intent, intent(1), "draft-1")
    assert in_transaction(trades.add_intent, intent(2), "draft-1") == intent(1)
    assert in_transaction(trades.load_intents, Mode.DEMO) == (intent(1),)


@pytest.mark.parametrize("change", ["UPDATE order_intents SET mode = 'ibkr_live'", "DELETE FROM order_intents"])
def test_an_intent_is_never_changed_or_deleted(in_transaction: Run, change: str) -> None:
    in_transaction(trades.add_intent, intent(1), "draft-1")
    with pytest.raises(IntegrityError, match="append-only"):
        in_transaction(lambda tx: tx.execute(text(change)))


def test_an_order_that_learns_its_number_stays_one_order(in_transaction: Run) -> None:
    in_transaction(trades.save_orders, [order(1, id=None)], DEMO)
    in_transaction(trades.save_orders, [order(1)], DEMO)
    assert in_transaction(trades.load_orders, DEMO) == (order(1),)
    exit_order = order(2, ref=None, id=None, parent=OrderRef("ref-1"), label="take profit")
    in_transaction(trades.save_orders, [exit_order], DEMO)
    in_transaction(trades.save_orders, [replace(exit_order, id=OrderId("77"))], DEMO)
    assert {each.id for each in in_transaction(trades.load_orders, DEMO)} == {"1", "77"}


def test_an_order_from_elsewhere_is_known_by_the_brokers_number(in_transaction: Run) -> None:
    in_transaction(trades.save_orders, [order(9, ref=None)], DEMO)
    in_transaction(trades.save_orders, [order(9, state=OrderState.FILLED, filled=Decimal(2))], DEMO)
    found = in_transaction(trades.load_orders, DEMO)
    assert [(each.ref, each.state) for each in found] == [("ref-9", OrderState.FILLED)]


def test_an_order_number_that_comes_again_takes_no_other_order_away(in_transaction: Run) -> None:
    in_transaction(trades.save_orders, [order(1)], DEMO)
    in_transaction(trades.save_orders, [order(2, id=order(1).id)], DEMO)
    assert {each.ref for each in in_transaction(trades.load_orders, DEMO)} == {"ref-1", "ref-2"}


def test_old_orders_are_left_out_unless_they_are_still_open(in_transaction: Run) -> None:
    done = order(2, state=OrderState.CANCELLED)
    in_transaction(trades.save_orders, [order(1), done], DEMO)
    assert in_transaction(trades.load_orders, DEMO, NOW + timedelta(days=1)) == (order(1),)
    lately = replace(done, updated_at=NOW + timedelta(days=1))
    in_transaction(trades.save_orders, [lately], DEMO)
    assert in_transaction(trades.load_orders, DEMO, NOW + timedelta(days=1)) == (order(1), lately)
    intended = order(3, state=OrderState.INTENDED)
    in_transaction(trades.save_orders, [intended], DEMO)
    assert intended in in_transaction(trades.load_orders, DEMO, NOW + timedelta(days=2)), "its fate is not known"
    assert in_transaction(trades.load_orders, Environment.LIVE) == ()


def test_the_documents_columns_say_what_the_order_says(in_transaction: Run) -> None:
    in_transaction(trades.save_orders, [order(1, state=OrderState.FILLED, filled=Decimal(2))], DEMO)
    columns = "order_id, status, symbol, filled_quantity, filled_at IS NOT NULL"
    row = in_transaction(lambda tx: tx.execute(text(f"SELECT {columns} FROM ibkr_orders")).one())  # noqa: S608
    assert tuple(row) == ("1", "filled", "S612", "2", 1)


def test_a_print_is_stored_once_and_told_again_only_when_something_is_new(in_transaction: Run) -> None:
    assert in_transaction(trades.save_fills, [fill(), fill()]) == (fill(),)
    assert in_transaction(trades.save_fills, [fill(commission="1.05")]) == (fill(commission="1.05"),)
    assert in_transaction(trades.save_fills, [fill()]) == ()
    assert in_transaction(trades.earlier_words, fill().execution.exec_id) == (), "a commission corrects no print"
    assert in_transaction(trades.load_fills, MAIN) == (fill(commission="1.05"),)
    assert in_transaction(trades.load_fills, AccountId("DU9999999")) == ()


def test_corrections_count_and_what_they_corrected_is_kept(in_transaction: Run) -> None:
    first, corrected = fill(), fill("0000e0d5.67a3b2c1.01.02", price="1.30")
    in_transaction(trades.save_fills, [first, corrected])
    assert in_transaction(trades.load_fills, MAIN) == (corrected,)
    assert in_transaction(lambda tx: tx.execute(text("SELECT count(*) FROM executions")).scalar()) == 2
    in_transaction(trades.save_fills, [replace(first, execution=replace(first.execution, price=Decimal("1.26")))])
    assert in_transaction(trades.earlier_words, first.execution.exec_id) == (first,)


def test_a_corrected_print_tells_all_it_was_before(in_transaction: Run) -> None:
    first, corrected = fill(), fill("0000e0d5.67a3b2c1.01.02", price="1.30")
    in_transaction(trades.save_fills, [first])
    again = replace(first, execution=replace(first.execution, price=Decimal("1.26")))
    in_transaction(trades.save_fills, [again, corrected])
    (told,) = in_transaction(trades.load_told_fills, MAIN)
    assert (told.fill, told.before) == (corrected, (first, again))
    later = replace(corrected, execution=replace(corrected.execution, price=Decimal("1.31")))
    in_transaction(trades.save_fills, [later])
    (told,) = in_transaction(trades.load_told_fills, MAIN)
    assert (told.fill, told.before) == (later, (first, again, corrected))
    corrected = later
    ref = first.execution.ref
    assert in_transaction(trades.fills_of, ref or "") == ((again, corrected) if ref else ())


def test_two_sources_telling_one_print_settle_on_one_row(in_transaction: Run) -> None:
    tws = fill(commission="1.05")
    at, rounded = tws.execution.at, tws.execution.at.replace(microsecond=0)
    tws = replace(tws, execution=replace(tws.execution, at=rounded))
    named = replace(tws.execution.instrument, symbol=f"{tws.execution.instrument.symbol} ", name="Named by the Portal")
    portal = replace(fill(), execution=replace(tws.execution, instrument=named, at=at, exchange="BYX"))
    assert len(in_transaction(trades.save_fills, [tws])) == 1
    (settled,) = in_transaction(trades.save_fills, [portal])
    assert settled.commission == tws.commission and settled.execution.at == at
    assert in_transaction(trades.save_fills, [tws, portal, tws, portal]) == ()
    assert in_transaction(trades.load_fills, MAIN) == (settled,)
    assert in_transaction(trades.earlier_words, tws.execution.exec_id) == (), "two spellings correct nothing"
    assert in_transaction(lambda tx: tx.execute(text("SELECT count(*) FROM executions")).scalar()) == 1


def test_drafts_survive_and_go_when_they_are_dropped(in_transaction: Run) -> None:
    in_transaction(trades.save_draft, "a", TICKET, NOW)
    in_transaction(trades.save_draft, "b", replace(TICKET, quantity=Decimal(3)), NOW + timedelta(seconds=1))
    in_transaction(trades.save_draft, "a", replace(TICKET, quantity=Decimal(4)), NOW + timedelta(seconds=2))
    assert [(name, found.quantity) for name, found in in_transaction(trades.load_drafts)] == [("a", 4), ("b", 3)]
    in_transaction(trades.drop_draft, "a")
    assert [name for name, _ in in_transaction(trades.load_drafts)] == ["b"]


def test_a_ticket_that_was_sent_is_no_draft_whoever_writes_it_down_late(in_transaction: Run) -> None:
    in_transaction(trades.add_intent, intent(1), "draft-1")
    in_transaction(trades.save_draft, "draft-1", TICKET, NOW)
    assert in_transaction(trades.load_drafts) == ()


def test_an_intent_without_an_order_is_found_however_old_it_is(in_transaction: Run) -> None:
    in_transaction(trades.add_intent, intent(1), "draft-1")
    in_transaction(trades.add_intent, intent(2), "draft-2")
    in_transaction(trades.save_orders, [order(2)], DEMO)
    assert in_transaction(trades.load_unwritten, Mode.DEMO) == (intent(1),)
    assert in_transaction(trades.load_unwritten, Mode.IBKR_LIVE) == ()


def test_only_what_the_broker_took_counts_as_practice(in_transaction: Run) -> None:
    states = (OrderState.FILLED, OrderState.CANCELLED, OrderState.REFUSED, OrderState.DECLINED, OrderState.UNKNOWN)
    for number, state in enumerate(states, 1):
        in_transaction(trades.add_intent, intent(number), f"draft-{number}")
        in_transaction(trades.save_orders, [order(number, state=state)], DEMO)
    in_transaction(trades.add_intent, intent(9), "draft-9")
    assert in_transaction(trades.count_taken, Mode.DEMO) == 2
    assert in_transaction(trades.count_taken, Mode.IBKR_LIVE) == 0


def test_answers_are_remembered_by_mode_and_never_for_live_ones(in_transaction: Run) -> None:
    in_transaction(trades.remember_answer, Mode.DEMO, "o354", NOW)
    in_transaction(trades.remember_answer, Mode.DEMO, "o354", NOW)
    assert in_transaction(trades.remembered, Mode.DEMO) == {"o354"}
    assert in_transaction(trades.remembered, Mode.IBKR_PAPER) == frozenset()
    for live in (Mode.IBKR_LIVE, Mode.ALPACA_LIVE):
        with pytest.raises(IntegrityError):
            in_transaction(trades.remember_answer, live, "o354", NOW)
    in_transaction(trades.remember_answer, Mode.IBKR_PAPER, "o163", NOW)
    in_transaction(trades.forget_answers, Mode.DEMO)
    assert in_transaction(trades.remembered, Mode.DEMO) == frozenset()
    assert in_transaction(trades.remembered, Mode.IBKR_PAPER) == {"o163"}, "each mode forgets its own"


def test_the_trading_lock_is_kept_for_each_mode(in_transaction: Run) -> None:
    lock = TradingLock(at=NOW, reason="Ctrl+Shift+K", until=NOW + timedelta(hours=8))
    in_transaction(trades.set_lock, Mode.LOCAL_PAPER, lock)
    assert in_transaction(trades.load_lock, Mode.LOCAL_PAPER) == lock
    assert in_transaction(trades.load_lock, Mode.IBKR_PAPER) is None
    in_transaction(trades.set_lock, Mode.IBKR_PAPER, lock)
    in_transaction(trades.set_lock, Mode.LOCAL_PAPER, None)
    assert in_transaction(trades.load_lock, Mode.LOCAL_PAPER) is None
    assert in_transaction(trades.load_lock, Mode.IBKR_PAPER) == lock, "lifting one leaves the others on"


def test_the_tables_of_trading_belong_to_the_vault() -> None:
    assert order_tables.order_intents.metadata is schema.metadata
