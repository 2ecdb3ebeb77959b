"""How statements are pulled: which query, which days, one pull at a time for a token, and the bytes kept as a file.

Nothing is read into the books here: a pull gives the broker's own bytes and says what was asked.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.brokers.statements import (
    Period,
    StatementFile,
    StatementPlace,
    StatementProgress,
    StatementSource,
    StatementWanted,
)
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.events import SettingsChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.records import FlexQuery
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.store import audit, flex
from ibdesk.store.database import Database
from ibdesk.store.exports import exported, require_free
from ibdesk.store.vault import OpenVault

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: The longest stretch one request may span (reference/flex-and-nav.md A2).
LONGEST = 365
#: Days by which a statement may be narrower than asked: a long weekend at either end.
_SLACK = timedelta(days=5)

Progress = Callable[[StatementProgress], None]
#: Gives the source at a place, not opened. Raises Refused for a place a token may not be sent to.
Sources = Callable[[StatementPlace], Awaitable[StatementSource]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A statement and the query it came from."""

    query: FlexQuery
    file: StatementFile

    @property
    def is_short(self) -> bool:
        """Whether the statement says it covers clearly less than was asked: queries saved as "last N days" have been
        seen to shrink to one day without a word (reference/flex-and-nav.md A2)."""
        asked, told = self.file.asked, self.file.told
        if asked is None or told is None:
            return False
        return told.first - asked.first > _SLACK or asked.last - told.last > _SLACK


class Flex:
    """The Flex queries of the vault, and pulling them."""

    def __init__(self, vault: OpenVault, *, database: Database, hub: Hub, clock: Clock, sources: Sources) -> None:
        self._vault, self._database, self._hub, self._clock = vault, database, hub, clock
        self._sources = sources
        self._pulling: dict[bytes, asyncio.Lock] = {}

    async def queries(self) -> tuple[FlexQuery, ...]:
        """Every query, by label. Show `masked_token`, never the token."""
        return await self._database.read(flex.load_queries, self._vault)

    async def add(
        self, label: str, query_id: str, token: str, *, service_url: str = "", certificate_sha256: str = ""
    ) -> FlexQuery:
        """Keep a query, in place of one with the same label; blanks around what was pasted are dropped.
        Refused(BAD_SETTING, HOST_NOT_LOOPBACK), NeedsPerson(FLEX_TOKEN)."""
        now = self._clock()
        query = FlexQuery(
            label=_label(label), query_id=_query_id(query_id), token=_token(token), service_url=service_url.strip(),
            certificate_sha256=certificate_sha256.strip(), added_at=now,
        )  # fmt: skip
        await self._sources(_place(query))
        await self._database.write(_save, self._vault, query, now, urgent=True)
        self._hub.publish(SettingsChanged(names=("flex_queries",)))
        return query

    async def remove(self, label: str) -> None:
        """Delete a query and its token. Refused(NOTHING_FOUND) where there is none."""
        if not await self._database.write(_delete, label, self._clock(), urgent=True):
            raise _unknown(label, await self.queries())
        self._hub.publish(SettingsChanged(names=("flex_queries",)))

    async def pull(
        self,
        label: str | None = None,
        *,
        first: date | None = None,
        last: date | None = None,
        progress: Progress = lambda step: None,
    ) -> Pulled:
        """Ask for a statement, wait while it is made, fetch it; may take minutes. `label` None means the only query.

        Without days it is asked for the year up to yesterday, and the query's own period is taken where the broker
        insists; days a person gave are firm. Raises DeskError branches.
        """
        query = _chosen(await self.queries(), label)
        today = self._clock().astimezone(NEW_YORK).date()
        wanted = StatementWanted(
            query_id=query.query_id, period=_period(first, last, today), is_firm=first is not None or last is not None
        )
        async with self._pulling.setdefault(sha256(query.token.encode()).digest(), asyncio.Lock()):
            source = await self._sources(_place(query))
            await source.open()
            try:
                return Pulled(query=query, file=await source.fetch(query.token, wanted, progress))
            finally:
                await source.close()

    async def require_free(self, path: Path, *, replace: bool = False) -> None:
        """Refused(BAD_SETTING, FILE_EXISTS, FOLDER_READ_ONLY) where `save` could not write: to be asked before the
        broker is."""
        await asyncio.to_thread(require_free, path, self._vault.paths.folder, replace=replace)

    async def save(self, pulled: Pulled, path: Path, *, replace: bool = False) -> None:
        """Write the statement to a file only this user can read, whole or not at all. Raises what `require_free` does,
        Unavailable(DISK_FULL)."""
        await asyncio.to_thread(_write, path, self._vault.paths.folder, pulled.file.content, replace)


def _write(path: Path, vault: Path, content: bytes, replace: bool) -> None:
    with exported(path, vault, replace=replace) as file:
        file.write(content)


def _save(tx: "Connection", vault: OpenVault, query: FlexQuery, now: datetime) -> None:
    flex.save_query(tx, vault, query, now)
    audit.append_doing(tx, now, "PUT", f"flex/{query.label}", "Flex query and token kept by a person.")


def _delete(tx: "Connection", label: str, now: datetime) -> bool:
    is_gone = flex.delete_query(tx, label)
    if is_gone:
        audit.append_doing(tx, now, "DELETE", f"flex/{label}", "Flex query and token deleted by a person.")
    return is_gone


def _place(query: FlexQuery) -> StatementPlace:
    return StatementPlace(url=query.service_url, certificate_sha256=query.certificate_sha256)


def _period(first: date | None, last: date | None, today: date) -> Period:
    """The days to ask for. Refused(BAD_SETTING)."""
    end = last or today - timedelta(days=1)
    span = timedelta(days=LONGEST - 1)
    begin = first or (end - span if end - date.min >= span else date.min)
    period = Period(first=begin, last=end)
    if not 1 <= period.days <= LONGEST or begin == date.min:
        raise Refused(
            f"A statement cannot cover {begin} to {end}.",
            remedy=f"Choose a first day before the last, at most {LONGEST} days in all.", cause=Cause.BAD_SETTING,
        )
    return period


def _chosen(known: tuple[FlexQuery, ...], label: str | None) -> FlexQuery:
    if not known:
        raise NeedsPerson(
            "No Flex query was added yet.",
            remedy="Add one with its token from Client Portal: ibdesk flex add --help", cause=Cause.FLEX_TOKEN,
        )
    found = [query for query in known if label in (None, query.label)]
    if len(found) == 1:
        return found[0]
    if label is not None:
        raise _unknown(label, known)
    raise Refused(
        "There are several Flex queries.", remedy=f"Name one of them: {_names(known)}.", cause=Cause.NOTHING_FOUND
    )


def _unknown(label: str, known: tuple[FlexQuery, ...]) -> Refused:
    return Refused(
        f"There is no Flex query “{label}”.",
        remedy=f"Name one of them: {_names(known)}." if known else "Add one: ibdesk flex add --help",
        cause=Cause.NOTHING_FOUND,
    )


def _names(known: tuple[FlexQuery, ...]) -> str:
    return ", ".join(query.label for query in known)


def _label(text: str) -> str:
    label = text.strip()
    if not label or len(label) > 64 or not label.isprintable():
        raise Refused(
            "A Flex query needs a name to be called by.", remedy="Choose one of at most 64 letters, such as Daily.",
            cause=Cause.BAD_SETTING,
        )
    return label


def _query_id(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", query_id := text.strip()):
        raise Refused(
            "That is no Flex query id.", remedy="Copy the number Client Portal shows beside the query.",
            cause=Cause.BAD_SETTING,
        )
    return query_id


def _token(text: str) -> str:
    """The token as pasted, without the blanks around it."""
    token = text.strip().strip("\ufeff\u200b").strip()
    if not re.fullmatch(r"[0-9A-Za-z_-]{4,256}", token):
        raise NeedsPerson(
            "That is no Flex token." if token else "The Flex token is missing.",
            remedy="Copy it whole from Client Portal: Performance & Reports > Flex Queries > Flex Web Service.",
            cause=Cause.FLEX_TOKEN,
        )
    return token
