"""What the evening brings: instructions carried out, options exercised and assigned by exception, the rest gone.

Everything is processed at 17:30 New York, when a holder's word is final (reference/compliance.md 5), by the official
close of the underlying. A short option is assigned whenever its holder is sure to exercise. Index options, and futures
and options on them, are settled in cash; that an index root may settle on its opening prices is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ibdesk.domain.compliance.exercise import is_exercised
from ibdesk.domain.executions import Execution, ExecutionKind
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import is_european
from ibdesk.domain.orders import Side
from ibdesk.domain.paper.book import Instruction, PaperBook
from ibdesk.domain.paper.ledger import Holding
from ibdesk.domain.paper.venue import Step
from ibdesk.domain.payoff import in_the_money

PROCESSED = time(17, 30)
_IN_CASH = frozenset({AssetClass.FUTURE_OPTION, AssetClass.FUTURE, AssetClass.INDEX})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One position the evening of `day` is about. `priced_by` is the contract whose close decides."""

    holding: Holding
    day: date
    priced_by: Conid


Closes = Mapping[tuple[Conid, date], Decimal]


def processed_at(at: datetime, calendar: Calendar) -> datetime:
    """When an instruction given at an instant is carried out: that evening, or the next one of a trading day."""
    day = at.astimezone(NEW_YORK).date()
    while not calendar.is_trading_day(day) or _evening(day) <= at:
        day += timedelta(days=1)
    return _evening(day)


def instructed(book: PaperBook, told: Instruction) -> PaperBook:
    """With an instruction; a later one for the same contract replaces the earlier one."""
    return replace(book, instructions=(*withdrawn(book, told.instrument.conid).instructions, told))


def withdrawn(book: PaperBook, conid: Conid) -> PaperBook:
    return replace(book, instructions=tuple(each for each in book.instructions if each.instrument.conid != conid))


def due(book: PaperBook, now: datetime, calendar: Calendar) -> tuple[Due, ...]:
    """The positions an evening that is over was about: what expired, and what was to be exercised early."""
    return tuple(_due(book, now, calendar))


def _due(book: PaperBook, now: datetime, calendar: Calendar) -> Iterator[Due]:
    for holding in book.ledger.holdings:
        instrument = holding.instrument
        day = instrument.expiry if instrument.option is None else instrument.option.expiry
        told = _told(book, instrument.conid)
        early = None if told is None or told.is_lapse else processed_at(told.at, calendar)
        priced_by = instrument.underlying_conid if instrument.option is not None else instrument.conid
        if priced_by is None:
            continue
        if day is not None and _evening(day) <= now:
            yield Due(holding=holding, day=day, priced_by=priced_by)
        elif early is not None and early <= now and instrument.option is not None:
            yield Due(holding=holding, day=early.astimezone(NEW_YORK).date(), priced_by=priced_by)


def processed(
    book: PaperBook, closes: Closes, shares: Mapping[Conid, Instrument], now: datetime, calendar: Calendar
) -> Step:
    """All that is due and can be: what has no close, or delivers shares nobody names, waits for another evening."""
    step = Step(book)
    for each in due(book, now, calendar):
        instrument, close = each.holding.instrument, closes.get((each.priced_by, each.day))
        if instrument.option is None:
            if close is not None:
                _in_cash(step, each, close, now)
        elif instrument.option.expiry > each.day:
            _early(step, each, shares.get(each.priced_by), now)
        elif close is not None:
            _at_expiry(step, each, close, shares.get(each.priced_by), now)
    held = {each.instrument.conid for each in step.book.ledger.holdings}
    kept = tuple(told for told in step.book.instructions if told.instrument.conid in held)
    step.book = replace(step.book, instructions=kept)
    return step


def assigned(book: PaperBook, conid: Conid, quantity: Decimal, share: Instrument, now: datetime) -> Step:
    """A holder exercises early against so many of the account's short options. ValueError when it is not short them."""
    holding = book.ledger.holding(conid)
    if holding is None or holding.instrument.option is None or not 0 < quantity <= -holding.quantity:
        raise ValueError("the account is not short so many of it")
    step = Step(book)
    _deliver(step, holding.instrument, -quantity, share, now.astimezone(NEW_YORK).date(), now)
    return step


def _early(step: Step, each: Due, share: Instrument | None, now: datetime) -> None:
    told = _told(step.book, each.holding.instrument.conid)
    if told is None or share is None:
        return
    quantity = min(told.quantity, each.holding.quantity)
    if quantity > 0:
        _deliver(step, each.holding.instrument, quantity, share, each.day, now)
    step.book = withdrawn(step.book, each.holding.instrument.conid)


def _at_expiry(step: Step, each: Due, close: Decimal, share: Instrument | None, now: datetime) -> None:
    """So many are exercised or assigned, the rest expires."""
    instrument, held = each.holding.instrument, each.holding.quantity
    if instrument.option is None:
        return
    if is_european(instrument) or instrument.asset_class in _IN_CASH:
        _in_cash(step, each, in_the_money(instrument.option, close), now)
        return
    wanted = _exercised(step.book, each.holding, is_exercised(instrument.option, close))
    if wanted and share is None:
        return
    if wanted and share is not None:
        _deliver(step, instrument, wanted, share, each.day, now)
    if held - wanted:
        _move(step, instrument, -(held - wanted), ZERO, ExecutionKind.EXPIRY, each.day, now)


def _exercised(book: PaperBook, holding: Holding, is_worth_it: bool) -> Decimal:
    """How many, signed like the holding: by the holder's word, and by exception where there is none."""
    told = _told(book, holding.instrument.conid)
    held = holding.quantity
    if told is None or held < 0:
        return held if is_worth_it else ZERO
    if told.is_lapse:
        return held - min(told.quantity, held) if is_worth_it else ZERO
    return held if is_worth_it else min(told.quantity, held)


def _deliver(step: Step, option: Instrument, quantity: Decimal, share: Instrument, day: date, now: datetime) -> None:
    """Options of that signed quantity become shares at the strike; the options go first, their cost goes along."""
    if option.option is None:
        raise TypeError(f"{option.symbol} is no option")
    kind = ExecutionKind.EXERCISE if quantity > 0 else ExecutionKind.ASSIGNMENT
    _move(step, option, -quantity, ZERO, kind, day, now)
    size = quantity * option.multiplier
    signed = size if option.option.right is Right.CALL else -size
    _move(step, share, signed, option.option.strike, kind, day, now)


def _in_cash(step: Step, each: Due, price: Decimal, now: datetime) -> None:
    kind = ExecutionKind.CASH_SETTLEMENT if price else ExecutionKind.EXPIRY
    _move(step, each.holding.instrument, -each.holding.quantity, price, kind, each.day, now)


def _move(
    step: Step, instrument: Instrument, signed: Decimal, price: Decimal, kind: ExecutionKind, day: date, now: datetime
) -> None:
    step.record(
        Execution(
            exec_id=step.next_id(), account=step.book.account, instrument=instrument,
            side=Side.BUY if signed > 0 else Side.SELL, quantity=abs(signed), price=price, at=now, kind=kind,
            trade_date=day, exchange="PAPER",
        ),
        ZERO,
    )  # fmt: skip


def _told(book: PaperBook, conid: Conid) -> Instruction | None:
    return next((each for each in book.instructions if each.instrument.conid == conid), None)


def _evening(day: date) -> datetime:
    return datetime.combine(day, PROCESSED, NEW_YORK).astimezone(UTC)
