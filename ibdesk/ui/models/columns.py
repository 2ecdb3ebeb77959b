"""What a table of positions can show: every column with its text, its sort value, its formula and its width.

Texts are for eyes (`ui.format`); values are what is sorted and exported. Amounts are in the instrument's currency and
carry its symbol when that is not the account's own; "in base" columns are in the account's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ibdesk.domain.instruments import CLASS_NAMES, AssetClass
from ibdesk.domain.money import total
from ibdesk.domain.portfolio import Row
from ibdesk.ui import format as fmt
from ibdesk.ui.models.sources import RULE, drift_text, drift_tip, picture_source, price_source, priced_at


class Kind(StrEnum):
    """How a cell is drawn. NUMBER and GAIN are right aligned; GAIN is coloured by its sign, which is also written."""

    INSTRUMENT = "instrument"
    TEXT = "text"
    CHIP = "chip"
    NUMBER = "number"
    GAIN = "gain"
    TREND = "trend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `value` is sorted and exported, `text` is shown; `is_live` changes with every quote.

    `total` picks this column's figure out of `Totals`; None where a sum would mean nothing. `width` in logical pixels.
    """

    key: str
    title: str
    kind: Kind
    width: int
    value: Callable[[Row], Any]
    text: Callable[[Row], str]
    formula: str
    is_live: bool = False
    total: str = ""


#: Written behind a sum that some rows could not join, because a figure or an exchange rate is missing.
PARTIAL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over rows in one base currency, as text and sign; empty text where nothing can be summed.

    A text ends in `PARTIAL` where rows are missing from the sum.
    """

    count: int
    texts: dict[str, tuple[str, int]]

    @property
    def is_partial(self) -> bool:
        return any(text.endswith(PARTIAL) for text, _ in self.texts.values())


def totals_of(rows: Iterable[Row], base: str) -> Totals:
    """The sums a totals row or a group's line shows. `base` empty: the accounts' currencies differ, so no sum."""
    listed = tuple(rows)
    if not base:
        return Totals(count=len(listed), texts={})
    picks: dict[str, tuple[Callable[[Row], Any], Callable[..., str]]] = {
        "value": (lambda row: row.base_value, fmt.money),
        "unrealized": (lambda row: row.base_unrealized, fmt.gain),
        "realized": (lambda row: row.base_realized, fmt.gain),
        "daily": (lambda row: row.base_daily, fmt.gain),
    }
    return Totals(count=len(listed), texts={key: _sum(listed, *how, base) for key, how in picks.items()})


def _sum(rows: Sequence[Row], pick: Callable[[Row], Any], text: Callable[..., str], base: str) -> tuple[str, int]:
    amounts = [pick(row) for row in rows]
    amount = total(amounts)
    is_partial = amount is not None and None in amounts
    return text(amount, base) + (PARTIAL if is_partial else ""), 0 if text is fmt.money else fmt.sign(amount)


def symbol_of(row: Row) -> str:
    """The currency to write beside an amount: empty when it is the account's own (its rate is exactly one)."""
    return "" if row.rate == 1 else row.position.instrument.currency


def _amount(pick: Callable[[Row], Any]) -> Callable[[Row], str]:
    return lambda row: fmt.money(pick(row), symbol_of(row), decimals=_places(row))


def _gain(pick: Callable[[Row], Any]) -> Callable[[Row], str]:
    return lambda row: fmt.gain(pick(row), symbol_of(row), decimals=_places(row))


def _places(row: Row) -> int:
    return 0 if row.position.instrument.currency in fmt.WHOLE else 2


def _price(pick: Callable[[Row], Any]) -> Callable[[Row], str]:
    return lambda row: fmt.price(pick(row))


def _text(pick: Callable[[Row], str]) -> Callable[[Row], str]:
    return lambda row: pick(row) or fmt.UNKNOWN


def _percent(row: Row) -> str:
    return fmt.signed_percent(row.unrealized_percent)


def _market_value(row: Row) -> Any:
    """A future's price is paid daily into cash: it has no value of its own, only a notional."""
    future = row.position.instrument.asset_class is AssetClass.FUTURE
    return None if future else row.position.value


def _base_value(row: Row) -> Any:
    return None if _market_value(row) is None else row.base_value


def _bid(row: Row) -> Any:
    return row.quote.bid if row.quote else None


def _ask(row: Row) -> Any:
    return row.quote.ask if row.quote else None


def _expiry(row: Row) -> Any:
    instrument = row.position.instrument
    return instrument.option.expiry if instrument.option is not None else instrument.expiry


def _trend(row: Row) -> Any:
    return row.trend[-1] / row.trend[0] if len(row.trend) > 1 and row.trend[0] > 0 else None


def trend_words(row: Row) -> str:
    """The sparkline for those who do not see it."""
    if len(row.trend) < 2:
        return "no history"
    first, last = row.trend[0], row.trend[-1]
    way = "rose" if last > first else "fell" if last < first else "unchanged"
    return f"{way} from {fmt.price(first)} to {fmt.price(last)}"


INSTRUMENT = Column(
    key="instrument", title="Instrument", kind=Kind.INSTRUMENT, width=220,
    value=lambda row: row.position.instrument.label, text=lambda row: row.position.instrument.label,
    formula="The contract as traders write it, and its name.")
CLASS = Column(
    key="class", title="Class", kind=Kind.CHIP, width=78,
    value=lambda row: row.position.instrument.asset_class.value,
    text=lambda row: row.position.instrument.broker_class
    if row.position.instrument.asset_class is AssetClass.OTHER and row.position.instrument.broker_class
    else row.position.instrument.asset_class.value,
    formula="The broker's asset class.")
ACCOUNT = Column(
    key="account", title="Account", kind=Kind.TEXT, width=100,
    value=lambda row: row.position.account, text=lambda row: row.position.account,
    formula="The account that holds the position.")
QUANTITY = Column(
    key="quantity", title="Quantity", kind=Kind.NUMBER, width=84,
    value=lambda row: row.position.quantity, text=lambda row: fmt.quantity(row.position.quantity),
    formula="Shares or contracts held; negative when sold short. Reported by the broker.")
DRIFT = Column(
    key="drift", title="Drift", kind=Kind.TEXT, width=96,
    value=lambda row: max((abs(drift.quantity) for _, drift in row.drifts), default=None), text=drift_text,
    formula=f"What another source tells of the position less what is shown here; empty where they agree. {RULE}")
AVERAGE_COST = Column(
    key="average_cost", title="Average cost", kind=Kind.NUMBER, width=104,
    value=lambda row: row.position.average_cost, text=_amount(lambda row: row.position.average_cost),
    formula="What one share or contract cost, commissions included: average price × multiplier. The broker's figure.")
AVERAGE_PRICE = Column(
    key="average_price", title="Avg price", kind=Kind.NUMBER, width=86,
    value=lambda row: row.position.average_price, text=_price(lambda row: row.position.average_price),
    formula="Average cost per unit of price, comparable with Last. Reported by the broker.")
LAST = Column(
    key="last", title="Last", kind=Kind.NUMBER, width=86, is_live=True,
    value=lambda row: row.last, text=_price(lambda row: row.last),
    formula="The last traded price; without a quote, the price the broker valued the position at.")
PRICED = Column(
    key="priced", title="Price from", kind=Kind.TEXT, width=164, value=priced_at, text=price_source, is_live=True,
    formula="Who told the last price, and when. Positions come from one source, and prices may come from another: the "
    "broker's market data while it streams, else the price of the picture.")
BID = Column(
    key="bid", title="Bid", kind=Kind.NUMBER, width=92, is_live=True, value=_bid, text=_price(_bid),
    formula="The best price buyers offer.")
ASK = Column(
    key="ask", title="Ask", kind=Kind.NUMBER, width=92, is_live=True, value=_ask, text=_price(_ask),
    formula="The best price sellers ask.")
TREND = Column(
    key="trend", title="Trend · 5 d", kind=Kind.TREND, width=96, value=_trend, text=trend_words,
    formula="Closing prices of the last five trading days; sorted by their change.")
MARKET_VALUE = Column(
    key="market_value", title="Market value", kind=Kind.NUMBER, width=104, value=_market_value,
    text=_amount(_market_value), total="value",
    formula="What the position adds to your net assets, in its own currency: the broker's market value, a CFD's "
    "unrealized profit. A future's gains are already in cash, so it has none. The total is in your base currency.")
BASE_VALUE = Column(
    key="base_value", title="Value in base", kind=Kind.NUMBER, width=116, value=_base_value,
    text=lambda row: fmt.money(_base_value(row), decimals=2), total="value",
    formula="Market value × FX rate, in the account's base currency.")
NOTIONAL = Column(
    key="notional", title="Notional", kind=Kind.NUMBER, width=116, value=lambda row: row.position.notional,
    text=_amount(lambda row: row.position.notional),
    formula="Exposure: quantity × price × multiplier. Never part of value, so it has no total.")
CURRENCY = Column(
    key="currency", title="Currency", kind=Kind.TEXT, width=76,
    value=lambda row: row.position.instrument.currency, text=lambda row: row.position.instrument.currency,
    formula="The currency the instrument trades in.")
RATE = Column(
    key="rate", title="FX rate", kind=Kind.NUMBER, width=84, value=lambda row: row.rate,
    text=lambda row: fmt.number(row.rate, 5),
    formula="What one unit of the instrument's currency is worth in base currency, from the broker's ledger.")
UNREALIZED = Column(
    key="unrealized", title="Unrealized P&L", kind=Kind.GAIN, width=104,
    value=lambda row: row.position.unrealized, text=_gain(lambda row: row.position.unrealized), total="unrealized",
    formula="Gain or loss since purchase, reported by the broker. The total is in your base currency.")
PERCENT = Column(
    key="percent", title="%", kind=Kind.GAIN, width=76, value=lambda row: row.unrealized_percent, text=_percent,
    formula="Unrealized P&L ÷ cost, where cost is quantity × average cost.")
REALIZED = Column(
    key="realized", title="Realized P&L", kind=Kind.GAIN, width=108,
    value=lambda row: row.position.realized, text=_gain(lambda row: row.position.realized), total="realized",
    formula="Gain or loss of what was closed, reported by the broker. The total is in your base currency.")
DAILY = Column(
    key="daily", title="Day P&L", kind=Kind.GAIN, width=92, is_live=True, value=lambda row: row.daily,
    text=_gain(lambda row: row.daily), total="daily",
    formula="Gain or loss since the previous close, from the broker's market data. The total is in your base currency.")
MULTIPLIER = Column(
    key="multiplier", title="Multiplier", kind=Kind.NUMBER, width=80,
    value=lambda row: row.position.instrument.multiplier,
    text=lambda row: fmt.price(row.position.instrument.multiplier).removesuffix(".00"),
    formula="What one unit of price is worth per share or contract; for a bond face value ÷ 100.")
EXCHANGE = Column(
    key="exchange", title="Exchange", kind=Kind.TEXT, width=88, value=lambda row: row.position.instrument.exchange,
    text=_text(lambda row: row.position.instrument.exchange), formula="Where the instrument is listed.")
SECTOR = Column(
    key="sector", title="Sector", kind=Kind.TEXT, width=130, value=lambda row: row.position.instrument.sector,
    text=_text(lambda row: row.position.instrument.sector), formula="The broker's sector for the issuer.")
EXPIRY = Column(
    key="expiry", title="Expiry", kind=Kind.TEXT, width=92, value=_expiry,
    text=lambda row: _expiry(row).isoformat() if _expiry(row) else fmt.UNKNOWN,
    formula="When the contract ends.")
CONID = Column(
    key="conid", title="Conid", kind=Kind.NUMBER, width=96, value=lambda row: row.position.instrument.conid,
    text=lambda row: str(row.position.instrument.conid),
    formula="Interactive Brokers' id of the contract: the key of an instrument.")

OVERVIEW = (
    INSTRUMENT, CLASS, QUANTITY, AVERAGE_PRICE, LAST, TREND, MARKET_VALUE, UNREALIZED, PERCENT, DAILY,
)
FULL = (
    INSTRUMENT, CLASS, ACCOUNT, QUANTITY, DRIFT, AVERAGE_COST, AVERAGE_PRICE, LAST, PRICED, BID, ASK, TREND,
    MARKET_VALUE, BASE_VALUE,
    UNREALIZED, PERCENT, DAILY, REALIZED, NOTIONAL, CURRENCY, RATE, MULTIPLIER, EXCHANGE, SECTOR, EXPIRY, CONID,
)

#: Columns that are prices or made of them: each tells who told it.
PRICES = (LAST, PRICED, BID, ASK, MARKET_VALUE, BASE_VALUE, NOTIONAL, UNREALIZED, PERCENT, DAILY)
#: What rows can be grouped by; the key is stored, the name shown.
GROUPINGS: dict[str, Callable[[Row], str]] = {
    "class": lambda row: CLASS_NAMES[row.position.instrument.asset_class],
    "currency": lambda row: row.position.instrument.currency,
    "sector": lambda row: row.position.instrument.sector or "Other",
    "account": lambda row: row.position.account,
}


def tip_of(row: Row, column: Column, *, is_doubtful: bool = False) -> str:
    """What a hover tells beyond the cell's text. `is_doubtful`: its quoted day P&L is another account's."""
    if column.kind is Kind.INSTRUMENT:
        instrument = row.position.instrument
        return " · ".join(part for part in (instrument.label, instrument.name, instrument.exchange) if part)
    if column.kind is Kind.TREND:
        return trend_words(row)
    if column is DAILY and is_doubtful:
        return "Another account holds it too, and the broker tells the day's P&L for the session's account only."
    if column.is_live and row.quote is not None:
        close = ", previous close" if row.quote.is_close and column is LAST else ""
        state = f"{row.quote.delay.value}{close}{', halted' if row.quote.is_halted else ''}"
        return f"{column.title}: {state}\nMarket data, told {fmt.moment(row.quote.told_at)}"
    if column is DRIFT:
        return drift_tip(row)
    symbol = symbol_of(row)
    currency = f"In {symbol}" if symbol and column.kind in (Kind.NUMBER, Kind.GAIN) else ""
    told = "" if row.source is None or column not in PRICES else f"Told by {picture_source(row)}"
    return "\n".join(each for each in (currency, told) if each)
