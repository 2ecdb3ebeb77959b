"""What the sources of figures are called, and what is said where two of them tell one account differently."""

from datetime import datetime

from ibdesk.domain.drift import Comparison, Drift, Reason
from ibdesk.domain.market import Delay
from ibdesk.domain.portfolio import Row
from ibdesk.domain.positions import Position, Source
from ibdesk.ui import format as fmt

SOURCES: dict[Source, str] = {
    Source.PORTAL: "Client Portal", Source.TWS: "TWS", Source.FLEX: "Flex", Source.MOCK: "made up",
    Source.LOCAL: "Local Paper",
}
#: The rule, for those who ask.
RULE = (
    "Live P&L comes from TWS, balances and orders from the Client Portal, tax and NAV of record from Flex. Of what is "
    "held now the younger picture holds. Nothing is ever added up across sources."
)
#: So many contracts are named before the rest is counted.
NAMED = 4
QUOTES = {Delay.LIVE: "Market data", Delay.UNKNOWN: "Market data", Delay.NOT_SUBSCRIBED: "Not subscribed"}


def price_source(row: Row) -> str:
    """Who told the last price, and when; a quote to the minute, since one that moves each second cannot be read."""
    quote = row.quote
    if quote is not None and quote.last is not None:
        how = QUOTES.get(quote.delay, quote.delay.value.capitalize())
        return f"{how}{', close' if quote.is_close else ''} {fmt.clock(quote.told_at)[:5]}"
    if row.position.price is None:
        return fmt.UNKNOWN
    return picture_source(row)


def picture_source(row: Row) -> str:
    """Who told the position, and when."""
    if row.source is None:
        return fmt.UNKNOWN
    return SOURCES[row.source] if row.as_of is None else f"{SOURCES[row.source]} {fmt.clock(row.as_of)}"


def priced_at(row: Row) -> datetime | None:
    """When the last price was told."""
    return row.quote.told_at if row.quote is not None and row.quote.last is not None else row.as_of


def drift_text(row: Row) -> str:
    """A cell: what each other source says less what is shown; empty where all agree."""
    return "; ".join(f"{SOURCES[source]} {_apart(drift)}" for source, drift in row.drifts)


def _apart(drift: Drift) -> str:
    if drift.quantity:
        return ("+" if drift.quantity > 0 else "") + fmt.quantity(drift.quantity)
    return f"value {fmt.gain(drift.value, drift.instrument.currency)}"


def drift_tip(row: Row) -> str:
    """What each source tells of the position."""
    if not row.drifts:
        return ""
    mine = [f"{picture_source(row)}: {_holding(row.position)}"]
    return "\n".join([*mine, *(f"{SOURCES[source]}: {_holding(drift.theirs)}" for source, drift in row.drifts)])


def drift_facts(row: Row) -> tuple[tuple[Source, str], ...]:
    """What each other source tells instead."""
    return tuple((source, f"{_holding(drift.theirs)} ({_apart(drift)})") for source, drift in row.drifts)


def _holding(position: Position | None) -> str:
    if position is None:
        return "none"
    value = "" if position.value is None else f", worth {fmt.money(position.value, position.instrument.currency)}"
    return fmt.quantity(position.quantity) + value


def others_words(comparisons: tuple[Comparison, ...], now: datetime) -> str:
    """How old the pictures of the other sources are: "TWS 12 s ago"; empty without any."""
    oldest: dict[Source, datetime] = {}
    for each in comparisons:
        oldest[each.theirs] = min(each.theirs_as_of, oldest.get(each.theirs, each.theirs_as_of))
    return ", ".join(f"{SOURCES[source]} {fmt.age(at, now)}" for source, at in oldest.items())


def headline(comparisons: tuple[Comparison, ...]) -> str:
    """The banner's sentence: how many positions differ between whom."""
    count = sum(len(each.drifts) for each in comparisons)
    (first, *_) = comparisons
    verb = "positions differ" if count > 1 else "position differs"
    return f"{count} {verb} between {SOURCES[first.ours]} and {SOURCES[first.theirs]}"


def detail(comparisons: tuple[Comparison, ...]) -> str:
    """What differs by name, which source holds and why."""
    drifts = [drift for each in comparisons for drift in each.drifts]
    named = [_named(drift, several=len({each.account for each in drifts}) > 1) for drift in drifts[:NAMED]]
    if len(drifts) > NAMED:
        named.append(f"{len(drifts) - NAMED} more")
    return f"{', '.join(named)}. {' '.join(dict.fromkeys(why(each) for each in comparisons))}"


def _named(drift: Drift, *, several: bool) -> str:
    sides = [fmt.quantity(0 if each is None else each.quantity) for each in (drift.ours, drift.theirs)]
    what = f"{drift.instrument.label} {sides[0]} / {sides[1]}" if drift.quantity else (
        f"{drift.instrument.label} {_apart(drift)}")
    return f"{what} in {drift.account}" if several else what


def why(comparison: Comparison) -> str:
    """Which picture holds, why, and what the table shows."""
    holds = SOURCES[comparison.holds]
    match comparison.why:
        case Reason.YOUNGER:
            said = f"{holds} holds: its picture is {_length(comparison)} younger."
            if comparison.holds is comparison.ours:
                return f"{said} The table shows it."
            return f"{said} The table shows {SOURCES[comparison.ours]} until that is read again."
        case Reason.BALANCES:
            return f"{holds} holds: both are of the same instant, and the balances are its own."
        case Reason.STATEMENT:
            return f"{holds} holds: a statement is of a day that is over."


def _length(comparison: Comparison) -> str:
    seconds = max(1, round(comparison.apart.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
