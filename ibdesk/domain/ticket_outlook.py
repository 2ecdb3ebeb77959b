"""What filling a ticket at its price would earn and risk: its legs priced, and all that payoff and model say of them.

Everything modelled is an estimate: volatilities are the broker's where told, else implied by the middle of bid and ask;
the rate is one assumption for all. What is not known is left out and said in `notes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.compliance.case import price_of
from ibdesk.domain.hours import CLOSES, NEW_YORK, Calendar, session_of
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.market import Quote
from ibdesk.domain.money import ZERO
from ibdesk.domain.options import is_european
from ibdesk.domain.orders import NEEDS_LIMIT, NEEDS_STOP, Leg, OrderTicket
from ibdesk.domain.outlook import (
    Conditions,
    Greeks,
    Probability,
    greeks,
    line_at,
    line_at_first_expiry,
    profit_probability,
)
from ibdesk.domain.payoff import Line, PricedLeg, line_at_expiry
from ibdesk.domain.pricing import Model, Options, decimals, implied_volatility, years_until
from ibdesk.domain.ticket_prices import UnitQuote, unit_quote

#: One continuous rate for every model figure of a ticket: an assumption, told wherever a probability is shown.
RATE = Decimal("0.04")

EUROPEAN_STAND_IN = "Greeks and chance are those of a European model, which leaves early exercise out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A ticket's prospects in its currency, for its whole quantity, before commissions.

    `at_end` is the profit when the first of its options expires, `today` the model's line of now; both None where
    something is not known, which `notes` tell. `unit` is the price that was reckoned with, in the ticket's sign.
    """

    unit: Decimal | None = None
    spot: Decimal | None = None
    at_end: Line | None = None
    today: Line | None = None
    greeks: Greeks | None = None
    probability: Probability | None = None
    ends_at: datetime | None = None
    notes: tuple[str, ...] = ()


def outlook_of(
    ticket: OrderTicket, quotes: Mapping[Conid, Quote], calendar: Calendar, now: datetime
) -> Outlook:
    """All that can be said of the ticket now."""
    if not ticket.legs or not ticket.quantity.is_finite() or ticket.quantity <= 0:
        return Outlook()
    unit = _unit(ticket, unit_quote(ticket.legs, quotes))
    spot = spot_of(ticket.legs, quotes)
    if unit is None:
        return Outlook(spot=spot, notes=("Without a price there is no payoff: enter one, or wait for a quote.",))
    legs = _priced(ticket, unit, quotes, calendar, now, spot)
    options = [leg for leg in legs if leg.instrument.option is not None]
    ends_at = min((leg.expires_at for leg in options if leg.expires_at is not None), default=None)
    if not options or spot is None or spot <= 0:
        notes = ("The underlying has no price now, so only the last day is known.",) if options else ()
        return Outlook(unit=unit, spot=spot, at_end=_plain(legs), greeks=_shares(legs), ends_at=ends_at, notes=notes)
    conditions = Conditions(spot=spot, rate=RATE)
    at_end = line_at_first_expiry(legs, conditions)
    told = greeks(legs, now, conditions)
    return Outlook(
        unit=unit, spot=spot, at_end=at_end, today=line_at(legs, now, conditions), greeks=told, ends_at=ends_at,
        probability=_chance(at_end, legs, conditions, ends_at, now), notes=_notes(options, told),
    )  # fmt: skip


def spot_of(legs: Sequence[Leg], quotes: Mapping[Conid, Quote]) -> Decimal | None:
    """The price of what the legs are on; None when nobody quotes it."""
    conids = [underlying_of(leg.instrument) for leg in legs]
    found = (price_of(quotes.get(conid)) for conid in conids if conid is not None)
    return next((price for price in found if price is not None), None)


def underlying_of(instrument: Instrument) -> Conid | None:
    """What moves its price: the underlying of an option, else itself."""
    return instrument.underlying_conid if instrument.option is not None else instrument.conid


def expiry_of(instrument: Instrument, calendar: Calendar) -> datetime | None:
    """The instant an option's time value ends: the close of its last day in New York, aware UTC."""
    if instrument.option is None:
        return None
    session = session_of(instrument.option.expiry, calendar)
    return session[1] if session is not None else datetime.combine(instrument.option.expiry, CLOSES, NEW_YORK)


def volatility_of(
    instrument: Instrument, quote: Quote | None, spot: Decimal | None, calendar: Calendar, now: datetime
) -> Decimal | None:
    """A year's, as a fraction: the broker's, else implied by the middle of bid and ask; None where neither is."""
    terms = instrument.option
    if terms is None or quote is None:
        return None
    told = quote.option.volatility if quote.option is not None else None
    if told is not None and told > 0:
        return told
    mid, ends_at = price_of(quote), expiry_of(instrument, calendar)
    if mid is None or spot is None or spot <= 0 or ends_at is None:
        return None
    options = Options(
        is_call=terms.right is Right.CALL, underlying=float(spot), strike=float(terms.strike),
        years=years_until(ends_at, now), rate=float(RATE), model=_model(instrument),
    )  # fmt: skip
    (found,) = decimals(implied_volatility(options, float(mid)), 6)
    return found


def _unit(ticket: OrderTicket, quote: UnitQuote) -> Decimal | None:
    if ticket.order_type in NEEDS_LIMIT:
        return ticket.limit
    if ticket.order_type in NEEDS_STOP and ticket.stop is not None:
        return ticket.stop
    return quote.mid


def _priced(
    ticket: OrderTicket, unit: Decimal, quotes: Mapping[Conid, Quote], calendar: Calendar, now: datetime,
    spot: Decimal | None,
) -> tuple[PricedLeg, ...]:  # fmt: skip
    """The legs, the whole price on one that counts once: only their sum matters."""
    bearer, share = _bearer(ticket)
    return tuple(
        PricedLeg(
            instrument=leg.instrument, quantity=ticket.quantity * leg.ratio * leg.side.sign,
            premium=unit * share if leg is bearer else ZERO, expires_at=expiry_of(leg.instrument, calendar),
            volatility=volatility_of(leg.instrument, quotes.get(leg.instrument.conid), spot, calendar, now),
        )
        for leg in ticket.legs
    )  # fmt: skip


def _bearer(ticket: OrderTicket) -> tuple[Leg, Decimal]:
    """The leg that bears the unit's price, and how much of its own price one of the unit's is."""
    if not ticket.is_combo:
        return ticket.legs[0], Decimal(1)
    largest = max(leg.instrument.multiplier for leg in ticket.legs)
    bearer = min(ticket.legs, key=lambda leg: (leg.ratio * leg.instrument.multiplier % largest, leg.ratio))
    return bearer, largest / (bearer.side.sign * bearer.ratio * bearer.instrument.multiplier)


def _plain(legs: tuple[PricedLeg, ...]) -> Line | None:
    expiries = {leg.instrument.option.expiry for leg in legs if leg.instrument.option is not None}
    return line_at_expiry(legs) if len(expiries) <= 1 else None


def _shares(legs: tuple[PricedLeg, ...]) -> Greeks | None:
    if any(leg.instrument.option is not None for leg in legs):
        return None
    delta = sum((leg.weight for leg in legs), ZERO)
    return Greeks(delta=delta, gamma=ZERO, theta=ZERO, vega=ZERO, rho=ZERO, is_european_stand_in=False)


def _chance(
    line: Line | None, legs: tuple[PricedLeg, ...], conditions: Conditions, ends_at: datetime | None, now: datetime
) -> Probability | None:
    """With the volatility of the option nearest to the money; an average would be of nothing in particular."""
    rows = [(abs(leg.instrument.option.strike - conditions.spot), leg.volatility) for leg in legs
            if leg.instrument.option is not None and leg.volatility is not None]  # fmt: skip
    if line is None or not rows or ends_at is None:
        return None
    volatility = min(rows)[1]
    found = profit_probability(line, conditions, volatility, years_until(ends_at, now), _model_of(legs))
    return None if found is None else replace(found, value=min(Decimal(1), max(ZERO, found.value)))


def _notes(options: list[PricedLeg], told: Greeks | None) -> tuple[str, ...]:
    found = []
    if told is None:
        found.append("A leg has no volatility yet, so there is no model of today.")
    if any(not is_european(leg.instrument) for leg in options):
        found.append(EUROPEAN_STAND_IN)
    if len({leg.expires_at for leg in options}) > 1:
        found.append("The line is of the day the first option expires; the others are modelled then.")
    return tuple(found)


def _model(instrument: Instrument) -> Model:
    return Model.BLACK_76 if instrument.asset_class is AssetClass.FUTURE_OPTION else Model.BLACK_SCHOLES_MERTON


def _model_of(legs: tuple[PricedLeg, ...]) -> Model:
    return next((_model(leg.instrument) for leg in legs if leg.instrument.option is not None),
                Model.BLACK_SCHOLES_MERTON)  # fmt: skip


#: How much around strikes and price a picture shows: a share of the price, and of the strikes' distance.
_AIR, _SPAN = Decimal("0.06"), Decimal("0.7")


def window_of(ticket: OrderTicket, outlook: Outlook) -> tuple[Decimal, Decimal] | None:
    """The prices of the underlying a picture should show; None when there is nothing to place it by."""
    marks = [leg.instrument.option.strike for leg in ticket.legs if leg.instrument.option is not None]
    marks += [outlook.spot] if outlook.spot is not None else []
    if not marks and outlook.unit is not None:
        marks = [outlook.unit]
    if not marks:
        return None
    air = max(abs(max(marks)) * _AIR, (max(marks) - min(marks)) * _SPAN)
    return max(ZERO, min(marks) - air), max(marks) + air


def points_of(line: Line, low: Decimal, high: Decimal) -> tuple[tuple[Decimal, Decimal], ...]:
    """The corners of a line between two prices, its ends and zeros with them."""
    prices = {low, high, *(price for price, _ in line.knots if low < price < high)}
    prices |= {price for price in line.break_evens if low < price < high}
    return tuple((price, line.at(price)) for price in sorted(prices))
