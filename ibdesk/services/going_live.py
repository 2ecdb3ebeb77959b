"""Who may send live orders, and since when: the checklist read from the vault, and the unlocking that it gates.

Live orders are unlocked for one account by typing its number, after every item of the checklist, and for one sign-in:
signing out, another login or the end of the session's day locks them again, and so does closing the desk. Nothing of
that is stored but the receipt that it was done.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure, outstanding
from ibdesk.domain.compliance.verdict import money
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.events import ArmingChanged, SessionChanged
from ibdesk.domain.going_live import Checklist, Evidence, checklist
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.money import Currency, known
from ibdesk.domain.portfolio import AccountPage
from ibdesk.domain.receipts import Receipt, Step
from ibdesk.domain.session import Session
from ibdesk.domain.settings import Origin, Sourced
from ibdesk.services.book import Book
from ibdesk.services.day_trading import DayTrading
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.store import receipts, records, trades
from ibdesk.store.database import Database
from ibdesk.store.evidence import LIMITS_KEPT, load_evidence

#: Nobody else's: what is unlocked, in the receipts, has no order of its own.
CORRELATION = "live-orders"
USD = Currency("USD")


class GoingLive:
    """One for each open desk. `session` gives the brokerage session, None where there is none."""

    def __init__(
        self,
        *,
        mode: Mode,
        book: Book,
        session: Callable[[], Session | None],
        day_trading: DayTrading,
        settings: Callable[[], Sourced],
        disclosures: tuple[Disclosure, ...],
        acknowledged: Callable[[], Awaitable[tuple[Acknowledgment, ...]]],
        hub: Hub,
        database: Database,
        clock: Clock,
    ) -> None:
        self._mode = mode
        self._book = book
        self._session = session
        self._day_trading = day_trading
        self._settings = settings
        self._disclosures = disclosures
        self._acknowledged = acknowledged
        self._hub = hub
        self._database = database
        self._clock = clock
        self._account: AccountId | None = None
        self._signed_in_at: datetime | None = None
        hub.subscribe(SessionChanged, self._session_changed)

    @property
    def is_live(self) -> bool:
        """Whether this desk's orders would be of real money."""
        return face_of(self._mode).environment is Environment.LIVE

    @property
    def armed(self) -> AccountId | None:
        """The account whose live orders are unlocked, None when none are."""
        return self._account

    def is_armed(self, account: AccountId) -> bool:
        """Whether an order for this account may leave, as far as unlocking goes; always outside of live modes."""
        return not self.is_live or self._account == account

    async def evidence(self) -> Evidence:
        """What the vault and the settings prove."""
        found, given = await self._database.read(load_evidence), await self._acknowledged()
        unread = outstanding(self._disclosures, given, self._clock())
        origins = self._settings().origins
        return replace(
            found, unread=tuple(text.title for text in unread), acknowledged_at=given[-1].acknowledged_at if given else
            None, own_limits=sum(name.startswith("risk_") and origin is not Origin.DEFAULT
                                 for name, origin in origins.items()),
        )  # fmt: skip

    async def look(self, account: AccountId | None = None) -> Checklist:
        """The checklist as it stands; the note on day trading is about `account`."""
        page = None if account is None else await self._book.page(account)
        equity = None if page is None else known(page.summary.net_liquidation)
        dollars = None if page is None else dollars_of(page)
        return checklist(
            await self.evidence(), equity=dollars,
            regime=None if page is None else (await self._day_trading.of(page)).regime,
            in_base=None if equity is None or page is None else money(equity, page.summary.currency),
        )  # fmt: skip

    async def guarded(self) -> int:
        """How many of the next live orders are guarded: small, with a limit, each confirmed (compliance/limits)."""
        taken = await self._database.read(trades.count_taken, self._mode) if self.is_live else 0
        return max(0, self._settings().settings.risk_first_orders - taken)

    async def keep_limits(self) -> None:
        """A person looked at the limits and keeps them as they are."""
        await self._database.write(records.note_date, LIMITS_KEPT, self._clock(), urgent=True)

    async def unlock(self, account: AccountId, typed: str) -> None:
        """Let live orders of `account` leave, for this sign-in. Refused says what stands in the way."""
        since = await self._allow(account, typed, "live orders unlocked")
        self._account, self._signed_in_at = account, since
        self._hub.publish(ArmingChanged(account=account))

    async def unlock_once(self, account: AccountId, typed: str) -> Callable[[AccountId], bool]:
        """The same for who holds the answer, and nobody else: the desk stays locked. The answer says whether it still
        counts, which it does for this sign-in."""
        since = await self._allow(account, typed, "live orders unlocked for one command")

        def counts(asked: AccountId) -> bool:
            return asked == account and self._since() == since

        return counts

    async def _allow(self, account: AccountId, typed: str, decision: str) -> datetime | None:
        """Check everything and write it down; since when the one who is signed in is."""
        self._refuse(account, typed)
        since = self._since()
        missing = (await self.look()).missing
        if missing:
            first = missing[0]
            raise Refused(
                f"Live orders stay locked: {len(missing)} of the going-live checklist "
                f"{'is' if len(missing) == 1 else 'are'} still open.",
                remedy=f"{first.sentence} See Settings, Going live.", cause=Cause.READ_ONLY)
        await self._write(account, decision)
        return since

    def _since(self) -> datetime | None:
        session = self._session()
        return None if session is None else session.signed_in_at

    async def lock(self) -> None:
        """No live order leaves any more, until somebody unlocks them."""
        account = self._account
        if account is not None:
            self._disarm()
            await self._write(account, "live orders locked")

    def _refuse(self, account: AccountId, typed: str) -> None:
        """Everything about the desk as it is."""
        session = self._session()
        if not self.is_live:
            raise Refused(
                f"Nothing is locked: in {face_of(self._mode).word} no real money is traded.",
                remedy="Change the mode to IBKR Live first.", cause=Cause.WRONG_ENVIRONMENT)
        if typed.strip().upper() != account:
            raise Refused(
                "What was typed is not this account’s number.", remedy=f"Type {account} exactly.",
                cause=Cause.UNKNOWN_ACCOUNT)
        if self._settings().settings.read_only:
            raise Refused(
                "The desk is read only: no live order leaves.", remedy="Turn “Read only” off in Settings.",
                cause=Cause.READ_ONLY)
        if session is None or not session.is_ready:
            raise NeedsPerson(
                "Nobody is signed in, so there is no session to unlock.",
                remedy="Sign in with the live user name, then unlock again.", cause=Cause.NOT_AUTHENTICATED)

    def _session_changed(self, event: SessionChanged) -> None:
        """Unlocked is unlocked for one sign-in; a gateway that does not answer for a while ends none."""
        if self._account is not None and event.session.signed_in_at != self._signed_in_at:
            self._disarm()

    def _disarm(self) -> None:
        self._account = None
        self._hub.publish(ArmingChanged(account=None))

    async def _write(self, account: AccountId, decision: str) -> None:
        done = Receipt(
            at=self._clock(), step=Step.SETTING_CHANGED, correlation=CORRELATION, account=account,
            mode=self._mode.value, decision=decision)
        await self._database.write(receipts.append, (done,), urgent=True)


def dollars_of(page: AccountPage) -> Decimal | None:
    """What the account is worth in US dollars, at the broker's rate; None where that is not known."""
    equity, base = known(page.summary.net_liquidation), page.summary.currency
    if equity is None or base == USD:
        return equity
    rate = next((known(line.rate) for line in page.ledger if line.currency == USD), None)
    return None if rate is None or rate <= 0 else equity / rate
