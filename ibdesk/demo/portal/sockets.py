"""The WebSocket: who may listen, what it says unasked, and the streams a client asks for.

Each socket is one loop that waits for the client or for the next thing due, whichever comes first.
"""

import asyncio
import re
from collections.abc import Mapping

import msgspec
from aiohttp import WSMsgType, web

from ibdesk.demo.book import USER
from ibdesk.demo.faults import Faults
from ibdesk.demo.portal.account_routes import ledger_object, summary_amounts, summary_texts
from ibdesk.demo.portal.calls import Json, encode
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.portal.market_routes import BadHistoryError
from ibdesk.demo.portal.order_feed import OrderFeed
from ibdesk.demo.portal.routes import Router
from ibdesk.demo.portal.state import SERVER_INFO, PortalState, epoch, epoch_ms

#: A frame above this closes both sides (reference/client-portal-api.md 9.2).
FRAME_LIMIT = 65_536
SMD = re.compile(r"smd\+(\d+)(?:@\w+)?(?:\+(.*))?", re.DOTALL)
#: How many bars of history fit into one frame.
FRAME_BARS = 500


class Sockets:
    """All open sockets of one portal."""

    def __init__(self, state: PortalState, router: Router, faults: Faults, *, upstream: bool) -> None:
        self._state = state
        self._router = router
        self._faults = faults
        self._upstream = upstream
        self._open: set[web.WebSocketResponse] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket from upgrade to close."""
        if self._upstream and not self._state.login.is_signed_in:
            return web.Response(status=401, text="Access Denied")
        socket = web.WebSocketResponse(max_msg_size=FRAME_LIMIT)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            await Feed(socket, self._state, self._router, self._faults, is_text=self._upstream).run(request)
        except ConnectionError:
            pass  # the client went away in the middle of a message
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """Close all sockets politely."""
        for socket in tuple(self._open):
            await socket.close()


class Feed:
    """What one socket hears. Frames are binary, as the gateway sends them; text when we are its upstream."""

    def __init__(
        self, socket: web.WebSocketResponse, state: PortalState, router: Router, faults: Faults, *, is_text: bool
    ) -> None:
        self._socket = socket
        self._state = state
        self._router = router
        self._faults = faults
        self._is_text = is_text
        self._is_live = False
        self._stage: Stage | None = None
        self._quotes: dict[int, tuple[tuple[str, ...], float, dict[str, Json]]] = {}
        self._profit: Mapping[str, Json] | None = None
        self._wants_profit = False
        self._summaries: dict[str, dict[str, Json]] = {}
        self._ledgers: dict[str, dict[str, Json]] = {}
        self._bars: dict[str, int] = {}
        self._orders = OrderFeed(state)
        self._heartbeat_due = 0.0
        self._stream_due = 0.0
        self._ledger_due = 0.0

    async def run(self, request: web.Request) -> None:
        """Greet, then serve until either side closes."""
        if not self._state.login.is_signed_in:
            await self._stay_silent()
            return
        if self._has_session(request):
            await self._greet()
        else:
            await self._send({"message": "waiting for session"})
        while not self._socket.closed:
            await self._turn()

    async def _stay_silent(self) -> None:
        # the gateway answered the upgrade before it knew that nobody is signed in
        async for _ in self._socket:
            continue

    def _has_session(self, request: web.Request) -> bool:
        if self._is_text:
            return self._state.login.session in request.headers.get("Cookie", "")
        return self._state.login.seconds_signed_in >= self._state.timings.jar_delay

    async def _turn(self) -> None:
        """Wait for the client until something is due, then do what is due."""
        try:
            message = await self._socket.receive(timeout=self._until_due())
        except TimeoutError:
            pass
        else:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                data = message.data
                await self._hear(data if isinstance(data, str) else data.decode(errors="replace"))
        if self._is_live and not self._faults.silent_sockets:
            await self._speak()

    def _until_due(self) -> float:
        """Seconds until this socket has something to say by itself."""
        if not self._is_live or self._faults.silent_sockets:
            return self._state.timings.stream
        return min(self._state.timings.stream, max(self._heartbeat_due - self._state.ticks(), 0.001))

    async def _greet(self) -> None:
        self._is_live = True
        self._heartbeat_due = self._state.ticks() + self._state.timings.heartbeat
        await self._send({"topic": "system", "success": USER, "isFT": False, "isPaper": self._state.is_paper})
        await self._send({"topic": "act", "args": self._router.accounts.accounts_object()})
        await self._tell_status()

    async def _tell_status(self) -> None:
        self._stage = self._state.login.stage
        flags: dict[str, Json] = {"authenticated": self._stage is Stage.READY}
        if self._stage is Stage.COMPETING:
            flags["competing"] = True
        await self._send({"topic": "sts", "args": flags})
        if self._stage is Stage.READY:
            await self._send({"topic": "sts", "args": {**SERVER_INFO, "username": USER}})

    async def _speak(self) -> None:
        now = self._state.ticks()
        if self._state.login.stage is not self._stage:
            await self._tell_status()
        if not self._state.login.is_signed_in:
            await self._socket.close()
            return
        if now >= self._heartbeat_due:
            self._heartbeat_due = now + self._state.timings.heartbeat
            await self._send({"topic": "system", "hb": int(self._state.wall() * 1000)})
        if self._stage is Stage.READY and now >= self._stream_due:
            self._stream_due = now + self._state.timings.stream
            await self._stream(now)

    async def _stream(self, now: float) -> None:
        for message in self._orders.updates():
            await self._send(message)
        for conid in tuple(self._quotes):
            await self._send_quote(conid, now)
            await asyncio.sleep(0)  # the desk shares this loop: a chain's hundred quotes at once would be felt
        if self._wants_profit:
            await self._send_profit()
        if now >= self._ledger_due:
            self._ledger_due = now + self._state.timings.ledger
            for account in tuple(self._summaries):
                await self._send_summary(account)
            for account in tuple(self._ledgers):
                await self._send_ledger(account)

    async def _hear(self, text: str) -> None:
        """One message of the client; anything may come before the session, only the session counts then."""
        if not self._is_live:
            await self._take_session(text)
        elif text == "ech+hb":
            await self._send_raw(b"ech+hb")
        elif self._faults.silent_sockets:
            return
        else:
            await self._subscribe(text)

    async def _take_session(self, text: str) -> None:
        session = _arguments(text).get("session")
        if session and session == self._state.login.session:
            await self._greet()

    async def _subscribe(self, text: str) -> None:
        topic, _, rest = text.partition("+")
        match topic.removesuffix("{}"):
            case "tic":
                self._state.login.touch()
                await self._send({
                    "topic": "tic", "alive": True, "id": self._state.login.session,
                    "lastAccessed": int(self._state.wall() * 1000),
                })
            case "smd":
                await self._want_quote(text)
            case "umd":
                self._quotes.pop(_conid(rest), None)
            case "smh":
                await self._want_bars(rest)
            case "umh":
                self._bars.pop(rest.removesuffix("+{}"), None)
                await self._send({"message": f"Unsubscribed {rest.removesuffix('+{}')}"})
            case "spl":
                self._wants_profit, self._profit = True, None
                await self._send_profit()
            case "upl":
                self._wants_profit = False
            case "ssd" | "sld" | "usd" | "uld":
                await self._want_account(topic, rest)
            case "sor" | "str" | "uor" | "utr":
                for message in self._orders.hear(topic.removesuffix("{}"), _arguments(rest)):
                    await self._send(message)
            case "sbd" | "ubd":
                return
            case _:
                await self._send({"error": f"unknown topic {topic[:40]}", "code": 3, "topic": "error"})

    async def _want_quote(self, text: str) -> None:
        found = SMD.fullmatch(text)
        conid = int(found.group(1)) if found else 0
        if conid not in self._state.market.catalogue:
            await self._send({"error": f"unknown contract {conid}", "code": 3, "topic": "error"})
            return
        wanted = _arguments(found.group(2) or "" if found else "").get("fields", ["31", "84", "86"])
        fields = tuple(str(one) for one in wanted)
        self._quotes[conid] = (fields, self._state.ticks(), {})
        if self._stage is Stage.READY:
            await self._send_quote(conid, self._state.ticks())

    async def _send_quote(self, conid: int, now: float) -> None:
        """The fields that changed; a stream nobody renews ends."""
        fields, since, known = self._quotes[conid]
        if now - since >= self._state.timings.stream_life:
            del self._quotes[conid]
            return
        row = self._router.market.quote(conid, fields)
        changed = {key: value for key, value in row.items() if known.get(key) != value}
        known.update(changed)
        if changed:
            head = {
                "topic": f"smd+{conid}", "server_id": "q6", "conid": conid, "conidEx": str(conid),
                "_updated": epoch_ms(self._state.quote_instant(self._state.market.catalogue[conid])), "6119": "q6",
            }
            await self._send(head | changed)

    async def _want_bars(self, rest: str) -> None:
        head, _, text = rest.partition("+")
        conid = _conid(head)
        try:
            body = self._router.market.history(conid, _arguments(text), most=FRAME_BARS)
        except BadHistoryError as error:
            await self._send({"error": str(error), "code": 3, "topic": "error"})
            return
        if len(self._bars) >= 5:
            await self._send({"error": "too many history streams", "code": 3, "topic": "error"})
            return
        self._bars[str(body["serverId"])] = conid
        await self._send({"topic": f"smh+{conid}", "conid": conid, **body})

    async def _send_profit(self) -> None:
        rows = self._router.accounts.profit_rows(streamed=True)
        if rows != self._profit:
            self._profit = rows
            await self._send({"topic": "spl", "args": rows})

    async def _want_account(self, topic: str, rest: str) -> None:
        account = rest.partition("+")[0].removesuffix("{}")
        if not self._state.known(account):
            await self._send({"error": f"unknown account {account}", "code": 3, "topic": "error"})
            return
        match topic:
            case "ssd":
                self._summaries[account] = {}
                await self._send_summary(account)
            case "sld":
                self._ledgers[account] = {}
                await self._send_ledger(account)
            case "usd":
                self._summaries.pop(account, None)
                await self._send({"result": "unsubscribed from summary"})
            case _:
                self._ledgers.pop(account, None)
                await self._send({"result": "unsubscribed from ledger"})

    async def _send_summary(self, account: str) -> None:
        figures = self._state.figures(account)
        stamp, known = epoch(figures.as_of), self._summaries[account]
        rows = [{"key": "AccountCode", "value": account, "severity": 0, "timestamp": stamp}]
        for key, amount in summary_amounts(figures).items():
            if known.get(key) != amount:
                known[key] = amount
                rows.append({"key": SUMMARY_NAMES.get(key, _spelled(key)), "currency": "USD",
                             "monetaryValue": amount, "severity": 0, "timestamp": stamp})
        for key, text in summary_texts(figures).items():
            if key != "accountcode" and known.get(key) != text:
                known[key] = text
                rows.append({"key": SUMMARY_NAMES.get(key, _spelled(key)), "value": text, "severity": 0,
                             "timestamp": stamp})
        await self._send({"topic": f"ssd+{account}", "result": rows})

    async def _send_ledger(self, account: str) -> None:
        """All currencies; a row that has not changed is blank but for its key and time."""
        figures = self._state.figures(account)
        known = self._ledgers[account]
        rows: list[Json] = []
        for currency, row in ledger_object(figures).items():
            key, stamp = f"LedgerList{currency}", row["timestamp"]
            facts = {LEDGER_NAMES[name]: value for name, value in row.items() if name in LEDGER_NAMES}
            if known.get(key) == facts:
                rows.append({"key": key, "timestamp": stamp})
                continue
            known[key] = facts
            rows.append({"acctCode": account, "key": key, "secondKey": currency, **facts, "severity": 0,
                         "timestamp": stamp})
        await self._send({"topic": f"sld+{account}", "result": rows})

    async def _send(self, value: Json) -> None:
        await self._send_raw(encode(value))

    async def _send_raw(self, data: bytes) -> None:
        if self._socket.closed:
            return
        if self._is_text:
            await self._socket.send_str(data.decode())
        else:
            await self._socket.send_bytes(data)


#: The socket's camel-case names for the ledger columns of REST.
LEDGER_NAMES = {
    "cashbalance": "cashbalance", "exchangerate": "exchangeRate", "netliquidationvalue": "netLiquidationValue",
    "settledcash": "settledCash", "stockmarketvalue": "stockMarketValue", "unrealizedpnl": "unrealizedPnl",
    "realizedpnl": "realizedPnl", "stockoptionmarketvalue": "optionMarketValue", "interest": "interest",
}
#: The socket's mixed-case names for the summary keys of REST, where a capital first letter is not all.
SUMMARY_NAMES = {
    f"{lower}{suffix.lower()}": f"{mixed}{suffix}"
    for suffix in ("", "-S", "-C")
    for lower, mixed in (
        (name.lower(), name)
        for name in (
            "NetLiquidation", "TotalCashValue", "EquityWithLoanValue", "AvailableFunds", "ExcessLiquidity",
            "FullAvailableFunds", "FullExcessLiquidity", "InitMarginReq", "MaintMarginReq", "FullInitMarginReq",
            "FullMaintMarginReq", "LookAheadAvailableFunds", "LookAheadExcessLiquidity", "LookAheadInitMarginReq",
            "LookAheadMaintMarginReq", "AccruedCash", "AccruedDividend", "Guarantee", "PASharesValue",
            "PostExpirationExcess", "PostExpirationMargin", "GrossPositionValue", "BuyingPower", "Billable",
            "PreviousDayEquityWithLoanValue", "RegTEquity", "RegTMargin", "SMA", "Cushion", "Leverage",
            "DayTradesRemaining", "AccountReady", "AccountType", "TradingType", "SegmentTitle",
        )
    )
}


def _spelled(key: str) -> str:
    return key[:1].upper() + key[1:]


def _arguments(text: str) -> Mapping[str, Json]:
    try:
        value = msgspec.json.decode(text.encode()) if text else {}
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _conid(text: str) -> int:
    digits = re.match(r"\d+", text)
    return int(digits.group()) if digits else 0
