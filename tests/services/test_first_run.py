"""The wizard without widgets: what follows what, what Back gives back, and what is never told or saved."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause
from ibdesk.domain.market import Delay
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import SessionFlags
from ibdesk.services.findings import (
    AccountSeen,
    AccountsSeen,
    Action,
    CertificateSeen,
    CheckId,
    Failed,
    MarketSeen,
    Outcome,
    SessionSeen,
    not_running,
    wrong_sign_in,
)
from ibdesk.services.first_run import (
    FirstRun,
    Step,
    accept_certificate,
    acknowledge,
    allow_remote,
    back,
    begin,
    cancel,
    choose_account,
    choose_environment,
    choose_level,
    demo_instead,
    demo_started,
    edit_address,
    edit_user_name,
    forward,
    missing,
    passphrase_chosen,
    recheck,
    show,
)
from ibdesk.services.first_run_found import apply
from ibdesk.services.first_run_result import describe, result_of
from tests.services.first_run_values import (
    ACCOUNT,
    CERTIFICATE,
    NOW,
    OTHER_PIN,
    PIN,
    READY,
    REGIME,
    SIGNED_OUT,
    SUMMARY,
    TEXTS,
    USER_NAME,
    acknowledged,
    fed,
    fresh,
    pinned,
    signed_in,
    verified,
)


def test_the_steps_come_in_the_order_of_the_documents() -> None:
    state = acknowledged()
    steps = [step.step for step in (*state.past, state, forward(state))]
    assert steps == [Step.ENVIRONMENT, Step.GATEWAY, Step.VERIFY, Step.ACKNOWLEDGE, Step.FINISHED]


def test_a_new_desk_asks_for_a_passphrase_first_but_not_for_the_demo() -> None:
    assert begin(disclosures=TEXTS, needs_passphrase=True).step is Step.PASSPHRASE
    assert begin(disclosures=TEXTS, needs_passphrase=True, environment=Environment.DEMO).step is Step.ENVIRONMENT


def test_who_leaves_the_demo_again_is_asked_for_the_passphrase_before_the_gateway() -> None:
    state = demo_instead(begin(disclosures=TEXTS, needs_passphrase=True))
    assert (state.step, state.entries.environment) == (Step.ENVIRONMENT, Environment.DEMO)
    asked = forward(choose_environment(state, Environment.PAPER))
    assert asked.step is Step.PASSPHRASE
    assert forward(asked) is asked
    assert forward(passphrase_chosen(asked, good=True)).step is Step.GATEWAY


def test_continue_waits_for_what_is_missing_and_says_it() -> None:
    state = fresh(None)
    assert missing(state) == "Choose an environment."
    assert forward(state) is state


def test_an_unknown_certificate_is_shown_and_pinned_only_by_consent() -> None:
    state = forward(fresh())
    shown = fed(state, CertificateSeen(target=state.target, certificate=CERTIFICATE))
    check = shown.check(CheckId.GATEWAY)
    assert (check.cause, check.action, shown.pin) == (Cause.CERTIFICATE_UNKNOWN, Action.ACCEPT_CERTIFICATE, "")
    assert accept_certificate(shown, OTHER_PIN).pin == ""
    assert accept_certificate(shown, PIN).pin == PIN


def test_a_changed_certificate_stops_and_asks() -> None:
    state = replace(pinned(), pin=OTHER_PIN)
    stopped = fed(state, CertificateSeen(target=state.target, certificate=CERTIFICATE))
    check = stopped.check(CheckId.GATEWAY)
    assert (check.outcome, check.cause, check.action) == (
        Outcome.FAILED, Cause.CERTIFICATE_CHANGED, Action.REPLACE_CERTIFICATE,
    )
    assert forward(stopped) is stopped


def test_another_address_forgets_the_certificate_and_everything_found() -> None:
    state = edit_address(pinned(), "https://localhost:5001/")
    assert (state.entries.gateway_url, state.pin, state.certificate, state.checks) == (
        "https://localhost:5001", "", None, (),
    )
    assert state.entries.user_name == USER_NAME


def test_a_finding_for_another_address_comes_too_late() -> None:
    state = pinned()
    late = SessionSeen(target=state.target, flags=READY)
    moved = edit_address(state, "https://localhost:5001")
    assert apply(moved, late) is moved


def test_an_account_that_is_no_longer_chosen_comes_too_late() -> None:
    state = choose_account(verified(), AccountId("DU1234568"))
    late = AccountSeen(target=state.target, account=ACCOUNT, summary=SUMMARY, regime=REGIME)
    assert apply(state, late) is state
    assert state.facts.account is None
    assert missing(state) == "The account is being read."


@pytest.mark.parametrize(
    ("flags", "cause", "action"),
    [
        (SIGNED_OUT, Cause.NOT_AUTHENTICATED, Action.SIGN_IN),
        (replace(READY, competing=True), Cause.COMPETING_SESSION, Action.TAKE_OVER),
    ],
)
def test_each_session_state_offers_its_one_next_step(flags: SessionFlags, cause: Cause, action: Action) -> None:
    state = pinned()
    check = fed(state, SessionSeen(target=state.target, flags=flags)).check(CheckId.SIGN_IN)
    assert (check.cause, check.action) == (cause, action)


def test_a_silent_gateway_offers_how_to_start_it() -> None:
    state = pinned()
    silent = fed(state, SessionSeen(target=state.target, flags=SessionFlags(reachable=False)))
    check = silent.check(CheckId.GATEWAY)
    assert (check.outcome, check.action) == (Outcome.FAILED, Action.START_GATEWAY)
    assert "https://localhost:5000" in check.message


def test_the_wrong_environment_leads_back_to_the_choice() -> None:
    state = signed_in()
    wrong = fed(state, Failed(target=state.target, check=CheckId.SIGN_IN, error=wrong_sign_in(Environment.PAPER)))
    assert wrong.check(CheckId.SIGN_IN).action is Action.CHOOSE_ENVIRONMENT
    assert missing(wrong) == "One check needs you; its button helps."


def test_missing_market_data_warns_but_does_not_stop() -> None:
    state = verified()
    failed = Failed(target=state.target, check=CheckId.MARKET_DATA, error=not_running("https://localhost:5000"))
    state = fed(state, failed)
    assert state.check(CheckId.MARKET_DATA).outcome is Outcome.WARNED
    assert forward(state).step is Step.ACKNOWLEDGE


def test_back_gives_the_page_before_with_everything_typed() -> None:
    state = choose_level(verified(), 3)
    before = back(state)
    assert before.step is Step.GATEWAY
    assert (before.entries.user_name, before.entries.options_level) == (USER_NAME, 3)


def test_another_environment_starts_over_with_what_was_saved_for_it() -> None:
    saved = Credentials(
        environment=Environment.LIVE, gateway_url="https://localhost:5002", user_name="adalive",
        account=AccountId("U1234567"), certificate_sha256=OTHER_PIN.replace(":", "").lower(), options_level=2,
    )
    state = begin(disclosures=TEXTS, environment=Environment.PAPER, known=(saved,))
    live = choose_environment(state, Environment.LIVE)
    assert (live.entries.gateway_url, live.entries.user_name) == ("https://localhost:5002", "adalive")
    assert live.pin == OTHER_PIN
    assert edit_address(edit_address(live, "https://localhost:1"), "https://localhost:5002").pin == OTHER_PIN


def test_the_demo_is_pinned_without_asking() -> None:
    pin = PIN.replace(":", "").lower()
    state = demo_started(forward(fresh(Environment.DEMO)), "https://127.0.0.1:4321", pin, "demo")
    assert (state.pin, state.entries.user_name, state.entries.options_level) == (PIN, "demo", None)


def test_the_demo_offers_the_level_of_its_account_and_the_person_may_choose_another() -> None:
    pin, url = PIN.replace(":", "").lower(), "https://127.0.0.1:4321"
    state = demo_started(forward(fresh(Environment.DEMO)), url, pin, "demo", 3)
    assert state.entries.options_level == 3
    assert demo_started(choose_level(state, 0), url, pin, "demo", 3).entries.options_level == 0
    assert choose_environment(state, Environment.PAPER).entries.options_level is None


def test_every_disclosure_needs_its_own_tick() -> None:
    state = forward(verified())
    for text in TEXTS[:-1]:
        state = acknowledge(show(state, text.id, NOW), text.id, NOW)
    assert missing(state) == "1 of 4 still to be acknowledged."
    assert forward(state) is state
    state = acknowledge(state, TEXTS[-1].id, NOW)
    assert missing(state) == "1 of 4 still to be acknowledged.", "a text nobody saw cannot be ticked"


def test_a_tick_can_be_taken_back() -> None:
    state = acknowledge(acknowledged(), TEXTS[0].id, None)
    assert forward(state) is state


def test_the_result_holds_credentials_without_a_password_and_each_acknowledgment() -> None:
    state = forward(choose_level(acknowledged(), 0))
    result = result_of(state, now=NOW, app_version="0.1.0")
    assert result.credentials == Credentials(
        environment=Environment.PAPER, gateway_url="https://localhost:5000", user_name=USER_NAME,
        account=ACCOUNT.id, certificate_sha256=PIN, options_level=0, updated_at=NOW,
    )
    assert not any("password" in name or "passphrase" in name for name in Credentials.__dataclass_fields__)
    first = result.acknowledgments[0]
    assert (first.disclosure_id, first.version, first.sha256) == ("options", "2026-11-01", TEXTS[0].sha256)
    assert (first.shown_at, first.acknowledged_at) == (NOW, NOW + timedelta(seconds=30))
    assert ACCOUNT.id not in first.account_hash
    assert [account.id for account in result.accounts] == ["DU1234567", "DU1234568"]


def test_only_a_finished_wizard_has_a_result() -> None:
    with pytest.raises(ValueError, match="finished"):
        result_of(acknowledged(), now=NOW, app_version="0.1.0")


def test_cancel_forgets_everything() -> None:
    state = cancel(acknowledged())
    assert state == FirstRun(step=Step.CANCELLED, disclosures=TEXTS)
    assert forward(state) is state
    assert back(state) is state


def test_the_description_tells_what_helps_and_no_more() -> None:
    told = describe(edit_address(verified(), "https://ada:secret@localhost:5000/path?token=abc"))
    assert told["gateway"] == "https://localhost:5000"
    text = str(describe(verified()))
    assert USER_NAME not in text
    assert ACCOUNT.id not in text
    assert "DU•••4567" in text


SECRET_NAME = "zsecretuserz"


def _actions() -> st.SearchStrategy[Any]:
    """Everything that can happen to a wizard, as functions of the state."""
    at = st.just(NOW)
    texts = st.sampled_from([text.id for text in TEXTS])
    findings = st.sampled_from([
        lambda s: CertificateSeen(target=s.target, certificate=CERTIFICATE),
        lambda s: SessionSeen(target=s.target, flags=READY, latency_ms=3.0),
        lambda s: SessionSeen(target=s.target, flags=SIGNED_OUT),
        lambda s: SessionSeen(target=s.target, flags=SessionFlags(reachable=False)),
        lambda s: SessionSeen(target=s.target, flags=replace(READY, competing=True)),
        lambda s: AccountsSeen(target=s.target, accounts=(ACCOUNT,)),
        lambda s: AccountSeen(target=s.target, account=ACCOUNT, summary=SUMMARY, regime=REGIME),
        lambda s: MarketSeen(target=s.target, delay=Delay.DELAYED, symbol="SPY"),
        lambda s: Failed(target=s.target, check=CheckId.ACCOUNT, error=wrong_sign_in(Environment.LIVE)),
    ])
    return st.one_of(
        st.sampled_from([forward, back, recheck, allow_remote, lambda s: edit_user_name(s, SECRET_NAME)]),
        st.builds(lambda make: lambda s: apply(s, make(s)), findings),
        st.builds(lambda e: lambda s: choose_environment(s, e), st.sampled_from(Environment)),
        st.builds(lambda u: lambda s: edit_address(s, u), st.sampled_from(["https://localhost:5000", "http://x:1"])),
        st.builds(lambda n: lambda s: choose_level(s, n), st.sampled_from([None, 0, 4])),
        st.builds(lambda g: lambda s: passphrase_chosen(s, g), st.booleans()),
        st.builds(lambda t, a: lambda s: acknowledge(show(s, t, a), t, a), texts, at),
        st.just(lambda s: accept_certificate(s, PIN)),
    )


@given(st.lists(_actions(), max_size=40), st.booleans())
def test_any_sequence_keeps_the_rules(actions: list[Any], needs_passphrase: bool) -> None:
    state = begin(disclosures=TEXTS, needs_passphrase=needs_passphrase)
    for act in actions:
        before, state = state, act(state)
        if act is forward and state is not before:
            assert not missing(before)
            if not state.is_over:
                assert back(state).step is before.step
                assert back(state).entries == before.entries
                assert back(state).checks == before.checks
        assert SECRET_NAME not in str(describe(state))
        if state.step is Step.FINISHED:
            result = result_of(state, now=NOW, app_version="0")
            assert {yes.disclosure_id for yes in result.acknowledgments} == {text.id for text in TEXTS}
            assert result.account == ACCOUNT
            assert state.has_passphrase or not needs_passphrase or state.entries.environment is Environment.DEMO
        assert cancel(state).facts.account is None
