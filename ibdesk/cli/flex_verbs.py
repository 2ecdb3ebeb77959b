"""The verbs on the broker's Flex Web Service: keep queries with their tokens, and pull a statement into a file.

A token is asked for, unseen, or comes on standard input (after the vault's passphrase, where that comes there too);
it is never an argument, and only its end is ever shown.
"""

import argparse
import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ibdesk.brokers.statements import Period, StatementProgress, StatementStage
from ibdesk.cli.talk import Talk
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.records import FlexQuery
from ibdesk.services.desk import Desk
from ibdesk.services.flex import Pulled
from ibdesk.services.tasks import Tasks

T = TypeVar("T")
#: Seconds of silence after which it is said that nothing was heard.
STILL = 5.0


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

    await desk.flex.require_free(args.out, replace=args.replace)
    telling = Telling(talk)
    pulled = await telling.until_done(
        desk.flex.pull(args.label, first=args.first, last=args.last, progress=telling.hear))
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


class Telling:
    """Says how a pull goes, also while nothing is heard: a service may be silent for more than a minute."""

    def __init__(self, talk: Talk, *, still: float = STILL) -> None:
        self._talk, self._still = talk, still
        self._begun = self._quiet_until = 0.0
        self._stage: StatementStage | None = None

    def hear(self, step: StatementProgress) -> None:
        """Take a step of the pull."""
        self._quiet_until = asyncio.get_running_loop().time() + step.next_in + self._still
        if step.next_in:
            what = "making the statement" if step.stage is StatementStage.GENERATING else "not ready"
            self._talk.notice(f"The broker is {what}; {step.waited:.0f} s so far, next look in {step.next_in:.0f} s.")
        elif step.stage is not self._stage:
            self._talk.notice(_STAGES[step.stage])
        self._stage = step.stage

    async def until_done(self, pull: Coroutine[Any, Any, T]) -> T:
        """What the pull gives; it ends with its caller."""
        tasks, now = Tasks(lambda name, error: None), asyncio.get_running_loop().time
        self._begun, self._quiet_until = now(), now() + self._still
        task = tasks.start("flex pull", pull)
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=max(0.0, self._quiet_until - now()))
                if not task.done() and now() >= self._quiet_until:
                    self._talk.notice(f"No answer yet; {now() - self._begun:.0f} s so far.")
                    self._quiet_until = now() + self._still
            return task.result()
        finally:
            await tasks.close()


_STAGES = {
    StatementStage.ASKING: "Asking the Flex service …",
    StatementStage.GENERATING: "Waiting for the statement …",
    StatementStage.FETCHING: "Fetching the statement …",
}


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
