"""What the chain asks for and in which order, one underlying and one expiry at a time; what came late is dropped."""

from collections.abc import Coroutine, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from ibdesk.domain.chains import Chain, Expiry, same_day, usual_expiry
from ibdesk.domain.errors import DeskError, NeedsPerson
from ibdesk.domain.instruments import Conid
from ibdesk.services.chains import BAND, Chains, Underlying

if TYPE_CHECKING:
    from ibdesk.ui.bridge import Bridge


class ChainLoader(QObject):
    """Signals in the order they come: `opening`, `opened(Underlying)`, `expiries_known`, `following(Expiry)`, then one
    `stepped(Chain)` after the other. `failed(DeskError)` ends it; `again` repeats what failed. What is priced stays on
    screen whatever happens to the rest. `priced(quotes)` answers `ask_prices`."""

    opening = Signal()
    opened = Signal(object)
    expiries_known = Signal()
    following = Signal(object)
    stepped = Signal(object)
    failed = Signal(object)
    priced = Signal(object)

    def __init__(self, chains: Chains, bridge: "Bridge", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chains, self._bridge = chains, bridge
        self.underlying: Underlying | None = None
        self.expiries: tuple[Expiry, ...] = ()
        self.expiry: Expiry | None = None
        self.chain: Chain | None = None
        self.band = BAND
        self._wanted: Conid | None = None
        self._turn = 0
        self._asked: set[Conid] = set()
        self._is_asking = False

    @property
    def conid(self) -> Conid | None:
        """The underlying that is open, or being opened."""
        return self._wanted

    def open(self, conid: Conid, expiry: Expiry | None = None) -> None:
        """Show another underlying, at `expiry` or where most begin."""
        self._turn += 1
        self._wanted = conid
        self.underlying, self.expiries, self.expiry, self.chain = None, (), None, None
        self.opening.emit()
        self._start("open the option chain", self._open(conid, expiry, self._turn))

    def choose(self, expiry: Expiry) -> None:
        """Show another expiry of what is open."""
        if self.underlying is not None:
            self.expiry, self.chain = expiry, None
            self._asked.clear()
            self.following.emit(expiry)
            self._start("option chain", self._follow(self.underlying, expiry, self._turn))

    def set_band(self, band: int) -> None:
        """How many strikes each side come first, from now on."""
        self.band = band
        self.again()

    def again(self) -> None:
        """Ask anew for what is shown, or for what failed."""
        if self.underlying is not None and self.expiry is not None:
            self.choose(self.expiry)
        elif self._wanted is not None:
            self.open(self._wanted)

    def ask_prices(self, conids: Sequence[Conid]) -> None:
        """Prices at once for contracts that came on screen: to be streamed they wait in a line of five a second. Each
        is asked for once; nothing before the strikes around the money have theirs."""
        missing = [conid for conid in conids if conid not in self._asked]
        if missing and not self._is_asking and self.chain is not None and self.chain.is_priced:
            self._is_asking = True
            self._asked.update(missing)
            self._start("prices of the strikes on screen", self._ask(missing))

    async def _ask(self, conids: Sequence[Conid]) -> None:
        try:
            with suppress(DeskError):  # they are streamed all the same, and a lost session is told elsewhere
                self.priced.emit(await self._chains.quotes(conids))
        finally:
            self._is_asking = False

    async def _open(self, conid: Conid, expiry: Expiry | None, turn: int) -> None:
        try:
            underlying = await self._chains.open(conid)
            if turn != self._turn:
                return
            self.underlying, self._wanted = underlying, underlying.conid
            self.opened.emit(underlying)
            if expiry is None:
                found, expiry = await self._chains.first(underlying)
            else:
                found = await self._chains.expiries(underlying, expiry.day.replace(day=1))
                expiry = same_day(found, expiry) or usual_expiry(found, self._chains.today)
        except DeskError as error:
            self._fail(error, turn)
            return
        if turn == self._turn:
            self._learn(found)
            if expiry is not None:
                self.choose(expiry)

    async def _follow(self, underlying: Underlying, expiry: Expiry, turn: int) -> None:
        try:
            async with aclosing(self._chains.follow(underlying, expiry, band=self.band)) as steps:
                async for chain in steps:
                    if turn != self._turn or expiry != self.expiry:
                        return
                    is_first_price = chain.is_priced and (self.chain is None or not self.chain.is_priced)
                    self.chain = chain
                    self.stepped.emit(chain)
                    if is_first_price and len({each.day.replace(day=1) for each in self.expiries}) < 2:
                        self._start("expiries", self._other_months(underlying, turn))
        except DeskError as error:
            if expiry != self.expiry or turn != self._turn:
                return
            if self.chain is None or not self.chain.is_priced:
                self._fail(error, turn)
            elif not isinstance(error, NeedsPerson):  # a lost session dims the table; anything else is worth a notice
                raise

    async def _other_months(self, underlying: Underlying, turn: int) -> None:
        """The expiries of the months nobody looked at yet, once the prices are there: two requests each."""
        known = {each.day.replace(day=1) for each in self.expiries}
        with suppress(DeskError):  # the strip stays as long as it is; the chain itself says when the session is lost
            for month in underlying.months:
                if month not in known:
                    found = await self._chains.expiries(underlying, month)
                    if turn != self._turn:
                        return
                    self._learn(found)

    def _learn(self, found: tuple[Expiry, ...]) -> None:
        self.expiries = tuple(sorted({*self.expiries, *found}))
        self.expiries_known.emit()

    def _fail(self, error: DeskError, turn: int) -> None:
        if turn == self._turn:
            self.failed.emit(error)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        with suppress(DeskError):  # a desk that closes has nothing more to show
            self._bridge.start(name, work)
