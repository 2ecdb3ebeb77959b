"""Which calls have to come first: the broker answers nothing of an account before it was asked for the accounts."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from ibdesk.brokers.http import Http
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import AccountsFirst
from ibdesk.brokers.portal.parse import accounts as parse
from ibdesk.domain.accounts import Account, AccountId
from ibdesk.domain.errors import Cause, DeskError, Refused, Unavailable

Pause = Callable[[float], Awaitable[None]]

#: The list of accounts may be asked for once in 5 s; younger than that, the last answer is as good.
_YOUNG = 5.0


class Calls:
    """The wire with its warm-ups, and what they taught us about the accounts of this session."""

    def __init__(self, http: Http, *, pause: Pause, ticks: Callable[[], float] = time.monotonic) -> None:
        self._http, self.pause, self.ticks = http, pause, ticks
        self._accounts: tuple[Account, ...] = ()
        self._accounts_at: float | None = None
        self._brokerage: parse.BrokerageAccounts | None = None
        #: Who comes while the accounts are asked for takes that answer: a second question would wait for 5 s.
        self._one_asks, self._one_asks_brokerage = asyncio.Lock(), asyncio.Lock()
        #: Counts the brokerage sessions: what one was asked as a warm-up, the next has to be asked again.
        self.session = 0
        self._selected: tuple[int, AccountId | None] = (-1, None)

    @property
    def known(self) -> tuple[AccountId, ...]:
        return tuple(account.id for account in self._accounts)

    def forget(self) -> None:
        """Somebody else may sign in now: warm up from the start."""
        self._accounts_at = None
        self.forget_brokerage()

    def forget_brokerage(self) -> None:
        """The brokerage session is another one now: it wants to be asked for its accounts again."""
        self._brokerage = None
        self.session += 1

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, urgent: bool = False) -> bytes:
        return await self._send("GET", path, query=query, urgent=urgent)

    async def post(self, path: str, body: object = None, *, urgent: bool = False) -> bytes:
        """A POST always carries a body: without Content-Length the gateway drops what is sent. Bytes go as they are."""
        encoded = body if isinstance(body, bytes) else msgspec.json.encode(body or {})
        return await self._send("POST", path, body=encoded, urgent=urgent)

    async def once(self, method: str, path: str, body: bytes = b"{}", query: Mapping[str, str] | None = None) -> bytes:
        """Sent at most once, before all that waits: for what must not happen twice. Warm-ups are the caller's."""
        try:
            return await self._http.call(method, path, query=query, body=body, urgent=True)
        except DeskError as problem:
            self._learn(problem)
            raise

    def _learn(self, problem: DeskError) -> None:
        if problem.cause is Cause.NOT_AUTHENTICATED:
            self.forget()
        elif problem.cause is Cause.BROKERAGE_LOST:
            self.forget_brokerage()

    async def _send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: bytes = b"{}", urgent: bool
    ) -> bytes:
        try:
            return await self._http.call(method, path, query=query, body=body, urgent=urgent)
        except AccountsFirst:
            self.forget_brokerage()
            await self.brokerage_accounts()
        except DeskError as problem:
            self._learn(problem)
            raise
        return await self._http.call(method, path, query=query, body=body, urgent=urgent)

    async def brokerage_accounts(self) -> parse.BrokerageAccounts:
        """The accounts of the brokerage session, asked once in each; right after the login they may come empty."""
        async with self._one_asks_brokerage:
            if self._brokerage is None:
                found = parse.brokerage_accounts(await self.once("GET", endpoints.BROKERAGE_ACCOUNTS))
                if not found.accounts:
                    await self.pause(1.0)
                    found = parse.brokerage_accounts(await self.once("GET", endpoints.BROKERAGE_ACCOUNTS))
                self._brokerage = found
            return self._brokerage

    async def select(self, account: AccountId) -> None:
        """Make it the account that calls without an account id mean."""
        await self.post(endpoints.SELECT_ACCOUNT, {"acctId": account})
        self._selected = (self.session, account)

    async def selected(self) -> AccountId | None:
        """The account chosen in this brokerage session; None when nobody knows."""
        brokerage = await self.brokerage_accounts()
        session, account = self._selected
        if session == self.session:
            return account
        return AccountId(brokerage.selected_account) if brokerage.selected_account else None

    async def accounts(self) -> tuple[Account, ...]:
        """The accounts of the sign-in; without a brokerage session what only that one knows stays unknown."""
        async with self._one_asks:
            if self._accounts_at is None or self.ticks() - self._accounts_at >= _YOUNG:
                body = await self.get(endpoints.PORTFOLIO_ACCOUNTS)
                self._accounts = parse.accounts(body, await self._brokerage_or_nothing())
                self._accounts_at = self.ticks()
            return self._accounts

    async def warm_up(self) -> None:
        """Ask for the accounts unless this session was asked before."""
        if self._accounts_at is None:
            await self.accounts()

    async def must_know(self, account: AccountId) -> Account:
        """Raises Refused(UNKNOWN_ACCOUNT) for an account this sign-in cannot see."""
        await self.warm_up()
        found = next((each for each in self._accounts if each.id == account), None)
        if found is None:
            raise Refused(
                f"The sign-in at the gateway has no account {account}.",
                remedy="Choose one of its accounts, or sign in with the user name that has it.",
                cause=Cause.UNKNOWN_ACCOUNT,
            )
        return found

    async def _brokerage_or_nothing(self) -> parse.BrokerageAccounts:
        try:
            return await self.brokerage_accounts()
        except Unavailable as problem:
            if problem.cause is not Cause.BROKERAGE_LOST:
                raise
            return parse.BrokerageAccounts()
