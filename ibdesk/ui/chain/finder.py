"""What becomes of a text in the symbol field: offers while it is typed, a chain or a leg when Enter is pressed."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ibdesk.domain.expiry_texts import DayInDoubt
from ibdesk.domain.market import ContractMatch
from ibdesk.domain.occ import OptionName
from ibdesk.domain.orders import Side
from ibdesk.services.chains import Chains
from ibdesk.ui.chain.search import SymbolField, best_of, option_in

if TYPE_CHECKING:
    from ibdesk.ui.bridge import Bridge

#: Written before an option it sells it.
_MINUS = "-\u2212"


class Finder(QObject):
    """Asks the broker. `opened(Conid)`: this underlying is meant; `option_found(Underlying, Instrument, Side)`: this
    option, bought, or sold with a minus before it; `nothing(str)`: nobody knows it."""

    opened = Signal(object)
    option_found = Signal(object, object, object)
    nothing = Signal(str)

    def __init__(self, chains: Chains, bridge: "Bridge", field: SymbolField, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chains, self._bridge, self._field = chains, bridge, field
        field.asked.connect(lambda text: bridge.start("look for a symbol", self._offer(text)))
        field.submitted.connect(self.submit)
        field.picked.connect(self._picked)

    def submit(self, text: str) -> None:
        """As Enter in the field does."""
        try:
            name = option_in(text.lstrip(_MINUS))
        except DayInDoubt as doubt:
            self._bridge.failed("read the option", doubt)
            return
        if name is not None:
            side = Side.SELL if text[0] in _MINUS else Side.BUY
            self._bridge.start("find the option", self._find_option(name, side), busy=self._field)
        else:
            self._bridge.start("find the symbol", self._find_symbol(text))

    async def _find_option(self, name: OptionName, side: Side) -> None:
        underlying, instrument = await self._chains.option(name)
        self._field.clear()
        self.option_found.emit(underlying, instrument, side)

    async def _find_symbol(self, text: str) -> None:
        match = best_of(await self._chains.find(text), text)
        if match is None:
            self.nothing.emit(text)
        else:
            self._picked(match)

    async def _offer(self, text: str) -> None:
        self._field.offer(text, await self._chains.find(text))

    def _picked(self, match: ContractMatch) -> None:
        self._field.clear()
        self.opened.emit(match.conid)
