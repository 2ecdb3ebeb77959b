"""In which order contracts and prices have to be asked for: a quote's first answer only opens its stream."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.chains import PortalChains
from ibdesk.brokers.portal.contracts import Contracts
from ibdesk.brokers.portal.lines import Lines
from ibdesk.brokers.portal.parse import contracts as parse_contracts
from ibdesk.brokers.portal.parse import market as parse
from ibdesk.brokers.throttle import Clock
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Bar, BarSize, ContractDetails, ContractMatch, Dividend, Quote, Span, TradingHours

#: Fields arrive in steps of half a second; after five of them what is missing stays missing.
_WARM_UP_STEPS = 5
_WARM_UP_STEP = 0.5
#: Few instruments pay a dividend: what has not come by then is not waited for.
_DIVIDEND_STEPS = 3
_WORTH_REPEATING = (Cause.BROKER_ERROR, Cause.MAINTENANCE)


class PortalMarket:
    """Contracts and prices of the brokerage session."""

    def __init__(self, calls: Calls, contracts: Contracts, lines: Lines, *, clock: Clock) -> None:
        self._calls, self._contracts, self._lines, self._clock = calls, contracts, lines, clock
        self._chains = PortalChains(calls, contracts, clock=clock)
        self._hours: dict[Conid, tuple[date, TradingHours]] = {}
        self._dividends: dict[Conid, tuple[date, Dividend | None]] = {}

    async def find(self, text: str) -> tuple[ContractMatch, ...]:
        """By symbol, then by company name."""
        wanted = text.strip()
        if not wanted:
            return ()
        return await self._search(symbol=wanted.upper()) or await self._search(symbol=wanted, name="true")

    async def details(self, conid: Conid) -> ContractDetails:
        try:
            return parse.details(await self._calls.get(endpoints.contract(conid)), conid)
        except DeskError as problem:
            if problem.cause is not Cause.BROKER_ERROR:
                raise
            raise Refused(
                f"The broker knows no contract {conid}.", remedy="Search for it by its symbol.",
                cause=Cause.NOTHING_FOUND,
            ) from problem

    async def quotes(self, conids: Sequence[Conid]) -> tuple[Quote, ...]:
        await self._calls.brokerage_accounts()
        await self._chains.warm(conids)
        found: dict[Conid, Quote] = {}
        for begin in range(0, len(conids), endpoints.MOST_QUOTES):
            found |= await self._quotes_of(conids[begin : begin + endpoints.MOST_QUOTES])
        return tuple(found.values())

    async def history(self, conid: Conid, span: Span, bar: BarSize) -> tuple[Bar, ...]:
        query = {"conid": str(conid), "period": span.value, "bar": bar.value, "outsideRth": "false"}
        try:
            body = await self._calls.get(endpoints.HISTORY, query)
        except DeskError as problem:
            if problem.cause not in _WORTH_REPEATING:
                raise
            await self._calls.pause(_WARM_UP_STEP)  # a conid nobody asked for yet fails once
            body = await self._calls.get(endpoints.HISTORY, query)
        bars = parse.bars(body)
        if not bars:
            raise Refused(
                "The broker has no price history for this instrument.", remedy="Nothing to do: the column stays empty.",
                cause=Cause.NOTHING_FOUND,
            )
        return bars

    async def instruments(self, conids: Sequence[Conid]) -> tuple[Instrument, ...]:
        known = await self._contracts.of(conids)
        return tuple(known[conid] for conid in conids if conid in known)

    async def chain_months(self, underlying: Conid) -> tuple[date, ...]:
        return await self._chains.months(underlying)

    async def chain_strikes(self, underlying: Conid, month: date) -> tuple[Decimal, ...]:
        return await self._chains.strikes(underlying, month)

    async def chain_contracts(self, underlying: Conid, month: date, strike: Decimal) -> tuple[Instrument, ...]:
        return await self._chains.contracts(underlying, month, strike)

    async def hours(self, conid: Conid) -> TradingHours:
        day, known = self._hours.get(conid, (None, None))
        if known is None or day != self._clock().date():
            body = await self._calls.get(endpoints.TRADING_HOURS, {"conid": str(conid)})
            known = parse_contracts.hours(body, conid)
            self._hours[conid] = (self._clock().date(), known)
        return known

    async def dividends(self, conids: Sequence[Conid]) -> Mapping[Conid, Dividend]:
        today = self._clock().date()
        missing = [conid for conid in conids if self._dividends.get(conid, (None, None))[0] != today]
        if missing:
            found = await self._dividends_of(missing)
            self._dividends |= {conid: (today, found.get(conid)) for conid in missing}
        told = ((conid, self._dividends[conid][1]) for conid in conids)
        return {conid: dividend for conid, dividend in told if dividend is not None}

    async def _dividends_of(self, conids: Sequence[Conid]) -> dict[Conid, Dividend]:
        await self._calls.brokerage_accounts()
        await self._chains.warm(conids)
        found: dict[Conid, Dividend] = {}
        for step in range(_DIVIDEND_STEPS):
            if step:
                await self._step()
            found |= parse.dividends(await self._lines.snapshot(conids, parse.OF_DIVIDENDS))
            if len(found) == len(conids):
                break
        return found

    async def _search(self, **query: str) -> tuple[ContractMatch, ...]:
        try:
            return parse.matches(await self._calls.get(endpoints.CONTRACT_SEARCH, query))
        except DeskError as problem:
            if problem.cause is Cause.BROKER_ERROR:  # "No symbol found", with status 200 or 500
                return ()
            raise

    async def _quotes_of(self, conids: Sequence[Conid]) -> dict[Conid, Quote]:
        found: dict[Conid, Quote] = {}
        missing = list(conids)
        for step in range(_WARM_UP_STEPS):
            if step:
                await self._step()
            found |= await self._ask(missing, self._clock())
            missing = [conid for conid in conids if conid not in found]
            if not missing:
                break
        return {conid: found[conid] for conid in conids if conid in found}

    async def _ask(self, conids: Sequence[Conid], at: datetime) -> dict[Conid, Quote]:
        return parse.quotes(await self._lines.snapshot(conids, parse.FIELDS), at)

    async def _step(self) -> None:
        """Wait for figures to come; while nothing can be asked, lines that nobody needs are given back."""
        await asyncio.gather(self._calls.pause(_WARM_UP_STEP), self._lines.close_idle())
