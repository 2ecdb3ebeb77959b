"""Which option positions end soon, put together from the stored accounts, what streams, and what the market is asked.

What cannot be had is left unknown and said, never guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.base import ExerciseOrder, MarketData
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.expiry_risks import Settling, check_expiring, settlings
from ibdesk.domain.compliance.verdict import Finding
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.expiries import CLASSES, Expiring, Window, schedule_of
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Dividend, Quote
from ibdesk.domain.money import ZERO, Currency, known
from ibdesk.domain.portfolio import AccountPage, Row
from ibdesk.services.book import Book
from ibdesk.services.desk import Clock

#: How old an asked price may be before it is asked again: a board is looked at for minutes.
ASK_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position of the board with what speaks for acting, and the instruction given for it, if any."""

    row: Expiring
    findings: tuple[Finding, ...] = ()
    instruction: ExerciseOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What many positions move together if everything closes where it is: cash and shares by currency and symbol, the
    `cash_there` now, and how many positions are not in it because nobody knows what they move."""

    cash: Mapping[Currency, Decimal]
    shares: Mapping[str, Decimal]
    cash_there: Mapping[Currency, Decimal]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that ends within 30 days, the next first. `received_at` is the oldest picture of the accounts it is
    made from, None before any was read; `trouble` says why prices could not be asked."""

    now: datetime
    lines: tuple[Line, ...] = ()
    settlings: tuple[Settling, ...] = ()
    received_at: datetime | None = None
    trouble: str = ""

    def within(self, window: Window) -> tuple[Line, ...]:
        """What stops trading or settles in that time, and what has ended and is still there."""
        ends = window.ends(self.now.astimezone(NEW_YORK).date())
        return tuple(line for line in self.lines if line.row.schedule.last_day <= ends)

    def settlings_within(self, window: Window) -> tuple[Settling, ...]:
        """What the expiries of that time leave behind, where it is more than one position."""
        found = (self.settling(line.row) for line in self.within(window))
        return tuple(dict.fromkeys(each for each in found if each is not None and each.positions > 1))

    def settling(self, row: Expiring) -> Settling | None:
        """What the row's whole expiry leaves behind."""
        return next((each for each in self.settlings
                     if (each.account, each.expiry, each.timing, each.symbol)
                     == (row.account, row.terms.expiry, row.schedule.timing, row.instrument.symbol)), None)  # fmt: skip


def moved(lines: Iterable[Line]) -> Moved:
    """The sum of what these move."""
    cash: dict[Currency, Decimal] = {}
    shares: dict[str, Decimal] = {}
    there: dict[tuple[AccountId, Currency], Decimal] = {}
    left_out = 0
    for row in (line.row for line in lines):
        currency, symbol, effect = row.instrument.currency, row.instrument.symbol, row.effect
        if row.cash is not None:
            there[row.account, currency] = row.cash
        if effect is None:
            left_out += 1
            continue
        cash[currency] = cash.get(currency, ZERO) + effect.cash
        shares[symbol] = shares.get(symbol, ZERO) + effect.shares
    sums: dict[Currency, Decimal] = {}
    for (_, currency), amount in there.items():
        sums[currency] = sums.get(currency, ZERO) + amount
    return Moved(cash=cash, shares={symbol: each for symbol, each in shares.items() if each}, cash_there=sums,
                 left_out=left_out)  # fmt: skip


class Boards:
    """Makes boards of the desk's accounts. `quotes` is what streams."""

    def __init__(
        self,
        book: Book,
        market: MarketData | None,
        *,
        quotes: Callable[[], Mapping[Conid, Quote]],
        calendar: Calendar,
        clock: Clock,
    ) -> None:
        self._book = book
        self._market = market
        self._quotes = quotes
        self._calendar = calendar
        self._clock = clock
        self._dividends: Mapping[Conid, Dividend] = {}
        self._asked: dict[Conid, Quote] = {}

    async def of(self, account: AccountId | None, instructions: Iterable[ExerciseOrder] = ()) -> Board:
        """What ends, in one account or in all of them. Raises DeskError when the book cannot be read; prices that
        cannot be had are said in it."""
        pages = tuple(page for page in await self._book.pages() if account in (None, page.account.id))
        held = [(page, row) for page in pages for row in page.rows if _ends(row)]
        quotes, trouble = await self._quoted(row for _, row in held)
        await self._ask_dividends(row for _, row in held)
        now = self._clock()
        last = Window.MONTH.ends(now.astimezone(NEW_YORK).date())
        rows = [each for each in (self._row(page, row, quotes) for page, row in held)
                if each.schedule.last_day <= last]  # fmt: skip
        given = {(order.account, order.instrument.conid): order for order in instructions}
        return Board(
            now=now,
            lines=tuple(
                Line(row=row, findings=check_expiring(row, now, self._calendar),
                     instruction=given.get((row.account, row.instrument.conid)))
                for row in sorted(rows, key=_order)
            ),
            settlings=settlings(rows, now, self._calendar),
            received_at=min((page.received_at for page in pages), default=None), trouble=trouble,
        )  # fmt: skip

    async def ending(self, day: date) -> tuple[Expiring, ...]:
        """What trades for the last time on this day, with what is stored of it: nothing is asked."""
        pages = await self._book.pages()
        rows = (self._row(page, row, {}) for page in pages for row in page.rows if _ends(row))
        return tuple(row for row in rows if row.schedule.last_day == day)

    def requoted(self, board: Board) -> Board:
        """The same positions at the prices that stream now; nothing is read or asked."""
        now, quotes = self._clock(), {**self._asked, **self._quotes()}
        rows = tuple(_with_prices(line.row, quotes) for line in board.lines)
        return replace(
            board, now=now, settlings=settlings(rows, now, self._calendar),
            lines=tuple(
                replace(line, row=row, findings=check_expiring(row, now, self._calendar))
                for line, row in zip(board.lines, rows, strict=True)
            ),
        )  # fmt: skip

    async def find(self, account: AccountId, conid: Conid) -> Expiring:
        """One position as it is now. Refused(NOTHING_FOUND) when it is not held."""
        page = await self._book.page(account)
        held = next((row for row in page.rows if row.position.instrument.conid == conid), None) if page else None
        if page is None or held is None or held.position.instrument.option is None:
            raise Refused(
                "This option is not held in that account.", remedy="Sync the account and look at the board again.",
                cause=Cause.NOTHING_FOUND,
            )
        quotes, _ = await self._quoted((held,))
        await self._ask_dividends((held,))
        return self._row(page, held, quotes)

    async def _quoted(self, rows: Iterable[Row]) -> tuple[Mapping[Conid, Quote], str]:
        """What streams, and what the broker says of the rest when asked; and why it could not be asked."""
        now, streamed = self._clock(), self._quotes()
        wanted = {conid for row in rows for conid in _conids(row)}
        stale = [conid for conid in sorted(wanted - set(streamed))
                 if conid not in self._asked or now - self._asked[conid].received_at > ASK_AGAIN]  # fmt: skip
        trouble = ""
        if stale and self._market is not None:
            try:
                self._asked |= {quote.conid: quote for quote in await self._market.quotes(stale)}
            except DeskError as error:
                trouble = error.message
        return {**self._asked, **streamed}, trouble

    async def _ask_dividends(self, rows: Iterable[Row]) -> None:
        """Keep those that are known where the broker cannot be asked."""
        unders = {row.position.instrument.underlying_conid for row in rows}
        wanted = sorted(conid for conid in unders if conid is not None)
        if wanted and self._market is not None:
            with suppress(DeskError):
                self._dividends = {**self._dividends, **await self._market.dividends(wanted)}

    def _row(self, page: AccountPage, row: Row, quotes: Mapping[Conid, Quote]) -> Expiring:
        position, instrument = row.position, row.position.instrument
        under = instrument.underlying_conid
        held = next((each.position for each in page.rows if each.position.instrument.conid == under), None)
        plain = Expiring(
            account=page.account.id, instrument=instrument, quantity=position.quantity,
            schedule=schedule_of(instrument, self._calendar), spot=None if held is None else known(held.price),
            mark=known(position.price), shares=ZERO if held is None else held.quantity,
            cash=_cash(page, instrument.currency), dividend=None if under is None else self._dividends.get(under),
        )  # fmt: skip
        return _with_prices(plain, quotes)


def _with_prices(row: Expiring, quotes: Mapping[Conid, Quote]) -> Expiring:
    """The row at the market's prices, as far as they are known; else with those it has."""
    quote, under = quotes.get(row.instrument.conid), row.instrument.underlying_conid
    beneath = None if under is None else quotes.get(under)
    if beneath is not None and (spot := known(beneath.last)) is not None:
        row = replace(row, spot=spot, spot_at=beneath.received_at, delay=beneath.delay)
    if quote is None:
        return row
    return replace(row, bid=known(quote.bid), ask=known(quote.ask), mark=_mark(quote, row.mark))


def _ends(row: Row) -> bool:
    instrument = row.position.instrument
    return bool(row.position.quantity) and instrument.option is not None and instrument.asset_class in CLASSES


def _conids(row: Row) -> tuple[Conid, ...]:
    under = row.position.instrument.underlying_conid
    return (row.position.instrument.conid,) if under is None else (row.position.instrument.conid, under)


def _order(row: Expiring) -> tuple[object, ...]:
    return (row.schedule.last_day, row.instrument.symbol, row.terms.strike, row.terms.right, row.account)


def _mark(quote: Quote, before: Decimal | None) -> Decimal | None:
    """The middle of the market; without both sides the last, and without that what the account was valued at."""
    bid, ask, last = known(quote.bid), known(quote.ask), known(quote.last)
    if bid is not None and ask is not None:
        return (bid + ask) / 2
    return last if last is not None else before


def _cash(page: AccountPage, currency: Currency) -> Decimal | None:
    return next((line.cash for line in page.ledger if line.currency == currency), None)
