"""The portal's transport: what the gateway answers itself, what it forwards, and how it spoils it.

One server plays both sides: the gateway a client talks to, or (`upstream`) the plain-HTTP service behind a real one.
"""

import asyncio
import re
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import TypeAlias

import msgspec
from aiohttp import web

from ibdesk.demo.faults import Faults
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain
from ibdesk.demo.portal.limits import Pace
from ibdesk.demo.portal.pages import SUCCEEDS, second_factor_page, sign_in_page
from ibdesk.demo.portal.routes import Router
from ibdesk.demo.portal.sockets import Sockets
from ibdesk.demo.portal.state import USER_ID, PortalState

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
SERVICE = re.compile(r"/v1/(?:api|portal|am)/(.*?)/?")
REAUTHENTICATE = re.compile(r"/v1/(?:api|portal)/iserver/reauthenticate/?")
#: Calls the gateway forwards at a time (reference/client-portal-api.md 1.7).
IN_FLIGHT = 5
#: Where the real gateway sends unknown paths is the broker's host; ours never resolves.
ELSEWHERE = "https://broker.invalid"
LOGIN_PATH = "/sso/Login?forwardTo=22&RL=1&ip2loc=US"
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST,GET,OPTIONS,DELETE,PUT",
    "Access-Control-Allow-Headers": "Content-Type,portal,Cookie",
}
DENIED = Answer(status=401, body=b"Access Denied", content_type="text/plain")


class PortalServer:
    """The aiohttp application of one portal."""

    def __init__(self, state: PortalState, faults: Faults, *, upstream: bool = False) -> None:
        self._state = state
        self._faults = faults
        self._upstream = upstream
        self._router = Router(state)
        self._stopped = asyncio.Event()
        self._lanes = asyncio.Semaphore(IN_FLIGHT)
        self.sockets = Sockets(state, self._router, faults, upstream=upstream)
        self.log: deque[tuple[str, str]] = deque(maxlen=10_000)
        #: stops listening; what `die_at` calls once all connections are cut
        self.on_death: Callable[[], None] = lambda: None
        self._transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    def application(self) -> web.Application:
        """A fresh application; one path takes all."""
        self._stopped.clear()
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _hang(self, request: web.Request) -> None:
        """Say nothing until the client gives up or the server stops."""
        await self._stopped.wait()
        _cut(request)

    def release(self) -> None:
        """Let go of calls that were never going to be answered."""
        self._stopped.set()

    def abort_all(self) -> None:
        """Cut every connection without a word."""
        for transport in tuple(self._transports):
            # closed twice, a TLS transport of older 3.11 forgets its protocol and fails to abort
            if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
                transport.abort()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.log.append((request.method, request.path))
        if request.transport is not None:
            self._transports.add(request.transport)
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=PREFLIGHT)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.sockets.serve(request)
        found = SERVICE.fullmatch(request.path)
        if REAUTHENTICATE.fullmatch(request.path) and not self._upstream:
            return self._send(self._reauthenticate())
        if found:
            return await self._forward(request, found.group(1).lstrip("/"))
        return await self._own(request)

    async def _own(self, request: web.Request) -> web.StreamResponse:
        """Paths that are not the service's."""
        match request.path:
            case "/":
                raise web.HTTPFound(LOGIN_PATH)
            case "/clear":
                return self._send(Answer(body=b"cleared", content_type="text/plain"))
            case "/status":
                await self._hang(request)
            case "/sso/Login":
                self._state.login.open_page()
                cookies = ("JSESSIONID=demo; Path=/sso", "XYZAB=demo; Path=/")
                return self._send(sign_in_page(), cookies)
            case "/sso/Authenticator":
                return self._send(await self._check_name(request))
            case "/sso/Dispatcher":
                return self._dispatch()
            case "/sso/ping":
                return self._send(answer({"result": "true"}))
        raise web.HTTPFound(f"{ELSEWHERE}{request.path}")

    async def _check_name(self, request: web.Request) -> Answer:
        form = await request.post()
        if not str(form.get("user_name", "")).strip() or not str(form.get("password", "")):
            return sign_in_page("Type a user name and a password. Any will do.")
        return second_factor_page(f"{self._state.account.market.seed * 7919 % 1_000_000:06d}")

    def _dispatch(self) -> web.StreamResponse:
        self._state.login.sign_in()
        session = self._state.login.session
        cookies = (f"USERID={USER_ID}; Path=/", f"XYZAB_AM.LOGIN={session}; Path=/", f"XYZAB={session}; Path=/")
        if not self._upstream:
            return self._send(SUCCEEDS, cookies)
        # a real gateway turns this redirect into its own "Client login succeeds"
        done = Answer(status=302, content_type="text/plain")
        response = self._send(done, cookies)
        response.headers["Location"] = "/sso/Dispatcher?forwardTo=22"
        return response

    def _reauthenticate(self) -> Answer:
        if not self._state.login.is_signed_in:
            return answer({"error": "not logged in"})
        self._state.login.open_brokerage(compete=True)
        return answer({"message": "triggered"})

    async def _forward(self, request: web.Request, path: str) -> web.StreamResponse:
        if self._faults.hangs:
            await self._hang(request)
        death = self._faults.death(request.method, path)
        if death is not None and not death.is_late:
            return self._die()
        async with self._lanes:
            await asyncio.sleep(self._faults.delay(path))
            reply = await self._carry_out(request, path)
        if death is not None:
            return self._die()
        spoiled = self._faults.spoil(path, reply.body)
        if spoiled is not None:
            reply = Answer(status=reply.status, body=spoiled[0], content_type=spoiled[1])
        if self._faults.loses(request.method, path):
            _cut(request)
        if self._faults.drips(path):
            return await self._dribble(request, reply)
        return self._send(reply)

    async def _carry_out(self, request: web.Request, path: str) -> Answer:
        call, is_paced = await self._call(request, path), not self._is_gateway(request)
        reply = self._reply(call, is_paced=is_paced)
        if self._faults.doubles(request.method, path):
            reply = self._reply(call, is_paced=is_paced)
        return Answer(status=503) if self._faults.hides(request.method, path) else reply

    def _die(self) -> web.StreamResponse:
        """Nobody listens any more, and whoever was connected hears nothing."""
        self.on_death()
        self.abort_all()
        return web.Response(status=503)

    async def _dribble(self, request: web.Request, reply: Answer) -> web.StreamResponse:
        """The answer, a byte now and then."""
        response = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.content_type})
        await response.prepare(request)
        for at in range(len(reply.body)):
            await response.write(reply.body[at:at + 1])
            await asyncio.sleep(self._faults.drip)
        await response.write_eof()
        return response

    async def _call(self, request: web.Request, path: str) -> Call:
        return Call(
            method=request.method, path=path, query=dict(request.query), body=await self._body(request)
        )

    async def _body(self, request: web.Request) -> Mapping[str, Json]:
        if "chunked" in request.headers.get("Transfer-Encoding", "") and not self._upstream:
            await request.read()  # the gateway drops such a body and forwards an empty call
            return {}
        raw = await request.read()
        try:
            body = msgspec.json.decode(raw) if raw else {}
        except msgspec.DecodeError:
            return {}
        return body if isinstance(body, dict) else {}

    def _is_gateway(self, request: web.Request) -> bool:
        """A real gateway's own handshake, which may be run again at any time."""
        return self._upstream and request.headers.get("User-Agent", "").startswith("ClientPortalGW")

    def _reply(self, call: Call, *, is_paced: bool) -> Answer:
        login = self._state.login
        if not login.is_signed_in or self._faults.is_unauthorized():
            return DENIED
        pace = self._state.budget.admit(call.path) if is_paced else Pace.OK
        if pace is not Pace.OK:
            return complain(429, pace.value)
        login.touch()
        return self._router.answer(call)

    def _send(self, reply: Answer, cookies: tuple[str, ...] = ()) -> web.Response:
        response = web.Response(
            status=reply.status, body=reply.body, content_type=reply.content_type, charset="utf-8"
        )
        response.headers["Date"] = format_datetime(self._state.now.astimezone(UTC), usegmt=True)
        if reply.retry_after:
            response.headers["Retry-After"] = str(reply.retry_after)
        for cookie in (*reply.cookies, *cookies):
            response.headers.add("Set-Cookie", cookie)
        if not self._upstream and reply.body:
            response.enable_chunked_encoding()
        return response


def _cut(request: web.Request) -> None:
    """End the connection without a word."""
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()
