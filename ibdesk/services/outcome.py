"""What one sync came to: its records under one word, and how long each stage took."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ibdesk.domain.errors import DeskError
from ibdesk.domain.positions import SyncCounts
from ibdesk.domain.records import SyncRecord, SyncStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOutcome:
    """What one run did, account by account; `error` is the last that stopped one, with its remedy."""

    status: SyncStatus
    records: tuple[SyncRecord, ...]
    error: DeskError | None = None

    @property
    def counts(self) -> SyncCounts:
        return sum((record.counts for record in self.records), SyncCounts())


@dataclass(slots=True)
class Stages:
    """How long each stage took, in milliseconds by name."""

    timer: Callable[[], float]
    taken: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = self.timer()
        try:
            yield
        finally:
            self.taken[name] = round((self.timer() - began) * 1000)


def status_of(made: Sequence[SyncRecord]) -> SyncStatus:
    """One word for several records: partial as soon as they differ."""
    statuses = {record.status for record in made}
    if len(statuses) == 1:
        return statuses.pop()
    if not statuses:
        return SyncStatus.SKIPPED
    if statuses <= {SyncStatus.FAILED, SyncStatus.SKIPPED}:
        return SyncStatus.FAILED
    return SyncStatus.PARTIAL
