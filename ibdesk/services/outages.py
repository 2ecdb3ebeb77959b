"""Whose word explains that the broker is away: the published windows', or the gateway's own, when it says until when.

A gateway that answers 503 with an end is believed outside the windows too: an announcement that names its end asks for
nothing but patience, and calling it a lost session would send a person to mend what mends itself. A 503 without an end
proves nothing and is left to the windows.
"""

from collections.abc import Callable

from ibdesk.domain import maintenance
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import Region
from ibdesk.services.desk import Clock


class Outages:
    """What is announced at present. `region` is the person's own."""

    def __init__(self, *, clock: Clock, region: Callable[[], Region]) -> None:
        self._clock = clock
        self._region = region
        self._told: Outage | None = None

    def running(self) -> Outage | None:
        """The announced outage that is on; of the timetable's and the gateway's own the one that ends last."""
        now = self._clock()
        found = (maintenance.outage_at(now, self._region()), self._told)
        on = [each for each in found if each is not None and each.begins <= now < each.ends]
        return max(on, key=lambda each: each.ends, default=None)

    def hear(self, error: DeskError) -> None:
        """Take down when the gateway says that its maintenance ends."""
        if error.cause is not Cause.MAINTENANCE or not isinstance(error, Unavailable) or error.retry_at is None:
            return
        now, told = self._clock(), self._told
        begins = told.begins if told is not None and told.begins <= now < told.ends else now
        self._told = Outage(name="its maintenance", begins=begins, ends=error.retry_at)

    def forget(self) -> None:
        """The broker is back before it was expected."""
        self._told = None
