"""Diagnosis from evidence: every check of `domain.diagnosis` in order, each with its facts, its advice and its fix.

Charter. What: an examination that disturbs nothing. It looks at the computer, meets the gateway once with a handful of
calls through the same budget and audit as everything else, reads what is written down, and opens, takes over or changes
nothing; the fixes are a person's to press.
Why: the gateway fails in few ways that look alike ("it does not work"); the facts tell them apart, a guess does not.
The rules of each group of checks are functions of what was seen, in a file of their own; only `computer`, `contact` and
this file look at anything. Tried: asking the open services alone (a wedged service would examine itself).
Would change our mind: checks that need more than a few calls or seconds; those would be journeys of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from ibdesk.domain.accounts import Account
from ibdesk.domain.diagnosis import Check, Examined, GatewayProcess, Report
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.maintenance import Outage, next_outage, outage_at
from ibdesk.domain.positions import Source
from ibdesk.domain.receipts import ReceiptHead
from ibdesk.domain.records import Credentials, SessionRecord, SyncRecord
from ibdesk.domain.session import Session
from ibdesk.services.doctor import computer, connection, desk, session, socket
from ibdesk.services.doctor.contact import Contact, meet
from ibdesk.services.doctor.sources import Sources, Stored, Trading, unknown
from ibdesk.services.outages import Outages
from ibdesk.services.tws_contact import TwsSeen, visit

__all__ = ["Doctor", "Sources", "Stored", "Trading"]

#: How long each part may take, in seconds: together less than the 15 that a person will watch.
COMPUTER_WITHIN, CONTACT_WITHIN, RECORDS_WITHIN = 3.5, 8.0, 2.0
#: TWS is met at the same time as the gateway.
TWS_WITHIN = CONTACT_WITHIN
#: Enough lines for a day of keep-alives every four minutes.
_SESSIONS, _SYNCS, _RECEIPTS = 500, 60, 20
#: What TWS could not tell is no fault of the gateway.
_OF_THE_GATEWAY = tuple(each for each in Source if each is not Source.TWS)
#: What cannot be told when the vault does not answer.
_WRITTEN_DOWN = (Check.SYNC, Check.SYNC_LOG, Check.ORDERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What the vault holds of our own doings; empty without one."""

    known: Credentials | None = None
    accounts: tuple[Account, ...] = ()
    sessions: tuple[SessionRecord, ...] = ()
    syncs: tuple[SyncRecord, ...] = ()
    receipts: tuple[ReceiptHead, ...] = ()
    session: Session | None = None


class Doctor:
    """Examines what `sources` lead to."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def examine(self) -> Report:
        """All checks in order. Never raises, and ends within 15 seconds even when everything hangs."""
        results = [each async for each in self.watch()]
        return Report(at=self._sources.clock(), results=tuple(results))

    async def watch(self) -> AsyncIterator[Examined]:
        """Each check as it ends, in the order of `Check`."""
        yield computer.settings(self._sources)
        # first: whose port it is means something else when the gateway answers there
        contact, seen = await asyncio.gather(self._contact(), self._tws())
        async for each in self._computer(contact):
            yield each
        process = await self._process()
        settings = self._sources.settings().settings
        outage = self._outage(contact)
        for each in connection.examine(contact, process, outage, settings):
            yield each
        written, problem = await self._read()
        for each in session.examine(
            contact, written.session, written.sessions, written.known, written.accounts, outage,
            self._sources.environment,
        ):  # fmt: skip
            yield each
        for each in desk.examine(self._sources, contact, written.syncs, written.receipts, outage):
            yield each if problem is None or each.check not in _WRITTEN_DOWN else unknown(each.check, problem)
        for each in self._of_tws(seen):
            yield each

    async def _tws(self) -> TwsSeen | None:
        access = self._sources.tws
        return None if access is None else await visit(access, within=TWS_WITHIN, clock=self._sources.clock)

    def _of_tws(self, seen: TwsSeen | None) -> Iterator[Examined]:
        """The published windows alone explain a TWS: the gateway's own word is about itself."""
        if seen is None:
            yield socket.not_used()
            return
        now, region = self._sources.clock(), self._sources.settings().settings.region
        yield from socket.examine(seen, outage_at(now, region), next_outage(now, region))

    def _outage(self, contact: Contact) -> Outage | None:
        """What is announced: by the published windows, or by the gateway's own answer."""
        sources = self._sources
        outages = Outages(clock=sources.clock, region=lambda: sources.settings().settings.region)
        if contact.error is not None:
            outages.hear(contact.error)
        return outages.running()

    async def _computer(self, contact: Contact) -> AsyncIterator[Examined]:
        """The checks of this computer; what did not end in time or could not be looked at says so."""
        told: set[Check] = set()
        why = "It was not examined."
        loop = asyncio.get_running_loop()
        ends = loop.time() + COMPUTER_WITHIN
        checks = computer.examine(self._sources, contact)
        while True:
            try:
                async with asyncio.timeout_at(ends):
                    each = await anext(checks)
            except StopAsyncIteration:
                break
            except TimeoutError:
                why = "This computer took too long to tell."
                break
            except (DeskError, OSError) as error:
                why = f"It could not be examined: {error}"
                break
            told.add(each.check)
            yield each
        for check in computer.CHECKS:
            if check not in told:
                yield unknown(check, why)

    async def _process(self) -> GatewayProcess:
        try:
            async with asyncio.timeout(1.0):
                return await self._sources.gateway.look()
        except TimeoutError:
            return GatewayProcess(is_running=False)

    async def _contact(self) -> Contact:
        sources = self._sources
        try:
            async with asyncio.timeout(CONTACT_WITHIN):
                return await meet(sources)
        except TimeoutError:
            return Contact(connection=sources.connection(), at=sources.clock(), cause=Cause.TIMED_OUT)

    async def _read(self) -> tuple[_Written, str | None]:
        """What is written down, or why it could not be read."""
        stored = self._sources.stored
        if stored is None:
            return _Written(), self._sources.closed_because
        try:
            async with asyncio.timeout(RECORDS_WITHIN):
                return await self._written(stored), None
        except DeskError as error:
            return _Written(session=stored.session()), error.message
        except TimeoutError:
            return _Written(session=stored.session()), "The vault was too busy to tell."

    async def _written(self, stored: Stored) -> _Written:
        environment = self._sources.environment
        known: Sequence[Credentials] = await stored.credentials()
        sessions = await stored.activity.sessions(limit=_SESSIONS)
        return _Written(
            known=next((each for each in known if each.environment is environment), None),
            accounts=await stored.accounts(),
            sessions=tuple(each for each in sessions if each.environment is environment),
            syncs=await stored.activity.syncs(limit=_SYNCS, sources=_OF_THE_GATEWAY),
            receipts=await stored.activity.receipt_heads(limit=_RECEIPTS),
            session=stored.session(),
        )
