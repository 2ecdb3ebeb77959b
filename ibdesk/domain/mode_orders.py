"""Which kinds of order each mode takes at all; what one contract takes of them, its broker's rules say.

Nothing is sent by this table. The tests hold it against what the adapters can spell.
"""

from dataclasses import dataclass

from ibdesk.domain.modes import FACES, Mode
from ibdesk.domain.orders import OrderType, TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeOrders:
    """What one mode takes. Nothing at all where `why_not` says so."""

    mode: Mode
    order_types: frozenset[OrderType] = frozenset(OrderType)
    tifs: frozenset[TimeInForce] = frozenset(TimeInForce)
    has_combinations: bool = True
    has_exits: bool = True
    why_not: str = ""

    def takes(self, kind: "OrderType | TimeInForce | Extra") -> bool:
        """Whether an order may be of this kind."""
        match kind:
            case OrderType():
                return kind in self.order_types
            case TimeInForce():
                return kind in self.tifs
            case _:
                return self.has_exits if kind == EXITS else self.has_combinations


Extra = str
COMBINATION: Extra = "combination of two to four legs"
EXITS: Extra = "bracket: take profit and stop loss, one cancels the other"
#: Every row of the matrix, in the order it is shown.
KINDS: tuple[OrderType | TimeInForce | Extra, ...] = (*OrderType, *TimeInForce, COMBINATION, EXITS)


def _nothing(mode: Mode, why: str) -> ModeOrders:
    return ModeOrders(
        mode=mode, order_types=frozenset(), tifs=frozenset(), has_combinations=False, has_exits=False, why_not=why
    )


_NO_ALPACA = "not in this version."
_EACH = {
    Mode.ALPACA_PAPER: _nothing(Mode.ALPACA_PAPER, _NO_ALPACA),
    Mode.ALPACA_LIVE: _nothing(Mode.ALPACA_LIVE, _NO_ALPACA),
}
#: Every mode, in the documents' order.
BY_MODE: tuple[ModeOrders, ...] = tuple(_EACH.get(face.mode, ModeOrders(mode=face.mode)) for face in FACES)
