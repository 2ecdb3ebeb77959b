"""How the doctor meets the gateway: once, with a handful of calls, opening and taking over nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ibdesk.brokers.base import Broker, Certificate, Connection, SessionControl, SignIn
from ibdesk.domain.accounts import Account
from ibdesk.domain.calls import ApiCall, RateState
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.session import SessionFlags
from ibdesk.services.doctor.sources import Sources
from ibdesk.services.findings import in_pairs, is_encrypted, is_loopback

#: A gateway that cannot reach the broker never answers (reference/client-portal-api.md 1.7): one such call is enough.
ANSWER_WITHIN = timedelta(seconds=3.5)
#: The broker tells who is signed in once a minute; nobody waits for that here.
_WHO_WITHIN = 2.0
#: What a gateway never answers with; a certificate alone does not outweigh it.
_NO_GATEWAY = (Cause.NOT_A_GATEWAY, Cause.GATEWAY_PLAIN_HTTP, Cause.CERTIFICATE_CHANGED)
_UNTRUSTED = (Cause.CERTIFICATE_UNKNOWN, Cause.CERTIFICATE_CHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What was seen and heard. `cause` is the first obstacle, None when the gateway told its state. `is_asked` is
    False where nothing may be asked: `error` says why, when it is one."""

    connection: Connection
    at: datetime
    is_asked: bool = True
    cause: Cause | None = None
    error: DeskError | None = None
    flags: SessionFlags | None = None
    who: SignIn | None = None
    accounts: tuple[Account, ...] = ()
    calls: tuple[ApiCall, ...] = ()
    rate: RateState | None = None
    certificate: Certificate | None = None

    @property
    def is_told(self) -> bool:
        """Whether the gateway told how the session stands."""
        return self.flags is not None and self.flags.reachable

    @property
    def is_gateway(self) -> bool:
        """Whether what answers at the address is a gateway: it spoke as one, or it showed the certificate a person
        trusted. Whose port it is on this computer does not matter then."""
        pin, shown = self.connection.certificate_sha256, self.certificate
        is_pinned = bool(pin) and shown is not None and in_pairs(pin) == in_pairs(shown.sha256)
        return self.is_told or self.cause is Cause.ACCESS_DENIED or (is_pinned and self.cause not in _NO_GATEWAY)

    @property
    def is_untrusted(self) -> bool:
        """Whether something answers whose certificate nobody trusted, so nothing was sent to it."""
        return self.cause in _UNTRUSTED


async def meet(sources: Sources) -> Contact:
    """Look at the certificate, ask for the state; who and which accounts where somebody is signed in."""
    connection = sources.connection()
    if not sources.settings().settings.ibkr_enabled:
        return Contact(connection=connection, at=sources.clock(), is_asked=False)
    connection = replace(connection, timeout=min(connection.timeout, ANSWER_WITHIN))
    shown = await _certificate(sources, connection)
    calls: list[ApiCall] = []
    rates: list[RateState] = []

    def heard(call: ApiCall) -> None:
        calls.append(call)
        sources.on_call(call)

    broker = sources.open_broker(connection, heard, rates.append)
    made = Contact(connection=connection, at=sources.clock(), certificate=shown)
    try:
        made = await _ask(broker, made, calls)
    except DeskError as error:
        made = replace(made, cause=error.cause, error=error)
    finally:
        await broker.close()
    return replace(made, calls=tuple(calls), rate=rates[-1] if rates else None)


async def _certificate(sources: Sources, connection: Connection) -> Certificate | None:
    """What the port shows; looked for behind a plain address too, where it tells a gateway that does encrypt."""
    if not is_loopback(connection.url) and not connection.allow_remote:
        return None
    url = connection.url if is_encrypted(connection.url) else connection.url.replace("http:", "https:", 1)
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await sources.fetch_certificate(url)
    except (DeskError, TimeoutError):
        return None


async def _ask(broker: Broker, made: Contact, calls: Sequence[ApiCall]) -> Contact:
    await broker.open()
    if broker.session is None:
        return made
    flags = await broker.session.status()
    made = replace(made, flags=flags)
    if not flags.reachable:
        return replace(made, cause=_outcome(calls) or Cause.GATEWAY_NOT_RUNNING)
    if flags.signed_in or flags.authenticated:
        who = await _who(broker.session)
        with suppress(DeskError, TimeoutError):  # the state is known; without the accounts it still is
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                made = replace(made, accounts=await broker.accounts())
        made = replace(made, who=who)
    return made


async def _who(session: SessionControl) -> SignIn | None:
    try:
        async with asyncio.timeout(_WHO_WITHIN):
            return await session.signed_in_as()
    except (DeskError, TimeoutError):
        return None


def _outcome(calls: Sequence[ApiCall]) -> Cause | None:
    """Why the last call failed."""
    failed = next((call.outcome for call in reversed(calls) if call.outcome != "ok"), "")
    return next((cause for cause in Cause if cause.value == failed), None)
