"""The wizard's way over TWS as states: what each choice forgets, what is missing, and what is left at the end."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.brokers.base import TwsPlace
from ibdesk.domain.accounts import Account, AccountId, AccountSummary, Environment
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Snapshot, Source
from ibdesk.domain.sockets import Knock
from ibdesk.services.first_run import (
    FirstRun,
    Step,
    Way,
    acknowledge,
    back,
    choose_environment,
    forward,
    missing,
    passphrase_chosen,
    show,
)
from ibdesk.services.first_run_result import describe, result_of
from ibdesk.services.first_run_tws import (
    choose_tws_account,
    choose_way,
    edit_place,
    forget_scan,
    meet_again,
    met,
    offer,
    scanned,
    use_client_id,
)
from ibdesk.services.tws_contact import TwsSeen
from ibdesk.services.tws_side import TwsSide
from tests.services.first_run_values import NOW, TEXTS, fresh

FIRST, SECOND = AccountId("DU7654321"), AccountId("DU7654322")


def account(id_: AccountId) -> Account:
    return Account(id=id_, title=id_, currency=USD, is_paper=True)


def picture(id_: AccountId) -> Snapshot:
    summary = AccountSummary(
        account=id_, currency=USD, as_of=NOW, received_at=NOW, net_liquidation=Decimal(1_000), buying_power=None
    )
    return Snapshot(
        account=id_, source=Source.TWS, as_of=NOW, received_at=NOW, summary=summary, ledger=(), positions=()
    )


def at_tws() -> FirstRun:
    """On the page over TWS, nothing chosen."""
    return forward(choose_way(fresh(), Way.TWS))


def seen(state: FirstRun, **changed: object) -> TwsSeen:
    made = TwsSeen(
        place=state.tws.place(Environment.PAPER), at=NOW, knock=Knock.GREETED,
        accounts=(account(FIRST), account(SECOND)), pictures=(picture(FIRST), picture(SECOND)), is_read_only=False,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def reached() -> FirstRun:
    """TWS answered, and named two accounts."""
    state = edit_place(at_tws(), port=7497)
    return met(state, seen(state), ())


def test_the_way_leads_past_the_gateway_and_back_again() -> None:
    state = at_tws()
    assert (state.step, missing(state)) == (Step.TWS, "Choose a port, or scan for one.")
    assert back(state).step is Step.ENVIRONMENT
    assert forward(choose_way(back(state), Way.PORTAL)).step is Step.GATEWAY
    demo = choose_environment(choose_way(fresh(), Way.TWS), Environment.DEMO)
    assert not demo.is_tws and forward(demo).step is Step.GATEWAY


def test_a_new_vault_asks_for_its_passphrase_before_tws() -> None:
    state = replace(choose_way(fresh(), Way.TWS), needs_passphrase=True)
    asked = forward(state)
    assert asked.step is Step.PASSPHRASE
    assert forward(passphrase_chosen(asked, True)).step is Step.TWS


def test_what_the_settings_say_is_offered_and_what_was_typed_stays() -> None:
    state = offer(at_tws(), TwsPlace(host="trader.local", port=4001, client_id=7))
    assert (state.tws.host, state.tws.port, state.tws.client_id) == ("trader.local", 0, 7)
    assert offer(edit_place(state, port=4002), TwsPlace()).tws.host == "trader.local"


def test_another_place_forgets_what_was_found_and_a_late_meeting_changes_nothing() -> None:
    state = reached()
    assert missing(state) == ""
    assert edit_place(state, port=7497) is state
    moved = edit_place(state, port=4002)
    assert moved.tws.seen is None and missing(moved).startswith("Connect")
    assert met(moved, seen(state), ()) is moved
    assert missing(edit_place(state, host="")) == "Enter the host where TWS or IB Gateway runs."
    assert missing(meet_again(state)).startswith("Connect")
    assert choose_environment(state, Environment.LIVE).tws == replace(state.tws, port=0, seen=None)


def test_something_broken_or_no_account_holds_the_person_back() -> None:
    state = edit_place(at_tws(), port=7497)
    broken = Examined(check=Check.TWS_ACCOUNTS, verdict=Verdict.BAD, statement="Live.", advice="Do.", fix=Fix.CONNECT)
    assert missing(met(state, seen(state), (broken,))) == "One check needs you; it says where."
    assert missing(met(state, seen(state, accounts=()), ())) == "TWS has named no account yet."


def test_the_free_client_id_is_used_and_told() -> None:
    state = use_client_id(reached(), 3)
    assert (state.tws.client_id, state.tws.place(Environment.PAPER).order_client_id) == (3, 4)
    assert state.tws.note == "Client id 1 was in use: ibdesk uses 3 from now on, and 4 for orders."
    assert met(state, seen(state), ()).tws.note
    assert edit_place(state, port=4002).tws.note == ""


def test_a_scan_is_of_this_computer_and_kept_until_another_host_is_typed() -> None:
    state = scanned(scanned(at_tws(), "127.0.0.1", 7496, Knock.REFUSED), "127.0.0.1", 7497, Knock.GREETED)
    assert (state.tws.heard(7497), state.tws.heard(4001)) == (Knock.GREETED, None)
    assert scanned(state, "127.0.0.1", 7496, Knock.SILENT).tws.heard(7496) is Knock.SILENT
    assert edit_place(state, host="trader.local").tws.ports == ()
    assert scanned(edit_place(state, host="trader.local"), "127.0.0.1", 4001, Knock.GREETED).tws.ports == ()
    assert forget_scan(state).tws.ports == ()


def test_an_account_that_was_not_read_cannot_be_taken() -> None:
    state = reached()
    unread = forward(met(meet_again(state), seen(state, pictures=(picture(FIRST),)), ()))
    assert (unread.step, missing(unread)) == (Step.TWS_ACCOUNT, "")
    assert "not read" in missing(choose_tws_account(unread, SECOND))
    assert missing(replace(unread, tws=TwsSide())) == "The account is being read."


def test_the_end_leaves_settings_accounts_and_acknowledgments_and_no_credentials() -> None:
    state = forward(choose_tws_account(forward(reached()), SECOND))
    assert state.step is Step.ACKNOWLEDGE
    for text in TEXTS:
        state = acknowledge(show(state, text.id, NOW), text.id, NOW)
    with pytest.raises(ValueError, match="only a finished wizard"):
        result_of(state, now=NOW, app_version="1")
    result = result_of(forward(state), now=NOW, app_version="1")
    assert (result.environment, result.account.id, result.credentials) == (Environment.PAPER, SECOND, None)
    assert [each.id for each in result.accounts] == [FIRST, SECOND]
    assert len(result.acknowledgments) == len(TEXTS)
    assert dict(result.settings) == {
        "tws_enabled": "true", "tws_host": "127.0.0.1", "tws_port": "7497", "tws_client_id": "1",
        "tws_order_client_id": "0",
    }  # fmt: skip


def test_diagnostics_name_the_place_and_the_findings() -> None:
    state = edit_place(at_tws(), port=7497)
    found = Examined(check=Check.TWS_ANSWERS, verdict=Verdict.GOOD, statement="It answers.")
    told = describe(met(state, seen(state), (found,)))
    assert told["tws"] == "127.0.0.1:7497, client id 1"
    assert told["tws answers"] == "good: It answers."
