"""Whether an order's price makes sense beside the market: quotes old, delayed or missing, and limits that pay away.

Two collars: one asks, the hard one blocks and holds for closing orders too. Only the harmful direction counts: a limit
far from the market on the patient side harms nobody. A combination is judged by its net price.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.compliance.case import Case, net_touch, said, touch, unit_line
from ibdesk.domain.compliance.market_state import is_regular
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, figure
from ibdesk.domain.instruments import Right
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.options import is_european
from ibdesk.domain.orders import NEEDS_LIMIT, Leg, OrderType, Side
from ibdesk.domain.payoff import in_the_money

#: The least distances in price, so that cheap contracts are not asked about for a cent (compliance.md section 4).
TOUCH_FLOOR, MID_FLOOR, HARD_FLOOR = Decimal("0.10"), Decimal("0.25"), Decimal("0.50")

_LATE = frozenset({Delay.DELAYED, Delay.FROZEN, Delay.FROZEN_DELAYED})


_WITHIN = (said(Code.PRICE_COLLAR, Severity.PASS, "The price is within the hard collar."),)
_FINE = (said(Code.QUOTE_OK, Severity.PASS, "Quotes are fresh and the price is near them."),)


def check_hard_collar(case: Case) -> tuple[Finding, ...]:
    """Prices nobody means: beyond half the mid, below what exercise is worth, above what the unit can ever be worth."""
    found = (*_far_from_mid(case), *_below_intrinsic(case), *_above_most(case))
    return found or _WITHIN


def check_prices(case: Case) -> tuple[Finding, ...]:
    """Quotes and the soft collar; market orders and stops too."""
    found = (*_quotes(case), *_soft_collar(case), *_market_order(case), *_spread(case), *_stop(case))
    return found or _FINE


def _sides(case: Case) -> tuple[Decimal | None, Decimal | None]:
    """What a unit costs to buy at once and what it brings; for one leg simply ask and bid."""
    return case.once(_reckoned_sides)


def _reckoned_sides(case: Case) -> tuple[Decimal | None, Decimal | None]:
    here, back = net_touch(case.ticket, case.context), net_touch(case.ticket, case.context, -1)
    return (here, back) if _is_bought(case) else (back, here)


def _is_bought(case: Case) -> bool:
    """A combination is bought at its net price, a credit being negative."""
    return case.ticket.is_combo or case.ticket.legs[0].side is Side.BUY


def _mid(case: Case) -> Decimal | None:
    ask, bid = _sides(case)
    return None if ask is None or bid is None else (ask + bid) / 2


def _limit(case: Case) -> Decimal | None:
    return case.ticket.limit if case.ticket.order_type in NEEDS_LIMIT else None


def _worse_by(case: Case, limit: Decimal, than: Decimal) -> Decimal:
    """How much worse than a price the limit is for who trades; negative when it is better."""
    return limit - than if _is_bought(case) else than - limit


def _said(case: Case, price: Decimal) -> str:
    """A price in a sentence: of a combination with whether it is received or paid, as its ticket has it."""
    return f"{figure(abs(price))} {'cr' if price < 0 else 'db'}" if case.ticket.is_combo else figure(price)


def _far_from_mid(case: Case) -> Iterator[Finding]:
    limit, mid = _limit(case), _mid(case)
    if limit is None or mid is None:
        return
    allowed = max(case.context.settings.risk_mid_block_pct / 100 * abs(mid), HARD_FLOOR)
    away = _worse_by(case, limit, mid)
    if away > allowed:
        yield _collar(
            Severity.BLOCK,
            f"The limit is {figure(away)} worse than the mid of {_said(case, mid)}; {figure(allowed)} is the most you "
            "allow.", away, allowed,
        )  # fmt: skip


def _soft_collar(case: Case) -> Iterator[Finding]:
    limit, settings = _limit(case), case.context.settings
    if limit is None:
        return
    ask, bid = _sides(case)
    other = ask if _is_bought(case) else bid
    for price, name, share, floor in (
        (other, "the ask" if _is_bought(case) else "the bid", settings.risk_touch_pct, TOUCH_FLOOR),
        (_mid(case), "the mid", settings.risk_mid_confirm_pct, MID_FLOOR),
    ):
        if price is None:
            continue
        allowed, away = max(share / 100 * abs(price), floor), _worse_by(case, limit, price)
        if away > allowed:
            yield _collar(
                Severity.CONFIRM,
                f"The limit is {figure(away)} worse than {name} of {_said(case, price)}; up to {figure(allowed)} is "
                "usual.", away, allowed,
            )  # fmt: skip


def _below_intrinsic(case: Case) -> Iterator[Finding]:
    """Selling for less than exercise brings. European options may be worth less before their last day."""
    limit = _limit(case)
    if limit is None or case.ticket.is_combo or case.ticket.legs[0].side is Side.BUY:
        return
    instrument = case.ticket.legs[0].instrument
    terms = instrument.option
    if terms is None or is_european(instrument):
        return
    worth = _exercise_worth(case, case.ticket.legs[0])
    if worth is not None and limit < worth:
        yield _collar(
            Severity.BLOCK if case.context.settings.risk_intrinsic_blocks else Severity.CONFIRM,
            f"The limit of {figure(limit)} is below the {figure(worth)} that exercise is worth.", limit, worth,
        )  # fmt: skip


def _exercise_worth(case: Case, leg: Leg) -> Decimal | None:
    """At the underlying's price one would really get: its bid for a call, its ask for a put."""
    terms, key = leg.instrument.option, case.context.book.underlying_of(leg.instrument)
    if terms is None or isinstance(key, str):
        return None
    spot = touch(case.context.quotes.get(key), -1 if terms.right is Right.CALL else 1)
    spot = case.underlying(leg.instrument) if spot is None else spot
    return None if spot is None else in_the_money(terms, spot)


def _above_most(case: Case) -> Iterator[Finding]:
    """Paying more than the unit can be worth at any price of the underlying: a debit above the width, a "credit" that
    is paid."""
    limit = _limit(case)
    if limit is None or not case.has_options or not _is_bought(case):
        return
    most = _most_worth(case)
    if most is not None and limit > most:
        yield _collar(
            Severity.BLOCK if case.context.settings.risk_intrinsic_blocks else Severity.CONFIRM,
            f"It pays {_said(case, limit)} for what can never be worth more than {_said(case, most)}.", limit, most,
        )  # fmt: skip


def _most_worth(case: Case) -> Decimal | None:
    """Of one unit in its price's terms; None without a bound, or with several last days."""
    line = case.once(unit_line)
    if line is None or line.slope > 0:
        return None
    return max(profit for _, profit in line.knots) / max(leg.instrument.multiplier for leg in case.ticket.legs)


def _collar(severity: Severity, sentence: str, measured: Decimal, limit: Decimal) -> Finding:
    return said(
        Code.PRICE_COLLAR, severity, sentence, "Change the limit.", source=Source.SETTING, measured=measured,
        limit=limit,
    )  # fmt: skip


def _quotes(case: Case) -> Iterator[Finding]:
    is_market, settings = case.ticket.order_type is OrderType.MARKET, case.context.settings
    is_open = is_regular(case)
    of_options, of_others = _seconds(settings.risk_option_quote_age), _seconds(settings.risk_stock_quote_age)
    for leg in case.ticket.legs:
        quote = case.context.quotes.get(leg.instrument.conid)
        missing = _missing(quote)
        if missing:
            yield said(
                Code.NO_QUOTE, Severity.BLOCK if is_market else Severity.CONFIRM, f"{leg.instrument.label}: {missing}.",
                "Wait for a quote, or use a limit you are sure of." if is_market else "Wait for a quote.",
                source=Source.BROKER,
            )  # fmt: skip
        elif quote is not None:
            oldest = of_options if leg.instrument.option is not None else of_others
            yield from _late(case, leg, quote, oldest if is_open else None)


def _seconds(count: Decimal) -> timedelta:
    return timedelta(seconds=float(count))


def _missing(quote: Quote | None) -> str:
    if quote is None or quote.delay is Delay.NOT_SUBSCRIBED:
        return "there is no quote"
    bid, ask = touch(quote, -1), touch(quote, 1)
    if bid is not None and ask is not None:
        return ""
    return f"the quote has no {' and no '.join(name for name, side in (('bid', bid), ('ask', ask)) if side is None)}"


def _late(case: Case, leg: Leg, quote: Quote, oldest: timedelta | None) -> Iterator[Finding]:
    """Old only matters while the market moves (`oldest` is None when it does not); a delayed quote is late by its own
    word."""
    if quote.delay is not Delay.LIVE:
        word = quote.delay.value if quote.delay in _LATE else "not known to be live"
        yield said(
            Code.STALE_DATA, Severity.CONFIRM, f"The quote of {leg.instrument.label} is {word}.",
            "Look at a live price first.", source=Source.BROKER,
        )  # fmt: skip
    told_at = quote.told_at if quote.delay is Delay.LIVE else quote.received_at
    age = case.context.now - told_at
    if oldest is not None and age > oldest:
        settings, seconds = case.context.settings, Decimal(str(age.total_seconds()))
        is_option = leg.instrument.option is not None
        allowed = settings.risk_option_quote_age if is_option else settings.risk_stock_quote_age
        yield said(
            Code.STALE_DATA, Severity.CONFIRM, f"The quote of {leg.instrument.label} is {seconds:.1f} seconds old.",
            "Wait for a new quote.", source=Source.SETTING, measured=seconds, limit=allowed,
        )  # fmt: skip


def _market_order(case: Case) -> Iterator[Finding]:
    """On options a market order pays whatever is asked."""
    if case.ticket.order_type is not OrderType.MARKET or not case.has_options:
        return
    why = []
    if not is_regular(case):
        why.append("regular hours are over")
    if any(each.option is not None and each.option.expiry <= case.policies.day for each, _ in case.legs):
        why.append("it expires today")
    if _is_wide(case):
        why.append("the spread is wide")
    yield said(
        Code.MARKET_ORDER, Severity.BLOCK if why else Severity.CONFIRM,
        f"A market order on options takes any price{': ' + ' and '.join(why) if why else ''}.", "Use a limit.",
    )  # fmt: skip


def _width(case: Case) -> Decimal | None:
    """Bid to ask in percent of the mid; None without both or around nothing."""
    ask, bid = _sides(case)
    mid = _mid(case)
    return None if ask is None or bid is None or not mid else 100 * (ask - bid) / abs(mid)


def _is_wide(case: Case) -> bool:
    width = _width(case)
    return width is not None and width > case.context.settings.risk_spread_warn_pct


def _spread(case: Case) -> Iterator[Finding]:
    width = _width(case)
    if width is not None and _is_wide(case):
        yield said(
            Code.WIDE_SPREAD, Severity.WARN, f"Bid and ask are {figure(width)} % of the mid apart.",
            "Begin at the mid and move by ticks.", source=Source.SETTING, measured=width,
            limit=case.context.settings.risk_spread_warn_pct,
        )  # fmt: skip


def _stop(case: Case) -> Iterator[Finding]:
    """A stop already passed triggers at once (the broker's own question o403)."""
    ask, bid = _sides(case)
    stop = case.ticket.stop if case.ticket.order_type in (OrderType.STOP, OrderType.STOP_LIMIT) else None
    price = ask if _is_bought(case) else bid
    if stop is None or price is None:
        return
    if (price >= stop) if _is_bought(case) else (price <= stop):
        yield said(
            Code.STOP_TRIGGERS, Severity.CONFIRM,
            f"The stop of {_said(case, stop)} is passed already at {_said(case, price)}: it would trigger at once.",
            "Move the stop, or use a limit.", measured=stop, limit=price,
        )  # fmt: skip
