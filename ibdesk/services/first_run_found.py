"""What a finding changes in the wizard's state: facts, and the check that they answer."""

from dataclasses import replace
from typing import assert_never

from ibdesk.brokers.base import Certificate
from ibdesk.domain.accounts import Account
from ibdesk.domain.market import Delay
from ibdesk.domain.session import SessionFlags
from ibdesk.services.findings import (
    AccountSeen,
    AccountsSeen,
    CertificateSeen,
    Check,
    CheckId,
    Failed,
    Finding,
    MarketSeen,
    Outcome,
    SessionSeen,
    changed,
    competing,
    failed,
    not_running,
    signed_out,
    unknown,
)
from ibdesk.services.first_run import Facts, FirstRun


def apply(state: FirstRun, finding: Finding) -> FirstRun:
    """The state with one finding in it. A finding about another target than ours is too late and changes nothing."""
    if finding.target != state.target or state.is_over:
        return state
    match finding:
        case CertificateSeen():
            return _certificate_seen(state, finding.certificate)
        case SessionSeen():
            return _session_seen(state, finding)
        case AccountsSeen():
            return _accounts_seen(state, finding.accounts)
        case AccountSeen() if finding.account.id != state.entries.account:
            return state
        case AccountSeen():
            facts = replace(
                state.facts, account=finding.account, summary=finding.summary, regime=finding.regime
            )
            return _with_checks(replace(state, facts=facts), _passed(CheckId.ACCOUNT), _passed(CheckId.DAY_TRADING))
        case MarketSeen():
            facts = replace(state.facts, delay=finding.delay, symbol=finding.symbol)
            outcome = Outcome.PASSED if finding.delay is Delay.LIVE else Outcome.WARNED
            return _with_checks(replace(state, facts=facts), Check(id=CheckId.MARKET_DATA, outcome=outcome))
        case Failed():
            return _with_checks(state, failed(finding.check, finding.error))
    assert_never(finding)


def _certificate_seen(state: FirstRun, certificate: Certificate) -> FirstRun:
    state = replace(state, certificate=certificate)
    if certificate.sha256 == state.pin:
        return state
    if state.pin:
        return _with_checks(replace(state, facts=Facts()), failed(CheckId.GATEWAY, changed(certificate)))
    return _with_checks(state, failed(CheckId.GATEWAY, unknown(certificate)))


def _session_seen(state: FirstRun, seen: SessionSeen) -> FirstRun:
    latency = state.facts.latency_ms if seen.latency_ms is None else seen.latency_ms
    state = replace(state, facts=replace(state.facts, flags=seen.flags, latency_ms=latency))
    if not seen.flags.reachable:
        silent = failed(CheckId.GATEWAY, not_running(state.entries.gateway_url))
        return _with_checks(state, silent, Check(id=CheckId.SIGN_IN))
    return _with_checks(state, _passed(CheckId.GATEWAY), _sign_in_check(seen.flags))


def _sign_in_check(flags: SessionFlags) -> Check:
    if flags.competing:
        return failed(CheckId.SIGN_IN, competing())
    if flags.signed_in or flags.authenticated:
        return _passed(CheckId.SIGN_IN)
    return failed(CheckId.SIGN_IN, signed_out())


def _accounts_seen(state: FirstRun, accounts: tuple[Account, ...]) -> FirstRun:
    facts = replace(state.facts, accounts=accounts)
    ids = [account.id for account in accounts]
    chosen = state.entries.account if state.entries.account in ids else ids[0] if ids else None
    return replace(state, facts=facts, entries=replace(state.entries, account=chosen))


def _passed(check_id: CheckId) -> Check:
    return Check(id=check_id, outcome=Outcome.PASSED)


def _with_checks(state: FirstRun, *new: Check) -> FirstRun:
    names = {check.id for check in new}
    kept = [check for check in state.checks if check.id not in names]
    order = list(CheckId)
    return replace(state, checks=tuple(sorted([*kept, *new], key=lambda check: order.index(check.id))))
