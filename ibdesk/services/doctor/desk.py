"""What is examined of the desk itself: are the accounts read, does the stream run, could orders go, is there room."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta

from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.receipts import ReceiptHead
from ibdesk.domain.records import SyncRecord, SyncStatus
from ibdesk.domain.truth import StreamState
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.orders import orders
from ibdesk.services.doctor.sources import Sources, Stored, counted, found, good, span, unknown
from ibdesk.services.doctor.syncs import sync_log

CHECKS = (Check.SYNC, Check.SYNC_LOG, Check.STREAM, Check.ORDERS, Check.VAULT)
#: So many intervals without a good sync is late.
_LATE = 3
#: Below this a backup or a busy day may not fit.
_LITTLE_SPACE = 500 * 1024 * 1024


def examine(
    sources: Sources, contact: Contact, syncs: Sequence[SyncRecord], receipts: Sequence[ReceiptHead],
    outage: Outage | None,
) -> Iterator[Examined]:  # fmt: skip
    """Every check of this part."""
    stored = sources.stored
    if stored is None:
        yield from (unknown(check, sources.closed_because) for check in (Check.SYNC, Check.SYNC_LOG, Check.STREAM))
        yield orders(sources, contact, receipts)
        yield unknown(Check.VAULT, sources.closed_because)
        return
    yield sync(sources, contact, syncs)
    yield sync_log(syncs, contact, outage, by_itself=sources.settings().settings.auto_sync)
    yield stream(sources, contact, stored.stream())
    yield orders(sources, contact, receipts)
    yield vault(sources, stored)


def sync(sources: Sources, contact: Contact, syncs: Sequence[SyncRecord]) -> Examined:
    """How often positions are read, and when that last worked."""
    check, settings, now = Check.SYNC, sources.settings().settings, sources.clock()
    last = next((each for each in syncs if each.status is SyncStatus.SUCCESS), None)
    every = timedelta(seconds=float(settings.sync_interval))
    when = "never" if last is None else f"{last.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    facts = (f"every {settings.sync_interval} s", f"by itself: {'yes' if settings.auto_sync else 'no'}",
             f"last good sync: {when}")  # fmt: skip
    if not settings.ibkr_enabled:
        return found(
            check, Verdict.WARN, "Nothing is read: Interactive Brokers is switched off.", "Switch it on in Settings.",
            *facts, fix=Fix.OPEN_SETTING, target="ibkr_enabled",
        )
    if not settings.auto_sync:
        return found(
            check, Verdict.WARN, "Positions are read only when you ask.", "Press F5, or turn on the automatic sync.",
            *facts, fix=Fix.OPEN_SETTING, target="auto_sync",
        )
    is_late = last is None or now - last.finished_at > _LATE * every
    if is_late and contact.is_told and contact.flags is not None and contact.flags.authenticated:
        age = "not yet" if last is None else f"{span((now - last.finished_at).total_seconds())} ago"
        return found(
            check, Verdict.WARN, f"Positions were last read {age}, although the session is open.", "Sync now.", *facts,
            fix=Fix.SYNC_NOW,
        )
    if last is None:
        return unknown(check, "No position was read yet.", *facts)
    return good(check, f"Positions were last read {span((now - last.finished_at).total_seconds())} ago.", *facts)


def stream(sources: Sources, contact: Contact, state: StreamState | None) -> Examined:
    """Whether prices and figures stream."""
    check = Check.STREAM
    if state is None or state.since is None:  # never tried: a command looks without a window
        return unknown(check, "No stream was opened here: an open window has one.")
    heard = "—" if state.last_heard is None else f"{state.last_heard:%Y-%m-%d %H:%M:%S} UTC"
    facts = (f"last heard {heard}", *filter(None, [state.reason]))
    if state.is_up:
        if state.last_heard is None:
            return good(check, "The live stream is up.", *facts)
        quiet = span((sources.clock() - state.last_heard).total_seconds())
        return good(check, f"The live stream spoke {quiet} ago.", *facts)
    if not contact.is_told or contact.flags is None or not contact.flags.authenticated:
        return unknown(check, "The live stream opens once the session is ready.", *facts)
    return found(
        check, Verdict.WARN, "The live stream is down although the session is open.",
        "It is opened again by itself; sync to see the newest figures meanwhile.", *facts, fix=Fix.SYNC_NOW,
    )


def vault(sources: Sources, stored: Stored) -> Examined:
    """Whether the vault has room to grow; a full check of its pages is a fix of its own."""
    check, size = Check.VAULT, stored.database_bytes()
    free = shutil.disk_usage(sources.home).free
    facts = (counted(size, "byte"), f"{free // (1024 * 1024):,} MiB free on its disk")
    if free < _LITTLE_SPACE:
        return found(
            check, Verdict.WARN, "The disk that holds the vault is nearly full.",
            "Free some space; a full disk stops every sync.", *facts, fix=Fix.CHECK_VAULT,
        )
    return good(check, "The vault is open and has room.", *facts)
