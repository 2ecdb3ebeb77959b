"""What services may ask of any broker: one protocol, and facets that are None where a broker has not got them."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ibdesk.domain.accounts import Account, AccountId, AccountPnl, Environment
from ibdesk.domain.calls import ApiCall, RateState
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Bar, BarSize, ContractDetails, ContractMatch, Dividend, Quote, Span, TradingHours
from ibdesk.domain.orders import Answer, Order, OrderIntent, OrderRules, OrderTicket, Side, WhatIf
from ibdesk.domain.pairs import Pairing
from ibdesk.domain.pnl import PositionMoved, PositionPnl
from ibdesk.domain.positions import Freshness, Snapshot, Source
from ibdesk.domain.returns import Point
from ibdesk.domain.session import SessionFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a gateway showed on first contact. `sha256` is upper-case hex in pairs, `AA:BB:…`."""

    host: str
    sha256: str
    subject: str
    valid_from: datetime
    valid_until: datetime


class CertificateUnknown(NeedsPerson):
    """No certificate is pinned yet: a person compares `certificate` with what they expect, then it is pinned."""

    def __init__(self, message: str, *, remedy: str, certificate: Certificate) -> None:
        super().__init__(message, remedy=remedy, cause=Cause.CERTIFICATE_UNKNOWN)
        self.certificate = certificate


class ClientIdTaken(NeedsPerson):
    """Another program uses our number at TWS. `free` is one that nobody used a moment ago, None when none was found."""

    def __init__(self, message: str, *, remedy: str, client_id: int, free: int | None) -> None:
        super().__init__(message, remedy=remedy, cause=Cause.CLIENT_ID_IN_USE)
        self.client_id, self.free = client_id, free


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How one gateway is reached. `url` is scheme, host and port; `certificate_sha256` the pin, empty when none is
    known yet. `allow_remote` permits a host that is not this computer (over https only). `read_only` takes trading away
    in the live environment, and only there."""

    url: str
    environment: Environment
    certificate_sha256: str = ""
    allow_remote: bool = False
    read_only: bool = True
    timeout: timedelta = timedelta(seconds=10)
    requests_per_second: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsPlace:
    """How TWS or IB Gateway is reached over its socket. `client_id` is the number of the connection that reads, and
    `order_client_id` of the one that sends orders: an order belongs to the number that sent it, so both stay what they
    are. `read_only` takes trading away, in every environment. Seconds: `keepalive` between two signs of
    life, `reconnect_min` to `reconnect_max` between two attempts."""

    host: str = "127.0.0.1"
    port: int = 7497
    client_id: int = 1
    order_client_id: int = 2
    environment: Environment = Environment.PAPER
    read_only: bool = True
    keepalive: float = 15.0
    reconnect_min: float = 3.0
    reconnect_max: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who is signed in at the gateway; `is_paper` None when it does not say."""

    user_name: str
    is_paper: bool | None


class SessionControl(Protocol):
    """The sign-in a person makes in a browser, and keeping it alive. Raises DeskError branches only."""

    @property
    def sign_in_page(self) -> str: ...

    async def status(self) -> SessionFlags:
        """Both sessions' flags. An unreachable gateway is an answer (`reachable=False`), not an error."""

    async def signed_in_as(self) -> SignIn: ...

    async def open_brokerage(self, *, take_over: bool = False) -> SessionFlags:
        """Open the brokerage session; `take_over` throws another login out and needs a person's yes."""

    async def tickle(self) -> SessionFlags: ...

    async def sign_out(self) -> None: ...


class MarketData(Protocol):
    """Contracts and prices."""

    async def find(self, text: str) -> tuple[ContractMatch, ...]: ...

    async def details(self, conid: Conid) -> ContractDetails: ...

    async def quotes(self, conids: Sequence[Conid]) -> tuple[Quote, ...]:
        """What is known of each, after the broker's warm-up; an instrument without data is left out."""

    async def history(self, conid: Conid, span: Span, bar: BarSize) -> tuple[Bar, ...]:
        """Oldest first. Raises Unavailable or Refused with the broker's reason when there is none."""

    async def instruments(self, conids: Sequence[Conid]) -> tuple[Instrument, ...]:
        """What each is, in the order asked; those nobody knows are left out. Asked once, then remembered."""

    async def chain_months(self, underlying: Conid) -> tuple[date, ...]:
        """The months options on it expire in, each as its first day, in order; empty when there are none."""

    async def chain_strikes(self, underlying: Conid, month: date) -> tuple[Decimal, ...]:
        """Every strike of that month, lowest first. Not every strike is listed at every expiry of the month."""

    async def chain_contracts(self, underlying: Conid, month: date, strike: Decimal) -> tuple[Instrument, ...]:
        """Calls and puts of every expiry of the month at one strike, by expiry, class and right; asked once, then
        remembered. Empty where the month does not list it."""

    async def hours(self, conid: Conid) -> TradingHours:
        """When it trades in the days around today."""

    async def dividends(self, conids: Sequence[Conid]) -> Mapping[Conid, Dividend]:
        """The next dividend of each; what pays none, or of which the broker tells none, is left out. Asked once a
        day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamUp:
    """The stream is open and subscribed again; `at` aware UTC."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDown:
    """The stream broke or could not be opened; the adapter goes on trying."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNews:
    """What the broker pushed of orders and executions, oldest first; never coalesced.

    An order's legs may be empty where its contract is not known here yet. `is_whole` False: something of it could not
    be told, so the book should be asked for (`orders`, `executions`).
    """

    at: datetime
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    is_whole: bool = True


class LinkState(StrEnum):
    """What a line to the broker that has several stretches says of itself. The first stretch is the socket, the second
    the broker behind it, the rest its market-data farms."""

    UP = "up"
    DOWN = "down"
    BROKER_LOST = "broker lost"  # 1100, 2110: the socket is there, the broker behind it is not
    RESTORED_LOST = "restored, subscriptions lost"  # 1101
    RESTORED_KEPT = "restored, subscriptions kept"  # 1102
    RESTORING = "restoring"
    FARM_LOST = "farm lost"
    FARM_OK = "farm ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNews:
    """A change of the line; never coalesced. `code` is the broker's number for it; while RESTORING `left` of `wanted`
    subscriptions are still to come back; `skew` is how far the broker's clock is ahead of ours; `retry_at` is when a
    line that is DOWN is opened anew, `remedy` what a person can do about it."""

    at: datetime
    state: LinkState
    reason: str = ""
    code: int | None = None
    left: int = 0
    wanted: int = 0
    skew: timedelta | None = None
    retry_at: datetime | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketWord:
    """What is known of a socket without asking: whose accounts it reaches, how long it has stood, how long nothing was
    heard on it, and how far the broker's clock is ahead of ours. Without a connection nothing is."""

    accounts: tuple[AccountId, ...] = ()
    open_for: timedelta | None = None
    quiet_for: timedelta | None = None
    skew: timedelta | None = None


class Socket(Protocol):
    """A broker that stands at the other end of a socket of ours. Raises nothing but DeskError."""

    @property
    def word(self) -> SocketWord: ...

    async def look(self) -> SocketWord:
        """Ask it whether it is there; the socket is opened if there is none."""

    async def move(self, place: TwsPlace | None) -> None:
        """Stand there from now on, or nowhere with None: what is open is closed, and what asks next is asked at the new
        place. Whether orders may leave stays as it is."""


StreamEvent = (
    StreamUp | StreamDown | SessionFlags | AccountPnl | Quote | OrderNews | PositionMoved | PositionPnl | LinkNews
)


class LiveStream(Protocol):
    """What the broker pushes. The adapter reconnects, paces and re-subscribes by itself."""

    def events(self) -> AsyncGenerator[tuple[StreamEvent, ...], None]:
        """Batches: the newest of each kind and key since the last batch, every piece of order news; an empty one is a
        sign of life. A quote is whole: all that was heard of its instrument since the stream came up, so nobody behind
        this merges it again. Ends only by cancellation or close, and hangs up then."""

    async def watch(self, conids: Sequence[Conid]) -> None:
        """Exactly these instruments are streamed from now on (at most the account's market-data lines)."""


class OrderBook(Protocol):
    """What was ordered and traded, reading only: there while the desk may not trade, too."""

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        """Today's and working ones, ours and others'."""

    async def executions(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        """Each print once, a corrected one as corrected, oldest first, with its commission where known; as far back as
        the broker goes."""


class Trading(OrderBook, Protocol):
    """Orders. Raises DeskError branches.

    Unavailable(OUTCOME_UNKNOWN) when a request left and no answer came: it may have arrived, and nothing is ever sent
    twice. Any other error means that nothing was placed, changed or cancelled. While a question is open, previews,
    orders and changes of its account wait for the answer, for a limited time; a cancel goes at once and gives the
    question up. `pairing`: whether a ticket may carry another half, and what becomes of it when one half is cancelled;
    both leave at once, under their own ids (`domain.pairs`).
    """

    @property
    def pairing(self) -> Pairing: ...

    async def rules(self, conid: Conid, side: Side) -> OrderRules: ...

    async def what_if(self, ticket: OrderTicket) -> WhatIf:
        """The broker's preview; a refusal is part of the answer."""

    async def place(self, intent: OrderIntent) -> Answer:
        """Send it once, never again. An intent the broker knows already is answered as what it knows of it."""

    async def reply(self, account: AccountId, question: str, *, yes: bool) -> Answer | None:
        """Answer the `Questions` whose `reply` is given; None after a no.

        Refused(QUESTION_STALE) when the broker forgot it: nothing was placed.
        """

    async def modify(self, order: Order, ticket: OrderTicket) -> Answer: ...

    async def cancel(self, order: Order) -> None:
        """Ask for it; what became of it is told by `orders` and the stream."""

    async def cancel_all(self, account: AccountId) -> None:
        """Every working order of the account, whoever placed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseOrder:
    """What the broker is told to do with long options at the next processing. `is_lapse`: let them expire, also in the
    money. `quantity` of contracts."""

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    at: datetime
    is_lapse: bool = False


class Exercising(Protocol):
    """Exercise of long options, where the broker takes such instructions. Raises DeskError branches."""

    async def instruct(self, order: ExerciseOrder) -> None:
        """Tell it; a later instruction for the same contract replaces the earlier one. Refused when it is too late, or
        when there are not so many."""

    async def withdraw(self, account: AccountId, conid: Conid) -> None: ...

    async def instructions(self, account: AccountId) -> tuple[ExerciseOrder, ...]:
        """Those that are not processed yet."""


class Broker(Protocol):
    """One window onto accounts. Adapters raise nothing but DeskError."""

    name: str
    source: Source
    freshness: Freshness
    session: SessionControl | None
    market: MarketData | None
    stream: LiveStream | None
    book: OrderBook | None
    trading: Trading | None
    exercising: Exercising | None

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def accounts(self) -> tuple[Account, ...]: ...

    async def select(self, account: AccountId) -> None:
        """Make it the account that calls without an account id mean."""

    async def snapshot(self, account: AccountId, *, fresh: bool = False) -> Snapshot:
        """Every page, every class. Nothing partial is returned: a page that fails raises.

        `fresh` asks the broker to drop its own cached positions first (a person pressed F5).
        """

    async def equity_history(self, account: AccountId) -> tuple[Point, ...]:
        """Daily net liquidation, oldest first, base currency; empty when the broker has none."""


#: Where an adapter puts the audit of each call, and the state of its request budget.
CallSink = Callable[[ApiCall], None]
RateSink = Callable[[RateState], None]
