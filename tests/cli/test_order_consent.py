"""What counts as a person's word: for real money, and to the broker's questions."""

import argparse
import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from ibdesk.cli.order_consent import Asker, check_mode, mean_live, meant_live
from ibdesk.cli.talk import Talk
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderTicket, Question
from tests.cli.order_desk import Person

LIVE = AccountId("U1234567")


def typed(**words: object) -> argparse.Namespace:
    return argparse.Namespace(**{"mode": None, "live": False, "account": None, "confirm_account": None, "yes_to": []}
                              | words)  # fmt: skip


def meant(args: argparse.Namespace, *says: str, json: bool = False) -> Person:
    person = Person(says=list(says))
    asyncio.run(mean_live(Mode.IBKR_LIVE, args, LIVE, Talk(json=json, quiet=False, mouth=person)))
    return person


def test_real_money_wants_the_word_the_account_and_its_id_typed() -> None:
    assert "account's id" in meant(typed(live=True, account=LIVE), " u1234567 ").asked[0]
    assert meant(typed(live=True, account=LIVE, confirm_account=LIVE), json=True).asked == []


@pytest.mark.parametrize(("words", "says"), [
    ({}, ["U1234567"]), ({"live": True}, ["U1234567"]), ({"account": LIVE}, ["U1234567"]),
    ({"live": True, "account": LIVE}, ["yes"]), ({"live": True, "account": LIVE}, [""]),
    ({"live": True, "account": LIVE}, []),
    ({"live": True, "account": AccountId("U7654321"), "confirm_account": LIVE}, []),
    ({"live": True, "account": LIVE, "confirm_account": AccountId("U7654321")}, []),
])  # fmt: skip
def test_anything_less_sends_nothing(words: dict[str, object], says: list[str]) -> None:
    with pytest.raises(NeedsPerson):
        meant(typed(**words), *says)


def test_a_program_is_never_asked_to_type() -> None:
    with pytest.raises(NeedsPerson) as stopped:
        meant(typed(live=True, account=LIVE), "U1234567", json=True)
    assert "--confirm-account" in stopped.value.remedy


def test_paper_money_wants_nothing_of_it() -> None:
    person = Person()
    asyncio.run(mean_live(Mode.IBKR_PAPER, typed(), LIVE, Talk(json=False, quiet=False, mouth=person)))
    assert person.asked == []


@pytest.mark.parametrize("words", [{"mode": Mode.IBKR_LIVE}, {"mode": Mode.LOCAL_PAPER}, {"live": True}])
def test_another_mode_than_was_meant_is_refused(words: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        check_mode(Mode.IBKR_PAPER, typed(**words))
    assert refused.value.cause is Cause.WRONG_ENVIRONMENT
    check_mode(Mode.IBKR_PAPER, typed(mode=Mode.IBKR_PAPER))


def answer(person: Person, *yes_to: str, ids: tuple[str, ...] = ("o163",), json: bool = False) -> tuple[bool, Asker]:
    asker = Asker(typed(yes_to=list(yes_to)), Talk(json=json, quiet=False, mouth=person))
    asked = tuple(Question(id=each, text=f"Are you sure about {each}?") for each in ids)
    reply = asyncio.run(asker(OrderTicket(account=LIVE, mode=Mode.DEMO), asked))
    assert not reply.remember
    return reply.yes, asker


def test_only_a_typed_yes_is_a_yes_to_the_broker() -> None:
    person = Person(says=["yes"])
    assert answer(person)[0] and "Are you sure about o163?" in person.out
    for says in (["y"], ["no"], [""], []):
        yes, asker = answer(Person(says=says))
        assert not yes and [each.id for each in asker.open] == ["o163"]


def test_a_question_about_a_change_does_not_speak_of_sending() -> None:
    person = Person(says=["yes"])
    asker = Asker(typed(), Talk(json=False, quiet=False, mouth=person), is_change=True)
    asked = (Question(id="o163", text="Sure?"),)
    assert asyncio.run(asker(OrderTicket(account=LIVE, mode=Mode.DEMO), asked)).yes
    assert person.asked == ["Change it all the same? [yes/no] "]


def test_a_question_named_with_the_command_is_not_asked_again() -> None:
    assert answer(Person(), "o163", json=True)[0]
    assert not answer(Person(), "o163", ids=("o163", "o164"), json=True)[0]
    assert not answer(Person(), "o163", ids=("",), json=True)[0]


class Locked:
    """Live orders as the going-live checklist keeps them."""

    def __init__(self, *, is_armed: bool) -> None:
        self.armed, self.done = is_armed, list[str]()

    def is_armed(self, _account: AccountId) -> bool:
        return self.armed

    async def unlock_once(self, account: AccountId, typed: str) -> Callable[[AccountId], bool]:
        self.done.append(f"unlock {account} {typed}")
        return lambda asked: asked == account


@pytest.mark.parametrize(("is_armed", "done"), [(False, [f"unlock {LIVE} {LIVE}"]), (True, [])])
def test_the_typed_account_unlocks_its_own_order_and_leaves_the_desk_locked(is_armed: bool, done: list[str]) -> None:
    live = Locked(is_armed=is_armed)
    desk = SimpleNamespace(mode=Mode.IBKR_LIVE, going_live=live)
    args = typed(live=True, account=LIVE, confirm_account=LIVE)
    unlocked = asyncio.run(meant_live(desk, args, LIVE, Talk(json=True, quiet=False)))  # type: ignore[arg-type]
    assert live.done == done and live.is_armed(LIVE) is is_armed
    assert unlocked is None if is_armed else unlocked is not None and unlocked(LIVE)
