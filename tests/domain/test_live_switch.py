"""The five steps from paper to live: each is done by what is so, and one of them is the one to do now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.live_switch import Progress, Stage, SwitchEvidence, steps
from ibdesk.domain.modes import Mode
from ibdesk.domain.session import Session, SessionFlags, SessionState

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
OUT = Session(state=SessionState.SIGNED_OUT, flags=SessionFlags(reachable=True))


def session(*, is_paper: bool | None) -> Session:
    flags = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, is_paper=is_paper)
    return Session(state=SessionState.READY, flags=flags, signed_in_at=AT)


BEGIN = SwitchEvidence(mode=Mode.IBKR_PAPER, session=session(is_paper=True))
KNOWN = replace(BEGIN, session=OUT, live_user="ursula", live_account=AccountId("U1234567"))
LIVE = replace(KNOWN, mode=Mode.IBKR_LIVE)


@pytest.mark.parametrize(
    ("evidence", "now"),
    [
        (BEGIN, Stage.DISCONNECT),
        (replace(BEGIN, session=OUT), Stage.CONNECT),
        (replace(BEGIN, session=session(is_paper=False)), Stage.CONNECT),
        (KNOWN, Stage.CHANGE),
        (replace(KNOWN, mode=Mode.LOCAL_PAPER), Stage.CHANGE),
        (LIVE, Stage.SIGN_IN),
        (replace(LIVE, session=session(is_paper=True)), Stage.SIGN_IN),
        (replace(LIVE, session=None), Stage.SIGN_IN),
        (replace(LIVE, session=session(is_paper=False)), Stage.TEST),
        (replace(LIVE, session=session(is_paper=None)), Stage.TEST),
        (replace(LIVE, session=session(is_paper=False), read_at=AT - timedelta(days=1)), Stage.TEST),
    ],
)
def test_the_first_thing_that_is_not_so_is_what_to_do_now(evidence: SwitchEvidence, now: Stage) -> None:
    found = steps(evidence)
    assert [step.stage for step in found] == list(Stage)
    assert [step.stage for step in found if step.progress is Progress.NOW] == [now]
    before = list(Stage).index(now)
    assert all(step.progress is Progress.DONE for step in found[:before])
    assert all(step.sentence for step in found)


def test_all_is_done_once_the_account_was_read_over_this_sign_in() -> None:
    found = steps(replace(LIVE, session=session(is_paper=False), read_at=AT + timedelta(minutes=1)))
    assert all(step.progress is Progress.DONE for step in found)
    assert "U1234567" in found[-1].sentence


def test_a_paper_sign_in_on_a_live_desk_and_another_program_are_named() -> None:
    sign_in = {step.stage: step.sentence for step in steps(replace(LIVE, session=session(is_paper=True)))}
    assert "paper user name" in sign_in[Stage.SIGN_IN]
    taken = replace(LIVE, session=replace(OUT, state=SessionState.COMPETING))
    assert "Another program" in {step.stage: step.sentence for step in steps(taken)}[Stage.SIGN_IN]
