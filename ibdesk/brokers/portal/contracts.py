"""What each contract id stands for: asked of the broker once, then remembered, for they never change."""

import asyncio
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
        self._strangers: tuple[int, set[Conid]] = (-1, set())
        self._asking = asyncio.Lock()

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
        if self._missing(conids):
            async with self._asking:  # who asks for the same meanwhile finds it here
                await self._ask(self._missing(conids))
        return self._known

    def _missing(self, conids: Sequence[Conid]) -> list[Conid]:
        """Those to ask for: what the broker did not know is not asked again in the same brokerage session."""
        session, strangers = self._strangers
        without = strangers if session == self._calls.session else set()
        return sorted({conid for conid in conids if conid not in self._known} - without)

    async def _ask(self, missing: Sequence[Conid]) -> None:
        for begin in range(0, len(missing), endpoints.MOST_DEFINITIONS):
            wanted = ",".join(map(str, missing[begin : begin + endpoints.MOST_DEFINITIONS]))
            self.keep(parse.definitions(await self._calls.get(endpoints.SECURITY_DEFINITIONS, {"conids": wanted})))
        session, strangers = self._strangers
        known_before = strangers if session == self._calls.session else set()
        self._strangers = (self._calls.session, known_before | {each for each in missing if each not in self._known})
