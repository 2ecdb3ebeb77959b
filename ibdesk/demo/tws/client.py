"""What one connected client asked for and has been told: its id, its version, its subscriptions."""

from dataclasses import dataclass, field
from decimal import Decimal

from ibdesk.demo.catalogue import Listing
from ibdesk.demo.tws.outlet import Outlet
from ibdesk.demo.tws.wire import Field, frame


@dataclass(slots=True)
class PnlLine:
    """A subscription to the profit of an account, or (conid) of one position; `told` is what it last heard."""

    account: str
    conid: int | None = None
    told: str = ""


@dataclass(slots=True)
class QuoteLine:
    """A subscription to one contract's quotes; `told` is the last text of every tick type."""

    listing: Listing
    generic: frozenset[str]
    is_delayed: bool = False
    is_silent: bool = False
    told: dict[int, str] = field(default_factory=dict)


class Client:
    """One connection after its handshake. `heard` is how far it has followed the tape."""

    def __init__(self, outlet: Outlet, version: int) -> None:
        self.outlet = outlet
        self.version = version
        self.id = -1
        self.heard = 0
        self.data_type = 1
        self.wants_positions = False
        self.positions_seen = -1
        self.positions_told: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
        self.updates_of = ""
        self.updates_due = 0.0
        self.updates_seen = -1
        self.pnl_due = 0.0
        self.storm_step, self.storm_at = 0, 0.0
        self.pnl: dict[int, PnlLine] = {}
        self.quotes_due = 0.0
        self.quotes: dict[int, QuoteLine] = {}
        self.summaries: set[int] = set()
        self.binds = False

    @property
    def is_on(self) -> bool:
        """Whether startApi was accepted."""
        return self.id >= 0

    def send(self, *fields: Field) -> None:
        """One message."""
        self.outlet.write(frame(*fields))

    def error(self, number: int, code: int, words: str, advanced: str = "") -> None:
        """An error about a request, an order or (-1) the connection."""
        more = (advanced,) if self.version >= 166 else ()
        self.send(4, 2, number, code, words, *more)

    def forget(self) -> None:
        """Every subscription is gone, as after 1101; what was told of positions stays known."""
        self.pnl.clear()
        self.quotes.clear()
        self.updates_of = ""
        self.wants_positions = False
