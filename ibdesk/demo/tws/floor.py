"""What all clients of one TWS share: the account, the market, the orders and who is connected; the time is the dial's.
"""

from collections.abc import Callable
from datetime import datetime

from ibdesk.demo.account import DemoAccount, Figures
from ibdesk.demo.chains import Chains
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.exchange import Exchange
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contracts import Spelling
from ibdesk.demo.tws.faults import TwsFaults
from ibdesk.demo.tws.orders import OrderDesk
from ibdesk.demo.tws.pnl_texts import PnlTexts
from ibdesk.demo.tws.tape import Tape
from ibdesk.demo.tws.timings import TwsTimings


class Floor:
    """One TWS session. `master` is the client id that hears of everybody's orders; None: none does."""

    def __init__(
        self, *, account: DemoAccount, exchange: Exchange, chains: Chains, now: Callable[[], datetime],
        ticks: Callable[[], float], timings: TwsTimings, faults: TwsFaults, most_version: int, master: int | None,
        zone: str,
    ) -> None:
        self.account, self.exchange, self.chains = account, exchange, chains
        self.market, self.catalogue = account.market, account.market.catalogue
        self.ticks, self.timings, self.faults = ticks, timings, faults
        self.most_version, self.master, self.zone = most_version, master, zone
        self._now = now
        #: who holds each client id
        self.clients: dict[int, Client] = {}
        self.orders = OrderDesk()
        self.spelling = Spelling()
        self.pnl = PnlTexts(self.figures, faults)
        self.tape = Tape(account, exchange, self.orders, faults, ticks, now())

    @property
    def now(self) -> datetime:
        return self._now()

    @property
    def is_cut_off(self) -> bool:
        """Whether the broker is out of reach while the socket stays."""
        return self.faults.lost_since is not None

    def figures(self, account: str) -> Figures:
        """The account, fresh, with what its orders got by now."""
        now = self.now
        self.exchange.run(now)
        return self.account.figures(account, now)

    def start_of_day(self) -> datetime:
        """Midnight in New York: executions before it are not told any more."""
        return self.now.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)

    def hears(self, client: Client, owner: int) -> bool:
        """Whether a client is told of the orders and executions of another, or of those without (0)."""
        return client.id == owner or client.id == self.master
