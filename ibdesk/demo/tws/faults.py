"""Everything a gateway does to its clients, by plain names: each can be switched on while it runs, and taken back."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ibdesk.demo.tws.outlet import Cut
from ibdesk.demo.tws.wire import frame

if TYPE_CHECKING:
    from ibdesk.demo.tws.client import Client

BURST = 262_144
LOST = "Connectivity between IB and Trader Workstation has been lost."
BACK = "Connectivity between IB and Trader Workstation has been restored - "
FARMS = ((2104, "Market data farm connection is OK:usfarm"), (2106, "HMDS data farm connection is OK:ushmds"),
         (2158, "Sec-def data farm connection is OK:secdefil"))
FARM_LOST = ((2103, "Market data farm connection is broken:usfarm"),
             (2105, "HMDS data farm connection is broken:ushmds"))


class TimeStyle(StrEnum):
    """How the instants of executions are written (tws-api.md 5.8)."""

    ZONE = "20261118 12:48:00 America/New_York"
    NAIVE = "20261118  12:48:00"
    DASH = "20261118-17:48:00"
    UTC = "20261118 17:48:00 UTC"
    SHORT = "20261118 12:48:00 EST"
    UNKNOWN = "20261118 12:48:00 Mars/Olympus"


class Hang(StrEnum):
    """What becomes of those who connect."""

    NO = "they are served"
    SILENT = "they are never answered"
    CLOSED = "they are closed at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An error said about the next order although it lives."""

    code: int
    text: str


class Door(Protocol):
    """What the faults act on."""

    @property
    def clients(self) -> "tuple[Client, ...]": ...

    async def start(self) -> None: ...

    async def kill(self) -> None: ...

    def correct(self, price: Decimal, base: str) -> None: ...

    def retell_last(self, price: Decimal) -> None: ...

    def skip_news(self) -> None: ...


class TwsFaults:
    """The faults of one TWS. What acts at once acts on every connection, or on the client id that is named."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._door: Door | None = None
        self.counts: Counter[str] = Counter()
        self._settle()

    def _settle(self) -> None:
        self.refused: set[int] = set()
        self.names: tuple[str, ...] | None = None
        self.hang = Hang.NO
        self.lost_since: datetime | None = None
        self.lost_code, self.lost_told = 1100, float("-inf")
        self.drip, self.burst = 0.0, 0
        self.is_paced = True
        self.commission_delay = 0.0
        self.commissions_after_end = True
        self.time_style = TimeStyle.ZONE
        self.pnl_text = ""
        self.has_wide_numbers = False
        self.has_empty_numbers = False
        self.has_accents = False
        self.has_coupons = False
        self.is_read_only = False
        self.lost_ends: set[str] = set()
        self.is_competing = False
        self.is_delayed = False
        self.words: list[Word] = []
        self.rejections: list[str] = []
        self.is_error_first = False
        self.strange: list[tuple[str, ...]] = []
        self.storm_rate = 0
        self.version: int | None = None
        self.counts.clear()

    def attach(self, door: Door) -> None:
        """The server these faults are of."""
        self._door = door

    def take(self, name: str) -> bool:
        """Whether a counted fault happens this time; counts one."""
        if self.counts[name] <= 0:
            return False
        self.counts[name] -= 1
        return True

    def heal(self) -> None:
        """Take back every fault; what was cut stays cut, and a broker still lost is back with its data kept."""
        if self.lost_since is not None:
            self.broker_back()
        self._settle()
        for client in self._clients():
            client.outlet.drip, client.outlet.burst = 0.0, 0

    # --- connections ---------------------------------------------------------------------------------------------

    def refuse_client_id(self, client_id: int) -> None:
        """This client id is said to be in use."""
        self.refused.add(client_id)

    def name_accounts(self, *ids: str) -> None:
        """Accounts of these numbers are named instead of the demo's; none, as by a TWS that is not signed in."""
        self.names = ids

    def accept_and_hang(self) -> None:
        """Connections are taken and never answered, as behind the dialog for an address that is not trusted."""
        self.hang = Hang.SILENT

    def accept_and_close(self) -> None:
        """Connections are taken and closed, as by a forwarder with no gateway behind it."""
        self.hang = Hang.CLOSED

    def answer_version(self, version: int | None) -> None:
        """The server is so old (or new): later connections get this version at most; None: as it was."""
        self.version = version

    def drop_mid_message(self, *, rude: bool = False, client_id: int | None = None) -> None:
        """The next message ends in its middle, and the connection with it: by FIN, or rudely by RST."""
        for client in self._clients(client_id):
            client.outlet.cut = Cut.RUDE if rude else Cut.POLITE

    def half_open(self, *, client_id: int | None = None, keeps: float | None = None) -> None:
        """Connections stay open and nothing passes any more; the server notices after `keeps` seconds (None: never)
        and holds the client id until then."""
        for client in self._clients(client_id):
            client.outlet.mute()
            if keeps is not None:
                asyncio.get_running_loop().call_later(keeps, client.outlet.abort)

    async def nightly_restart(self, for_: float) -> None:
        """Everybody is cut off without a word, connecting is refused for so many seconds, then all is as before."""
        if self._door is not None:
            await self._door.kill()
            await asyncio.sleep(for_)
            await self._door.start()

    def slow_drip(self, seconds: float = 0.0005) -> None:
        """Everything comes a byte at a time; 0 ends it."""
        self.drip = seconds
        for client in self._clients():
            client.outlet.drip = seconds

    def big_bursts(self, size: int = BURST) -> None:
        """Everything waits until so many bytes can come at once (or for a moment); 0 ends it."""
        self.burst = size
        for client in self._clients():
            client.outlet.burst = size

    def pacing(self, is_on: bool) -> None:
        """Whether more than fifty messages a second are complained of, and the third time punished."""
        self.is_paced = is_on

    # --- the broker behind it ------------------------------------------------------------------------------------

    def broker_lost(self, code: int = 1100) -> None:
        """The gateway has lost the broker (1100, or 2110); told again every few seconds. Nothing moves."""
        self.lost_since, self.lost_code, self.lost_told = self._now(), code, float("-inf")

    def broker_back(self, *, lost: bool = False) -> None:
        """The broker is there again: with every subscription lost (1101), or kept (1102)."""
        if self._door is not None:
            self._door.skip_news()
        self.lost_since = None
        code, words = (1101, "data lost.") if lost else (1102, "data maintained.")
        for client in self._clients():
            if lost:
                client.forget()
            client.error(-1, code, BACK + words)
            client.outlet.flush()

    def farms(self, *, lost: bool) -> None:
        """The data farms are lost, or there again; the broker is not concerned."""
        for client in self._clients():
            for code, words in FARM_LOST if lost else FARMS:
                client.error(-1, code, words)
            client.outlet.flush()

    # --- reports -------------------------------------------------------------------------------------------------

    def late_commissions(self, seconds: float) -> None:
        """Commissions come so many seconds (of ticks) after their executions; 0 ends it."""
        self.commission_delay = seconds

    def lose_commissions(self, times: int = 1) -> None:
        """The next commissions are never told; a later request for executions does not tell them either."""
        self.counts["lost_commissions"] = times

    def double_commissions(self, times: int = 1) -> None:
        self.counts["doubled_commissions"] = times

    def commissions_first(self, times: int = 1) -> None:
        """The next commissions come before their executions."""
        self.counts["commissions_first"] = times

    def commissions_before_end(self, are_before: bool = True) -> None:
        """In answers to a request for executions, their commissions come before the end marker."""
        self.commissions_after_end = not are_before

    def double_executions(self, times: int = 1) -> None:
        self.counts["doubled_executions"] = times

    def correct_execution(self, price: str, base: str = "") -> None:
        """The broker corrects the price of the last execution, or of the one whose id begins so: the same id with .02
        at its end, then .03. What later sales of it realised is told anew."""
        if self._door is not None:
            self._door.correct(Decimal(price), base)

    def retell_execution(self, price: str) -> None:
        """The last execution is told again under the same id at a price that is not the truth."""
        if self._door is not None:
            self._door.retell_last(Decimal(price))

    def orphan_executions(self, times: int = 1) -> None:
        """The next executions have permId 0 and the largest whole number as order id, as from outside."""
        self.counts["orphans"] = times

    def write_times(self, style: TimeStyle | str) -> None:
        """How the instants of executions are written from now on."""
        self.time_style = style if isinstance(style, TimeStyle) else TimeStyle[style.upper()]

    def lose_end(self, *names: str) -> None:
        """These end markers never come: `positions`, `orders`, `completed`, `account`, `executions`."""
        self.lost_ends.update(names)

    def sentinel_pnl(self, is_on: bool = True) -> None:
        """All profit figures are 1.797e308."""
        self.pnl_text = "1.7976931348623157E308" if is_on else ""

    def nan_pnl(self, is_on: bool = True) -> None:
        """All profit figures are `nan`."""
        self.pnl_text = "nan" if is_on else ""

    def wide_numbers(self, is_on: bool = True) -> None:
        """Quantities end in .0, as from older gateways."""
        self.has_wide_numbers = is_on

    def empty_numbers(self, is_on: bool = True) -> None:
        """Average costs and commissions' profits are empty fields."""
        self.has_empty_numbers = is_on

    def accents(self, is_on: bool = True) -> None:
        r"""Long names hold letters beyond ASCII, which the wire writes as \u00e9."""
        self.has_accents = is_on

    def coupons(self, is_on: bool = True) -> None:
        """Bonds have their coupon, a fraction, which all three clients fail to read."""
        self.has_coupons = is_on

    def strange_position(self, currency: str = "ZZZ", sec_type: str = "STK", conid: int = 999_999_999) -> None:
        """One more position than there is: in an unknown currency or class, without contract details."""
        self.strange.append((str(conid), currency, sec_type))

    def storm(self, per_second: int) -> None:
        """So many profit messages a second over each client's subscriptions, jumping; 0 ends it with the truth."""
        self.storm_rate = per_second

    # --- orders and quotes ---------------------------------------------------------------------------------------

    def read_only(self, is_on: bool = True) -> None:
        """Order functions, and asking for orders, are answered with 321."""
        self.is_read_only = is_on

    def reject_order(self, words: str = "Order rejected - reason:The demo was told to reject it") -> None:
        """The next order is answered with 201."""
        self.rejections.append(words)

    def say_about_order(self, code: int, words: str) -> None:
        """The next order is taken, and this is said about it (399, 2109, 10349, 110 and the like)."""
        self.words.append(Word(code=code, text=words))

    def cancel_words_first(self, is_on: bool = True) -> None:
        """202 comes before the status Cancelled, not after it."""
        self.is_error_first = is_on

    def sentinel_what_if(self, times: int = 1) -> None:
        """The next previews begin with an answer that has no figures."""
        self.counts["sentinel_what_if"] = times

    def compete(self, is_on: bool = True) -> None:
        """Another session of the same user has the market data: 10197."""
        self.is_competing = is_on
        if is_on:
            for client in self._clients():
                for number, line in client.quotes.items():
                    line.is_silent = True
                    client.error(number, 10197, COMPETING)
                client.outlet.flush()
        else:
            for client in self._clients():
                for line in client.quotes.values():
                    line.is_silent = False

    def delayed(self, is_on: bool = True) -> None:
        """Whoever asks for quotes gets delayed ones, and 10167."""
        self.is_delayed = is_on

    # --- bad frames ----------------------------------------------------------------------------------------------

    def unknown_message(self) -> None:
        """A message with an id nobody knows."""
        self._say(frame(199, 1, "moon", "waxing"))

    def short_frame(self) -> None:
        """A position without its last fields."""
        self._say(frame(61, 3, "DU7654321", 265598, "AAPL", "STK"))

    def word_for_number(self) -> None:
        """A position whose quantity is a word."""
        self._say(frame(61, 3, "DU7654321", 265598, "AAPL", "STK", "", "0.0", "", "", "NASDAQ", "USD", "AAPL", "NMS",
                        "several", "1.0"))

    def _say(self, data: bytes) -> None:
        for client in self._clients():
            client.outlet.write(data)
            client.outlet.flush()

    def _clients(self, client_id: int | None = None) -> "list[Client]":
        every = self._door.clients if self._door is not None else ()
        return [one for one in every if client_id is None or one.id == client_id]


COMPETING = "No market data during competing live session"
