"""Our own volatility and Greeks of a chain agree with the model that made the prices, whatever the dividends."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ibdesk.domain.chain_figures import RATE, at_the_money, modelled
from ibdesk.domain.chains import ChainRow
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import OptionFigures, Quote
from ibdesk.domain.money import USD
from ibdesk.domain.pricing import Model, Options, figures, years_until

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
EXPIRY = date(2026, 12, 18)
CLOSE = datetime(2026, 12, 18, 21, tzinfo=UTC)
YEARS = years_until(CLOSE, NOW)
SPOT = Decimal(600)


def option(strike: int, right: Right, asset_class: AssetClass = AssetClass.OPTION, root: str = "SPY") -> Instrument:
    return Instrument(
        conid=Conid(strike * 10 + (right is Right.CALL)), symbol=root, asset_class=asset_class, currency=USD,
        option=OptionTerms(right=right, strike=Decimal(strike), expiry=EXPIRY), trading_class=root,
    )


def chain(**more: object) -> tuple[ChainRow, ...]:
    return tuple(
        ChainRow(strike=Decimal(strike), call=option(strike, Right.CALL, **more), put=option(strike, Right.PUT, **more))  # type: ignore[arg-type]
        for strike in (580, 590, 600, 610, 620)
    )


def market(rows: tuple[ChainRow, ...], *, volatility: float, dividend: float, model: Model) -> dict[Conid, Quote]:
    """Quotes a cent either side of what the model says."""
    found = {}
    for each in (one for row in rows for one in (row.call, row.put)):
        assert each is not None and each.option is not None
        worth = figures(
            Options(is_call=each.option.right is Right.CALL, underlying=600.0, strike=float(each.option.strike),
                    years=YEARS, rate=RATE, dividend_yield=dividend, model=model),
            volatility, is_european_stand_in=True,
        ).price  # fmt: skip
        middle = Decimal(f"{float(worth):.4f}")
        found[each.conid] = Quote(
            conid=each.conid, received_at=NOW, bid=middle - Decimal("0.01"), ask=middle + Decimal("0.01")
        )
    return found


@pytest.mark.parametrize("dividend", [0.0, 0.013, 0.03])
def test_volatility_and_delta_come_back_whatever_the_dividends_are(dividend: float) -> None:
    rows = chain()
    quotes = market(rows, volatility=0.17, dividend=dividend, model=Model.BLACK_SCHOLES_MERTON)
    made = modelled(rows, quotes, SPOT, NOW)
    assert made.named == "model, European" and len(made.figures) == 10
    for told in made.figures.values():
        assert told.volatility is not None and abs(told.volatility - Decimal("0.17")) < Decimal("0.0005")
    at_money = rows[2]
    assert at_money.call is not None and at_money.put is not None
    call, put = (made.figures[each.conid].delta for each in (at_money.call, at_money.put))
    assert call is not None and put is not None
    assert call - put == pytest.approx(Decimal(f"{math.exp(-dividend * YEARS):.4f}"), abs=Decimal("0.001"))


def test_options_on_futures_are_reckoned_with_their_own_model() -> None:
    rows = chain(asset_class=AssetClass.FUTURE_OPTION, root="ES")
    quotes = market(rows, volatility=0.2, dividend=0.0, model=Model.BLACK_76)
    told = [each.volatility for each in modelled(rows, quotes, SPOT, NOW).figures.values()]
    assert all(each is not None and abs(each - Decimal("0.2")) < Decimal("0.0005") for each in told)


def test_the_broker_s_own_figures_are_left_alone() -> None:
    rows = chain()
    quotes = market(rows, volatility=0.17, dividend=0.0, model=Model.BLACK_SCHOLES_MERTON)
    whole = OptionFigures(volatility=Decimal("0.2"), delta=Decimal("0.5"))
    first, second, *_ = quotes
    quotes[first] = replace(quotes[first], option=whole)
    quotes[second] = replace(quotes[second], option=OptionFigures(volatility=Decimal("0.2")))
    found = modelled(rows, quotes, SPOT, NOW).figures
    assert first not in found and second in found and len(found) == 9


def test_european_roots_are_not_called_a_stand_in() -> None:
    rows = chain(root="SPX")
    quotes = market(rows, volatility=0.17, dividend=0.0, model=Model.BLACK_SCHOLES_MERTON)
    assert modelled(rows, quotes, SPOT, NOW).named == "model"


def test_nothing_is_reckoned_without_a_price_without_a_middle_or_after_the_end() -> None:
    rows = chain()
    quotes = market(rows, volatility=0.17, dividend=0.0, model=Model.BLACK_SCHOLES_MERTON)
    assert not modelled(rows, quotes, None, NOW).figures and not modelled(rows, {}, SPOT, NOW).figures
    assert not modelled(rows, quotes, Decimal(0), NOW).figures
    assert not modelled(rows, quotes, SPOT, CLOSE).figures
    one_sided = {conid: replace(quote, bid=None) for conid, quote in quotes.items()}
    assert not modelled(rows, one_sided, SPOT, NOW).figures


def test_a_price_below_what_exercise_brings_has_no_volatility_and_the_others_keep_theirs() -> None:
    rows = chain()
    quotes = market(rows, volatility=0.17, dividend=0.0, model=Model.BLACK_SCHOLES_MERTON)
    deep = rows[0].call
    assert deep is not None
    quotes[deep.conid] = replace(quotes[deep.conid], bid=Decimal(1), ask=Decimal(1))
    found = modelled(rows, quotes, SPOT, NOW).figures
    assert deep.conid not in found and len(found) == 9


def test_a_stale_pair_at_the_money_does_not_bend_the_forward() -> None:
    rows = chain()
    quotes = market(rows, volatility=0.17, dividend=0.0, model=Model.BLACK_SCHOLES_MERTON)
    call = rows[2].call
    assert call is not None
    quotes[call.conid] = replace(quotes[call.conid], bid=Decimal(200), ask=Decimal(201))
    out = rows[4].call
    assert out is not None
    told = modelled(rows, quotes, SPOT, NOW).figures[out.conid].volatility
    assert told is not None and abs(told - Decimal("0.17")) < Decimal("0.0005")


def test_the_volatility_at_the_money_is_of_call_and_put_at_the_nearest_strike() -> None:
    rows = chain()
    call, put = rows[2].call, rows[2].put
    assert call is not None and put is not None
    known = {each.conid: OptionFigures(volatility=Decimal(told)) for each, told in ((call, "0.16"), (put, "0.18"))}
    assert at_the_money(rows, known, Decimal(601)) == Decimal("0.17")
    assert at_the_money(rows, known, None) is None and at_the_money(rows, {}, SPOT) is None
    assert at_the_money((), known, SPOT) is None
