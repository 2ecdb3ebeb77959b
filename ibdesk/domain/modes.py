"""The trading modes and what each needs before it can be used."""

from dataclasses import dataclass
from enum import StrEnum

from ibdesk.domain.accounts import Account, AccountId, Environment, looks_paper
from ibdesk.domain.errors import Cause, Refused


class Mode(StrEnum):
    """Who receives orders. One at a time."""

    DEMO = "demo"
    LOCAL_PAPER = "local_paper"
    ALPACA_PAPER = "alpaca_paper"
    ALPACA_LIVE = "alpaca_live"
    IBKR_PAPER = "ibkr_paper"
    IBKR_LIVE = "ibkr_live"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeFace:
    """A mode's word, its icon and the environment whose colour it wears."""

    mode: Mode
    word: str
    icon: str
    environment: Environment


FACES: tuple[ModeFace, ...] = (
    ModeFace(mode=Mode.DEMO, word="Demo", icon="mode-demo", environment=Environment.DEMO),
    ModeFace(mode=Mode.LOCAL_PAPER, word="Local Paper", icon="mode-paper", environment=Environment.PAPER),
    ModeFace(mode=Mode.ALPACA_PAPER, word="Alpaca Paper", icon="mode-paper", environment=Environment.PAPER),
    ModeFace(mode=Mode.ALPACA_LIVE, word="Alpaca Live", icon="mode-live", environment=Environment.LIVE),
    ModeFace(mode=Mode.IBKR_PAPER, word="IBKR Paper", icon="mode-paper", environment=Environment.PAPER),
    ModeFace(mode=Mode.IBKR_LIVE, word="IBKR Live", icon="mode-live", environment=Environment.LIVE),
)


def face_of(mode: Mode) -> ModeFace:
    """The face of a mode."""
    return next(face for face in FACES if face.mode is mode)


def ibkr_mode(environment: Environment) -> Mode:
    """The mode an environment opens with."""
    return {
        Environment.DEMO: Mode.DEMO,
        Environment.PAPER: Mode.IBKR_PAPER,
        Environment.LIVE: Mode.IBKR_LIVE,
    }[environment]


def mode_of(environment: Environment, *, local_paper: bool) -> Mode:
    """The mode a desk of this environment opens in, when its person chose Local Paper or did not."""
    return Mode.LOCAL_PAPER if local_paper else ibkr_mode(environment)


def local_account(number: int) -> AccountId:
    """The id of the Local Paper account of that number; no broker's begins like it."""
    return AccountId(f"LP{number:07d}")


def is_local(account: AccountId) -> bool:
    """Whether it is an account of Local Paper and not of any broker."""
    return account.startswith("LP")


def belongs(environment: Environment, account: Account) -> bool:
    """Whether the account lives in this environment. The demo's accounts are paper accounts."""
    is_paper = account.is_paper or looks_paper(account.id)
    return is_paper == (environment is not Environment.LIVE)


def check_environment(environment: Environment, account: Account) -> None:
    """Refuse an account that lives in another environment than the one chosen.

    Raises Refused(WRONG_ENVIRONMENT). The demo's account is a paper account.
    """
    if belongs(environment, account):
        return
    if environment is Environment.LIVE:
        raise _wrong(account.id, "a paper account", "Live Trading")
    raise _wrong(account.id, "a live account", "Paper Trading")


def _wrong(account: AccountId, kind: str, chosen: str) -> Refused:
    return Refused(
        f"{account} is {kind}, but you chose {chosen}.",
        remedy="Go back and choose the other environment, or sign out at the gateway "
        "and sign in with the right user name.",
        cause=Cause.WRONG_ENVIRONMENT,
    )
