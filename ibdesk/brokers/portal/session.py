"""How to learn whether somebody is signed in, from calls that each know a part of it."""

from collections.abc import Callable
from dataclasses import replace

from ibdesk.brokers.base import SignIn
from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.parse import accounts as parse
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.session import SessionFlags

#: The broker answers "who is it" once a minute.
_WHO_FOR = 60.0


class PortalSession:
    """The two sessions behind the gateway. `on_ready` is called when the brokerage session becomes usable."""

    def __init__(self, calls: Calls, *, url: str, on_ready: Callable[[], None]) -> None:
        self._calls, self._url, self._on_ready = calls, url, on_ready
        self._sign_in: SignIn | None = None
        self._sign_in_at = 0.0
        self._was_ready = False
        self.token = ""

    @property
    def sign_in_page(self) -> str:
        return self._url.rstrip("/") + "/"

    @property
    def user_name(self) -> str:
        """Who is signed in, as far as it was asked; empty when nobody knows."""
        return self._sign_in.user_name if self._sign_in is not None else ""

    async def status(self) -> SessionFlags:
        try:
            flags = parse.flags(await self._calls.get(endpoints.AUTH_STATUS, urgent=True))
        except DeskError as problem:
            return self._noted(await self._after(problem))
        if not flags.authenticated:
            flags = replace(flags, signed_in=await self._is_signed_in())
        return self._noted(await self._with_kind(flags))

    async def signed_in_as(self) -> SignIn:
        """Raises NeedsPerson(NOT_AUTHENTICATED) when nobody is."""
        now = self._calls.ticks()
        if self._sign_in is None or now - self._sign_in_at >= _WHO_FOR:
            self._sign_in = parse.sign_in(await self._calls.get(endpoints.VALIDATE))
            self._sign_in_at = now
        return self._sign_in

    async def open_brokerage(self, *, take_over: bool = False) -> SessionFlags:
        body = {"publish": True, "compete": take_over}  # without publish the broker answers 500
        flags = parse.flags(await self._calls.post(endpoints.OPEN_BROKERAGE, body, urgent=True))
        self._calls.forget_brokerage()
        return self._noted(await self._with_kind(flags))

    async def tickle(self) -> SessionFlags:
        return self._noted(await self._with_kind(await self._tickled()))

    async def sign_out(self) -> None:
        await self._calls.post(endpoints.LOGOUT, urgent=True)
        self._noted(SessionFlags(reachable=True))

    async def _tickled(self) -> SessionFlags:
        flags, self.token = parse.tickled(await self._calls.post(endpoints.TICKLE, urgent=True))
        return flags

    async def _is_signed_in(self) -> bool:
        """The keep-alive belongs to the outer session, so it tells the two apart."""
        try:
            await self._tickled()
        except DeskError as problem:
            if problem.cause is Cause.NOT_AUTHENTICATED:
                return False
            raise
        return True

    async def _after(self, problem: DeskError) -> SessionFlags:
        """What a failed status call still says; errors that say nothing about the session go on."""
        match problem.cause:
            case Cause.GATEWAY_NOT_RUNNING | Cause.TIMED_OUT:
                return SessionFlags(reachable=False, message=problem.message)
            case Cause.NOT_AUTHENTICATED:
                return SessionFlags(reachable=True, message=problem.message)
            case Cause.BROKERAGE_LOST:
                signed_in = await self._is_signed_in()
                return SessionFlags(reachable=True, signed_in=signed_in, message=problem.message)
        raise problem

    async def _with_kind(self, flags: SessionFlags) -> SessionFlags:
        """The flags with paper or live; the list of accounts may be asked for it more often than `validate`."""
        if self._sign_in is not None:
            return replace(flags, is_paper=self._sign_in.is_paper)
        if not (flags.authenticated and flags.established):
            return flags
        try:
            return replace(flags, is_paper=(await self._calls.brokerage_accounts()).is_paper)
        except DeskError:  # the flags are the answer; what is wrong with the accounts shows when they are read
            return flags

    def _noted(self, flags: SessionFlags) -> SessionFlags:
        if not flags.signed_in:
            self._sign_in, self.token = None, ""
            self._calls.forget()
        is_ready = flags.authenticated and flags.established
        if is_ready and not self._was_ready:
            self._on_ready()
        self._was_ready = is_ready
        return flags
