"""What each contract is, asked for once: a position's frame tells neither its name nor whether a stock is a fund."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ibdesk.brokers.tws import convert, failures, seam
from ibdesk.brokers.tws.connection import Line, asked
from ibdesk.brokers.tws.ears import TwsError
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument

#: Classes that are traded wherever it is best; the others at their own exchange.
_SMART = frozenset({
    AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION, AssetClass.WARRANT, AssetClass.BOND, AssetClass.BILL,
    AssetClass.CFD,
})  # fmt: skip
#: Contracts asked for at the same time: 40 of them leave in a second.
_AT_ONCE = 40


class Contracts:
    """The contracts of one TWS. What was learnt outlives a connection."""

    def __init__(self, line: Callable[[], Awaitable[Line]]) -> None:
        self._line = line
        self._known: dict[Conid, Instrument] = {}
        self._details: dict[Conid, Any] = {}

    @property
    def known(self) -> Mapping[Conid, Instrument]:
        return MappingProxyType(self._known)

    def keep(self, instruments: Iterable[Instrument]) -> None:
        """Remember what others found; what details said of one stays."""
        for each in instruments:
            if each.conid not in self._details:
                self._known[each.conid] = each

    def learn(self, details: Any) -> Instrument | None:
        """Take in what the details of a contract say."""
        found = convert.detailed(details)
        if found is not None:
            self._known[found.conid], self._details[found.conid] = found, details
        return found

    def unlearnt(self, conids: Iterable[Conid]) -> list[Conid]:
        """Those whose details were never asked for."""
        return [conid for conid in dict.fromkeys(conids) if conid not in self._details]

    async def of(self, conids: Sequence[Conid]) -> Mapping[Conid, Instrument]:
        """The instruments by conid; those that TWS does not know are left out."""
        missing = self.unlearnt(conids)
        for begin in range(0, len(missing), _AT_ONCE):
            await asyncio.gather(*(self._try(conid) for conid in missing[begin : begin + _AT_ONCE]))
        return {conid: self._known[conid] for conid in conids if conid in self._known}

    async def details(self, conid: Conid) -> Any:
        """The library's details of one. Raises Refused(NOTHING_FOUND)."""
        if conid not in self._details:
            line = await self._line()
            wanted = seam.contract(conId=conid)
            rows = await asked(line, f"contract {conid}",
                               lambda client, number: client.reqContractDetails(number, wanted))
            for row in rows:
                self.learn(row)
        if conid not in self._details:
            raise Refused(
                f"The broker knows no contract {conid}.", remedy="Search for it by its symbol.",
                cause=Cause.NOTHING_FOUND,
            )
        return self._details[conid]

    async def matching(self, what: str, **fields: Any) -> tuple[Instrument, ...]:
        """Every contract of that description; none is an answer too. Derivatives are looked for once."""
        line = await self._line()
        wanted = seam.contract(**fields)
        try:
            rows = await line.ask(what, lambda client, number: client.reqContractDetails(number, wanted))
        except TwsError as problem:
            if problem.code == 200:
                return ()
            raise failures.meaning(problem, what) from problem
        found = (self.learn(row) for row in rows)
        return tuple(each for each in found if each is not None)

    async def order_contract(self, instrument: Instrument) -> Any:
        """The contract as an order, a price or a history is asked for: where it trades."""
        details = await self.details(instrument.conid)
        return traded_at(instrument, details)

    def outdate(self, conid: Conid) -> None:
        """Its details are of another day: ask for them again when they are wanted."""
        self._details.pop(conid, None)

    def sketch(self, conid: Conid) -> Any:
        """The contract for a price, from what is known without asking."""
        details, instrument = self._details.get(conid), self._known.get(conid)
        if details is not None and instrument is not None:
            return traded_at(instrument, details)
        if instrument is None or instrument.asset_class in _SMART:
            return seam.contract(conId=conid, exchange="SMART")
        return seam.contract(conId=conid, exchange=instrument.exchange)

    def placeless(self, conids: Iterable[Conid]) -> list[Conid]:
        """Those that cannot even be priced without their details: nobody said where they trade."""
        found = ((conid, self._known.get(conid)) for conid in self.unlearnt(conids))
        return [
            conid for conid, each in found if each is None or (each.asset_class not in _SMART and not each.exchange)
        ]

    async def _try(self, conid: Conid) -> None:
        try:
            await self.details(conid)
        except DeskError as problem:
            if problem.cause is not Cause.NOTHING_FOUND:
                raise


def traded_at(instrument: Instrument, details: Any) -> Any:
    """The contract with its exchange: SMART where it goes there."""
    told = details.contract
    venues = (details.validExchanges or "").split(",")
    is_smart = "SMART" in venues or (instrument.asset_class in _SMART and not details.validExchanges)
    venue = "SMART" if is_smart else told.exchange or instrument.exchange or venues[0]
    return seam.contract(
        conId=instrument.conid, symbol=told.symbol, secType=told.secType, currency=told.currency, exchange=venue,
        lastTradeDateOrContractMonth=told.lastTradeDateOrContractMonth, strike=told.strike, right=told.right,
        multiplier=told.multiplier, localSymbol=told.localSymbol, tradingClass=told.tradingClass,
    )
