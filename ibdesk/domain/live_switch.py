"""The documents' five steps from paper to live, each one's state told by what is so and not by what was pressed (B87).

"Disconnect paper; Connect again; select “Live Trading”; live username; test connection."
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.session import Session, SessionState


class Stage(StrEnum):
    """The steps in their order."""

    DISCONNECT = "disconnect"
    CONNECT = "connect"
    CHANGE = "change"
    SIGN_IN = "sign_in"
    TEST = "test"


class Progress(StrEnum):
    DONE = "done"
    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchEvidence:
    """What is so. `live_user` and `live_account` are the stored live connection's, empty and None without one;
    `read_at` is when the live account was read last, from this desk."""

    mode: Mode
    session: Session | None
    live_user: str = ""
    live_account: AccountId | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchStep:
    """One step: `sentence` says what was found, or what to do now."""

    stage: Stage
    progress: Progress
    sentence: str


def steps(evidence: SwitchEvidence) -> tuple[SwitchStep, ...]:
    """All five; the first that is not done is the one to do now."""
    found, made = False, []
    for stage in Stage:
        is_done, done, todo = _LOOKS[stage](evidence)
        progress = Progress.DONE if is_done else Progress.LATER if found else Progress.NOW
        found = found or not is_done
        made.append(SwitchStep(stage=stage, progress=progress, sentence=done if is_done else todo))
    return tuple(made)


def is_live(evidence: SwitchEvidence) -> bool:
    return face_of(evidence.mode).environment is Environment.LIVE


def _disconnected(evidence: SwitchEvidence) -> tuple[bool, str, str]:
    session = evidence.session
    if is_live(evidence):
        return True, "The paper session is left.", ""
    if session is None or not session.flags.signed_in:
        return True, "Nobody is signed in with the paper user name.", ""
    is_other = session.flags.is_paper is False
    return is_other, "The gateway is not signed in with a paper user name.", (
        "The gateway is signed in with the paper user name. One gateway holds one user name: sign this one out.")


def _connected(evidence: SwitchEvidence) -> tuple[bool, str, str]:
    user = f" as {evidence.live_user}" if evidence.live_user else ""
    return evidence.live_account is not None, f"“Live Trading” is connected{user}, account {evidence.live_account}.", (
        "Connect again, choose “Live Trading” and enter the live user name. It is another than the paper one.")


def _changed(evidence: SwitchEvidence) -> tuple[bool, str, str]:
    return is_live(evidence), "This desk is in IBKR Live.", (
        "The desk opens anew in IBKR Live. Nothing is sent; live orders stay locked.")


def _signed_in(evidence: SwitchEvidence) -> tuple[bool, str, str]:
    session, todo = evidence.session, "Sign in on the gateway's page with the live user name."
    if is_live(evidence) and session is None:
        return False, "", "There is no connection. Turn “Use Interactive Brokers” on in Settings."
    if not is_live(evidence) or session is None or not session.is_ready:
        is_elsewhere = session is not None and session.state is SessionState.COMPETING
        return False, "", "Another program has the live session. Only one of the two can trade." if (
            is_elsewhere and is_live(evidence)) else todo
    if session.flags.is_paper:
        return False, "", "The gateway is signed in with a paper user name. Sign out, then in with the live one."
    return True, "The live user name is signed in and the brokerage session is ready.", ""


def _tested(evidence: SwitchEvidence) -> tuple[bool, str, str]:
    session, read = evidence.session, evidence.read_at
    is_signed_in, _, _ = _signed_in(evidence)
    since = None if session is None else session.signed_in_at
    is_read = is_signed_in and read is not None and (since is None or read >= since)
    return is_read, f"Account {evidence.live_account} was read over this sign-in.", (
        "Read the account once and compare it with the broker's own page.")


_LOOKS = {
    Stage.DISCONNECT: _disconnected, Stage.CONNECT: _connected, Stage.CHANGE: _changed, Stage.SIGN_IN: _signed_in,
    Stage.TEST: _tested,
}  # fmt: skip
