"""When the parts of an option chain are asked for: the strikes around the money first, the rest a few at a time.

The broker's budget is ten requests a second, and a strike costs one; so the person's choice decides what is asked next,
and what nobody waits for takes half of it: an order must find the other half free.
Choosing another expiry drops what is still on its way for the one before (contracts that came stay known). The order
of calls the broker insists on is the adapter's.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ibdesk.brokers.base import MarketData
from ibdesk.domain.chains import (
    Chain,
    Expiry,
    expiries_of,
    outward,
    price_of,
    probe,
    rows_of,
    usual_expiry,
    usual_month,
)
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import ContractMatch, Quote
from ibdesk.domain.occ import OptionName
from ibdesk.services.contracts import Contracts
from ibdesk.services.desk import Clock
from ibdesk.services.session import SessionService
from ibdesk.services.waiting import Wait, wait

#: Strikes asked for at a time once the band around the money is there, and the seconds between: half the budget.
REST_AT_A_TIME, REST = 4, 0.8
#: Strikes each side of the money that are asked for first.
BAND = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Underlying:
    """What options may be listed on. `months` are those they expire in, empty when there are none; `quote` is None
    where the broker has no price of it."""

    instrument: Instrument
    quote: Quote | None = None
    months: tuple[date, ...] = ()

    @property
    def conid(self) -> Conid:
        return self.instrument.conid


class Chains:
    """Option chains of one broker. Everything raises DeskError branches."""

    def __init__(
        self, broker: MarketData, *, session: SessionService | None, clock: Clock,
        streamed: Callable[[], Mapping[Conid, Quote]] = lambda: {}, wait: Wait = wait,
    ) -> None:
        """`streamed` are the newest quotes the desk has of its own accord."""
        self._broker = broker
        self._named = Contracts(broker, check=self._check_session)
        self._session = session
        self._clock = clock
        self._streamed = streamed
        self._wait = wait
        self._following: asyncio.Task[Any] | None = None
        self._spots: dict[Conid, Quote] = {}

    @property
    def today(self) -> date:
        """The day of the exchange."""
        return self._clock().astimezone(NEW_YORK).date()

    async def find(self, text: str) -> tuple[ContractMatch, ...]:
        """Contracts by symbol or name."""
        self._check_session()
        return await self._broker.find(text)

    async def open(self, conid: Conid) -> Underlying:
        """The underlying with its price and the months its options expire in. Of an option its underlying."""
        self._check_session()
        instrument = await self.instrument(conid)
        if instrument.option is not None and instrument.underlying_conid is not None:
            instrument = await self.instrument(instrument.underlying_conid)
        months = await self._broker.chain_months(instrument.conid)
        quotes = await self._broker.quotes((instrument.conid,))
        self._spots |= {quote.conid: quote for quote in quotes}
        return Underlying(instrument=instrument, months=months, quote=quotes[0] if quotes else None)

    async def first(self, underlying: Underlying) -> tuple[tuple[Expiry, ...], Expiry | None]:
        """The expiries of the month a person is shown first, and which of them; nothing where there are no options."""
        month = usual_month(underlying.months, self.today)
        while month is not None:
            found = await self.expiries(underlying, month)
            if found:
                return found, usual_expiry(found, self.today)
            month = next((each for each in underlying.months if each > month), None)
        return (), None

    async def expiries(self, underlying: Underlying, month: date) -> tuple[Expiry, ...]:
        """The days of one month, as the strike nearest to the money that most of them list tells them."""
        self._check_session()
        strikes = await self._broker.chain_strikes(underlying.conid, month)
        strike = probe(strikes, self.spot(underlying))
        if strike is None:
            return ()
        return expiries_of(await self._broker.chain_contracts(underlying.conid, month, strike))

    async def follow(
        self, underlying: Underlying, expiry: Expiry, *, band: int = BAND
    ) -> AsyncGenerator[Chain, None]:
        """One expiry, step by step: the contracts of `band` strikes each side of the money, these with prices, and then
        more rows until it is whole. Whoever followed another one before is cancelled."""
        self._check_session()
        with self._only_one():
            month, wanted = expiry.day.replace(day=1), 2 * band + 1
            strikes = await self._broker.chain_strikes(underlying.conid, month)
            order = list(outward(strikes, self.spot(underlying)))
            known: list[Instrument] = []
            while order and (missing := wanted - len(rows_of(known, expiry))) > 0:
                known += await self._next(underlying, month, order, missing)
            chain = Chain(expiry=expiry, rows=rows_of(known, expiry))
            yield chain
            quotes = await self._quotes(underlying, chain)
            yield replace(chain, quotes=quotes, is_priced=True, is_whole=not order)
            while order:
                await self._wait(REST, asyncio.Event())
                known += await self._next(underlying, month, order, REST_AT_A_TIME)
                yield Chain(expiry=expiry, rows=rows_of(known, expiry), is_priced=True, is_whole=not order)

    async def near(
        self, underlying: Underlying, expiry: Expiry, strike: Decimal, count: int
    ) -> tuple[Instrument, ...]:
        """The contracts of one expiry at the `count` strikes nearest to this one, for a strategy's second expiry."""
        self._check_session()
        month = expiry.day.replace(day=1)
        strikes = await self._broker.chain_strikes(underlying.conid, month)
        order = list(outward(strikes, strike))
        known: list[Instrument] = []
        while order and (missing := count - len(rows_of(known, expiry))) > 0:
            known += await self._next(underlying, month, order, missing)
        return tuple(each for row in rows_of(known, expiry) for each in (row.call, row.put) if each is not None)

    async def option(self, name: OptionName) -> tuple[Underlying, Instrument]:
        """The contract a person wrote, and what it is on. Refused(NOTHING_FOUND) when the broker lists no such one."""
        under, found = await self._named.in_chain(name)
        return await self.open(under), found

    async def contracts(self, underlying: Underlying, month: date, strike: Decimal) -> tuple[Instrument, ...]:
        """Calls and puts of every expiry of the month at one strike."""
        self._check_session()
        return await self._broker.chain_contracts(underlying.conid, month, strike)

    async def quotes(self, conids: Sequence[Conid]) -> tuple[Quote, ...]:
        """What the broker knows of these now."""
        self._check_session()
        return await self._broker.quotes(conids)

    def spot(self, underlying: Underlying, conid: Conid | None = None) -> Decimal | None:
        """The newest price of it, or of the future `conid` its options are on; None where nothing tells one."""
        for wanted in (conid, underlying.conid):
            if wanted is not None:
                price = price_of(self._streamed().get(wanted)) or price_of(self._spots.get(wanted))
                if price is not None:
                    return price
        return None

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Whoever follows another expiry now is told to stop, what it asked for with it."""
        before, mine = self._following, asyncio.current_task()
        if before is not None and before is not mine:
            before.cancel()
        self._following = mine
        try:
            yield
        finally:
            if self._following is mine:
                self._following = None

    async def _next(
        self, underlying: Underlying, month: date, order: list[Decimal], count: int
    ) -> tuple[Instrument, ...]:
        """The contracts of the next strikes, taken off the list."""
        strikes, order[:count] = order[:count], []
        asked = (self._broker.chain_contracts(underlying.conid, month, strike) for strike in strikes)
        return tuple(each for found in await asyncio.gather(*asked) for each in found)

    async def _quotes(self, underlying: Underlying, chain: Chain) -> tuple[Quote, ...]:
        """Those of the rows, and of the future they are on where that is not what was opened."""
        on = chain.underlying_conid
        others = (on,) if on is not None and on != underlying.conid else ()
        wanted = (*others, *(each.conid for each in chain.instruments))
        quotes = await self._broker.quotes(wanted) if wanted else ()
        self._spots |= {quote.conid: quote for quote in quotes if quote.conid in others}
        return quotes

    async def instrument(self, conid: Conid) -> Instrument:
        """What a contract id stands for. Refused(NOTHING_FOUND) when the broker does not know it."""
        found = await self._broker.instruments((conid,))
        if not found:
            raise Refused(
                f"The broker knows no contract {conid}.", remedy="Search for it by its symbol.",
                cause=Cause.NOTHING_FOUND,
            )  # fmt: skip
        return found[0]

    def _check_session(self) -> None:
        if self._session is not None and self._session.problem is not None:
            raise self._session.problem
