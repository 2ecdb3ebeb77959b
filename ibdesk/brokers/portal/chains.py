"""In which order an option chain has to be asked for: the search first, in this session, then strikes, then contracts.

Without the search the broker answers with no strikes at all, and without a word (reference/client-portal-api.md
section 5). What was learnt is kept: contracts for good, strikes for the day.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.portal.answers import Declined, Faulted
from ibdesk.brokers.portal.calls import Calls
from ibdesk.brokers.portal.contracts import Contracts
from ibdesk.brokers.portal.parse import contracts as parse
from ibdesk.brokers.throttle import Clock
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument

Chain = parse.ChainSection


class PortalChains:
    """The option chains of one gateway."""

    def __init__(self, calls: Calls, contracts: Contracts, *, clock: Clock) -> None:
        self._calls, self._contracts, self._clock = calls, contracts, clock
        self._searched: dict[Conid, tuple[int, Chain]] = {}
        self._strikes: dict[tuple[Conid, date], tuple[date, tuple[Decimal, ...]]] = {}
        self._listed: dict[tuple[Conid, date, Decimal], tuple[date, tuple[Instrument, ...]]] = {}
        self._roots: dict[Conid, Conid] = {}
        self._searching = asyncio.Lock()

    async def months(self, underlying: Conid) -> tuple[date, ...]:
        return parse.months(await self._chain(await self._root(underlying)))

    async def strikes(self, underlying: Conid, month: date) -> tuple[Decimal, ...]:
        root, month, today = await self._root(underlying), month.replace(day=1), self._clock().date()
        day, known = self._strikes.get((root, month), (None, ()))
        if day == today and known:
            return known
        known = await self._ask_strikes(root, month)
        if not known and await self._is_worth_repeating(root):
            known = await self._ask_strikes(root, month)
        self._strikes[root, month] = (today, known)
        return known

    async def contracts(self, underlying: Conid, month: date, strike: Decimal) -> tuple[Instrument, ...]:
        root, month, today = await self._root(underlying), month.replace(day=1), self._clock().date()
        day, known = self._listed.get((root, month, strike), (None, ()))
        if day == today:
            return known
        known = await self._ask_contracts(root, month, strike)
        self._contracts.keep(known)
        self._roots |= dict.fromkeys((each.conid for each in known), root)
        self._listed[root, month, strike] = (today, known)
        return known

    async def warm(self, conids: Sequence[Conid]) -> None:
        """Quotes of derivatives too want the search of their underlying in this session."""
        for root in dict.fromkeys(self._roots[conid] for conid in conids if conid in self._roots):
            await self._chain(root)

    async def _ask_strikes(self, root: Conid, month: date) -> tuple[Decimal, ...]:
        return parse.strikes(await self._calls.get(endpoints.STRIKES, await self._query(root, month)))

    async def _ask_contracts(self, root: Conid, month: date, strike: Decimal) -> tuple[Instrument, ...]:
        query = await self._query(root, month) | {"strike": format(strike.normalize(), "f")}
        is_on_futures = query["sectype"] == AssetClass.FUTURE_OPTION.value
        try:
            body = await self._calls.get(endpoints.CHAIN, query)
        except (Declined, Faulted) as problem:
            if "no contracts" not in problem.said.lower():
                raise
            return ()
        found = parse.contracts(body, None if is_on_futures else root)
        found = tuple(each for each in found if each.option is not None and each.option.strike == strike)
        return await self._on_their_futures(found) if is_on_futures else found

    async def _on_their_futures(self, found: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
        """An option on a future is told with the index it is found under; its definition names the future."""
        known = await self._contracts.of([each.conid for each in found])
        return tuple(_under(each, known.get(each.conid)) for each in found)

    async def _query(self, root: Conid, month: date) -> dict[str, str]:
        chain = await self._chain(root)
        venues = (chain.exchange or "").split(";")
        query = {"conid": str(root), "sectype": chain.sec_type or "OPT", "month": parse.month_code(month)}
        if venues[0] and "SMART" not in venues:
            query["exchange"] = venues[0]
        return query

    async def _is_worth_repeating(self, root: Conid) -> bool:
        """The brokerage session may have become another one behind our back: search again, once."""
        self._searched.pop(root, None)
        return bool(parse.months(await self._chain(root)))

    async def _chain(self, root: Conid) -> Chain:
        """What the search says of its options, asked once a session; a chain without months where there is none."""
        async with self._searching:  # many strikes asked for together want one search
            session, chain = self._searched.get(root, (-1, Chain()))
            if session != self._calls.session:
                chain = (await self._search(root)).get(root, Chain())
                self._searched[root] = (self._calls.session, chain)
            return chain

    async def _search(self, root: Conid) -> Mapping[Conid, Chain]:
        symbol = await self._symbol(root)
        try:
            return parse.chain_sections(await self._calls.get(endpoints.CONTRACT_SEARCH, {"symbol": symbol}))
        except (Declined, Faulted) as problem:
            if problem.cause is Cause.BROKER_ERROR:  # "No symbol found", with status 200 or 500
                return {}
            raise

    async def _symbol(self, root: Conid) -> str:
        instrument = (await self._contracts.of([root])).get(root)
        if instrument is None:
            raise Refused(
                f"The broker knows no contract {root}.", remedy="Search for it by its symbol.",
                cause=Cause.NOTHING_FOUND,
            )
        return instrument.symbol

    async def _root(self, underlying: Conid) -> Conid:
        """What the chain is found under: options on a future under the future's index."""
        instrument = (await self._contracts.of([underlying])).get(underlying)
        if instrument is not None and instrument.asset_class is AssetClass.FUTURE and instrument.underlying_conid:
            return instrument.underlying_conid
        return underlying


def _under(option: Instrument, defined: Instrument | None) -> Instrument:
    if defined is None or defined.underlying_conid is None:
        return option
    return replace(option, name=defined.name, sector=defined.sector, underlying_conid=defined.underlying_conid)
