"""What the checklist before real money is put together from."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ibdesk.domain.modes import Mode
from ibdesk.domain.session import Session

if TYPE_CHECKING:
    from ibdesk.services.book import Book
    from ibdesk.services.day_trading import DayTrading
    from ibdesk.services.going_live import GoingLive
    from ibdesk.services.hub import Hub
    from ibdesk.services.preferences import Preferences
    from ibdesk.services.session import SessionService
    from ibdesk.store.database import Database


def going_live_for(
    *, mode: Mode, book: "Book", session: Callable[[], "SessionService | None"], day_trading: "DayTrading",
    preferences: "Preferences", hub: "Hub", database: "Database", clock: Callable[[], datetime],
) -> "GoingLive":  # fmt: skip
    """The keeper of the checklist and of the lock on live orders."""
    from ibdesk.services.disclosures import load_disclosures
    from ibdesk.services.going_live import GoingLive

    def signed_in() -> Session | None:
        service = session()
        return None if service is None else service.session

    return GoingLive(
        mode=mode, book=book, session=signed_in, day_trading=day_trading,
        settings=lambda: preferences.sourced, disclosures=load_disclosures(),
        acknowledged=preferences.acknowledgments, hub=hub, database=database, clock=clock,
    )  # fmt: skip
