"""What TWS says on one connection, taken down: answers end the request they belong to, news goes to whoever listens.

The methods bear the library's names, because its decoder calls them. Here library objects end: what goes on is either
the row of an answer, read at once by who asked, or a value of the domain.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Protocol

from ibdesk.brokers.tws import convert

#: Keys of requests that have no number.
POSITIONS, OPEN_ORDERS, COMPLETED_ORDERS = "positions", "open orders", "completed orders"
ACCOUNT_NAMES = "account names"
CURRENT_TIME = "current time"
Key = int | str
#: Notes beside a request's answer: it comes all the same (tws-api.md 2).
_NOTES = frozenset({399, 404, 492, 2174, 10167, 10349})


class TwsError(Exception):
    """TWS answered a request with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


class LineGone(Exception):  # noqa: N818 - it is news, named by what happened
    """The connection ended while a request waited for its answer."""


class News(Protocol):
    """Who listens to what nobody asked for."""

    def positioned(self, account: str, contract: Any, quantity: float, cost: float) -> None: ...

    def executed(self, contract: Any, report: Any) -> None: ...

    def charged(self, report: Any) -> None: ...

    def ordered(self, number: int, contract: Any, order: Any, state: Any) -> None: ...

    def status_told(
        self, number: int, status: str, filled: float, remaining: float, price: float, perm_id: int, client_id: int
    ) -> None: ...

    def account_moved(self, number: int, daily: float, unrealized: float, _realized: float) -> None: ...

    def account_valued(self, number: int, key: str, value: str) -> None: ...

    def ticked(self, number: int, kind: int, value: float | str) -> None: ...

    def option_ticked(self, number: int, kind: int, figures: tuple[float, ...]) -> None: ...

    def delay_told(self, number: int, kind: int) -> None: ...

    def clock_told(self, seconds: int) -> None: ...

    def said(self, number: int, code: int, text: str) -> None: ...

    def hung_up(self) -> None: ...


@dataclass(slots=True)
class _Request:
    answer: "asyncio.Future[list[Any]]"
    rows: list[Any] = field(default_factory=list)


class Ears:
    """Hears one connection from its first byte to its last."""

    def __init__(self, news: News, ticks: Callable[[], float], client_id: int) -> None:
        self._news, self._ticks, self._client_id = news, ticks, client_id
        self._requests: dict[Key, _Request] = {}
        self.zone: tzinfo = UTC
        self.is_greeted = self.is_over = False
        self.refusal: TwsError | None = None
        self.complaint = ""
        self.begun_at = self.heard_at = ticks()
        #: What ends the opening early: a refusal, or a socket that is closed.
        self.on_trouble: Callable[[], None] = lambda: None
        #: Our next number must exceed every number an order was seen with (tws-api.md 5.7).
        self.on_number: Callable[[int], object] = lambda number: None
        #: What an order's frames and errors are told to, by its number.
        self.orders: dict[int, list[Callable[[Any], None]]] = {}

    # --- requests ------------------------------------------------------------------------------------------------

    def ask(self, key: Key) -> "asyncio.Future[list[Any]]":
        """The answer to a request that is about to be sent."""
        if self.is_over:
            raise LineGone
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._requests[key] = _Request(answer)
        return answer

    def forget(self, key: Key) -> None:
        """Nobody waits for it any more."""
        self._requests.pop(key, None)

    def _row(self, key: Key, row: Any) -> None:
        if (request := self._requests.get(key)) is not None:
            request.rows.append(row)

    def _end(self, key: Key, rows: list[Any] | None = None) -> None:
        request = self._requests.pop(key, None)
        if request is not None and not request.answer.done():
            request.answer.set_result(request.rows if rows is None else rows)

    def _fail(self, key: Key, problem: Exception) -> bool:
        request = self._requests.pop(key, None)
        if request is None or request.answer.done():
            return False
        request.answer.set_exception(problem)
        return True

    def _tell_order(self, number: int, what: Any) -> None:
        for told in tuple(self.orders.get(number, ())):
            told(what)

    # --- the connection ------------------------------------------------------------------------------------------

    def greeted(self, time: str) -> None:
        """The handshake was answered; `20261120 14:30:00 America/New_York` names the zone of times without one."""
        self.is_greeted = True
        self.zone = convert.zone_of(time.partition(" ")[2].partition(" ")[2]) or self.zone

    def hung_up(self, why: str) -> None:
        if self.is_over:
            return
        self.is_over = True
        self.complaint = self.complaint or why
        self.on_trouble()
        requests, self._requests = self._requests, {}
        for request in requests.values():
            if not request.answer.done():
                request.answer.set_exception(LineGone())
                request.answer.exception()  # whoever waits gets it; nobody has to
        for number in tuple(self.orders):
            self._tell_order(number, LineGone())
        self._news.hung_up()

    def failed(self, text: str) -> None:
        """The library gave up: an old server, or the socket was closed."""
        self.complaint = self.complaint or text
        if "version" in text:
            self.on_trouble()

    def tcpDataArrived(self) -> None:
        self.heard_at = self._ticks()

    def connectAck(self) -> None: ...

    def setEventsDone(self) -> None: ...

    def connectionClosed(self) -> None: ...

    def nextValidId(self, number: int) -> None: ...

    def managedAccounts(self, _accounts: str) -> None:
        self._end(ACCOUNT_NAMES)

    def currentTime(self, seconds: int) -> None:
        self._news.clock_told(seconds)
        self._end(CURRENT_TIME)

    def error(self, number: int, code: int, text: str, _reject: str = "") -> None:
        if code == 326 or (code in (502, 503, 504, 507) and number == -1):
            self.refusal = TwsError(code, text)
            self.on_trouble()
        self._news.said(number, code, text)
        if code in _NOTES or 2100 <= code < 2200:
            return
        if self.orders.get(number):
            self._tell_order(number, TwsError(code, text))
        elif not self._fail(number, TwsError(code, text)) and code == 321:
            self._refuse_orders(text)

    def _refuse_orders(self, text: str) -> None:
        """A read-only TWS refuses the lists of orders without saying which (its number may be anything)."""
        for key in (OPEN_ORDERS, COMPLETED_ORDERS):
            self._fail(key, TwsError(321, text))

    # --- accounts and positions ----------------------------------------------------------------------------------

    def position(self, account: str, contract: Any, quantity: float, cost: float) -> None:
        self._row(POSITIONS, (account, contract, quantity, cost))
        self._news.positioned(account, contract, quantity, cost)

    def positionEnd(self) -> None:
        self._end(POSITIONS)

    def updateAccountValue(self, key: str, value: str, currency: str, account: str) -> None:
        self._row(f"account {account}", (key, value, currency))

    def updatePortfolio(
        self, contract: Any, quantity: float, price: float, value: float, cost: float, unrealized: float,
        realized: float, account: str,
    ) -> None:  # fmt: skip
        self._row(f"account {account}", (contract, quantity, price, value, cost, unrealized, realized))

    def updateAccountTime(self, time: str) -> None: ...

    def accountDownloadEnd(self, account: str) -> None:
        self._end(f"account {account}")

    def accountSummary(self, number: int, account: str, tag: str, value: str, currency: str) -> None:
        self._row(number, (account, tag, value, currency))

    def accountSummaryEnd(self, number: int) -> None:
        self._end(number)

    def accountUpdateMulti(
        self, number: int, _account: str, _model: str, key: str, value: str, _currency: str
    ) -> None:
        self._news.account_valued(number, key, value)

    def accountUpdateMultiEnd(self, number: int) -> None: ...

    def pnl(self, number: int, daily: float, unrealized: float, realized: float) -> None:
        self._news.account_moved(number, daily, unrealized, realized)

    # --- executions and orders -----------------------------------------------------------------------------------

    def execDetails(self, number: int, contract: Any, report: Any) -> None:
        self._row(number, (contract, report))
        self._news.executed(contract, report)

    def execDetailsEnd(self, number: int) -> None:
        self._end(number)

    def commissionReport(self, report: Any) -> None:
        self._news.charged(report)

    def openOrder(self, number: int, contract: Any, order: Any, state: Any) -> None:
        if order.whatIf:
            self._tell_order(number, state)
            return
        self.on_number(number + 1)
        self._row(OPEN_ORDERS, order.permId)
        self._news.ordered(number, contract, order, state)
        if order.clientId == self._client_id:
            self._tell_order(number, order)

    def openOrderEnd(self) -> None:
        self._end(OPEN_ORDERS)

    def orderStatus(
        self, number: int, status: str, filled: float, remaining: float, price: float, perm_id: int, _parent: int,
        _last_price: float, client_id: int, _held_why: str, _cap: float = 0.0,
    ) -> None:  # fmt: skip
        self._news.status_told(number, status, filled, remaining, price, perm_id, client_id)
        if client_id == self._client_id:
            self._tell_order(number, status)

    def completedOrder(self, contract: Any, order: Any, state: Any) -> None:
        self._row(COMPLETED_ORDERS, (contract, order, state))

    def completedOrdersEnd(self) -> None:
        self._end(COMPLETED_ORDERS)

    # --- contracts and prices ------------------------------------------------------------------------------------

    def contractDetails(self, number: int, details: Any) -> None:
        self._row(number, details)

    def bondContractDetails(self, number: int, details: Any) -> None:
        self._row(number, details)

    def contractDetailsEnd(self, number: int) -> None:
        self._end(number)

    def symbolSamples(self, number: int, found: list[Any]) -> None:
        self._end(number, found)

    def marketRule(self, rule: int, steps: list[Any]) -> None:
        self._end(f"rule {rule}", steps)

    def securityDefinitionOptionParameter(
        self, number: int, exchange: str, underlying: int, trading_class: str, multiplier: str, expiries: list[str],
        strikes: list[float],
    ) -> None:  # fmt: skip
        self._row(number, (exchange, underlying, trading_class, multiplier, expiries, strikes))

    def securityDefinitionOptionParameterEnd(self, number: int) -> None:
        self._end(number)

    def historicalData(self, number: int, bar: Any) -> None:
        self._row(number, bar)

    def historicalDataEnd(self, number: int, _start: str, _end: str) -> None:
        self._end(number)

    def marketDataType(self, number: int, kind: int) -> None:
        self._news.delay_told(number, kind)

    #: The size that goes with a price: its own tick type (reference/tws-api.md 1.7).
    _SIZES = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}

    def priceSizeTick(self, number: int, kind: int, price: float, size: float) -> None:
        self._news.ticked(number, kind, price)
        if kind in self._SIZES:
            self._news.ticked(number, self._SIZES[kind], size)

    def tickSize(self, number: int, kind: int, size: float) -> None:
        self._news.ticked(number, kind, size)

    def tickGeneric(self, number: int, kind: int, value: float) -> None:
        self._news.ticked(number, kind, value)

    def tickString(self, number: int, kind: int, value: str) -> None:
        self._news.ticked(number, kind, value)

    def tickOptionComputation(self, number: int, kind: int, _attribute: int, *figures: float) -> None:
        self._news.option_ticked(number, kind, figures)

    def tickSnapshotEnd(self, number: int) -> None:
        self._end(number)

    def tickReqParams(self, number: int, step: float, exchange: str, permissions: int) -> None: ...
