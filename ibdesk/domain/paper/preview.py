"""What an order would do to the account: it is filled on a copy of the ledger, and both are counted.

An order that leaves less than nothing free is refused, unless it only closes what is held.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from ibdesk.domain.executions import ExecId, Execution
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.matching import Touch, leg_prices, net_touch
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Impact, OrderTicket, OrderType, Question, Side, WhatIf
from ibdesk.domain.paper import fees
from ibdesk.domain.paper.book import PaperBook
from ibdesk.domain.paper.ledger import Ledger, booked
from ibdesk.domain.paper.venue import with_mark
from ibdesk.domain.paper.worth import Worth, trade_day, worth_of

#: What an account of our own can hold.
TAKEN = frozenset({
    AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION, AssetClass.FUTURE, AssetClass.FUTURE_OPTION,
})  # fmt: skip
OWN_COUNT = Question(id="", text="Margin and fees are Local Paper's own estimate.")


def unfit(book: PaperBook, ticket: OrderTicket, now: datetime) -> str:
    """Why the account cannot take this ticket at all; empty when it can."""
    for instrument in (leg.instrument for leg in ticket.legs):
        if instrument.asset_class not in TAKEN:
            return f"Local Paper trades shares, funds, options and futures; {instrument.label} is none of them."
        if instrument.expiry is not None and instrument.expiry < trade_day(now):
            return f"{instrument.label} has expired."
        if book.rate(instrument.currency) is None:
            return f"What {instrument.currency} is worth in {book.currency} is not known yet."
    return ""


def what_if(book: PaperBook, ticket: OrderTicket, touches: Mapping[Conid, Touch], now: datetime) -> WhatIf:
    """The account before and after, in its base currency; fees are what filling it in one go costs."""
    day = trade_day(now)
    prices = _prices(ticket, touches, book)
    if prices is None:
        return WhatIf(at=now, currency=book.currency, warnings=(OWN_COUNT,),
                      refusal="There is no price to count with yet.")  # fmt: skip
    before, cost = worth_of(book, day), ZERO
    after_book, spent = book, ZERO
    for (instrument, change), price in zip(ticket.changes, prices, strict=True):
        fee = _fee(instrument, change, price, day)
        rate = book.rate(instrument.currency) or Decimal(1)
        cost, spent = cost + fee * rate, spent - change * price * instrument.multiplier * rate
        after_book = _filled(after_book, instrument, change, price, fee, now)
    after = worth_of(after_book, day)
    return WhatIf(
        at=now, currency=book.currency, amount=spent, commission_from=cost, commission_to=cost,
        equity=_impact(before.equity, after.equity),
        initial_margin=_impact(before.margin.initial, after.margin.initial),
        maintenance_margin=_impact(before.margin.maintenance, after.margin.maintenance), warnings=(OWN_COUNT,),
        refusal="" if _is_affordable(book, ticket, before, after) else
        f"Local Paper has {before.available:,.2f} {book.currency} free; this order needs "
        f"{before.available - after.available:,.2f}.",
    )  # fmt: skip


def _is_affordable(book: PaperBook, ticket: OrderTicket, before: Worth, after: Worth) -> bool:
    if after.available >= 0 or after.available >= before.available:
        return True
    return all(_closes(book.ledger, instrument, change) for instrument, change in ticket.changes)


def _closes(ledger: Ledger, instrument: Instrument, change: Decimal) -> bool:
    held = ledger.quantity(instrument.conid)
    return held * change < 0 and abs(change) <= abs(held)


def _prices(ticket: OrderTicket, touches: Mapping[Conid, Touch], book: PaperBook) -> tuple[Decimal, ...] | None:
    """What each leg would cost: its order's own price where it has one, else what is shown, else the last mark."""
    limit = ticket.limit if ticket.order_type is not OrderType.MARKET else None
    own = limit if limit is not None else ticket.stop
    seen = [(leg, _touch(leg.instrument, touches, book)) for leg in ticket.legs]
    if not ticket.is_combo:
        leg, touch = seen[0]
        price = own if own is not None else touch.against(leg.side)[0]
        return None if price is None or price <= 0 else (price,)
    rows = tuple((leg.ratio * leg.side.sign, touch) for leg, touch in seen)
    net = own if own is not None else net_touch(rows).ask
    found = None if net is None else leg_prices(rows, Side.BUY, net)
    return found or _touched(rows)


def _touched(rows: tuple[tuple[int, Touch], ...]) -> tuple[Decimal, ...] | None:
    prices = tuple(touch.against(Side.BUY if ratio > 0 else Side.SELL)[0] for ratio, touch in rows)
    known = tuple(price for price in prices if price is not None)
    return known if len(known) == len(prices) else None


def _touch(instrument: Instrument, touches: Mapping[Conid, Touch], book: PaperBook) -> Touch:
    """What is shown; a side nobody is at is counted at the last mark."""
    touch, mark = touches.get(instrument.conid, Touch()), book.mark(instrument.conid)
    price = None if mark is None else mark.price
    return replace(touch, bid=touch.bid or price or touch.ask, ask=touch.ask or price or touch.bid)


def _fee(instrument: Instrument, change: Decimal, price: Decimal, day: date) -> Decimal:
    side = Side.BUY if change > 0 else Side.SELL
    whole = fees.commission(instrument, abs(change), price, day)
    return whole + fees.sale_fee(instrument, side, abs(change), price, day)


def _filled(
    book: PaperBook, instrument: Instrument, change: Decimal, price: Decimal, fee: Decimal, now: datetime
) -> PaperBook:
    done = Execution(
        exec_id=ExecId("preview"), account=book.account, instrument=instrument,
        side=Side.BUY if change > 0 else Side.SELL, quantity=abs(change), price=price, at=now,
    )  # fmt: skip
    ledger, _ = booked(book.ledger, done, fee)
    priced = book if book.mark(instrument.conid) is not None else with_mark(book, instrument.conid, price)
    return replace(priced, ledger=ledger)


def _impact(before: Decimal, after: Decimal) -> Impact:
    return Impact(current=before, change=after - before, after=after)
