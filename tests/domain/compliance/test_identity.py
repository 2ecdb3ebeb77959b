"""Who may send: mode, account, session, locks, read only, the kill switch, and the broker's maintenance."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.context import Context, Desk
from ibdesk.domain.compliance.identity import check_identity
from ibdesk.domain.compliance.verdict import Code, Severity
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderRoute, OrderTicket
from ibdesk.domain.session import Session, SessionState
from tests.domain.compliance.ready import NOW, context, ticket

LIVE = AccountId("U7654321")
READY = Session(state=SessionState.READY)


def answers(seen: Context, of: OrderTicket | None = None, *, closes: bool = False) -> set[tuple[Code, Severity]]:
    return {(each.code, each.severity) for each in check_identity(of or ticket(), seen, lowers_risk=closes)}


def in_mode(mode: Mode, account: AccountId | None = None, **desk: object) -> Context:
    plain = context()
    seat = Desk(mode=mode, session=READY, **desk)  # type: ignore[arg-type]
    who = plain.account if account is None else replace(plain.account, id=account, is_paper=False)
    return replace(plain, desk=seat, account=who)


def live(**desk: object) -> Context:
    return in_mode(Mode.IBKR_LIVE, LIVE, **desk)


LIVE_TICKET = ticket(mode=Mode.IBKR_LIVE, account=LIVE)


def test_a_ticket_keeps_the_mode_and_account_it_was_opened_with() -> None:
    assert answers(in_mode(Mode.LOCAL_PAPER)) == {(Code.MODE, Severity.BLOCK)}
    assert answers(context(), ticket(account=AccountId("DU7654322"))) == {(Code.MODE, Severity.BLOCK)}


def test_a_live_account_in_a_paper_mode_is_blocked_and_the_other_way_round() -> None:
    """The third layer that refuses it, beside session and adapter."""
    paper = in_mode(Mode.IBKR_PAPER, LIVE)
    assert answers(paper, ticket(account=LIVE)) == {(Code.MODE, Severity.BLOCK)}
    assert answers(in_mode(Mode.IBKR_LIVE), ticket(mode=Mode.IBKR_LIVE)) == {(Code.MODE, Severity.BLOCK)}
    assert answers(live(), LIVE_TICKET) == {(Code.SESSION, Severity.PASS)}


@pytest.mark.parametrize("state", [state for state in SessionState if not Session(state=state).is_ready])
def test_without_a_ready_session_nothing_leaves_closing_neither(state: SessionState) -> None:
    seen = replace(context(), desk=Desk(mode=Mode.IBKR_PAPER, session=Session(state=state)))
    assert answers(seen, closes=True) == {(Code.SESSION, Severity.BLOCK)}


def test_a_mode_that_needs_no_session_asks_for_none() -> None:
    local = replace(context(), desk=Desk(mode=Mode.LOCAL_PAPER))
    assert answers(local, ticket(mode=Mode.LOCAL_PAPER)) == {(Code.SESSION, Severity.PASS)}


def test_read_only_blocks_live_modes_and_never_demo_or_paper() -> None:
    assert answers(live(is_read_only=True), LIVE_TICKET, closes=True) == {(Code.READ_ONLY, Severity.BLOCK)}
    for mode in (Mode.IBKR_PAPER, Mode.LOCAL_PAPER, Mode.DEMO):
        assert answers(in_mode(mode, is_read_only=True), ticket(mode=mode)) == {(Code.SESSION, Severity.PASS)}


def test_read_only_blocks_every_order_over_tws() -> None:
    routed = replace(context(), desk=Desk(mode=Mode.IBKR_PAPER, route=OrderRoute.TWS, is_read_only=True))
    assert answers(routed, closes=True) == {(Code.READ_ONLY, Severity.BLOCK)}
    (told,) = check_identity(ticket(), routed, lowers_risk=True)
    assert (told.sentence, told.remedy) == (
        "The desk is read only: no order leaves over TWS.", "Turn read only off in Settings."
    )
    free = replace(context(), desk=Desk(mode=Mode.IBKR_PAPER, route=OrderRoute.TWS))
    assert answers(free) == {(Code.SESSION, Severity.PASS)}


def test_what_stands_in_the_way_of_orders_is_told_with_its_remedy() -> None:
    desk = Desk(mode=Mode.IBKR_PAPER, route=OrderRoute.TWS, obstacle=("TWS closed the connection.", "Wait."))
    (told,) = check_identity(ticket(), replace(context(), desk=desk), lowers_risk=True)
    assert (told.code, told.severity, told.sentence, told.remedy) == (
        Code.SESSION, Severity.BLOCK, "TWS closed the connection.", "Wait."
    )


def test_live_trading_is_unlocked_first_and_a_locked_desk_sends_nothing() -> None:
    assert answers(live(is_armed=False), LIVE_TICKET) == {(Code.MODE, Severity.BLOCK)}
    assert answers(in_mode(Mode.IBKR_PAPER, is_locked=True)) == {(Code.SESSION, Severity.BLOCK)}


def test_under_the_kill_switch_a_live_order_that_lowers_risk_leaves_without_unlocking_and_no_other() -> None:
    killed = live(is_armed=False, killed="pressed")
    assert answers(killed, LIVE_TICKET, closes=True) == {(Code.MODE, Severity.NOTE), (Code.KILL_SWITCH, Severity.NOTE)}
    assert answers(killed, LIVE_TICKET) == {(Code.MODE, Severity.BLOCK), (Code.KILL_SWITCH, Severity.BLOCK)}
    assert answers(live(is_armed=False), LIVE_TICKET, closes=True) == {(Code.MODE, Severity.BLOCK)}
    sealed = live(is_armed=False, killed="pressed", is_read_only=True)
    assert (Code.READ_ONLY, Severity.BLOCK) in answers(sealed, LIVE_TICKET, closes=True)


def test_the_kill_switch_lets_pass_what_lowers_risk_alone() -> None:
    """K14."""
    killed = in_mode(Mode.IBKR_PAPER, killed="daily loss")
    assert answers(killed) == {(Code.KILL_SWITCH, Severity.BLOCK)}
    assert answers(killed, closes=True) == {(Code.KILL_SWITCH, Severity.NOTE)}


def test_in_the_brokers_maintenance_every_order_is_asked_about() -> None:
    outage = Outage(name="the nightly maintenance", begins=NOW, ends=NOW + timedelta(minutes=45))
    assert answers(in_mode(Mode.IBKR_PAPER, outage=outage)) == {(Code.MAINTENANCE_WINDOW, Severity.CONFIRM)}
