"""What an order is called: its legs, its state, its type and its prices in the words a trader reads."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from ibdesk.domain.instruments import Instrument, OptionTerms
from ibdesk.domain.options import recognise
from ibdesk.domain.orders import Leg, Order, OrderState, OrderTicket, OrderType, Side, TimeInForce
from ibdesk.ui import format as fmt

#: The tone beside each state's words; the words tell it too.
_STATES: dict[OrderState, tuple[str, str]] = {
    OrderState.INTENDED: ("Sending…", "accent"),
    OrderState.ASKED: ("Awaiting reply", "muted"),
    OrderState.UNKNOWN: ("Unknown", "warn"),
    OrderState.PENDING: ("Sent", "accent"),
    OrderState.HELD: ("Held by the broker", "accent"),
    OrderState.WORKING: ("Submitted", "accent"),
    OrderState.CANCELLING: ("Cancelling…", "warn"),
    OrderState.FILLED: ("Filled", "gain"),
    OrderState.CANCELLED: ("Cancelled", "muted"),
    OrderState.REFUSED: ("Refused", "loss"),
    OrderState.DECLINED: ("Not sent", "muted"),
    OrderState.INACTIVE: ("Inactive", "muted"),
}
#: What each state means, for whoever wonders.
_MEANINGS: dict[OrderState, str] = {
    OrderState.INTENDED: "It is written down and on its way to the broker.",
    OrderState.ASKED: "The broker asked something. The order is not placed before it is answered.",
    OrderState.UNKNOWN: "It was sent and no answer came. It is being looked for at the broker and is never sent again.",
    OrderState.PENDING: "The broker has it and has not said yet that it works.",
    OrderState.HELD: "The broker holds it until it may work: before the opening, or behind another order.",
    OrderState.WORKING: "It works at the exchange.",
    OrderState.CANCELLING: "Its cancellation was asked for; a fill may still be quicker.",
    OrderState.FILLED: "All of it was traded.",
    OrderState.CANCELLED: "It works no more.",
    OrderState.REFUSED: "The broker did not take it, or it never left. Nothing was placed.",
    OrderState.DECLINED: "You answered no to the broker’s question, so it was not placed.",
    OrderState.INACTIVE: "It does not work at present; the broker may activate it again.",
}
_SHORT: dict[OrderType, str] = {
    OrderType.MARKET: "Market", OrderType.LIMIT: "Limit", OrderType.STOP: "Stop", OrderType.STOP_LIMIT: "Stop limit",
    OrderType.TRAILING: "Trailing", OrderType.MARKET_ON_CLOSE: "Market on close",
    OrderType.LIMIT_ON_CLOSE: "Limit on close",
}  # fmt: skip
_TIFS: dict[TimeInForce, str] = {
    TimeInForce.DAY: "good for the day", TimeInForce.GTC: "good until cancelled",
    TimeInForce.IOC: "at once or cancelled", TimeInForce.OPG: "at the opening",
}  # fmt: skip
_SOLD = ("short ", "uncovered short ")


def describe(legs: Sequence[Leg], quantity: Decimal, *, today: date | None = None) -> str:
    """A whole order: "Sell 10 × SPY Dec 18 600/610 C". `today` lets years that go without saying be left out."""
    return " ".join(part for part in (side_word(legs), amount_words(legs, quantity, today=today)) if part)


def amount_words(legs: Sequence[Leg], quantity: Decimal, *, today: date | None = None) -> str:
    """The same without its first word: "10 × SPY Dec 18 600/610 C"."""
    return f"{fmt.quantity(quantity)} × {contract_words(legs, today=today)}"


def side_word(legs: Sequence[Leg]) -> str:
    """Buy or Sell. Of a spread it is what happens to its dearer leg; empty where several legs have no common word."""
    side = side_of(legs)
    return "" if side is None else "Buy" if side is Side.BUY else "Sell"


def side_of(legs: Sequence[Leg]) -> Side | None:
    """The side of the whole, None where there is none."""
    if not legs:
        return None
    if len({leg.side for leg in legs}) == 1:
        return legs[0].side
    if len(legs) == 2 and all(leg.ratio == legs[0].ratio for leg in legs) and (pair := _pair(legs)) is not None:
        return pair[0].side
    name = _name(legs)
    if not name:
        return None
    return Side.SELL if name.startswith(_SOLD) else Side.BUY


def contract_words(legs: Sequence[Leg], *, today: date | None = None) -> str:
    """What is traded: "AAPL", "SPY Dec 18 570 P", "SPY Dec 18 iron condor 540/550/620/630"."""
    if not legs:
        return fmt.UNKNOWN
    if len(legs) == 1:
        return _ratio(legs[0]) + instrument_words(legs[0].instrument, today=today)
    if (pair := _pair(legs)) is not None and all(leg.ratio == legs[0].ratio for leg in legs):
        return _pair_words(pair, today)
    name = _name(legs)
    symbols = {leg.instrument.symbol for leg in legs}
    if name and len(symbols) == 1:
        return " ".join(part for part in (next(iter(symbols)), _expiry_words(legs, today), _bare(name), _strikes(legs))
                        if part)  # fmt: skip
    return ", ".join(
        f"{'+' if leg.side is Side.BUY else fmt.MINUS}{leg.ratio} {instrument_words(leg.instrument, today=today)}"
        for leg in legs
    )


def instrument_words(instrument: Instrument, *, today: date | None = None) -> str:
    """One contract: "SPY Dec 18 570 P", "ES Dec 26", "AAPL"."""
    terms = instrument.option
    if terms is None:
        return instrument.label
    name = instrument.trading_class or instrument.symbol
    return f"{name} {day_words(terms.expiry, today=today)} {strike_words(terms.strike)} {terms.right}"


def day_words(day: date, *, today: date | None = None) -> str:
    """An expiry: "Dec 18", with its year where it is more than eleven months away or `today` is not known."""
    is_near = today is not None and -31 <= (day - today).days <= 335
    return f"{day:%b} {day.day}" if is_near else f"{day:%b} {day.day} ’{day:%y}"


def strike_words(strike: Decimal) -> str:
    """A strike without needless zeros."""
    return format(strike.normalize(), "f")


def state_words(order: Order) -> str:
    """Where it is, in a word or two: "Submitted", "Partially filled", "Awaiting reply"."""
    if order.is_partly_filled and order.state in (OrderState.WORKING, OrderState.HELD, OrderState.PENDING):
        return "Partially filled"
    if order.is_partly_filled and order.state is OrderState.CANCELLED:
        return "Partly filled, cancelled"
    return _STATES[order.state][0]


def state_tone(order: Order) -> str:
    """The colour that repeats what the words say."""
    is_partial = order.is_partly_filled and order.state is OrderState.WORKING
    return "warn" if is_partial else _STATES[order.state][1]


def state_meaning(order: Order) -> str:
    """One sentence on the state, and what the broker said."""
    filled = ""
    if order.is_partly_filled:
        filled = f"{fmt.quantity(order.filled)} of {fmt.quantity(order.quantity)} were traded so far."
    return " ".join(part for part in (_MEANINGS[order.state], filled, order.message) if part)


def type_words(order: Order | OrderTicket) -> str:
    """How it is to be traded: "Limit 2.15 cr", "Stop 560.00", "Market"; an em dash where the broker did not say."""
    if order.order_type is None:
        return fmt.UNKNOWN
    is_combo = len(order.legs) > 1
    prices = [price_words(price, is_combo=is_combo) for price in (order.stop, order.limit) if price is not None]
    if order.trail is not None and order.order_type is OrderType.TRAILING:
        prices = [f"by {fmt.price(order.trail.amount)}{' %' if order.trail.is_percent else ''}"]
    return " ".join((_SHORT[order.order_type], " → ".join(prices))).strip()


def tif_words(tif: TimeInForce | None) -> str:
    """How long it stands, for people."""
    return fmt.UNKNOWN if tif is None else _TIFS[tif]


def price_words(price: Decimal | None, *, is_combo: bool = False) -> str:
    """A price; of several legs with whether it is received (cr) or paid (db)."""
    if price is None or not is_combo:
        return fmt.price(price)
    return f"{fmt.price(abs(price))} {'cr' if price < 0 else 'db'}" if price else fmt.price(price)


def filled_words(order: Order) -> str:
    """Filled of ordered: "40 / 100"."""
    return f"{fmt.quantity(order.filled)} / {fmt.quantity(order.quantity)}"


def age_words(then: datetime, now: datetime) -> str:
    """How long an order stands, in as few letters as a column has: "8 s", "11 m", "3 h", "2 d"."""
    seconds = max(0, int((now - then).total_seconds()))
    for size, letter in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size} {letter}"
    return f"{seconds} s"


def _ratio(leg: Leg) -> str:
    return "" if leg.ratio == 1 else f"{leg.ratio} "


def _terms(leg: Leg) -> OptionTerms | None:
    return leg.instrument.option


def _pair(legs: Sequence[Leg]) -> tuple[Leg, Leg] | None:
    """Two options of one underlying and right, one bought and one sold, the dearer one first: that of the later expiry,
    then the lower call or the higher put."""
    if len(legs) != 2 or legs[0].side is legs[1].side or legs[0].instrument.symbol != legs[1].instrument.symbol:
        return None
    first, second = _terms(legs[0]), _terms(legs[1])
    if first is None or second is None or first.right != second.right:
        return None
    if first.expiry != second.expiry:
        is_first = first.expiry > second.expiry
    else:
        is_first = first.strike < second.strike if first.right == "C" else first.strike > second.strike
    return (legs[0], legs[1]) if is_first else (legs[1], legs[0])


def _pair_words(pair: tuple[Leg, Leg], today: date | None) -> str:
    dear, other = (_terms(leg) for leg in pair)
    assert dear is not None and other is not None  # noqa: S101 - `_pair` saw to it
    name = pair[0].instrument.symbol
    if dear.expiry == other.expiry:
        strikes = f"{strike_words(dear.strike)}/{strike_words(other.strike)}"
        return f"{name} {day_words(dear.expiry, today=today)} {strikes} {dear.right}"
    days = f"{day_words(other.expiry, today=today)} / {day_words(dear.expiry, today=today)}"
    if dear.strike == other.strike:
        return f"{name} {days} {strike_words(dear.strike)} {dear.right}"
    return f"{name} {days} {strike_words(other.strike)}/{strike_words(dear.strike)} {dear.right}"


def _name(legs: Sequence[Leg]) -> str:
    """The strategy all legs make together, empty when they make several or none."""
    found = recognise(tuple((leg.instrument, Decimal(leg.ratio * leg.side.sign)) for leg in legs))
    if len(found) != 1 or len(found[0].parts) != 1:
        return ""
    return found[0].parts[0].strategy.value


def _bare(name: str) -> str:
    """Without what Buy and Sell say already."""
    for lead in (*_SOLD[::-1], "long "):
        name = name.removeprefix(lead)
    return name


def _expiry_words(legs: Sequence[Leg], today: date | None) -> str:
    days = sorted({terms.expiry for leg in legs if (terms := _terms(leg)) is not None})
    return " / ".join(day_words(day, today=today) for day in days)


def _strikes(legs: Sequence[Leg]) -> str:
    strikes = sorted({terms.strike for leg in legs if (terms := _terms(leg)) is not None})
    return "/".join(map(strike_words, strikes))
