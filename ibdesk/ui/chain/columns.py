"""The fifteen columns of the chain table: calls, the strike, and the puts as in a mirror."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ibdesk.domain.instruments import Right
from ibdesk.domain.market import OptionFigures, Quote
from ibdesk.domain.orders import Side
from ibdesk.ui import format as fmt


class Field(StrEnum):
    """What a column tells."""

    INTEREST = "interest"
    VOLUME = "volume"
    LAST = "last"
    DELTA = "delta"
    VOLATILITY = "volatility"
    BID = "bid"
    ASK = "ask"
    STRIKE = "strike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `right` is None for the strike. `side` is what a press on it does; `is_quiet` is drawn muted."""

    field: Field
    right: Right | None
    title: str
    spoken: str
    width: int
    side: Side | None = None
    is_quiet: bool = False
    #: Columns with a higher number go first when there is too little room.
    gives_way: int = 0


_HALF: tuple[tuple[Field, str, str, int, Side | None, bool, int], ...] = (
    (Field.INTEREST, "OI", "open interest", 58, None, True, 1),
    (Field.VOLUME, "Vol", "volume", 58, None, True, 3),
    (Field.LAST, "Last", "last price", 58, None, True, 2),
    (Field.DELTA, "Δ", "delta", 50, None, False, 0),
    (Field.VOLATILITY, "IV %", "implied volatility", 50, None, True, 0),
    (Field.BID, "Bid", "bid", 62, Side.SELL, False, 0),
    (Field.ASK, "Ask", "ask", 62, Side.BUY, False, 0),
)


def _half(right: Right, fields: tuple[tuple[Field, str, str, int, Side | None, bool, int], ...]) -> tuple[Column, ...]:
    word = "Call" if right is Right.CALL else "Put"
    return tuple(
        Column(field=field, right=right, title=title, spoken=f"{word} {spoken}", width=width, side=side, is_quiet=quiet,
               gives_way=order)
        for field, title, spoken, width, side, quiet, order in fields
    )


COLUMNS: tuple[Column, ...] = (
    *_half(Right.CALL, _HALF),
    Column(field=Field.STRIKE, right=None, title="Strike", spoken="Strike", width=72),
    *_half(Right.PUT, (_HALF[5], _HALF[6], _HALF[4], _HALF[3], _HALF[2], _HALF[1], _HALF[0])),
)
STRIKE = next(at for at, column in enumerate(COLUMNS) if column.field is Field.STRIKE)

#: Figures a model can stand in for.
OF_MODEL = frozenset({Field.DELTA, Field.VOLATILITY})

Pick = Callable[[Quote | None, OptionFigures | None], Any]

_PICKS: dict[Field, Pick] = {
    Field.INTEREST: lambda quote, figures: figures and figures.open_interest,
    Field.VOLUME: lambda quote, figures: quote and quote.volume,
    Field.LAST: lambda quote, figures: quote and quote.last,
    Field.DELTA: lambda quote, figures: figures and figures.delta,
    Field.VOLATILITY: lambda quote, figures: figures and figures.volatility,
    Field.BID: lambda quote, figures: quote and quote.bid,
    Field.ASK: lambda quote, figures: quote and quote.ask,
}


def text_of(field: Field, quote: Quote | None, figures: OptionFigures | None) -> str:
    """One figure as it is written; a dash for what is not known. Sizes of the market are nobody's secret: discreet mode
    leaves them."""
    value = _PICKS[field](quote, figures)
    match field:
        case Field.INTEREST | Field.VOLUME:
            return fmt.number(value, 0)
        case Field.DELTA:
            return fmt.number(value, 2)
        case Field.VOLATILITY:
            return fmt.number(None if value is None else value * 100, 1)
        case _:
            return fmt.price(value)
