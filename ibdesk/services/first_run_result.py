"""What a finished wizard leaves behind, and what may be told about one that is not finished."""

from collections.abc import Iterable
from datetime import datetime

from ibdesk.domain.accounts import AccountId, masked
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure
from ibdesk.domain.records import Credentials
from ibdesk.services.disclosures import sha256
from ibdesk.services.findings import Check, origin
from ibdesk.services.first_run import FirstRun, FirstRunResult, Step, Tick, unacknowledged


def result_of(state: FirstRun, *, now: datetime, app_version: str) -> FirstRunResult:
    """What to save. Only a finished wizard has a result."""
    environment = state.entries.environment
    account = state.tws.chosen if state.is_tws else state.facts.account
    if state.step is not Step.FINISHED or account is None or environment is None:
        raise ValueError("only a finished wizard has a result")
    given = acknowledgments(state.disclosures, state.ticks, account.id, app_version)
    if state.is_tws:
        return FirstRunResult(
            tws=state.tws.place(environment), account=account, accounts=state.tws.accounts, acknowledgments=given
        )
    credentials = Credentials(
        environment=environment,
        gateway_url=state.entries.gateway_url,
        user_name=state.entries.user_name,
        account=account.id,
        certificate_sha256=state.pin,
        options_level=state.entries.options_level,
        updated_at=now,
    )
    return FirstRunResult(
        credentials=credentials,
        account=account,
        accounts=state.facts.accounts,
        acknowledgments=given,
        allow_remote=state.entries.allow_remote,
    )


def acknowledgments(
    texts: Iterable[Disclosure], ticks: Iterable[Tick], account: AccountId, app_version: str
) -> tuple[Acknowledgment, ...]:
    """The proof that these ticks were given for these texts. The account goes into it as a hash."""
    by_id = {text.id: text for text in texts}
    return tuple(
        Acknowledgment(
            disclosure_id=tick.disclosure_id,
            version=by_id[tick.disclosure_id].version,
            sha256=by_id[tick.disclosure_id].sha256,
            statement_sha256=sha256(by_id[tick.disclosure_id].statement),
            shown_at=tick.shown_at,
            acknowledged_at=tick.acknowledged_at,
            account_hash=sha256(account),
            app_version=app_version,
        )
        for tick in ticks
        if tick.acknowledged_at is not None and tick.disclosure_id in by_id
    )


def describe(state: FirstRun) -> dict[str, str]:
    """The state for logs and diagnostics: only what is listed here, so a new field stays out until someone thinks."""
    texts, left = len(state.disclosures), len(unacknowledged(state))
    told = {
        "step": state.step.value,
        "environment": str(state.entries.environment or "not chosen"),
        "gateway": origin(state.entries.gateway_url),
        "user name": "entered" if state.entries.user_name else "empty",
        "certificate shown": state.certificate.sha256 if state.certificate is not None else "none",
        "certificate pinned": state.pin or "none",
        "account id": masked(state.facts.account.id) if state.facts.account is not None else "none",
        "accounts seen": str(len(state.facts.accounts)),
        "options level": "not entered" if state.entries.options_level is None else str(state.entries.options_level),
        "disclosures acknowledged": f"{texts - left} of {texts}",
    }
    if state.is_tws:
        side = state.tws
        told |= {"tws": f"{side.host}:{side.port}, client id {side.client_id}"}
        told |= {each.check.value: f"{each.verdict.value}: {each.statement}" for each in side.results}
    return told | {check.id.value: _told(check) for check in state.checks}


def _told(check: Check) -> str:
    return check.outcome.value if check.cause is None else f"{check.outcome.value}: {check.cause.value}"
