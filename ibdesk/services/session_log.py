"""Which of the session's changes are worth a line in the vault, and how the line is written."""

import logging

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import DeskError
from ibdesk.domain.records import SessionRecord
from ibdesk.domain.session import Session, SessionState
from ibdesk.services.desk import Clock
from ibdesk.store import records
from ibdesk.store.database import Database

log = logging.getLogger(__name__)


class SessionLog:
    """Writes to `ibkr_session_tracking`. A vault that cannot be written is no reason to lose the session."""

    def __init__(self, database: Database, *, environment: Environment, clock: Clock) -> None:
        self._database = database
        self._environment = environment
        self._clock = clock

    async def write(self, session: Session, message: str = "") -> None:
        """One line; `message` instead of what the broker said."""
        try:
            await self._database.write(records.add_session, self._record(session, message))
        except DeskError as error:
            log.error("The session's state could not be stored: %s", error.message)

    def _record(self, session: Session, message: str) -> SessionRecord:
        return SessionRecord(
            at=self._clock(),
            environment=self._environment,
            status=session.state.value,
            authenticated=session.flags.authenticated,
            competing=session.flags.competing,
            last_tickle=session.last_tickle,
            expires_at=session.ends_at,
            message=message or session.detail or session.flags.message,
        )


def standing(session: Session) -> tuple[SessionState, bool, str]:
    """What makes a state another one."""
    return (session.state, session.flags.competing, session.detail)
