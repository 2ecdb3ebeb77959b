"""In which way contracts and prices are asked for: prices only stream, so one that is asked for once is streamed until
it is whole."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from ibdesk.brokers.tws import convert_market as parse
from ibdesk.brokers.tws import failures
from ibdesk.brokers.tws.chains import TwsChains
from ibdesk.brokers.tws.connection import Line, Link, Setting, asked, asked_named
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert_market import Ticks
from ibdesk.brokers.tws.ears import LineGone, TwsError
from ibdesk.brokers.tws.inbox import Inbox
from ibdesk.brokers.tws.stream import GENERIC_TICKS, TwsStream
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import Bar, BarSize, ContractDetails, ContractMatch, Dividend, Quote, Span, TradingHours
from ibdesk.domain.orders import OrderRules

#: Lines opened at once for those who ask; the stream needs the others (an account has 100).
_AT_ONCE = 40
#: What has no trades to draw.
_DRAWN_BY = {AssetClass.CASH: "MIDPOINT", AssetClass.CRYPTO: "AGGTRADES", AssetClass.CFD: "MIDPOINT"}


class TwsMarket:
    """Contracts and prices."""

    def __init__(
        self, setting: Setting, link: Link, inbox: Inbox, contracts: Contracts, stream: TwsStream
    ) -> None:
        self._setting, self._link = setting, link
        self._inbox, self._contracts, self._stream = inbox, contracts, stream
        ready: Callable[[], Awaitable[Line]] = link.ready
        self._chains = TwsChains(ready, contracts, setting.clock)
        self._steps: dict[Conid, OrderRules] = {}
        self._hours: dict[Conid, tuple[date, TradingHours]] = {}

    async def find(self, text: str) -> tuple[ContractMatch, ...]:
        wanted = text.strip()
        if not wanted:
            return ()
        line = await self._link.ready()
        rows = await asked(line, "the search", lambda client, number: client.reqMatchingSymbols(number, wanted))
        found = (parse.match(row) for row in rows)
        return tuple(each for each in found if each is not None)

    async def details(self, conid: Conid) -> ContractDetails:
        return parse.details(await self._contracts.details(conid), conid)

    async def quotes(self, conids: Sequence[Conid]) -> tuple[Quote, ...]:
        found: dict[Conid, Quote] = {}
        missing: list[Conid] = []
        for conid in dict.fromkeys(conids):
            ticks = self._stream.quoted(conid)
            if ticks is not None and ticks.is_priced:
                found[conid] = ticks.quote(self._setting.clock())
            else:
                missing.append(conid)
        for begin in range(0, len(missing), _AT_ONCE):
            found |= await self._ask_once(missing[begin : begin + _AT_ONCE])
        return tuple(found[conid] for conid in dict.fromkeys(conids) if conid in found)

    async def history(self, conid: Conid, span: Span, bar: BarSize) -> tuple[Bar, ...]:
        details = await self._contracts.details(conid)
        instrument = self._contracts.known[conid]
        wanted, drawn_by = self._contracts.sketch(conid), _DRAWN_BY.get(instrument.asset_class, "TRADES")
        duration, size = parse.asked_for(span, bar)
        line = await self._link.ready()
        rows = await asked(
            line, f"the history of {details.contract.symbol}",
            lambda client, number: client.reqHistoricalData(
                number, wanted, "", duration, size, drawn_by, True, 2, False, []
            ),
            self._setting.timings.download_within,
        )
        bars = [each for each in map(parse.bar, rows) if each is not None]
        if not bars:
            raise Refused(
                "The broker has no price history for this instrument.", remedy="Nothing to do: the column stays empty.",
                cause=Cause.NOTHING_FOUND,
            )
        return tuple(sorted(bars, key=lambda each: each.at))

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
        """From the contract's details, which tell of the days ahead: asked for anew each day."""
        today = self._setting.clock().date()
        told_on, known = self._hours.get(conid, (None, None))
        if known is None or told_on != today:
            if known is not None:
                self._contracts.outdate(conid)
            known = parse.hours(await self._contracts.details(conid), conid)
            self._hours[conid] = (today, known)
        return known

    async def dividends(self, conids: Sequence[Conid]) -> Mapping[Conid, Dividend]:  # noqa: ARG002
        """None of any: TWS tells them in a tick of their own, which a quote does not wait for."""
        return {}

    async def rules(self, conid: Conid) -> OrderRules:
        """What the broker takes for it, and its price steps."""
        known = self._steps.get(conid)
        if known is None:
            details = await self._contracts.details(conid)
            rule = parse.rule_of(details, self._contracts.sketch(conid).exchange)
            steps = await self._price_steps(rule) if rule is not None else []
            known = self._steps[conid] = parse.rules(details, conid, steps)
        return known

    async def _price_steps(self, rule: int) -> list[object]:
        line = await self._link.ready()
        try:
            return await asked_named(
                line, f"rule {rule}", "the price steps", lambda client: client.reqMarketRule(rule)
            )
        except DeskError as problem:
            if problem.cause not in (Cause.TIMED_OUT, Cause.BROKER_ERROR, Cause.NOTHING_FOUND):
                raise
            return []  # the smallest step of the contract's details is left

    async def _ask_once(self, conids: Sequence[Conid]) -> dict[Conid, Quote]:
        """Open lines, wait until each is whole, refused or late, and close them."""
        await self._contracts.of(self._contracts.placeless(conids))
        line = await self._link.ready()
        woken = asyncio.Event()
        opened: dict[int, tuple[Ticks, asyncio.Future[list[object]]]] = {}
        try:
            for conid in conids:
                number, wanted = line.wire.new_id(), self._contracts.sketch(conid)
                ticks = Ticks(conid)
                self._inbox.asked_once[number] = (ticks, woken)
                opened[number] = (ticks, line.ears.ask(number))
                opened[number][1].add_done_callback(lambda _: woken.set())
                line.send(partial(_open, number=number, contract=wanted))
            await self._priced(opened, woken)
        except LineGone as problem:
            raise failures.gone() from problem
        finally:
            self._close(line, opened)
        at = self._setting.clock()
        return {ticks.conid: ticks.quote(at) for ticks, _ in opened.values() if ticks.is_heard}

    async def _priced(
        self, opened: Mapping[int, tuple[Ticks, "asyncio.Future[list[object]]"]], woken: asyncio.Event
    ) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._setting.timings.quotes_within):
                while not all(ticks.is_priced or answer.done() for ticks, answer in opened.values()):
                    woken.clear()
                    await woken.wait()

    def _close(self, line: Line, opened: Mapping[int, tuple[Ticks, "asyncio.Future[list[object]]"]]) -> None:
        for number, (_, answer) in opened.items():
            self._inbox.asked_once.pop(number, None)
            line.ears.forget(number)
            is_refused = answer.done() and not answer.cancelled() and isinstance(answer.exception(), TwsError)
            if not is_refused and not line.is_over:
                with contextlib.suppress(DeskError):
                    line.send(partial(_shut, number=number))


def _open(client: Any, number: int, contract: Any) -> None:
    client.reqMktData(number, contract, GENERIC_TICKS, False, False, [])


def _shut(client: Any, number: int) -> None:
    client.cancelMktData(number)
