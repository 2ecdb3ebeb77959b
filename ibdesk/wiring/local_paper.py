"""How Local Paper is put in front of a broker: its account from the vault, its prices and session from that broker."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from ibdesk.brokers.base import Broker
    from ibdesk.brokers.paper.broker import PaperBroker
    from ibdesk.domain.hours import Calendar
    from ibdesk.services.desk import Clock
    from ibdesk.services.local_paper import LocalPaper
    from ibdesk.store.database import Database


async def local_paper_over(
    inner: "Broker", keeper: "LocalPaper", *, database: "Database", clock: "Clock", calendar: "Calendar",
    start: "Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]",
) -> "PaperBroker":  # fmt: skip
    """The account in use, known to the desk from the first instant: what it holds is ours and needs no network."""
    from ibdesk.brokers.paper.broker import PaperBroker
    from ibdesk.store import accounts

    broker = PaperBroker(
        inner, await keeper.load(), save=keeper.save, start=start, clock=clock, calendar=calendar
    )
    await database.write(accounts.save_accounts, (broker.account,), clock())
    return broker
