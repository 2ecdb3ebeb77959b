"""What is offered as a mode, and why not."""

from dataclasses import replace

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import FACES, Mode
from ibdesk.ui.modes.choices import Standing, choice_of, choices

BOTH = {Environment.PAPER: AccountId("DU1234567"), Environment.LIVE: AccountId("U1234567")}
PAPER = Standing(mode=Mode.IBKR_PAPER, lender=Environment.PAPER, connected=BOTH)
DEMO = Standing(mode=Mode.DEMO, lender=Environment.DEMO, connected={Environment.DEMO: AccountId("DU7654321")})


def open_modes(standing: Standing) -> set[Mode]:
    return {choice.face.mode for choice in choices(standing) if choice.is_open}


def test_the_five_modes_are_listed_in_the_documents_order_and_demo_only_in_the_demo() -> None:
    assert [choice.face.word for choice in choices(PAPER)] == [
        "Local Paper", "Alpaca Paper", "Alpaca Live", "IBKR Paper", "IBKR Live"]
    assert len(choices(DEMO)) == len(FACES)


@pytest.mark.parametrize("standing", [PAPER, DEMO, replace(PAPER, mode=Mode.LOCAL_PAPER)])
def test_every_mode_says_what_it_is_or_why_it_is_closed_and_one_is_here(standing: Standing) -> None:
    found = choices(standing)
    assert all(choice.note.endswith((".", "…")) for choice in found)
    assert [choice.face.mode for choice in found if choice.is_here] == [standing.mode]
    for mode in (Mode.ALPACA_PAPER, Mode.ALPACA_LIVE):
        closed = choice_of(mode, standing)
        assert not closed.is_open and "no Alpaca account" in closed.note


def test_from_the_demo_only_local_paper_is_reached_and_from_a_vault_never_the_demo() -> None:
    assert open_modes(DEMO) == {Mode.DEMO, Mode.LOCAL_PAPER}
    assert not choice_of(Mode.DEMO, PAPER).is_open
    assert choice_of(Mode.DEMO, replace(DEMO, mode=Mode.LOCAL_PAPER)).is_open


def test_local_paper_needs_somebody_who_lends_prices() -> None:
    assert Mode.LOCAL_PAPER in open_modes(PAPER)
    assert "Connect an account first" in choice_of(Mode.LOCAL_PAPER, replace(PAPER, connected={})).note
    off = choice_of(Mode.LOCAL_PAPER, replace(PAPER, uses_ibkr=False))
    assert not off.is_open and "Use Interactive Brokers" in off.note


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"connected": {}}, "step by step"),
        ({"open_items": 2}, "2 items of Going live are open"),
        ({"open_items": 1}, "1 item of Going live"),
        ({"open_items": 0}, "locked until you unlock"),
        ({"open_items": 0, "armed": AccountId("U1234567")}, "U1234567 are unlocked"),
        ({"uses_ibkr": False}, "switched off"),
    ],
)
def test_live_says_how_far_it_is_from_trading(change: dict[str, object], says: str) -> None:
    live = choice_of(Mode.IBKR_LIVE, replace(PAPER, **change))
    assert live.is_open and says in live.note and live.command == "mode:ibkr_live"


def test_paper_that_is_not_connected_leads_to_the_wizard() -> None:
    assert "Connect…" in choice_of(Mode.IBKR_PAPER, replace(PAPER, mode=Mode.IBKR_LIVE, connected={})).note
