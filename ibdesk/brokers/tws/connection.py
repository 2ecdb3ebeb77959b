"""How one connection to TWS is opened, asked and given up: a fresh client per attempt, and no waiting for the dead."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.throttle import Clock
from ibdesk.brokers.tws import failures
from ibdesk.brokers.tws.ears import POSITIONS, Ears, Key, LineGone, News, TwsError
from ibdesk.brokers.tws.seam import REQUESTS_PER_SECOND, Wire
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, DeskError

_log = logging.getLogger(__name__)

Send = Callable[[Any, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsTimings:
    """Seconds; tests shorten them. From reference/tws-api.md 5.1 to 5.5."""

    # A whole start of TWS answers in milliseconds; a trusted-IP dialog waits for a person, and is told as such.
    open_within: float = 10.0
    answer_within: float = 15.0
    # 10,000 positions of an account take a second; a history a few.
    download_within: float = 60.0
    # A connection that held this long was no flicker: the next back-off begins anew.
    stable_after: float = 60.0
    # One batch a frame.
    gather: float = 1 / 60
    # Of the 40 requests a second, what the restoring of subscriptions leaves to everything else.
    spared_per_second: int = 5
    # What becomes of an order is told within this, or it is unknown.
    order_within: float = 10.0
    # A position that moved without a print (of another program, which TWS tells only the master client) is asked about.
    unexplained_after: float = 1.0
    # How long prices are waited for when somebody asks once.
    quotes_within: float = 3.0


@dataclass(slots=True, kw_only=True)
class Setting:
    """What every part of this room is given. `may_order` says whether orders are allowed now: before they are, the
    connection for them is not opened by itself, and nothing that could become an order is sent."""

    place: TwsPlace
    clock: Clock
    ticks: Callable[[], float] = time.monotonic
    timings: TwsTimings = TwsTimings()
    may_order: Callable[[], bool] = lambda: True


class Line:
    """An open connection. Raises TwsError for what TWS refuses, DeskError for everything else."""

    def __init__(self, wire: Wire, ears: Ears, setting: Setting) -> None:
        self.wire, self.ears, self._setting = wire, ears, setting
        self._turns: dict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def is_over(self) -> bool:
        return self.ears.is_over

    @property
    def accounts(self) -> tuple[AccountId, ...]:
        return tuple(AccountId(each) for each in self.wire.accounts)

    def send(self, request: Callable[[Any], object]) -> None:
        """Send what has no answer of its own. Raises Unavailable when the line is over."""
        if self.is_over or self.wire.is_closing:
            raise failures.gone()
        try:
            request(self.wire.client)
        except ConnectionError as problem:
            raise failures.gone() from problem

    async def ask(self, what: str, request: Send, seconds: float | None = None) -> list[Any]:
        """The rows of an answer to a request with a number."""
        self._must_live()
        number = self.wire.new_id()
        return await self._answer(number, what, lambda client: request(client, number), seconds)

    async def ask_named(
        self, key: Key, what: str, request: Callable[[Any], object], seconds: float | None = None
    ) -> list[Any]:
        """The rows of an answer to a request without a number: one at a time. What is held must be whole: an end mark
        that comes too late would end the next answer in its middle, so the line is given up with it."""
        async with self._turns[key]:
            try:
                return await self._answer(key, what, request, seconds)
            except DeskError as problem:
                if problem.cause is Cause.TIMED_OUT and (key == POSITIONS or str(key).startswith("account ")):
                    self.wire.hang_up(at_once=True)
                raise

    async def _answer(
        self, key: Key, what: str, request: Callable[[Any], object], seconds: float | None
    ) -> list[Any]:
        self._must_live()
        answer = self.ears.ask(key)
        try:
            self.send(request)
            async with asyncio.timeout(seconds or self._setting.timings.answer_within):
                return await answer
        except TimeoutError as problem:
            raise failures.late(what) from problem
        except LineGone as problem:
            raise failures.gone() from problem
        finally:
            self.ears.forget(key)

    def _must_live(self) -> None:
        if self.is_over:
            raise failures.gone()


async def asked(line: Line, what: str, request: Send, seconds: float | None = None) -> list[Any]:
    """Like `line.ask`, with refusals of TWS as errors of ours."""
    try:
        return await line.ask(what, request, seconds)
    except TwsError as problem:
        raise failures.meaning(problem, what) from problem


async def asked_named(
    line: Line, key: Key, what: str, request: Callable[[Any], object], seconds: float | None = None
) -> list[Any]:
    """Like `line.ask_named`, with refusals of TWS as errors of ours."""
    try:
        return await line.ask_named(key, what, request, seconds)
    except TwsError as problem:
        raise failures.meaning(problem, what) from problem


class Link:
    """One of our two numbers at TWS: the connection that is, or the next one."""

    def __init__(
        self, setting: Setting, client_id: int, news: News, latest_pnl: dict[str, list[str]],
        on_pnl: Callable[[], None],
    ) -> None:  # fmt: skip
        self._setting, self.client_id, self._news = setting, client_id, news
        self._latest_pnl, self._on_pnl = latest_pnl, on_pnl
        self._opening = asyncio.Lock()
        self._line: Line | None = None
        self._was_open = self._is_closed = False
        self._is_wanted = True
        self._free: tuple[int | None] | None = None
        #: Somebody who waits for TWS to come back need not wait any longer.
        self.on_open: Callable[[], None] = lambda: None

    @property
    def line(self) -> Line | None:
        """The connection, if it stands."""
        return self._line if self._line is not None and not self._line.is_over else None

    async def ready(self) -> Line:
        """The connection; opened now if there is none. Raises DeskError."""
        async with self._opening:
            if self._is_closed:
                raise failures.gone("The connection to TWS is closed.")
            if not self._is_wanted:
                raise failures.switched_off()
            if self.line is None:
                self._line = await self._open()
                self._was_open = True
                self.on_open()
            line = self.line
            if line is None:
                raise failures.gone()
            return line

    def drop(self, *, at_once: bool = True) -> None:
        """Give the connection up; what waits for an answer ends now."""
        line, self._line = self._line, None
        if line is not None:
            line.wire.hang_up(at_once=at_once)
            line.ears.hung_up("given up")

    async def move(self, client_id: int, news: News, *, is_wanted: bool) -> None:
        """Under this number from now on, at the place of the setting; nothing is opened unless `is_wanted`."""
        self.drop(at_once=False)
        async with self._opening:  # an attempt at the old place comes to its end first
            self.drop(at_once=False)
            self.client_id, self._news, self._is_wanted = client_id, news, is_wanted
            self._was_open, self._free = False, None

    async def close(self) -> None:
        self._is_closed = True
        self.drop(at_once=False)
        await asyncio.sleep(0)  # the transport says goodbye in the loop's next round

    async def _open(self) -> Line:
        place = self._setting.place
        wire, ears = self._made(self.client_id)
        try:
            await _opened(wire, ears, place, self.client_id, self._setting.timings.open_within)
        except TwsError as problem:
            raise await self._refusal(problem) from problem
        _log.info("connected to TWS at %s as client %s, version %s", failures.where(place), self.client_id,
                  wire.server_version)
        if self.client_id == 0 and not place.read_only and self._setting.may_order():
            wire.client.reqAutoOpenOrders(True)  # number 0 adopts the orders entered at TWS itself
        return Line(wire, ears, self._setting)

    def _made(self, client_id: int) -> tuple[Wire, Ears]:
        ears = Ears(self._news, self._setting.ticks, client_id)
        return Wire(ears, self._latest_pnl, self._on_pnl), ears

    async def _refusal(self, problem: TwsError) -> DeskError:
        if problem.code != 326:
            return failures.meaning(problem, "the connection")
        if self._was_open:
            return failures.taken_for_now(self._setting.place, self.client_id)
        if self._free is None:
            self._free = (await self._free_id(),)
        return failures.taken(self._setting.place, self.client_id, self._free[0])

    async def _free_id(self) -> int | None:
        """A number nobody uses: tried, once, since TWS has no list of them. Ours come in pairs."""
        place = self._setting.place
        beyond = max(self.client_id, place.client_id, place.order_client_id) + 1
        for candidate in range(beyond, beyond + 6, 2):
            wire, ears = self._made(candidate)
            try:
                await _opened(wire, ears, place, candidate, self._setting.timings.open_within)
            except TwsError:
                continue
            except DeskError:
                return None
            wire.hang_up(at_once=True)
            return candidate
        return None


async def _opened(wire: Wire, ears: Ears, place: TwsPlace, client_id: int, seconds: float) -> None:
    """Open it. A refusal or a closed socket ends the attempt at once, where the library would wait its time out.
    Raises TwsError or DeskError."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds) as limit:
            def end() -> None:
                ears.on_trouble = lambda: None
                limit.reschedule(loop.time())

            ears.on_trouble = end
            await wire.connect(place.host, place.port, client_id)
    except (TimeoutError, OSError) as problem:
        is_reached = wire.has_spoken
        wire.hang_up(at_once=True)
        if ears.refusal is not None:
            raise ears.refusal from problem
        if not isinstance(problem, TimeoutError):
            raise failures.refused(place, problem) from problem
        raise failures.not_opened(
            place, is_reached=is_reached, is_greeted=ears.is_greeted, complaint=ears.complaint
        ) from problem
    except BaseException:
        wire.hang_up(at_once=True)
        raise
    finally:
        ears.on_trouble = lambda: None


class Pulse:
    """The keep-alive of one line: a question every `every` seconds that TWS answers by itself. Nothing heard for two of
    them, and the line is dead."""

    def __init__(self, every: float, now: float) -> None:
        self._every = every
        self.due_at = now
        self._asked_at: float | None = None
        self._missed = 0

    def beat(self, line: Line, now: float) -> None:
        """Ask, if it is time. Raises Unavailable when the line is dead."""
        if now < self.due_at:
            return
        if line.wire.waiting:  # the question would only queue behind other requests, and so did the last one
            self._asked_at, self.due_at = None, now + self._every / 4
            return
        if self._asked_at is not None and line.ears.heard_at < self._asked_at:
            self._missed += 1
        else:
            self._missed = 0
        if self._missed >= 2:
            raise failures.silent()
        self._asked_at, self.due_at = now, now + self._every
        line.send(lambda client: client.reqCurrentTime())


def skew_of(told: int, at: datetime) -> timedelta:
    """How far TWS's clock is ahead of ours; it tells whole seconds, cut off."""
    return timedelta(seconds=told + 0.5) - timedelta(seconds=at.timestamp())


#: Requests that the restoring of subscriptions may send in a second.
def restoring_pace(timings: TwsTimings) -> int:
    return max(1, REQUESTS_PER_SECOND - timings.spared_per_second)
