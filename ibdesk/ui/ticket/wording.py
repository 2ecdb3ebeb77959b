"""The words of the ticket: how strategies, legs, prices, findings and outcomes read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ibdesk.domain.compliance.exposure import Book
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.options import recognise
from ibdesk.domain.orders import (
    Leg,
    Order,
    OrderState,
    OrderTicket,
    OrderType,
    OtherHalf,
    Side,
    TimeInForce,
)
from ibdesk.domain.strategies import Strategy
from ibdesk.domain.ticket_aims import Aim
from ibdesk.domain.ticket_prices import Shown, UnitQuote, shown
from ibdesk.ui import format as fmt
from ibdesk.ui.orders.words import instrument_words
from ibdesk.ui.orders.words import price_words as net_words

SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}
SIDE_TONES = {Side.BUY: "gain", Side.SELL: "loss"}

TYPES = {
    OrderType.LIMIT: "Limit", OrderType.MARKET: "Market", OrderType.STOP: "Stop", OrderType.STOP_LIMIT: "Stop limit",
    OrderType.TRAILING: "Trailing stop", OrderType.MARKET_ON_CLOSE: "Market on close",
    OrderType.LIMIT_ON_CLOSE: "Limit on close",
}
TIFS = {
    TimeInForce.DAY: "DAY · until today’s close", TimeInForce.GTC: "GTC · until cancelled",
    TimeInForce.IOC: "IOC · at once or not", TimeInForce.OPG: "OPG · at the open",
}

#: What traders call the verticals; the domain names them by what they are made of.
_NAMES = {
    Strategy.CREDIT_PUT_SPREAD: "Bull put spread", Strategy.CREDIT_CALL_SPREAD: "Bear call spread",
    Strategy.DEBIT_CALL_SPREAD: "Bull call spread", Strategy.DEBIT_PUT_SPREAD: "Bear put spread",
    Strategy.SHORT_CALL: "Short call", Strategy.SHORT_STRADDLE: "Short straddle",
    Strategy.SHORT_STRANGLE: "Short strangle",
}

SEVERITIES = {
    Severity.PASS: ("check", "gain", "Passed"), Severity.NOTE: ("info", "accent", "Note"),
    Severity.WARN: ("warn", "warn", "Warning"), Severity.CONFIRM: ("help", "warn", "To confirm"),
    Severity.BLOCK: ("cross", "loss", "Blocked"),
}  # fmt: skip
VERDICTS = {
    Severity.PASS: "All passed", Severity.NOTE: "Passed, with notes", Severity.WARN: "Warnings",
    Severity.CONFIRM: "To confirm", Severity.BLOCK: "Blocked",
}  # fmt: skip

_TITLES = {
    "Kill switch": (Code.KILL_SWITCH,),
    "Read only": (Code.READ_ONLY,),
    "Session": (Code.SESSION, Code.MAINTENANCE_WINDOW),
    "Mode and account": (Code.MODE,),
    "Quotes": (Code.STALE_DATA, Code.NO_QUOTE, Code.QUOTE_OK),
    "Price": (Code.PRICE_COLLAR, Code.MARKET_ORDER, Code.STOP_TRIGGERS),
    "Spread": (Code.WIDE_SPREAD,),
    "Size and limits": (Code.FAT_FINGER_QTY, Code.FAT_FINGER_NOTIONAL, Code.UNUSUAL, Code.SIZE_OK),
    "Possible loss": (Code.MAX_LOSS,),
    "Loss of the day": (Code.DAILY_LOSS,),
    "Duplicates": (Code.DUPLICATE,),
    "Rate of orders": (Code.RATE,),
    "Working orders": (Code.SELF_CROSS, Code.CLOSED_TWICE),
    "Price steps": (Code.TICK,),
    "Contracts": (Code.NON_STANDARD, Code.CONTRACT_OK, Code.EXPIRED, Code.NOT_OFFERED),
    "Market hours": (Code.HALTED, Code.SESSION_CLOSED, Code.OUTSIDE_RTH),
    "Expiry": (Code.EXPIRING_TODAY, Code.EXERCISE_DEADLINE, Code.EXERCISE_TIME_VALUE, Code.DIVIDEND_ASSIGNMENT),
    "Options permission": (Code.LEVEL_REQUIRED, Code.LEVEL_UNKNOWN, Code.LEVEL_OK, Code.NAKED_RESULT),
    "Cash account": (Code.CASH_ACCOUNT,),
    "Buying power": (Code.BP_INSUFFICIENT, Code.BP_CUSHION, Code.BP_UNKNOWN, Code.BP_ESTIMATE, Code.BP_OK),
    "The broker’s preview": (Code.BROKER_REFUSES,),
    "Minimum equity": (Code.MIN_EQUITY_2000,),
    "Intraday margin": (Code.IML_NEGATIVE, Code.IML_CUSHION, Code.IML_UNKNOWN, Code.IML_OK, Code.IMD_OUTSTANDING,
                        Code.IMD_FREEZE),
    "Day-trade rule": (Code.DT_LEGACY_NO_REMAINING, Code.DT_LEGACY_LAST, Code.DT_LEGACY_EQUITY,
                       Code.DT_TRANSITION_UNKNOWN, Code.DT_CONTRADICTION, Code.DT_COMPLETES, Code.DT_INFO),
    "Day-trade count": (Code.DT_COUNT,),
    "Settled cash": (Code.SETTLEMENT_FREE_RIDE, Code.SETTLEMENT_OK),
    "Short sales": (Code.SSR,),
    "Position limits": (Code.POSITION_LIMIT, Code.AGGREGATE_LIMIT),
    "Disclosures": (Code.ACK_REQUIRED,),
    "Wash sales": (Code.WASH_SALE_INFO,),
    "First live orders": (Code.FIRST_ORDERS,),
    "Ticket": (Code.TICKET,),
    "Account figures": (Code.ACCOUNT_UNKNOWN,),
    "A check that failed": (Code.CHECK_FAILED,),
}  # fmt: skip
TITLES = {code: title for title, codes in _TITLES.items() for code in codes}

#: Passed rules that are always listed, as the four a trader looks for; the others are behind one click.
ALWAYS = (Code.BP_OK, Code.LEVEL_OK, Code.IML_OK, Code.DT_INFO, Code.SIZE_OK, Code.QUOTE_OK)


def strategy_name(ticket: OrderTicket, title: str = "") -> str:
    """What the legs amount to by themselves: `Bull put spread`, `Buy SPY`; `title`, which they were picked under, where
    they have no name of their own; else `Custom`."""
    if not ticket.legs:
        return "Order ticket"
    if len(ticket.legs) == 1 and ticket.legs[0].instrument.option is None:
        return f"{SIDES[ticket.legs[0].side]} {ticket.legs[0].instrument.label}"
    try:
        parts = [part for found in recognise(ticket.changes) for part in found.parts]
    except (ArithmeticError, ValueError):
        return title or "Custom"
    if len(parts) != 1:
        return title or "Custom"
    return _NAMES.get(parts[0].strategy, parts[0].strategy.value.capitalize())


def title_words(ticket: OrderTicket, aim: Aim, title: str = "", *, today: date) -> str:
    """`Close NVDA`, `Roll SPY Dec 18 570 P`; of one that opens, what its legs amount to."""
    if aim is Aim.OPEN:
        return strategy_name(ticket, title)
    if aim is Aim.CLOSE and len(ticket.legs) > 1:
        return "Close position"
    legs = [leg.instrument for leg in ticket.legs]
    first = min(legs, key=lambda each: date.max if each.option is None else each.option.expiry)
    return f"{aim.capitalize()} {instrument_words(first, today=today)}"


def closing_words(ticket: OrderTicket, book: Book, *, today: date) -> str:
    """What is left after an order that only closes, in place of a payoff."""
    told = []
    for instrument, change in ticket.changes:
        held = book.quantity(instrument)
        left = abs(held + change)
        rest = f"{fmt.quantity(left)} {'is' if left == 1 else 'are'} left" if left else "nothing is left"
        named = instrument_words(instrument, today=today)
        told.append(f"Closes {fmt.quantity(abs(change))} of {fmt.quantity(abs(held))} {named} "
                    f"{'held' if held > 0 else 'sold short'}: {rest}.")  # fmt: skip
    return " ".join((*told, "An order that only closes has no payoff of its own."))


def leg_size(leg: Leg, ticket: OrderTicket) -> str:
    """`10 ×`: what one leg trades in all."""
    return f"{fmt.quantity(ticket.quantity * leg.ratio)} ×"


def price_words(seen: Shown, *, is_combo: bool) -> str:
    """The limit as its field has it: `1.88 cr`, `1.88 db`, `5.92`, or "" without one."""
    if seen.limit is None:
        return ""
    plain = fmt.price(seen.limit).replace(",", "")
    if not is_combo:
        return plain
    return f"{plain} cr" if seen.is_credit else f"{plain} db"


def field_words(price: Decimal | None, ticket: OrderTicket, *, is_credit: bool) -> str:
    """Another price of a ticket as its field has it, read the way its limit is."""
    is_credit = is_credit and ticket.is_combo
    turned = -price if price is not None and is_credit else price
    seen = Shown(bid=None, mid=None, ask=None, limit=turned, is_credit=is_credit)
    return price_words(seen, is_combo=ticket.is_combo)


def typed_words(value: Decimal) -> str:
    """A number as a person would type it: no separators, no zeros that say nothing."""
    return format(value.normalize(), "f")


def terms_words(ticket: OrderTicket) -> str:
    """On what terms: `limit 1.88 cr, DAY`, `stop limit 5.00, stop 4.90, GTC, outside regular hours`."""
    limit, stop = (price_words(shown(UnitQuote(), price), is_combo=ticket.is_combo)
                   for price in (ticket.limit, ticket.stop))  # fmt: skip
    parts = [f"{TYPES[ticket.order_type].lower()} {limit}".strip()]
    parts += [f"stop {stop}"] if stop else []
    if ticket.other is not None:
        parts[0] += f" or {other_words(ticket.other)}, one cancelling the other"
    if ticket.trail is not None:
        parts.append(f"trailing by {typed_words(ticket.trail.amount)}{' %' * ticket.trail.is_percent}")
    parts.append(ticket.tif.value)
    parts += ["outside regular hours"] if ticket.outside_hours else []
    parts += ["with exits"] if ticket.exits is not None else []
    return ", ".join(parts)


def other_words(other: OtherHalf) -> str:
    """`stop 95.00`, `trailing stop by 2 %`."""
    if other.order_type is OrderType.TRAILING:
        trail = other.trail
        by = "" if trail is None else f" by {typed_words(trail.amount)}{' %' * trail.is_percent}"
        return f"{TYPES[other.order_type].lower()}{by}"
    return f"stop {fmt.price(other.stop)}"


def side_price(name: str, seen: Shown) -> str:
    """One end of the slider: `Bid 1.76`."""
    price = {"Bid": seen.bid, "Mid": seen.mid, "Ask": seen.ask}[name]
    return f"{name} {fmt.price(price)}"


def send_words(ticket: OrderTicket, *, is_change: bool) -> str:
    """What the button does, and to whom."""
    return "Change order" if is_change else f"Send to {face_of(ticket.mode).word}"


def hold_words(mode: Mode) -> str:
    return f"Hold to send to {face_of(mode).word}"


def title_of(finding: Finding) -> str:
    return TITLES.get(finding.code, finding.code.value.replace("_", " ").capitalize())


def source_words(finding: Finding) -> str:
    """Who says so, and by which dated rules; nothing for the desk's own."""
    parts = [] if finding.source is Source.DESK else [finding.source.value]
    if finding.citation:
        parts.append(finding.citation)
    return " · ".join(parts)


def joined(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What one rule says of several legs with one remedy as one finding, its sentences below each other."""
    found: dict[object, Finding] = {}
    for each in findings:
        key = (each.code, each.severity, each.remedy, each.source, each.citation)
        before = found.get(key)
        found[key] = each if before is None else replace(each, sentence=f"{before.sentence}\n{each.sentence}")
    return tuple(found.values())


def outcome_words(order: Order, *, is_change: bool = False) -> tuple[str, str]:
    """What became of an order, or of a change to one, and the tone."""
    done = "The change was taken" if is_change else "Placed"
    match order.state:
        case OrderState.FILLED:
            paid = order.average_price
            price = "" if paid is None else f" at {net_words(paid, is_combo=len(order.legs) > 1)}"
            return f"Filled{price}.", "gain"
        case OrderState.REFUSED:
            return f"Refused by the broker: {order.message or 'no reason was given.'}", "loss"
        case OrderState.DECLINED:
            return "Not placed: you answered no.", "warn"
        case OrderState.UNKNOWN:
            return ("Nobody knows yet whether it arrived. It will be looked for, and is never sent again by itself.",
                    "warn")  # fmt: skip
        case OrderState.CANCELLED | OrderState.CANCELLING | OrderState.INACTIVE:
            return f"The broker has it as {order.state}. {order.message}".strip(), "warn"
        case OrderState.WORKING:
            words = "partly filled" if order.is_partly_filled else "working"
            return f"{done}; the order is {words}." if is_change else f"{done} and {words}.", "gain"
        case OrderState.HELD:
            return f"{done}; the broker holds the order until it may work.", "gain"
        case _:
            return f"{done}; the broker has not said yet that the order works.", "gain"
