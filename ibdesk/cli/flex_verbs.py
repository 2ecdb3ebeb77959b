"""The verbs on the broker's Flex Web Service: keep queries with their tokens, and pull a statement into a file.

A token is asked for, unseen, or comes on standard input (after the vault's passphrase, where that comes there too);
it is never an argument, and only its end is ever shown.
"""

import argparse

from ibdesk.brokers.base import Period, StatementProgress, StatementStage
from ibdesk.cli.talk import Talk
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.records import FlexQuery
from ibdesk.services.desk import Desk
from ibdesk.services.flex import Pulled


async def add(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Keep a query under a label, in place of one that is there."""
    try:
        token = await talk.ask("Flex token: ")
    except NeedsPerson as error:
        raise NeedsPerson(
            "The Flex token is needed.", remedy="Type it, or give it on standard input.", cause=Cause.FLEX_TOKEN
        ) from error
    query = await desk.flex.add(
        args.label, args.query, token, service_url=args.service_url, certificate_sha256=args.accept_certificate
    )
    talk.tell(
        {"status": "success"} | _query(query),
        [f"The Flex query {query.query_id} is kept as “{query.label}”, with the token {query.masked_token}."],
    )
    return 0


async def list_queries(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """The queries there are, their tokens masked."""
    known = await desk.flex.queries()
    lines = [
        f"{query.label}  query {query.query_id}  token {query.masked_token}  {query.service_url}".rstrip()
        for query in known
    ]
    talk.tell({"status": "success", "queries": [_query(query) for query in known]}, lines or ["No Flex query yet."])
    return 0


async def remove(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Delete a query and its token."""
    await desk.flex.remove(args.label)
    talk.tell({"status": "success"}, [f"The Flex query “{args.label}” and its token are deleted."])
    return 0


async def pull(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Pull a statement into a file only this user can read."""

    def say(step: StatementProgress) -> None:
        if step.next_in:
            what = "making the statement" if step.stage is StatementStage.GENERATING else "not ready"
            talk.notice(f"The broker is {what}; {step.waited:.0f} s so far, next look in {step.next_in:.0f} s.")

    await desk.flex.require_free(args.out, replace=args.replace)
    pulled = await desk.flex.pull(args.label, first=args.first, last=args.last, progress=say)
    await desk.flex.save(pulled, args.out, replace=args.replace)
    file = pulled.file
    talk.tell(
        {
            "status": "success",
            "label": pulled.query.label,
            "query_id": file.query_id,
            "path": args.out,
            "bytes": len(file.content),
            "asked": _days(file.asked),
            "covers": _days(file.told),
            "is_short": pulled.is_short,
            "received_at": file.received_at,
        },
        [f"{len(file.content):,} bytes are in {args.out}.", *_coverage(pulled)],
    )
    return 0


def _coverage(pulled: Pulled) -> list[str]:
    """What the statement covers, and what is odd about it."""
    asked, told = pulled.file.asked, pulled.file.told
    lines = [f"It covers {told.first} to {told.last}."] if told else []
    if asked is None:
        lines.append("The broker would not take dates for this query; this is the query's own period.")
    elif pulled.is_short:
        lines.append(f"That is less than was asked ({asked.first} to {asked.last}): check the query's period.")
    return lines


def _days(period: Period | None) -> dict[str, str] | None:
    return None if period is None else {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _query(query: FlexQuery) -> dict[str, object]:
    return {
        "label": query.label,
        "query_id": query.query_id,
        "token": query.masked_token,
        "service_url": query.service_url,
        "added_at": query.added_at,
    }
