"""How an option chain is asked for: all expiries and strikes in one answer, the contracts of one strike in another."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

from ibdesk.brokers.throttle import Clock
from ibdesk.brokers.tws import convert_market as parse
from ibdesk.brokers.tws.connection import Line
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert import day, tidy
from ibdesk.brokers.tws.ears import TwsError
from ibdesk.brokers.tws.failures import meaning
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument

_ON_FUTURES = (AssetClass.FUTURE,)


class TwsChains:
    """The option chains of one TWS. What was learnt is kept for the day."""

    def __init__(self, line: Callable[[], Awaitable[Line]], contracts: Contracts, clock: Clock) -> None:
        self._line, self._contracts, self._clock = line, contracts, clock
        self._rows: dict[Conid, tuple[date, list[Any]]] = {}
        self._listed: dict[tuple[Conid, date, Decimal], tuple[date, tuple[Instrument, ...]]] = {}

    async def months(self, underlying: Conid) -> tuple[date, ...]:
        return parse.months(text for row in await self._params(underlying) for text in row[4])

    async def strikes(self, underlying: Conid, month: date) -> tuple[Decimal, ...]:
        """Of every root that has an expiry in the month."""
        month = month.replace(day=1)
        rows = [row for row in await self._params(underlying) if month in parse.months(row[4])]
        return parse.strikes(strike for row in rows for strike in row[5])

    async def contracts(self, underlying: Conid, month: date, strike: Decimal) -> tuple[Instrument, ...]:
        key, today = (underlying, month.replace(day=1), tidy(strike)), self._clock().date()
        told_on, known = self._listed.get(key, (None, ()))
        if told_on == today:
            return known
        root = await self._root(underlying)
        is_on_future = root.asset_class in _ON_FUTURES
        found = await self._contracts.matching(
            f"options on {root.symbol}", symbol=root.symbol, secType="FOP" if is_on_future else "OPT",
            lastTradeDateOrContractMonth=f"{month:%Y%m}", strike=tidy(strike), currency=root.currency,
            exchange=root.exchange if is_on_future else "SMART",
        )
        fitting = tuple(sorted((each for each in found if _fits(each, underlying, month, strike)), key=_order))
        self._listed[key] = (today, fitting)
        return fitting

    async def _params(self, underlying: Conid) -> list[Any]:
        """The rows that say what is listed, one per exchange and root; those of SMART say all of it."""
        told_on, rows = self._rows.get(underlying, (None, []))
        if told_on == self._clock().date():
            return rows
        root = await self._root(underlying)
        venue = root.exchange if root.asset_class in _ON_FUTURES else ""
        line = await self._line()
        try:
            rows = await line.ask(
                f"options on {root.symbol}",
                lambda client, number: client.reqSecDefOptParams(
                    number, root.symbol, venue, root.broker_class, underlying
                ),
            )
        except TwsError as problem:
            if problem.code != 200:
                raise meaning(problem, f"options on {root.symbol}") from problem
            rows = []
        rows = [row for row in rows if row[0] == "SMART"] or rows
        rows = [row for row in rows if any(day(text) is not None for text in row[4])]
        self._rows[underlying] = (self._clock().date(), rows)
        return rows

    async def _root(self, underlying: Conid) -> Instrument:
        found = (await self._contracts.of([underlying])).get(underlying)
        if found is None:
            raise Refused(
                f"The broker knows no contract {underlying}.", remedy="Search for it by its symbol.",
                cause=Cause.NOTHING_FOUND,
            )
        return found


def _fits(option: Instrument, underlying: Conid, month: date, strike: Decimal) -> bool:
    terms = option.option
    return (
        terms is not None and terms.strike == strike and terms.expiry.replace(day=1) == month.replace(day=1)
        and option.underlying_conid in (None, underlying)
    )


def _order(option: Instrument) -> tuple[date, str, str]:
    terms = option.option
    return (terms.expiry, option.trading_class, terms.right.value) if terms else (date.min, "", "")
