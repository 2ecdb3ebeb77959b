"""The state of a line to the broker that has several stretches: our socket, the broker behind it, its data farms."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class LineState(StrEnum):
    """How far the line reaches. RESTORING: it stands again, and what was subscribed is coming back."""

    NEVER = "not connected yet"
    DOWN = "down"
    BROKER_LOST = "broker lost"
    RESTORING = "restoring"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it is now. Figures are to be believed while it is UP or RESTORING and they were told since `since`.

    `reason` is what is the matter and `remedy` the next step, empty where waiting is all; `code` is the broker's number
    for the last trouble or return (1101: subscriptions were lost, 1102: kept); while RESTORING `left` of `wanted`
    subscriptions are to come; `skew` is how far the broker's clock is ahead of ours; `dark` are the data farms that are
    lost, by name; `retry_at` is when a line that is DOWN is opened anew.
    """

    state: LineState = LineState.NEVER
    since: datetime | None = None
    reason: str = ""
    remedy: str = ""
    code: int | None = None
    left: int = 0
    wanted: int = 0
    skew: timedelta | None = None
    dark: frozenset[str] = frozenset()
    retry_at: datetime | None = None

    @property
    def is_alive(self) -> bool:
        return self.state in (LineState.UP, LineState.RESTORING)

    def become(
        self, state: LineState, at: datetime, *, reason: str = "", code: int | None = None,
        retry_at: datetime | None = None, remedy: str = "",
    ) -> "Line":
        """In another state since `at`; the same state again keeps its beginning."""
        since = self.since if state is self.state else at
        return replace(
            self, state=state, since=since, reason=reason, remedy=remedy, code=code, left=0, wanted=0, retry_at=retry_at
        )
