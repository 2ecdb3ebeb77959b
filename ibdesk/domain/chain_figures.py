"""Volatility and Greeks of a chain from the middle of bid and ask, where the broker tells none: ours, named as such.

The forward is taken from the market itself: at the strike nearest to the price, call less put is the forward less the
strike, discounted (put-call parity). So dividends need no guess, and the interest assumed hardly matters. For American
options this European model is a stand-in, and the figures say so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

import numpy as np

from ibdesk.domain.chains import ChainRow, middle
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, Right
from ibdesk.domain.market import OptionFigures, Quote
from ibdesk.domain.options import is_european
from ibdesk.domain.pricing import Model, Options, decimals, figures, implied_volatility, years_until

#: Continuous interest for the discount alone, about that of US treasury bills. A point more or less moves the delta of
#: a one-month option by less than 0.001.
RATE = 0.04
#: Options end when the New York session does.
_CLOSE = time(16, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Modelled:
    """Our figures by contract, and what the screen calls them."""

    figures: Mapping[Conid, OptionFigures]
    named: str = "model"


def modelled(
    rows: Sequence[ChainRow], quotes: Mapping[Conid, Quote], spot: Decimal | None, now: datetime, *, rate: float = RATE
) -> Modelled:
    """Volatility and Greeks for every contract of these rows whose middle is known and of which the broker told no
    volatility or no delta. `now` aware UTC. Nothing without a price of the underlying or after the end."""
    if spot is None or spot <= 0:
        return Modelled(figures={})
    pairs = [(each, price) for row in rows for each in (row.call, row.put)
             if each is not None and (price := _wanted(quotes.get(each.conid))) is not None]  # fmt: skip
    instruments, prices = [each for each, _ in pairs], [float(price) for _, price in pairs]
    years = _years(instruments, now)
    if not instruments or years <= 0:
        return Modelled(figures={})
    forward = _forward(rows, quotes, spot, years, rate)
    on_future = instruments[0].asset_class is AssetClass.FUTURE_OPTION
    terms = [each.option for each in instruments if each.option is not None]
    options = Options(
        is_call=[each.right is Right.CALL for each in terms], underlying=forward if on_future else float(spot),
        strike=[float(each.strike) for each in terms], years=years, rate=rate,
        dividend_yield=0.0 if on_future else rate - math.log(forward / float(spot)) / years,
        model=Model.BLACK_76 if on_future else Model.BLACK_SCHOLES_MERTON,
    )  # fmt: skip
    volatility = implied_volatility(options, np.array(prices))
    greeks = figures(options, volatility, is_european_stand_in=not all(map(is_european, instruments)))
    columns = (decimals(volatility, 6), decimals(greeks.delta, 4), decimals(greeks.gamma, 6),
               decimals(greeks.theta, 4), decimals(greeks.vega, 4))  # fmt: skip
    return Modelled(
        figures={
            each.conid: OptionFigures(volatility=told[0], delta=told[1], gamma=told[2], theta=told[3], vega=told[4])
            for each, told in zip(instruments, zip(*columns, strict=True), strict=True) if told[0] is not None
        },
        named=greeks.named,
    )  # fmt: skip


def at_the_money(
    rows: Sequence[ChainRow], known: Mapping[Conid, OptionFigures], spot: Decimal | None
) -> Decimal | None:
    """The volatility at the strike nearest to the price, of call and put together; None where none is known."""
    if spot is None or not rows:
        return None
    nearest = min(rows, key=lambda row: abs(row.strike - spot))
    told = [each.volatility for conid in nearest.conids if (each := known.get(conid)) and each.volatility is not None]
    return sum(told, Decimal(0)) / len(told) if told else None


def _wanted(quote: Quote | None) -> Decimal | None:
    """The middle, where the broker's own figures are missing."""
    if quote is None:
        return None
    told = quote.option
    return None if told is not None and told.volatility is not None and told.delta is not None else middle(quote)


def _years(instruments: Sequence[Instrument], now: datetime) -> float:
    terms = next((each.option for each in instruments if each.option is not None), None)
    return 0.0 if terms is None else years_until(datetime.combine(terms.expiry, _CLOSE, NEW_YORK), now)


def _forward(
    rows: Sequence[ChainRow], quotes: Mapping[Conid, Quote], spot: Decimal, years: float, rate: float
) -> float:
    """By put-call parity at the nearest strike where both middles are known; the spot's own growth where none is."""
    for row in sorted(rows, key=lambda each: abs(each.strike - spot)):
        if row.call is None or row.put is None:
            continue
        call, put = quotes.get(row.call.conid), quotes.get(row.put.conid)
        prices = (middle(call) if call else None, middle(put) if put else None)
        if prices[0] is not None and prices[1] is not None:
            implied = float(row.strike) + float(prices[0] - prices[1]) * math.exp(rate * years)
            # A forward far from the price comes from a stale or crossed quote, not from dividends.
            return implied if abs(implied / float(spot) - 1) < 0.1 else float(spot) * math.exp(rate * years)
    return float(spot) * math.exp(rate * years)
