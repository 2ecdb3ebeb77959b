"""Where a live figure comes from: the broker's call or reports it was told by, when, and what a sum is made of."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.executions import Fill
from ibdesk.domain.line import Line
from ibdesk.domain.money import Currency
from ibdesk.domain.pnl import PnlRow
from ibdesk.domain.pnl_totals import RunningTotals
from ibdesk.ui import format as fmt
from ibdesk.ui.live.words import line_words, when
from ibdesk.ui.models.live_columns import (
    COMMISSION,
    COST,
    POSITION,
    REALIZED,
    SYMBOL,
    TODAY,
    TOLD,
    TOTAL,
    UNREALIZED,
    VALUE,
    Around,
    LiveColumn,
)

Facts = tuple[tuple[str, str], ...]

#: A sum lists so many of its reports one by one; what is more is counted.
LISTED = 6
#: How each total of the cards is made; the keys are `ui.live.cards`' own.
FORMULAS = {
    "unrealized": "The broker's unrealized figures of all positions, each times its rate, summed.",
    "realized": "What the broker realised with each print of the day, each times its rate, summed.",
    "total": "Unrealized plus realized today.",
    "daily": "The broker's own figure for the account; without one, the sum of its figures for the positions.",
}
SOURCES = {
    "unrealized": "TWS, reqPnLSingle of each position", "realized": "TWS, commission reports",
    "total": "TWS, reqPnLSingle and commission reports", "daily": "TWS, reqPnL of the account",
}


def facts_of_cell(
    row: PnlRow, column: LiveColumn, around: Around, line: Line, rates: Mapping[Currency, tuple[Currency, str]]
) -> Facts:
    """What there is to know of one figure. `rates` are, by currency, the account's own and the rate as text."""
    facts = [("Shown", column.text(row, around)), ("How", column.formula), ("Account", row.account)]
    facts.append(("Source", _source(row, column)))
    facts.append(("Told", _told(row, column, around.now)))
    facts += _inputs(row, column, around)
    currency = row.instrument.currency
    if currency in rates and column in (UNREALIZED, REALIZED, TOTAL, TODAY, VALUE, COMMISSION, COST):
        base, rate = rates[currency]
        facts.append(("Rate in totals", f"1 {currency} = {rate} {base}, of the account's last sync"))
    facts.append(("Line", _line(line, around.now)))
    facts.append(("Conid", str(row.instrument.conid)))
    return tuple(facts)


def facts_of_total(
    key: str, shown: str, totals: Sequence[tuple[str, RunningTotals]], own: Mapping[str, AccountPnl], line: Line,
    now: datetime, rated: str = "",
) -> Facts:  # fmt: skip
    """What there is to know of a card's figure: `totals` by account, `own` the broker's running figures of them,
    `rated` of when the rates are."""
    facts = [("Shown", shown), ("How", FORMULAS[key]), ("Source", SOURCES[key])]
    for name, running in totals:
        facts.append((name, _part(key, name, running, own)))
    for currency, rate in {each: rate for _, running in totals for each, rate in running.rates.items()}.items():
        base = totals[0][1].currency
        if currency != base:
            of = "of the account's last sync" + (rated and f", {rated}")
            facts.append(("Rate", f"1 {currency} = {fmt.number(rate, 5)} {base}, {of}"))
    for name, running in totals:
        for each in running.left_out(LISTED):
            facts.append(("Left out", f"{each.label} of {name}: {each.why}"))
        if running.missing > LISTED:
            facts.append(("Left out", f"{running.missing - LISTED} more of {name}"))
    waiting = sum(running.waiting for _, running in totals)
    if waiting and key in ("realized", "total"):
        facts.append(("Not in it yet", f"{waiting} prints wait for their commission reports" if waiting > 1 else
                      "one print waits for its commission report"))
    facts.append(("Line", _line(line, now)))
    return tuple(facts)


def _part(key: str, name: str, running: RunningTotals, own: Mapping[str, AccountPnl]) -> str:
    told = own.get(name)
    if key == "daily" and told is not None and told.daily is not None:
        summed = fmt.gain(running.daily, running.currency)
        return f"{fmt.gain(told.daily, running.currency)} told {fmt.moment(told.as_of)}; its positions sum to {summed}"
    figure = fmt.gain(getattr(running, key), running.currency)
    if key == "realized":
        return f"{figure} from {running.prints} {'print' if running.prints == 1 else 'prints'}"
    return f"{figure} from {running.held} {'position' if running.held == 1 else 'positions'}"


def _source(row: PnlRow, column: LiveColumn) -> str:
    if column in (REALIZED, COMMISSION):
        reports = sum(fill.commission is not None for fill in row.fills)
        return f"TWS, sum of {reports} commission {'report' if reports == 1 else 'reports'}"
    return column.source if column is TOLD else f"TWS, {column.source}"


def _told(row: PnlRow, column: LiveColumn, now: datetime | None) -> str:
    at = None
    if column in (SYMBOL, POSITION, COST):
        at = row.moved_at
    elif column in (REALIZED, COMMISSION):
        at = max((fill.execution.at for fill in row.fills), default=None)
    elif row.told is not None:
        at = row.told.at
    if at is None:
        return "never" if column not in (REALIZED, COMMISSION) else "nothing was traded today"
    return f"{fmt.moment(at)}, {fmt.age(at, now)}" if now is not None else fmt.moment(at)


def _inputs(row: PnlRow, column: LiveColumn, around: Around) -> Facts:
    if column is TOTAL:
        return (("Unrealized", UNREALIZED.text(row, around)), ("Realized today", REALIZED.text(row, around)))
    if column not in (REALIZED, COMMISSION):
        return ()
    parts = [(f"Print {number}", _print(fill, column)) for number, fill in enumerate(row.fills[:LISTED], start=1)]
    more = len(row.fills) - LISTED
    if more > 0:
        parts.append(("And", f"{more} more, in the list of executions"))
    own = None if row.told is None else row.told.realized
    if column is REALIZED and own is not None:
        told = fmt.gain(own, row.instrument.currency)
        parts.append(("Broker’s own", f"{told} (reqPnLSingle), which counts the prints of every program"))
    return tuple(parts)


def _print(fill: Fill, column: LiveColumn) -> str:
    done, paid = fill.execution, fill.commission
    what = f"{fmt.quantity(done.signed)} at {fmt.price(done.price)}, {fmt.clock(done.at)}"
    if paid is None:
        return f"{what}: its commission report has not come yet"
    if column is COMMISSION:
        return f"{what}: {fmt.money(paid.amount, paid.currency)}"
    return f"{what}: {'opens' if paid.realized is None else fmt.gain(paid.realized, paid.currency)}"


def _line(line: Line, now: datetime | None) -> str:
    if now is None:
        return line.state.value
    words = line_words(line, now, None)
    since = f", since {when(line.since, now)}" if line.since is not None and not line.is_alive else ""
    return " ".join(each for each in (f"{words.text.removesuffix('.')}{since}", words.detail if line.is_alive else "")
                    if each)
