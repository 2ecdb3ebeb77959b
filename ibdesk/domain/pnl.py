"""What a broker says of positions while they move, and the book it makes: what is held, realised and not realised.

Both figures are the broker's own, neither is computed here: unrealised is what it says of a position, realised the sum
of what it says of each print (the commission report). The day's prints are in the book, oldest first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, Fill, family
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.money import ZERO, Currency

PnlKey = tuple[AccountId, Conid]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMoved:
    """The broker's word on what is held: `quantity` (0: it is gone) and `average_cost` per contract, None when it was
    not told."""

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    average_cost: Decimal | None
    at: datetime

    @property
    def key(self) -> tuple[AccountId, Conid]:
        return (self.account, self.instrument.conid)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionPnl:
    """The broker's running figures of one position, in the instrument's currency; None is "not told"."""

    account: AccountId
    conid: Conid
    quantity: Decimal | None
    daily: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None
    value: Decimal | None
    at: datetime

    @property
    def key(self) -> tuple[AccountId, Conid]:
        return (self.account, self.conid)


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlRow:
    """One position as it is now. `fills` are its prints since the book's day began, each in its last wording.

    A position that was closed today stays: what it realised belongs to the day.
    """

    account: AccountId
    instrument: Instrument
    quantity: Decimal = ZERO
    average_cost: Decimal | None = None
    moved_at: datetime | None = None
    told: PositionPnl | None = None
    fills: tuple[Fill, ...] = ()

    @property
    def key(self) -> tuple[AccountId, Conid]:
        return (self.account, self.instrument.conid)

    @property
    def is_shown(self) -> bool:
        return bool(self.quantity or self.fills)

    @property
    def unrealized(self) -> Decimal | None:
        """The broker's figure; nothing is unrealised in what is not held any more."""
        if not self.quantity:
            return ZERO if self.moved_at is not None else None
        return None if self.told is None else self.told.unrealized

    @property
    def daily(self) -> Decimal | None:
        return None if self.told is None else self.told.daily

    @property
    def value(self) -> Decimal | None:
        return None if self.told is None else self.told.value

    @property
    def realized(self) -> Decimal:
        """The sum of what the broker realised with each print, in the instrument's currency; a print that opens
        realises nothing."""
        return sum((paid.realized for paid in self._commissions if paid.realized is not None), ZERO)

    @property
    def commission(self) -> Decimal | None:
        """What the prints cost, in the instrument's currency; None where one was charged in another currency."""
        paid = self._commissions
        if any(each.currency != self.instrument.currency for each in paid):
            return None
        return sum((each.amount for each in paid), ZERO)

    @property
    def total(self) -> Decimal | None:
        return None if self.unrealized is None else self.unrealized + self.realized

    @property
    def waits_for_commission(self) -> bool:
        """A print is there whose commission, and with it its profit, was not told yet."""
        return any(fill.commission is None for fill in self.fills)

    @property
    def _commissions(self) -> tuple[Commission, ...]:
        return tuple(fill.commission for fill in self.fills if fill.commission is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlBook:
    """Every position of a source while it moves. `since`: prints from this instant on are in it; None until the
    broker has told those of the day, so that what was realised is not known."""

    rows: Mapping[PnlKey, PnlRow] = field(default_factory=dict)
    since: datetime | None = None

    @property
    def shown(self) -> tuple[PnlRow, ...]:
        return tuple(row for row in self.rows.values() if row.is_shown)

    def moved(self, news: Iterable[PositionMoved | PositionPnl]) -> "PnlBook":
        """With the newest word on some positions. Figures of a position nobody told of yet wait for nothing: they
        belong to one that is gone."""
        rows = dict(self.rows)
        for each in news:
            row = rows.get(each.key)
            match each:
                case PositionMoved():
                    row = row or PnlRow(account=each.account, instrument=each.instrument)
                    rows[each.key] = replace(
                        row, instrument=each.instrument, quantity=each.quantity, average_cost=each.average_cost,
                        moved_at=each.at, told=row.told if each.quantity else None,
                    )  # fmt: skip
                case PositionPnl():
                    if row is not None and row.quantity:
                        rows[each.key] = replace(row, told=each)
        return replace(self, rows=rows)

    def traded(self, fills: Iterable[Fill]) -> "PnlBook":
        """With some prints, or more told of them: a correction takes the place of what it corrects, and a commission
        that is known is not lost by a print told again without it."""
        rows = dict(self.rows)
        news: dict[PnlKey, list[Fill]] = {}
        for fill in fills:
            done = fill.execution
            if self.since is None or done.at >= self.since:
                news.setdefault((done.account, done.instrument.conid), []).append(fill)
        for key, told in news.items():
            row = rows.get(key) or PnlRow(account=key[0], instrument=told[0].execution.instrument)
            rows[key] = replace(row, fills=_with(row.fills, told))
        return replace(self, rows=rows)

    def of_day(self, since: datetime) -> "PnlBook":
        """With only the prints of a day that begins at `since`."""
        rows = {
            key: replace(row, fills=tuple(fill for fill in row.fills if fill.execution.at >= since))
            for key, row in self.rows.items()
        }
        return PnlBook(rows=rows, since=since)


def _with(fills: tuple[Fill, ...], news: Iterable[Fill]) -> tuple[Fill, ...]:
    """A row's prints with those told now, each in its last wording, oldest first."""
    last: dict[str, tuple[int, Fill]] = {}
    for fill in (*fills, *news):
        print_id, number = family(fill.execution.exec_id)
        known = last.get(print_id)
        if known is not None and known[0] > number:
            continue
        if known is not None and fill.commission is None and known[1].commission is not None:
            fill = replace(fill, commission=known[1].commission)  # a corrected print may get no report of its own
        last[print_id] = (number, fill)
    return tuple(sorted((fill for _, fill in last.values()), key=_when))


def _when(fill: Fill) -> tuple[datetime, str]:
    return (fill.execution.at, fill.execution.exec_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlTotals:
    """Sums in one currency. `left_out` names the positions a figure or a rate is missing for: they are in no sum."""

    currency: Currency
    unrealized: Decimal = ZERO
    realized: Decimal = ZERO
    daily: Decimal = ZERO
    value: Decimal = ZERO
    rates: Mapping[Currency, Decimal] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        return self.unrealized + self.realized


def totals(rows: Iterable[PnlRow], currency: Currency, rates: Mapping[Currency, Decimal]) -> PnlTotals:
    """What some positions add up to; `rates` are what one unit of each currency costs in `currency`."""
    rates = {**rates, currency: Decimal(1)}
    sums = dict.fromkeys(("unrealized", "realized", "daily", "value"), ZERO)
    used: dict[Currency, Decimal] = {}
    left_out: list[str] = []
    for row in rows:
        rate = rates.get(row.instrument.currency)
        if rate is not None:
            used[row.instrument.currency] = rate
            sums["realized"] += row.realized * rate
        if rate is None or (row.quantity and row.unrealized is None):
            left_out.append(row.instrument.symbol)
            continue
        for name in ("unrealized", "daily", "value"):
            sums[name] += (getattr(row, name) or ZERO) * rate
    return PnlTotals(currency=currency, rates=used, left_out=tuple(left_out), **sums)
