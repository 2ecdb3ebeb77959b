"""What the live table can show of a position while it moves: every column with its text, its sort value and its source.

Amounts are in the instrument's currency and carry its symbol when that is not the account's own.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.money import Currency
from ibdesk.domain.pnl import PnlRow
from ibdesk.ui import format as fmt
from ibdesk.ui.models.columns import PARTIAL, Kind
from ibdesk.ui.models.copying import guarded

#: Said where a print is known and its commission report is not.
WAITING = "waiting"
#: Figures told within these seconds are as new as the broker tells them: about one a second and position.
NEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a text needs besides the row: the accounts' base currencies, the time, and whether anything can come."""

    bases: Mapping[AccountId, Currency] = field(default_factory=dict)
    now: datetime | None = None
    is_alive: bool = True

    def symbol(self, row: PnlRow) -> str:
        """The currency to write beside an amount: empty when it is the account's own."""
        currency = row.instrument.currency
        return "" if self.bases.get(row.account) == currency else currency


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveColumn:
    """One column. `value` is sorted and exported, `text` is shown; `is_moving` may change many times a second.

    `source` is how the broker's interface calls it, `formula` what it means.
    """

    key: str
    title: str
    kind: Kind
    width: int
    value: Callable[[PnlRow], Any]
    text: Callable[[PnlRow, Around], str]
    formula: str
    source: str = ""
    is_moving: bool = False


def _places(row: PnlRow) -> int:
    return 0 if row.instrument.currency in fmt.WHOLE else 2


def _gain(pick: Callable[[PnlRow], Any]) -> Callable[[PnlRow, Around], str]:
    return lambda row, around: fmt.gain(pick(row), around.symbol(row), decimals=_places(row))


def _amount(pick: Callable[[PnlRow], Any]) -> Callable[[PnlRow, Around], str]:
    return lambda row, around: fmt.money(pick(row), around.symbol(row), decimals=_places(row))


def _is_unpaid(row: PnlRow) -> bool:
    """Whether nothing is known yet of what its prints realised."""
    return bool(row.fills) and all(fill.commission is None for fill in row.fills)


def _realized(row: PnlRow) -> Any:
    return None if _is_unpaid(row) else row.realized


def _realized_text(row: PnlRow, around: Around) -> str:
    if _is_unpaid(row):
        return WAITING
    text = fmt.gain(row.realized, around.symbol(row), decimals=_places(row))
    return text + PARTIAL if row.waits_for_commission else text


def _total(row: PnlRow) -> Any:
    """What is not held has nothing unrealised: its total is what it realised."""
    if _is_unpaid(row):
        return None
    return row.total if row.quantity else row.realized


def _total_text(row: PnlRow, around: Around) -> str:
    if _is_unpaid(row):
        return WAITING
    total = _total(row)
    text = fmt.gain(total, around.symbol(row), decimals=_places(row))
    return text + PARTIAL if row.waits_for_commission and total is not None else text


def _value(row: PnlRow) -> Any:
    """A future's price is paid daily into cash: what the broker tells of it is its notional, no value."""
    return None if row.instrument.asset_class is AssetClass.FUTURE else row.value


def _commission(row: PnlRow) -> Any:
    return row.commission if row.fills and not _is_unpaid(row) else None


def _commission_text(row: PnlRow, around: Around) -> str:
    if _is_unpaid(row):
        return WAITING
    text = fmt.money(_commission(row), around.symbol(row), decimals=2)
    return text + PARTIAL if row.waits_for_commission else text


def told_at(row: PnlRow) -> datetime | None:
    """When the broker last told of the position."""
    return row.moved_at if row.told is None else row.told.at


def _told_text(row: PnlRow, around: Around) -> str:
    at = told_at(row)
    if at is None or around.now is None:
        return fmt.UNKNOWN
    is_new = around.is_alive and (around.now - at).total_seconds() < NEW
    return "now" if is_new else fmt.age(at, around.now).removesuffix(" ago")


SYMBOL = LiveColumn(
    key="instrument", title="Symbol", kind=Kind.INSTRUMENT, width=210, value=lambda row: row.instrument.label,
    text=lambda row, _: row.instrument.label, formula="The contract as traders write it, and its name.",
    source="reqPositions, reqContractDetails")
ACCOUNT = LiveColumn(
    key="account", title="Account", kind=Kind.TEXT, width=100, value=lambda row: row.account,
    text=lambda row, _: row.account, formula="The account that holds the position.", source="reqPositions")
POSITION = LiveColumn(
    key="quantity", title="Position", kind=Kind.NUMBER, width=72, value=lambda row: row.quantity,
    text=lambda row, _: fmt.quantity(row.quantity), source="reqPositions", is_moving=True,
    formula="Shares or contracts held; negative when sold short, 0 when it was closed today.")
COST = LiveColumn(
    key="average_cost", title="Average cost", kind=Kind.NUMBER, width=98, value=lambda row: row.average_cost,
    text=_amount(lambda row: row.average_cost), source="reqPositions", is_moving=True,
    formula="What one share or contract cost, commissions included: average price × multiplier. The broker's figure.")
UNREALIZED = LiveColumn(
    key="unrealized", title="Unrealized", kind=Kind.GAIN, width=92, value=lambda row: row.unrealized,
    text=_gain(lambda row: row.unrealized), source="reqPnLSingle", is_moving=True,
    formula="Gain or loss of what is held, since purchase, as the broker tells it.")
REALIZED = LiveColumn(
    key="realized", title="Realized", kind=Kind.GAIN, width=88, value=_realized, text=_realized_text,
    source="commission reports", is_moving=True,
    formula="What the broker realised with each print of the day, summed: one figure in each commission report.")
TOTAL = LiveColumn(
    key="total", title="Total", kind=Kind.GAIN, width=92, value=_total, text=_total_text,
    source="reqPnLSingle and commission reports", is_moving=True, formula="Unrealized plus realized today.")
TODAY = LiveColumn(
    key="daily", title="Today", kind=Kind.GAIN, width=84, value=lambda row: row.daily,
    text=_gain(lambda row: row.daily), source="reqPnLSingle", is_moving=True,
    formula="Gain or loss since the previous close, as the broker tells it.")
VALUE = LiveColumn(
    key="value", title="Value", kind=Kind.NUMBER, width=96, value=_value, text=_amount(_value),
    source="reqPnLSingle", is_moving=True,
    formula="The market value the broker puts on the position. A future has none: its gains are in cash already.")
COMMISSION = LiveColumn(
    key="commission", title="Commission", kind=Kind.NUMBER, width=80, value=_commission, text=_commission_text,
    source="commission reports", is_moving=True, formula="What the day's prints of the position cost.")
TOLD = LiveColumn(
    key="told", title="Told", kind=Kind.NUMBER, width=62, value=told_at, text=_told_text,
    source="this computer's clock",
    formula="How long ago the broker last told this position's figures. It tells them when they change.")

LIVE = (SYMBOL, ACCOUNT, POSITION, COST, UNREALIZED, REALIZED, TOTAL, TODAY, VALUE, COMMISSION, TOLD)


def tip_of(row: PnlRow, column: LiveColumn, around: Around) -> str:
    """What a hover tells beyond the cell's text."""
    if column is SYMBOL:
        instrument = row.instrument
        return " · ".join(part for part in (instrument.label, instrument.name, instrument.exchange) if part)
    if column is TOLD:
        return fmt.moment(told_at(row))
    if row.waits_for_commission and column in (REALIZED, TOTAL, COMMISSION):
        missing = sum(fill.commission is None for fill in row.fills)
        reports = "a commission report" if missing == 1 else f"{missing} commission reports"
        return f"Waits for {reports}: the broker sends it after the print."
    if column.kind not in (Kind.NUMBER, Kind.GAIN):
        return ""
    symbol, told = around.symbol(row), _teller(row, column)
    return f"In {symbol}\n{told}" if symbol else told


def _teller(row: PnlRow, column: LiveColumn) -> str:
    """Who told a figure and when; of what is summed of prints, by which reports."""
    if column in (REALIZED, COMMISSION):
        return "Told by TWS with each print"
    at = row.moved_at if column in (POSITION, COST) else None if row.told is None else row.told.at
    return "Nobody told it yet" if at is None else f"Told by TWS {fmt.clock(at)} ({column.source})"


def plain(row: PnlRow, column: LiveColumn) -> str:
    """One cell as a program wants it; empty for what is not known."""
    value: Any = column.value(row)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return guarded(value) if isinstance(value, str) else format(value, "f")


def as_tabs(rows: Iterable[PnlRow], columns: Sequence[LiveColumn]) -> str:
    """Tab separated lines under their headers, for the clipboard."""
    lines = ["\t".join(_heads(columns))]
    lines.extend("\t".join(_fields(row, columns)) for row in rows)
    return "\n".join(lines) + "\n"


def as_csv(rows: Iterable[PnlRow], columns: Sequence[LiveColumn]) -> str:
    """A CSV document with headers; each row says its currency, since it holds no symbols."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_heads(columns))
    writer.writerows(_fields(row, columns) for row in rows)
    return out.getvalue()


def _heads(columns: Sequence[LiveColumn]) -> list[str]:
    return [*(column.title for column in columns), "Currency", "Conid"]


def _fields(row: PnlRow, columns: Sequence[LiveColumn]) -> list[str]:
    return [*(plain(row, column) for column in columns), row.instrument.currency, str(row.instrument.conid)]
