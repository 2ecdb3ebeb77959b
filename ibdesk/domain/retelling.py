"""What holds where one print is told again in other words: by the broker correcting itself, or by a second source.

Portal and TWS tell the same print under the same exec id, each in its way. Field by field:

| Field | Which wording holds |
|---|---|
| account, contract, side, quantity, price | new ones correct the print; those it was corrected from never return |
| time | the finer one of the same second (the Portal's milliseconds), else the first |
| order id, our name, venue, trade date, names of the contract | the first; what it left out is taken from the other |
| kind | a liquidation, whoever says so |
| commission | the one with the realised profit (TWS's report); else the finer amount, then as with the price |
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ibdesk.domain.executions import Commission, Execution, ExecutionKind, Fill
from ibdesk.domain.instruments import Instrument


def retold(known: Fill, told: Fill, before: Sequence[Fill] = ()) -> Fill:
    """The print after it was told once more; the very same when nothing in it is news. `before` are the wordings it
    was corrected from."""
    earlier = [each.commission for each in before if each.commission is not None]
    return Fill(
        execution=_execution(known.execution, told.execution, [each.execution for each in before]),
        commission=_commission(known.commission, told.commission, earlier),
    )


def is_corrected(known: Fill, now: Fill) -> bool:
    """Whether a figure that was told is another now: what was left out and came later corrects nothing."""
    if _figures(known.execution) != _figures(now.execution):
        return True
    before, after = known.commission, now.commission
    if before is None or after is None or (before.realized is None) != (after.realized is None):
        return False
    return before != after and not _is_finer(after, before)


def _figures(done: Execution) -> tuple[object, ...]:
    """What moves the position and the money."""
    return done.account, done.instrument.conid, done.side, done.quantity, done.price


def _execution(known: Execution, told: Execution, before: Sequence[Execution]) -> Execution:
    if _figures(told) == _figures(known):
        return _filled_up(known, told)
    if any(_figures(each) == _figures(told) for each in before):
        return known  # a source that has not heard of the correction
    return _filled_up(told, known)


def _filled_up(first: Execution, other: Execution) -> Execution:
    """The first wording, with what it left out."""
    return replace(
        first, at=_finer(first.at, other.at), order_id=first.order_id or other.order_id, ref=first.ref or other.ref,
        kind=other.kind if first.kind is ExecutionKind.TRADE else first.kind,
        trade_date=first.trade_date or other.trade_date, exchange=first.exchange or other.exchange,
        instrument=_named(first.instrument, other.instrument),
    )  # fmt: skip


def _finer(first: datetime, other: datetime) -> datetime:
    is_rounded = first.microsecond == 0 and other.microsecond != 0
    return other if is_rounded and abs((other - first).total_seconds()) < 1 else first


def _named(first: Instrument, other: Instrument) -> Instrument:
    if first.conid != other.conid:
        return first
    return replace(
        first, name=first.name or other.name, exchange=first.exchange or other.exchange,
        sector=first.sector or other.sector, expiry=first.expiry or other.expiry, option=first.option or other.option,
        underlying_conid=first.underlying_conid or other.underlying_conid,
        trading_class=first.trading_class or other.trading_class,
    )  # fmt: skip


def _commission(
    known: Commission | None, told: Commission | None, before: Sequence[Commission]
) -> Commission | None:
    if known is None or told is None or known == told:
        return told if known is None else known
    if (known.realized is None) != (told.realized is None):
        return told if known.realized is None else known
    if _is_finer(known, told):
        return known
    if _is_finer(told, known):
        return told
    is_old = any((each.amount, each.realized) == (told.amount, told.realized) for each in before)
    return known if is_old else told


def _is_finer(one: Commission, other: Commission) -> bool:
    """Whether it is the other with more places."""
    places = other.amount.as_tuple().exponent
    if not isinstance(places, int) or one.amount == other.amount or one.realized != other.realized:
        return False
    return one.amount.quantize(other.amount) == other.amount
