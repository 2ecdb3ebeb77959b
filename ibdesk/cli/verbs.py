"""What each verb on an open desk does and says. `accounts.py` has those that connect and list accounts."""

import argparse
import shlex
import webbrowser
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ibdesk.cli.door import not_connected, session_of
from ibdesk.cli.talk import Talk, code_of, lines_of, next_steps, told
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.session import Session
from ibdesk.services.desk import Desk

if TYPE_CHECKING:
    from ibdesk.services.session import SessionService
    from ibdesk.services.sync import SyncOutcome


_ANSWERS = {True: "answers", False: "does not answer", None: "not asked"}


#: What is added to an answer that was given without asking the gateway.
_UNASKED = "The window is busy: this is what it knew last."


async def health(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Is the gateway there, who is signed in, when was the last sync."""
    if desk.session is not None:
        await desk.session.refresh()
    return await _tell_health(desk, talk)


async def known_health(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """The same from what is stored and was known last; asks nobody."""
    return await _tell_health(desk, talk, _UNASKED)


async def _tell_health(desk: Desk, talk: Talk, remark: str = "") -> int:
    session = None if desk.session is None else desk.session.session
    problem = not_connected(desk) if desk.session is None else desk.session.problem
    last = next((each for each in await desk.activity.syncs() if "store" in each.stages), None)
    was_asked = problem is None or problem.cause not in (Cause.PENALTY_BOX, Cause.RATE_LIMITED)
    answers = session is not None and session.flags.reachable if was_asked else None
    state = "not connected" if session is None else session.state.value
    talk.tell(
        {
            "status": "ready" if problem is None else "unavailable",
            "gateway": desk.gateway_url,
            "reachable": answers,
            "session": state,
            "environment": desk.environment.value,
            "last_sync": None if last is None else {"at": last.finished_at, "status": last.status.value},
            "vault": str(desk.preferences.folder),
            "database_bytes": desk.database_bytes(),
        }
        | _remarked(remark)
        | told(problem),
        [
            f"gateway    {desk.gateway_url} ({_ANSWERS[answers]})",
            f"session    {state}",
            f"last sync  {'never' if last is None else f'{last.finished_at:%Y-%m-%d %H:%M:%S} UTC, {last.status}'}",
            f"vault      {desk.preferences.folder}",
            *lines_of(problem),
            *([remark] if remark else []),
        ],
    )
    return code_of(problem)


def _remarked(remark: str) -> dict[str, str]:
    return {"remark": remark} if remark else {}


async def status(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """What the gateway says of the session."""
    service = session_of(desk)
    return _tell_session(service, await service.refresh(), talk)


async def known_status(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """What the gateway said last; asks nobody."""
    service = session_of(desk)
    return _tell_session(service, service.session, talk, _UNASKED)


async def login(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Open the sign-in page and wait until somebody signed in there."""
    service = session_of(desk)
    await service.refresh()
    cause = None if service.problem is None else service.problem.cause
    if cause is Cause.COMPETING_SESSION and await _may_take_over(args, talk):
        await service.open_brokerage(take_over=True)
    elif cause is Cause.NOT_AUTHENTICATED:
        if args.no_browser or not webbrowser.open(service.sign_in_page):
            talk.say(f"Sign in here: {service.sign_in_page}")
        talk.say("Waiting for the sign-in …")
    elif cause is not Cause.BROKERAGE_LOST:  # ready, or nothing that waiting could mend
        return _tell_session(service, service.session, talk)
    service.start()
    await service.wait_until_ready(timedelta(seconds=args.within))
    return _tell_session(service, service.session, talk)


async def _may_take_over(args: argparse.Namespace, talk: Talk) -> bool:
    """Whether a person wants the other login ended: said with the command, or asked now."""
    if args.take_over or talk.json:
        return bool(args.take_over)
    try:
        answer = await talk.ask("Another login has the session. End it and continue here? [yes/no] ", secret=False)
    except NeedsPerson:  # nobody to ask
        return False
    return answer.strip().lower() == "yes"


async def logout(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """End the session at the broker."""
    service = session_of(desk)
    await service.sign_out()
    talk.tell({"status": service.session.state.value, "authenticated": False}, ["Signed out."])
    return 0


def _tell_session(service: "SessionService", session: Session, talk: Talk, remark: str = "") -> int:
    ends = "" if session.ends_at is None else f", ends {session.ends_at:%Y-%m-%d %H:%M} UTC"
    talk.tell(
        {
            "status": session.state.value,
            "authenticated": session.flags.authenticated,
            "competing": session.flags.competing,
            "is_paper": session.flags.is_paper,
            "ends_at": session.ends_at,
            "sign_in_page": service.sign_in_page,
        }
        | _remarked(remark)
        | told(service.problem),
        [f"{session.state.value}{ends}", *lines_of(service.problem), *([remark] if remark else [])],
    )
    return code_of(service.problem)


async def sync(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Read positions and balances of one account or all."""
    if desk.sync is None:
        raise not_connected(desk)
    outcome = await desk.sync.run(None if args.account is None else AccountId(args.account))
    await desk.sync.finish()
    talk.tell(_outcome(outcome), _outcome_lines(outcome))
    return code_of(outcome.error)


def _outcome(outcome: "SyncOutcome") -> dict[str, Any]:
    """The documents' answer to a sync (D15), with removed and skipped as well, and the next step after a failure."""
    counts = outcome.counts
    return {
        "status": outcome.status.value,
        "processed": counts.processed,
        "new": counts.new,
        "updated": counts.updated,
        "removed": counts.removed,
        "skipped": counts.skipped,
        "errors": [
            {"account": record.account, "cause": record.cause, "message": message}
            for record in outcome.records
            for message in record.errors
        ],
        "accounts": [
            {
                "account": record.account,
                "status": record.status.value,
                "processed": record.counts.processed,
                "stages": dict(record.stages),
                "started_at": record.started_at,
                "finished_at": record.finished_at,
            }
            for record in outcome.records
        ],
    } | told(outcome.error)


def _outcome_lines(outcome: "SyncOutcome") -> list[str]:
    lines = []
    for record in outcome.records:
        counts = record.counts
        lines.append(
            f"{record.account or 'sync'}  {record.status}  {counts.processed} positions, {counts.new} new, "
            f"{counts.removed} gone"
        )
        lines += [f"  {message}" for message in record.errors]
    return lines if outcome.error is None else [*lines, *next_steps(outcome.error)]


async def find(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Contracts by symbol or name."""
    if desk.market is None:
        raise not_connected(desk)
    await session_of(desk).refresh()
    found = await desk.market.find(args.text)
    rows = [
        {
            "conid": match.conid,
            "symbol": match.symbol,
            "name": match.name,
            "exchange": match.exchange,
            "classes": [each.value for each in match.classes],
        }
        for match in found
    ]
    lines = [f"{m.conid:>10}  {m.symbol:<8} {m.exchange:<10} {'/'.join(m.classes):<12} {m.name}" for m in found]
    talk.tell({"status": "success", "contracts": rows}, lines or ["Nothing found."])
    return 0


async def check(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Examine the vault: every page, every reference, the chains of the audit and of the receipts."""
    report = await desk.activity.check()
    whole = (
        f"The vault is whole: {report.bytes_on_disk:,} bytes, {report.audit_rows:,} audit rows and "
        f"{report.receipts:,} rows of receipts chained."
    )
    talk.tell(
        {
            "status": "failed" if report.findings else "success",
            "findings": list(report.findings),
            "exposed": list(report.exposed),
            "rows": dict(report.rows),
            "bytes": report.bytes_on_disk,
            "audit_rows": report.audit_rows,
            "receipts": report.receipts,
        },
        [
            *(report.findings or (whole,)),
            *(f"Other users of this computer may read {path}. Make it yours alone: chmod 600 {shlex.quote(path)}"
              for path in report.exposed),
        ],
    )
    return 6 if report.findings else 0
