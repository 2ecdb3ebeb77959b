"""What an expiry is called: when it ends, what it delivers, what it needs, and where a word on it can be given."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.compliance.exercise import DEADLINE, Delivery
from ibdesk.domain.compliance.expiry_risks import Settling
from ibdesk.domain.compliance.verdict import Code, Finding, Severity
from ibdesk.domain.expiries import CUT_OFF, Ending, Expiring, Moneyness, Settles, Timing, Window
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.options import is_european
from ibdesk.services.expiry_board import Line
from ibdesk.ui import format as fmt
from ibdesk.ui.orders.words import instrument_words

#: Broker pages: ibkrguides.com, Exercise/Lapse Options; the TWS users' guide, Option Exercise.
WHERE = (
    "The Client Portal API takes no exercise instructions. Give them in Client Portal or IBKR Mobile under Trade, "
    f"Exercise/Lapse Options, or in TWS under Trade, Option Exercise, before {CUT_OFF:%H:%M} New York on the last day "
    "(a broker may close earlier)."
)
PRACTISE = "In Local Paper you can practise it here."
FINAL = "The broker does not take an exercise or a lapse back."
AGREED, AGREED_PAPER = "I understand that this cannot be taken back", "I understand what this does"
NOT_FINAL = "Local Paper lets you withdraw it until it is processed. A broker does not take it back."
#: What has to be typed to give money away.
WORDS = {False: "EXERCISE", True: "LAPSE"}

_EMPTY = {
    Window.TODAY: "Nothing ends today", Window.WEEK: "Nothing expires this week",
    Window.MONTH: "Nothing expires within 30 days",
}
_SHORT = {
    Code.DIVIDEND_ASSIGNMENT: "Dividend", Code.BP_INSUFFICIENT: "Short of cash", Code.NAKED_RESULT: "Short of shares",
    Code.EXPIRING_TODAY: "Near strike", Code.NON_STANDARD: "Adjusted",
}


def contract_words(row: Expiring, now: datetime) -> str:
    """"SPY Dec 18 600 P"; of an index class with when it settles: "SPX Dec 18 5000 C AM"."""
    named = instrument_words(row.instrument, today=now.astimezone(NEW_YORK).date())
    return f"{named} {row.schedule.timing}".strip() if row.settles is Settles.CASH else named


def ends_words(row: Expiring, now: datetime) -> str:
    """"Today · 3 h 12 m", "Tomorrow", "Fri Nov 27 · 7 d", "Ended"."""
    left, days = row.left(now), row.days_left(now)
    if days < 0 or (left is not None and left.total_seconds() <= 0):
        return "Ended"
    if days == 0:
        return "Today" if left is None else f"Today · {fmt.countdown(left)}"
    day = row.schedule.last_day
    return "Tomorrow" if days == 1 else f"{day:%a %b} {day.day} · {days} d"


def money_words(row: Expiring) -> str:
    """"ITM 3.20", "OTM 10.40", "ATM 0.05"."""
    distance = row.distance
    return fmt.UNKNOWN if distance is None else f"{row.moneyness} {fmt.price(abs(distance))}"


def money_meaning(row: Expiring) -> str:
    """The same as a sentence's end."""
    if row.distance is None:
        return "how far in the money is not known"
    where = {Moneyness.IN: "in the money", Moneyness.OUT: "out of the money"}.get(row.moneyness, "from the strike")
    return f"{fmt.price(abs(row.distance))} {where}"


def delivery_words(symbol: str, currency: str, due: Delivery | None) -> str:
    """"+1,000 SPY · −$600,000.00"; an em dash where it is not known."""
    if due is None:
        return fmt.UNKNOWN
    shares = f"{'+' if due.shares > 0 else ''}{fmt.quantity(due.shares)} {symbol}" if due.shares else ""
    cash = fmt.gain(due.cash, currency) if due.cash else ""
    return " · ".join(part for part in (shares, cash) if part) or "Nothing moves"


def effect_words(row: Expiring) -> str:
    """What happens if the underlying closes where it is now."""
    if row.is_exercised is None:
        return fmt.UNKNOWN
    if not row.is_exercised:
        return "Expires worthless"
    if row.settles is Settles.FUTURE:
        side = "short" if (row.terms.right == "C") is row.is_short else "long"
        return f"{fmt.quantity(abs(row.quantity))} {side} {row.instrument.symbol} future"
    if row.settles is Settles.UNKNOWN:
        return "As adjusted"
    return delivery_words(row.instrument.symbol, row.instrument.currency, row.effect)


def need_words(row: Expiring) -> str:
    """"$600,000.00 in cash; $86,412.37 is there"; empty where nothing is needed."""
    if row.need.cash:
        currency = row.instrument.currency
        return f"{fmt.money(row.need.cash, currency)} in cash; {fmt.money(row.cash, currency)} is there"
    if row.need.shares:
        return f"{fmt.quantity(row.need.shares)} {row.instrument.symbol}; {fmt.quantity(row.shares)} are held"
    return ""


def settles_words(row: Expiring) -> str:
    """"Shares, after the close" or "Cash, at the opening prices"."""
    what = {
        Settles.SHARES: f"In {row.instrument.symbol} shares", Settles.CASH: "In cash", Settles.FUTURE: "In the future",
        Settles.UNKNOWN: "Adjusted: by the clearing house’s notice",
    }[row.settles]
    if row.settles is not Settles.CASH:
        return what
    when = {
        Timing.OPENING: "at opening prices of the expiry day (AM)", Timing.CLOSE: "at closing prices (PM)",
        Timing.UNTOLD: "AM or PM was not told",
    }[row.schedule.timing]
    return f"{what}, {when}"


def ending_words(row: Expiring, ending: Ending) -> tuple[str, str]:
    """One way it may end: the condition, and what then happens to the holder of this position."""
    symbol = row.instrument.symbol
    bound = "or higher" if ending.is_above else "or lower"
    when = f"{symbol} at {fmt.price(ending.price)} {bound}"
    if not ending.is_exercised:
        return when, "Expires worthless"
    if row.settles is Settles.CASH:
        return when, f"{'Pays' if not row.is_short else 'Costs'} the difference × {fmt.quantity(row.size)}"
    if ending.delivers is None:
        return when, "Delivers a future" if row.settles is Settles.FUTURE else "Delivers what was adjusted"
    verb = "Assigned" if row.is_short else "Exercised"
    return when, f"{verb}: {delivery_words(symbol, row.instrument.currency, ending.delivers)}"


def cut_off_words(row: Expiring, now: datetime) -> str:
    """Until when a holder may speak: this desk's time and the broker's own."""
    until = row.schedule.desk_until
    if row.settles is Settles.CASH and is_european(row.instrument):
        return "Settled by the clearing house; nobody is asked"
    if until is None:
        return "Not known here: ask the broker"
    if until <= now:
        return f"Past {DEADLINE:%H:%M} New York: call the broker"
    if row.days_left(now) > 1:
        return f"{row.schedule.last_day:%a %b} {row.schedule.last_day.day}, {DEADLINE:%H:%M} New York"
    return f"in {fmt.countdown(until - now)}, {DEADLINE:%H:%M} New York (broker\u00a0{CUT_OFF:%H:%M})"


def attention_words(line: Line) -> str:
    """The column that says what wants a look: an instruction given, else the most pressing finding in two words."""
    given = line.instruction
    if given is not None:
        return f"{'Lapse' if given.is_lapse else 'Exercise'} {fmt.quantity(given.quantity)} told"
    pressing = next((each for each in line.findings if each.severity >= Severity.WARN), None)
    if pressing is None:
        return "Covered" if line.row.is_short and line.row.is_covered else ""
    return _SHORT.get(pressing.code, "Look")


def attention_tone(line: Line) -> str:
    if line.instruction is not None:
        return "accent"
    return "warn" if any(each.severity >= Severity.WARN for each in line.findings) else "muted"


def finding_title(finding: Finding) -> str:
    """What a finding is about, in two words."""
    return {
        Code.DIVIDEND_ASSIGNMENT: "Early assignment", Code.BP_INSUFFICIENT: "Cash", Code.NAKED_RESULT: "Shares",
        Code.EXPIRING_TODAY: "Expiry", Code.NON_STANDARD: "Adjusted contract", Code.NO_QUOTE: "Price",
        Code.EXERCISE_TIME_VALUE: "Value", Code.EXERCISE_DEADLINE: "Cut-off", Code.TICKET: "Quantity",
        Code.KILL_SWITCH: "Kill switch",
    }.get(finding.code, "Check")


def empty_words(window: Window, later: Iterable[Line], now: datetime) -> tuple[str, str]:
    """A title and a sentence for a board without lines; `later` are those further ahead."""
    following = next(iter(later), None)
    if following is None:
        return _EMPTY[window], "Option positions appear here from 30 days before they end."
    named = contract_words(following.row, now)
    return _EMPTY[window], f"The next to end is {named}, {ends_words(following.row, now)}."


def where_words(mode: Mode) -> str:
    """Where instructions are given when this mode's broker takes none."""
    return WHERE if mode is Mode.IBKR_LIVE else f"{WHERE} {PRACTISE}"


def final_words(mode: Mode) -> tuple[str, str]:
    """What is ticked before it is done, and the sentence below."""
    return (AGREED_PAPER, NOT_FINAL) if mode is Mode.LOCAL_PAPER else (AGREED, FINAL)


def given_up_words(row: Expiring) -> str:
    """What exercise costs beside selling at the bid; empty for a short or without a bid."""
    if row.given_up is None:
        return ""
    if not row.given_up:
        return "Nothing: the bid pays no more"
    return f"{fmt.money(row.given_up, row.instrument.currency)} against selling at the bid"


def expiry_words(settling: Settling) -> str:
    """"Fri Nov 20", with AM where it is settled in the morning."""
    day = f"{settling.expiry:%a %b} {settling.expiry.day}"
    return f"{day} AM" if settling.timing is Timing.OPENING else day


def settling_words(settling: Settling) -> str:
    """What all positions of one expiry leave behind together."""
    return delivery_words(settling.symbol, settling.currency, settling.due)


def side_words(row: Expiring) -> str:
    """"10 short", "15 long"."""
    return f"{fmt.quantity(abs(row.quantity))} {'short' if row.is_short else 'long'}"


def amounts(sums: Mapping[Currency, Decimal]) -> str:
    """"$86,412.37", or one after the other."""
    return " ".join(fmt.money(amount, currency) for currency, amount in sums.items())


def gains(sums: Mapping[Currency, Decimal]) -> str:
    """"−$600,000.00"; what is nothing is left out where there is something."""
    told = [fmt.gain(amount, currency) for currency, amount in sums.items() if amount]
    return " ".join(told) or fmt.gain(ZERO, next(iter(sums), ""))


def share_counts(sums: Mapping[str, Decimal]) -> tuple[str, ...]:
    """"+1,000 SPY" for each symbol."""
    return tuple(f"{'+' if amount > 0 else ''}{fmt.quantity(amount)} {symbol}" for symbol, amount in sums.items())
