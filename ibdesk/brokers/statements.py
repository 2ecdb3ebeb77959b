"""What services may ask of whoever makes finished statements: a period's worth of one query, waited for and fetched."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Calendar days in New York, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPlace:
    """Where statements come from: empty for the broker's own service, else a server on this computer by its pin."""

    url: str = ""
    certificate_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementWanted:
    """What is asked for. `is_firm`: a person chose the period, so the query's own may not take its place."""

    query_id: str
    period: Period
    is_firm: bool


class StatementStage(StrEnum):
    ASKING = "asking"
    GENERATING = "generating"
    FETCHING = "fetching"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementProgress:
    """How a pull goes: seconds since it began, the seconds until the next call (0 while one runs), bytes so far."""

    stage: StatementStage
    waited: float
    next_in: float = 0.0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """A whole statement, unread. `asked` is the period that was sent with the request, None when the query's own was
    used after all; `told` the period the statement itself names first, None when that was not found."""

    content: bytes = field(repr=False)
    query_id: str
    reference: str
    asked: Period | None
    told: Period | None
    received_at: datetime


class StatementSource(Protocol):
    """Where finished statements come from. Raises DeskError branches only."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def fetch(
        self, token: str, wanted: StatementWanted, progress: Callable[[StatementProgress], None]
    ) -> StatementFile:
        """Ask, wait while it is made, fetch. May take minutes; `progress` hears of each step."""
