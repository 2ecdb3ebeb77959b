"""When the day in short is told, and from what in the vault it is made. It asks no broker anything."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ibdesk.domain.digest import AccountDigest, Digest, account_digest
from ibdesk.domain.events import Notice
from ibdesk.domain.hours import NEW_YORK, Calendar, midnight
from ibdesk.domain.modes import Mode
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.receipts import Step
from ibdesk.domain.reminders import is_due, occasions, times_of
from ibdesk.domain.settings import Settings
from ibdesk.services.activity import Activity
from ibdesk.services.book import Book
from ibdesk.services.day_trading import DayTrading
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.services.order_book import LiveOrders
from ibdesk.services.rounds import Rounds
from ibdesk.services.tasks import Tasks
from ibdesk.services.waiting import Wait, wait
from ibdesk.store import records, trades
from ibdesk.store.database import Database

#: The name under which it is noted when a digest was told last.
TOLD = "digest told"
#: The command that opens it in the window.
COMMAND = "digest"
#: How long after opening the desk; then the time is looked at once a minute.
AT_FIRST, LOOK_EVERY = timedelta(seconds=20), timedelta(minutes=1)
#: More blocked orders on one day are not counted.
MOST = 1_000


class Digests:
    """Makes the digest of the open desk. `orders` is None where none can be read."""

    def __init__(
        self, *, mode: Mode, book: Book, orders: Callable[[], LiveOrders | None], activity: Activity,
        day_trading: DayTrading, settings: Callable[[], Settings], calendar: Calendar, hub: Hub, tasks: Tasks,
        database: Database, clock: Clock, wait: Wait = wait,
    ) -> None:  # fmt: skip
        self._mode = mode
        self._book = book
        self._orders = orders
        self._activity = activity
        self._day_trading = day_trading
        self._settings = settings
        self._calendar = calendar
        self._hub = hub
        self._database = database
        self._clock = clock
        self._rounds = Rounds(
            "digest", self._step, at_first=AT_FIRST, settings="digest_", hub=hub, tasks=tasks, wait=wait
        )  # fmt: skip

    def start(self) -> None:
        """Tell of each day at its times from now on."""
        self._rounds.start()

    async def make(self) -> Digest:
        """The day so far, as stored."""
        now = self._clock()
        day = now.astimezone(NEW_YORK).date()
        begins = midnight(now)
        blocked = await self._activity.receipts(steps=(Step.BLOCKED,), limit=MOST)
        hints = await self._activity.hints()
        pages = await self._book.pages()
        return Digest(
            at=now, day=day, mode=self._mode,
            accounts=tuple([await self._account(page, day, begins) for page in pages]),
            blocked=sum(each.receipt.at >= begins and each.receipt.mode == self._mode for each in blocked),
            hints=sum(each.at >= begins for each in hints),
        )  # fmt: skip

    async def _account(self, page: AccountPage, day: date, begins: datetime) -> AccountDigest:
        account, orders = page.account.id, self._orders()
        fills = await self._database.read(trades.load_fills, account, begins)
        working = () if orders is None else tuple(each for each in orders.working if each.account == account)
        standing = await self._day_trading.of(page)
        made = None if standing.trades is None else standing.trades.made
        return account_digest(page, fills, working, day, standing.regime, made)

    async def _step(self) -> timedelta:
        """Tell the digest when one of today's times has come that was not told yet; how long to wait then."""
        settings, now = self._settings(), self._clock()
        today = occasions(
            now.astimezone(NEW_YORK).date(), self._calendar, after_close=settings.digest_after_close,
            times=times_of(settings.digest_times))
        if not is_due(now, await self._database.read(records.noted, TOLD), today):
            return LOOK_EVERY
        digest = await self.make()
        await self._database.write(records.note_date, TOLD, now)
        if digest.accounts:
            self._hub.publish(Notice(text=f"Today in short: {digest.headline}", action="Show", command=COMMAND))
        return LOOK_EVERY
