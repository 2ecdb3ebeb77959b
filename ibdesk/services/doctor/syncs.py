"""What the sync log says: how the latest sync ended, why, and the one next step for that reason as things stand now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.errors import Cause
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.sources import expected, found, good, unknown

_SHOWN, _LOOKED_AT = 5, 20
_ENDINGS = {SyncStatus.FAILED: "failed", SyncStatus.PARTIAL: "was not complete", SyncStatus.SKIPPED: "was skipped"}


@dataclass(frozen=True, slots=True)
class _Step:
    """Why a sync did not work, as the end of a sentence, and what to do about it."""

    why: str
    advice: str
    fix: Fix
    target: str = ""


_STEPS: Mapping[Cause, _Step] = {
    Cause.GATEWAY_NOT_RUNNING: _Step("the gateway did not answer", "Start the gateway", Fix.START_GATEWAY),
    Cause.GATEWAY_PLAIN_HTTP: _Step(
        "the gateway does not encrypt", "Set listenSsl: true in conf.yaml and start the gateway again", Fix.EDIT_CONF,
        "listenSsl",
    ),
    Cause.NOT_A_GATEWAY: _Step(
        "something that is no gateway answered", "Give the gateway a port of its own", Fix.MOVE_PORT
    ),
    Cause.ACCESS_DENIED: _Step(
        "the gateway refused this computer", "Add 127.0.0.1 to ips.allow in conf.yaml", Fix.EDIT_CONF, "ips.allow"
    ),
    Cause.CERTIFICATE_UNKNOWN: _Step(
        "the gateway’s certificate is not trusted yet", "Look at the certificate", Fix.TRUST_CERTIFICATE
    ),
    Cause.CERTIFICATE_CHANGED: _Step(
        "the gateway’s certificate changed", "Look at the certificate", Fix.TRUST_CERTIFICATE
    ),
    Cause.HOST_NOT_LOOPBACK: _Step(
        "the gateway would be on another computer", "Use a gateway on this computer", Fix.OPEN_SETTING, "gateway_host"
    ),
    Cause.NOT_AUTHENTICATED: _Step("nobody was signed in", "Sign in", Fix.SIGN_IN),
    Cause.BROKERAGE_LOST: _Step(
        "the brokerage session was closed", "Open the brokerage session again", Fix.OPEN_BROKERAGE
    ),
    Cause.COMPETING_SESSION: _Step(
        "another program had the session", "Sign out there, or take the session over", Fix.TAKE_OVER
    ),
    Cause.TIMED_OUT: _Step(
        "the gateway could not reach Interactive Brokers", "Check the internet connection; if it is up, stop and start "
        "the gateway", Fix.SHOW_GATEWAY_LOG,
    ),
    Cause.PENALTY_BOX: _Step(
        "the broker locked us out for sending too many requests", "Wait; nothing is sent before", Fix.WAIT
    ),
    Cause.RATE_LIMITED: _Step("the request budget was used up", "Wait", Fix.WAIT),
    Cause.MAINTENANCE: _Step("Interactive Brokers was under maintenance", "Wait", Fix.WAIT),
    Cause.WRONG_ENVIRONMENT: _Step(
        "the wrong kind of user was signed in", "Sign in with the user name of this environment", Fix.SIGN_IN
    ),
    Cause.UNKNOWN_ACCOUNT: _Step(
        "the account was not among those of the sign-in", "Choose one of its accounts", Fix.CONNECT
    ),
    Cause.DISK_FULL: _Step("the disk was full", "Free some space", Fix.SYNC_NOW),
}  # fmt: skip
#: What may be over by now: the next step follows from how things stand, not from what was written down.
_PASSING = frozenset(_STEPS) - {Cause.WRONG_ENVIRONMENT, Cause.UNKNOWN_ACCOUNT, Cause.DISK_FULL}
_LOCKED_OUT = (Cause.PENALTY_BOX, Cause.RATE_LIMITED)
#: What an announced outage explains.
_EXPLAINED = (
    Cause.MAINTENANCE, Cause.NOT_AUTHENTICATED, Cause.BROKERAGE_LOST, Cause.TIMED_OUT, Cause.BROKER_ERROR,
)  # fmt: skip


def sync_log(syncs: Sequence[SyncRecord], contact: Contact, outage: Outage | None, *, by_itself: bool) -> Examined:
    """What the sync log (ibkr_sync_log) says of the latest runs, newest first. `by_itself` is whether ibdesk syncs
    without being asked."""
    check = Check.SYNC_LOG
    if not syncs:
        return unknown(check, "The sync log is empty: nothing was read yet.")
    facts, looked_at = tuple(_line(each) for each in syncs[:_SHOWN]), syncs[:_LOOKED_AT]
    if syncs[0].status in _ENDINGS:
        return _stopped(syncs[0], contact, outage, facts, by_itself)
    failed = sum(each.status in (SyncStatus.FAILED, SyncStatus.PARTIAL) for each in looked_at)
    if failed > len(looked_at) / 4:
        return found(
            check, Verdict.WARN, f"{failed} of the latest {len(looked_at)} syncs failed.",
            "Look at Activity for the calls behind them.", *facts, fix=Fix.SHOW_ACTIVITY,
        )
    which = "The latest sync" if len(looked_at) == 1 else f"The latest {len(looked_at)} syncs"
    return good(check, f"{which} worked{f', {failed} aside' if failed else ''}.", *facts)


def _stopped(
    record: SyncRecord, contact: Contact, outage: Outage | None, facts: tuple[str, ...], by_itself: bool
) -> Examined:  # fmt: skip
    check, cause, obstacle = Check.SYNC_LOG, _cause_of(record), _obstacle(contact)
    decisive = obstacle or cause if cause in _PASSING else cause
    verdict = Verdict.BAD if record.status is SyncStatus.FAILED else Verdict.WARN
    until = _locked_until(record, contact) if decisive in _LOCKED_OUT else None
    statement = f"The latest sync {_ENDINGS[record.status]}: {_why(record, cause, until)}"
    facts = (*facts, *record.errors[:1])
    if cause in _PASSING and obstacle is None and contact.is_told:
        return found(check, verdict, statement, "That is over: sync now.", *facts, fix=Fix.SYNC_NOW)
    if outage is not None and decisive in _EXPLAINED:
        return expected(check, outage, statement, *facts)
    step = None if decisive is None else _STEPS.get(decisive) or (None if cause is None else _STEPS.get(cause))
    if step is None:
        return found(check, verdict, statement, "Mend what it names and sync again.", *facts, fix=Fix.SYNC_NOW)
    advice = step.advice if until is None else f"Wait until {until:%H:%M:%S} UTC; nothing is sent before"
    return found(
        check, Verdict.EXPECTED if decisive is Cause.MAINTENANCE else verdict, statement,
        f"{advice}. {'The next sync follows by itself.' if by_itself else 'Then sync.'}", *facts, fix=step.fix,
        target=step.target if until is None else until.isoformat(),
    )


def _why(record: SyncRecord, cause: Cause | None, until: datetime | None) -> str:
    if cause in _LOCKED_OUT and until is not None:
        return f"the broker locked us out until {until:%H:%M:%S} UTC."
    if cause is not None and cause in _STEPS:
        return f"{_STEPS[cause].why}."
    return record.errors[0] if record.errors else "no reason was written down."


def _obstacle(contact: Contact) -> Cause | None:
    """What would stop a sync now; None when nothing does, or when nothing was asked."""
    if contact.cause is not None or contact.flags is None:
        return contact.cause
    flags = contact.flags
    if flags.competing:
        return Cause.COMPETING_SESSION
    if not (flags.signed_in or flags.authenticated):
        return Cause.NOT_AUTHENTICATED
    return None if flags.authenticated and flags.established else Cause.BROKERAGE_LOST


def _locked_until(record: SyncRecord, contact: Contact) -> datetime | None:
    """When the lock-out ends: as it was told just now, else as the sync reckoned it; None once it is over."""
    told = contact.rate.boxed_until if contact.rate is not None else None
    until = told or record.next_at
    return until if until is not None and until > contact.at else None


def _cause_of(record: SyncRecord) -> Cause | None:
    return next((cause for cause in Cause if cause.value == record.cause), None)


def _line(record: SyncRecord) -> str:
    return " ".join(filter(None, [f"{record.started_at:%m-%d %H:%M:%S}", record.status.value, record.cause]))
