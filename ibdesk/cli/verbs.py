"""What each verb on an open desk does and says. `accounts.py` has those that connect and list accounts."""

import argparse
import shlex
import webbrowser
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ibdesk.cli.door import not_connected, session_of
from ibdesk.cli.talk import Talk, code_of, lines_of, told
from ibdesk.domain.accounts import masked
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.positions import Source
from ibdesk.domain.session import Session
from ibdesk.services.desk import Desk

if TYPE_CHECKING:
    from ibdesk.domain.records import SyncRecord
    from ibdesk.services.session import SessionService
    from ibdesk.services.socket_health import SocketState


_ANSWERS = {True: "answers", False: "does not answer", None: "not asked"}


#: What is added to an answer that was given without asking the gateway.
_UNASKED = "The window is busy: this is what it knew last."


async def health(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Is the gateway there, who is signed in, does TWS answer, when was the last sync of each."""
    if desk.session is not None:
        await desk.session.refresh()
    return await _tell_health(desk, talk, None if desk.tws_health is None else await desk.tws_health.look())


async def known_health(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """The same from what is stored and was known last; asks nobody."""
    return await _tell_health(desk, talk, None if desk.tws_health is None else desk.tws_health.known(), _UNASKED)


async def _tell_health(desk: Desk, talk: Talk, socket: "SocketState | None", remark: str = "") -> int:
    session = None if desk.session is None else desk.session.session
    gateway = not_connected(desk) if desk.session is None else desk.session.problem
    problem = None if desk.session is None and socket is not None else gateway  # TWS alone is a whole desk, too
    problem = problem or (None if socket is None else socket.problem)
    last, last_tws = await _last_sync(desk, desk.book.source), await _last_sync(desk, Source.TWS)
    was_asked = gateway is None or gateway.cause not in (Cause.PENALTY_BOX, Cause.RATE_LIMITED)
    answers = session is not None and session.flags.reachable if was_asked else None
    state = "not connected" if session is None else session.state.value
    talk.tell(
        {
            "status": "ready" if problem is None else "unavailable",
            "gateway": desk.gateway_url,
            "reachable": answers,
            "session": state,
            "environment": desk.environment.value,
            "last_sync": _last(last),
            "tws": None if socket is None else _socket(socket) | {"last_sync": _last(last_tws)},
            "vault": str(desk.preferences.folder),
            "database_bytes": desk.database_bytes(),
        }
        | _remarked(remark)
        | told(problem),
        [
            f"gateway    {desk.gateway_url} ({_ANSWERS[answers]})",
            f"session    {state}",
            f"last sync  {_last_words(last)}",
            *([] if socket is None else [f"socket     {_socket_words(socket)}", f"its sync   {_last_words(last_tws)}"]),
            f"vault      {desk.preferences.folder}",
            *lines_of(problem),
            *([remark] if remark else []),
        ],
    )
    return code_of(problem)


async def _last_sync(desk: Desk, source: Source) -> "SyncRecord | None":
    return next((each for each in await desk.activity.syncs(sources=(source,)) if "store" in each.stages), None)


def _last(record: "SyncRecord | None") -> dict[str, Any] | None:
    return None if record is None else {"at": record.finished_at, "status": record.status.value}


def _last_words(record: "SyncRecord | None") -> str:
    return "never" if record is None else f"{record.finished_at:%Y-%m-%d %H:%M:%S} UTC, {record.status}"


def _socket(socket: "SocketState") -> dict[str, Any]:
    """The socket for programs; seconds, None for what is not known."""
    line = socket.line
    return {
        "address": socket.address,
        "client_id": socket.client_id,
        "state": line.state.value,
        "since": line.since,
        "reason": line.reason,
        "last_word_seconds": None if socket.quiet_for is None else round(socket.quiet_for.total_seconds(), 1),
        "skew_seconds": None if line.skew is None else round(line.skew.total_seconds(), 1),
        "accounts": [masked(account) for account in socket.accounts],
    } | told(socket.problem)


def _socket_words(socket: "SocketState") -> str:
    """The same for people, in one line."""
    line = socket.line
    said = [
        line.state.value if line.since is None else f"{line.state.value} since {line.since:%Y-%m-%d %H:%M:%S} UTC",
        "" if socket.quiet_for is None else f"last word {socket.quiet_for.total_seconds():.1f} s ago",
        "" if line.skew is None else f"clock {line.skew.total_seconds():+.1f} s",
        f"client id {socket.client_id}",
        *(masked(account) for account in socket.accounts),
    ]
    return f"{socket.address} ({', '.join(filter(None, said))})"


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
