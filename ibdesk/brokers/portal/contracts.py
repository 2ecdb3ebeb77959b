"""What each contract id stands for: asked of the broker once, then remembered, for they never change."""

from collections.abc import Iterable, Mapping, Sequence

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.parse import contracts as parse
from ibdesk.domain.instruments import Conid, Instrument


class Contracts:
    """The instruments of one gateway, shared by chains, orders and the stream."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: dict[Conid, Instrument] = {}

    @property
    def known(self) -> Mapping[Conid, Instrument]:
        """Without asking."""
        return self._known

    def keep(self, instruments: Iterable[Instrument]) -> None:
        """Remember these; what knows its trading class is not replaced by what does not."""
        for each in instruments:
            known = self._known.get(each.conid)
            if known is None or each.trading_class or not known.trading_class:
                self._known[each.conid] = each

    async def of(self, conids: Sequence[Conid]) -> Mapping[Conid, Instrument]:
        """All that is known, after asking for those of `conids` that were not; raises DeskError branches."""
        missing = sorted({conid for conid in conids if conid not in self._known})
        for begin in range(0, len(missing), endpoints.MOST_DEFINITIONS):
            wanted = ",".join(map(str, missing[begin : begin + endpoints.MOST_DEFINITIONS]))
            self.keep(parse.definitions(await self._calls.get(endpoints.SECURITY_DEFINITIONS, {"conids": wanted})))
        return self._known
