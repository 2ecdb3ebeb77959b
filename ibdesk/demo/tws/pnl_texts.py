"""Profit figures as they are sent: each made once, for all clients and for as long as it holds."""

from collections.abc import Callable
from decimal import Decimal

from ibdesk.demo.account import Figures, Holding
from ibdesk.demo.tws.faults import TwsFaults
from ibdesk.demo.tws.wire import UNSET, plain


class PnlTexts:
    """Fields of the messages 94 and 95 behind the request id, each ended by NUL."""

    def __init__(self, figures: Callable[[str], Figures], faults: TwsFaults) -> None:
        self._fresh, self._faults = figures, faults
        self._of: dict[str, tuple[Figures, str, dict[int, Holding]]] = {}
        self._known: dict[tuple[str, int, bool], str] = {}

    def total(self, account: str) -> str:
        figures = self._figures(account)[0]
        forced = self._faults.pnl_text
        return "\0".join([forced or plain(one) for one in (figures.daily, figures.unrealized, figures.realized)]) + "\0"

    def single(self, account: str, conid: int, *, has_decimals: bool) -> str:
        """Position, daily, unrealized, realized, value; realized has no value where nothing was traded."""
        held = self._figures(account)[2]
        key = account, conid, has_decimals
        text = self._known.get(key)
        if text is None:
            text = self._known[key] = self._single(held.get(conid), has_decimals)
        return text

    def _single(self, held: Holding | None, has_decimals: bool) -> str:
        if held is None:
            return f"0\0{UNSET}\0{UNSET}\0{UNSET}\0{UNSET}\0"
        quantity = held.quantity if has_decimals else Decimal(int(held.quantity))
        forced = self._faults.pnl_text
        realized = plain(held.realized) if held.is_traded or held.realized else UNSET
        figures = (plain(held.daily), plain(held.unrealized), realized, plain(held.market_value))
        return "\0".join((plain(quantity), *(forced or one for one in figures))) + "\0"

    def _figures(self, account: str) -> tuple[Figures, str, dict[int, Holding]]:
        figures, forced = self._fresh(account), self._faults.pnl_text
        known = self._of.get(account)
        if known is None or known[0] is not figures or known[1] != forced:
            by_conid = {one.listing.conid: one for one in figures.holdings}
            known = self._of[account] = figures, forced, by_conid
            self._known = {key: text for key, text in self._known.items() if key[0] != account}
        return known
