"""What can be said of a socket to a broker: where it is, how far it reaches, how old its last word is.

While somebody follows the live book, that book's line is the truth; otherwise the socket is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from ibdesk.brokers.base import Socket
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.domain.line import Line, LineState
from ibdesk.services.desk import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketState:
    """One socket as it is now. `quiet_for` is the age of the last word, None where there is no connection; `problem`
    is why it cannot be used, with the next step."""

    address: str
    client_id: int
    line: Line
    accounts: tuple[AccountId, ...] = ()
    quiet_for: timedelta | None = None
    problem: DeskError | None = None


class SocketHealth:
    """Looks at one socket. `address` is host and port, `line` the live book's word on it."""

    def __init__(
        self, socket: Socket, *, address: str, client_id: int, line: Callable[[], Line], clock: Clock
    ) -> None:
        self._socket = socket
        self._address = address
        self._client_id = client_id
        self._line = line
        self._clock = clock

    def stand_at(self, address: str, client_id: int) -> None:
        """It is somewhere else from now on."""
        self._address, self._client_id = address, client_id

    def known(self) -> SocketState:
        """What is known without asking."""
        word, line = self._socket.word, self._line()
        if word.open_for is not None and line.state in (LineState.NEVER, LineState.DOWN):
            # it stands, and nobody follows it
            line = replace(line, reason="").become(LineState.UP, self._clock() - word.open_for)
        if line.skew is None:
            line = replace(line, skew=word.skew)
        return SocketState(
            address=self._address, client_id=self._client_id, line=line, accounts=word.accounts,
            quiet_for=word.quiet_for, problem=broker_lost(line),
        )

    async def look(self) -> SocketState:
        """Ask the broker at its end whether it is there. What stops it is the `problem`, never raised."""
        try:
            await self._socket.look()
        except DeskError as error:
            seen = self.known()
            line = seen.line.become(LineState.DOWN, self._clock(), reason=error.message, remedy=error.remedy)
            return replace(seen, line=line, problem=error)
        return self.known()


def broker_lost(line: Line) -> Unavailable | None:
    """Why nothing that is told over this line may be believed, although the socket stands; None when it may."""
    if line.state is not LineState.BROKER_LOST:
        return None
    return Unavailable(
        "TWS has no connection to Interactive Brokers: what it shows is from before.",
        remedy="Wait: TWS connects again by itself. If it lasts, check the internet connection of its computer.",
        cause=Cause.BROKERAGE_LOST,
    )
