"""A desk for tests of the window: real hub and tasks, a book of made-up accounts, a clock that stands still."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.errors import DeskError
from ibdesk.domain.events import SettingsChanged
from ibdesk.domain.hours import Calendar
from ibdesk.domain.modes import ibkr_mode
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Source
from ibdesk.domain.session import TICKLE_EVERY, Session, SessionFlags, SessionState
from ibdesk.domain.settings import Origin, Sourced, defaults, parse_value, with_values
from ibdesk.domain.truth import StreamState, Truth, truth
from ibdesk.services.desk import Desk
from ibdesk.services.hub import Hub
from ibdesk.services.tasks import Tasks
from tests.ui.sample_care import MadeUpBackups, MadeUpCare

NOW = datetime(2026, 11, 20, 17, 48, 7, tzinfo=UTC)
MAIN, SMALL = AccountId("DU7654321"), AccountId("DU7654322")


class StoppedClock:
    """Shows what it was set to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class MadeUpBook:
    """Accounts without a vault."""

    ids: tuple[AccountId, ...] = (MAIN, SMALL)
    source: Source = Source.PORTAL

    async def accounts(self) -> tuple[Account, ...]:
        return tuple(Account(id=name, title=name, currency=USD, is_paper=True) for name in self.ids)

    async def every_account(self) -> tuple[Account, ...]:
        return await self.accounts()

    async def pages(self) -> tuple[Any, ...]:
        return ()

    async def compared(self, _pages: object) -> tuple[Any, ...]:
        return ()

    async def page(self, _account: AccountId) -> None:
        return None


class MadeUpPreferences:
    """Settings kept in memory."""

    def __init__(self, hub: Hub) -> None:
        self.sourced: Sourced = defaults()
        self._hub = hub

    async def change(self, name: str, text: str) -> Sourced:
        self.sourced = with_values(self.sourced, {name: parse_value(name, text)}, Origin.FILE, {})
        self._hub.publish(SettingsChanged(names=(name,)))
        return self.sourced

    async def credentials(self) -> tuple[()]:
        return ()


class MadeUpSession:
    """A session that stays as it is; it notes what was asked of it."""

    sign_in_page = "https://localhost:5000/"
    problem: DeskError | None = None
    boxed_until: datetime | None = None

    def __init__(self, session: Session) -> None:
        self.session = session
        self.asked: list[str] = []

    def truth(self) -> Truth:
        return truth(
            self.session, StreamState(is_up=self.session.is_ready, since=NOW, last_heard=NOW), outage=None,
            boxed_until=None, now=NOW, tickle_every=TICKLE_EVERY)

    def sign_in(self, open_browser: Callable[[str], object]) -> None:
        open_browser(self.sign_in_page)

    async def refresh(self) -> Session:
        self.asked.append("refresh")
        return self.session

    async def open_brokerage(self, *, take_over: bool = False) -> Session:
        self.asked.append("take over" if take_over else "open")
        return self.session

    async def sign_out(self) -> None:
        self.asked.append("sign out")


class MadeUpConnector:
    """Notes which pages a browser would have shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def open_browser(self, address: str) -> None:
        self.shown.append(address)


class MadeUpSync:
    """Counts how often it was asked."""

    last = None

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, _account: AccountId | None = None) -> None:
        self.runs += 1


READY = Session(
    state=SessionState.READY, flags=SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True),
    checked_at=NOW, signed_in_at=NOW.replace(hour=8), last_tickle=NOW.replace(minute=46, second=48),
    ends_at=NOW.replace(day=21, hour=8),
)


def sample_desk(
    environment: Environment = Environment.DEMO,
    session: Session | None = READY,
    clock: Callable[[], datetime] | None = None,
    **parts: Any,
) -> Desk:
    """A desk with two accounts; `parts` replace fields of the record."""
    hub, tasks = Hub(), Tasks()
    desk = Desk(
        environment=environment, mode=ibkr_mode(environment), gateway_url="https://localhost:5000",
        clock=clock or StoppedClock(), calendar=Calendar(closed={}), hub=hub, tasks=tasks,
        book=MadeUpBook(), activity=None, preferences=MadeUpPreferences(hub), connector=MadeUpConnector(),  # type: ignore[arg-type]
        care=MadeUpCare(), backups=MadeUpBackups(),  # type: ignore[arg-type]
        session=MadeUpSession(session) if session is not None else None,  # type: ignore[arg-type]
        sync=MadeUpSync(), market=None, live=None, check_passphrase=_accepts, database_bytes=lambda: 12_400_000,  # type: ignore[arg-type]
        gateway=None, doctor=None, support=None, flex=None,  # type: ignore[arg-type]
        close=tasks.close,
    )
    return replace(desk, **parts)


async def _accepts(secret: str) -> bool:
    return secret == "correct horse battery"
