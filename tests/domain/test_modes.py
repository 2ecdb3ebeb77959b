"""Modes and environments: a paper account never opens as live, nor the reverse."""

import pytest

from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.modes import FACES, Mode, check_environment, face_of, ibkr_mode, mode_of
from ibdesk.domain.money import USD


def account(identity: str, is_paper: bool) -> Account:
    return Account(id=AccountId(identity), title="Test", currency=USD, is_paper=is_paper)


@pytest.mark.parametrize(
    ("environment", "identity", "is_paper"),
    [
        (Environment.LIVE, "DU1234567", True),
        (Environment.LIVE, "DU1234567", False),  # the id says paper even when a flag does not
        (Environment.LIVE, "U1234567", True),
        (Environment.PAPER, "U1234567", False),
        (Environment.DEMO, "U1234567", False),
    ],
)
def test_an_account_of_the_other_environment_is_refused(
    environment: Environment, identity: str, is_paper: bool
) -> None:
    with pytest.raises(Refused) as refusal:
        check_environment(environment, account(identity, is_paper))
    assert refusal.value.cause is Cause.WRONG_ENVIRONMENT
    assert identity in refusal.value.message


def test_the_right_environment_passes() -> None:
    check_environment(Environment.LIVE, account("U1234567", False))
    check_environment(Environment.PAPER, account("DU1234567", True))
    check_environment(Environment.DEMO, account("DU7654321", True))


def test_every_mode_has_a_face_and_every_environment_a_mode() -> None:
    assert [face.mode for face in FACES] == list(Mode)
    assert {ibkr_mode(environment) for environment in Environment} == {Mode.DEMO, Mode.IBKR_PAPER, Mode.IBKR_LIVE}
    assert face_of(Mode.ALPACA_LIVE).environment is Environment.LIVE


@pytest.mark.parametrize("environment", list(Environment))
def test_local_paper_is_a_mode_of_every_environment(environment: Environment) -> None:
    assert mode_of(environment, local_paper=True) is Mode.LOCAL_PAPER
    assert mode_of(environment, local_paper=False) is ibkr_mode(environment)
