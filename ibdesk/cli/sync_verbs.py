"""What the verbs that read the accounts do, over the gateway or over the socket of TWS, and what they say of it."""

import argparse
from typing import TYPE_CHECKING, Any

from ibdesk.cli.door import not_connected
from ibdesk.cli.talk import Talk, code_of, next_steps, told
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.services.desk import Desk

if TYPE_CHECKING:
    from ibdesk.domain.records import SyncRecord
    from ibdesk.services.outcome import SyncOutcome
    from ibdesk.services.sync import SyncService


async def sync(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Read positions and balances of one account or all. Refused where the source is not there to be asked."""
    service = _service(desk, Source(args.source))
    outcome = await service.run(None if args.account is None else AccountId(args.account))
    await service.finish()
    talk.tell(_outcome(outcome, service.source), _lines(outcome))
    return code_of(outcome.error)


def _service(desk: Desk, source: Source) -> "SyncService":
    if source is not Source.TWS:
        if desk.sync is None:
            raise not_connected(desk)
        return desk.sync
    if desk.tws_sync is None:
        raise Refused(
            "The connection to TWS or IB Gateway is switched off.",
            remedy="Switch it on in Settings under TWS and IB Gateway, or for one run with --set tws_enabled=true.",
            cause=Cause.BAD_SETTING,
        )
    return desk.tws_sync


def _outcome(outcome: "SyncOutcome", source: Source) -> dict[str, Any]:
    """The documents' answer to a sync (D15), with removed and skipped as well, and the next step after a failure."""
    return {
        "status": outcome.status.value,
        "source": source.value,
        **_counts(outcome.counts),
        "errors": [error for record in outcome.records for error in _errors(record)],
        "accounts": [
            {
                "account": record.account,
                "status": record.status.value,
                **_counts(record.counts),
                "errors": _errors(record),
                "stages": dict(record.stages),
                "started_at": record.started_at,
                "finished_at": record.finished_at,
            }
            for record in outcome.records
        ],
    } | told(outcome.error)


def _counts(counts: SyncCounts) -> dict[str, int]:
    return {
        "processed": counts.processed,
        "new": counts.new,
        "updated": counts.updated,
        "removed": counts.removed,
        "skipped": counts.skipped,
    }


def _errors(record: "SyncRecord") -> list[dict[str, Any]]:
    return [{"account": record.account, "cause": record.cause, "message": message} for message in record.errors]


def _lines(outcome: "SyncOutcome") -> list[str]:
    lines = []
    for record in outcome.records:
        counts = record.counts
        lines.append(
            f"{record.account or 'sync'}  {record.status}  {counts.processed} positions, {counts.new} new, "
            f"{counts.updated} updated, {counts.removed} gone, {counts.skipped} skipped"
        )
        lines += [f"  {message}" for message in record.errors]
    return lines if outcome.error is None else [*lines, *next_steps(outcome.error)]
