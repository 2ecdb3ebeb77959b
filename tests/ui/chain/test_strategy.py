"""A strategy's legs are made around the mark, in the ratio a ticket wants, and asked for where they are missing."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ibdesk.domain.chains import Expiry
from ibdesk.domain.errors import Refused
from ibdesk.domain.instruments import Right
from ibdesk.domain.orders import Side
from ibdesk.domain.strategies import StrategyLeg
from ibdesk.domain.templates import Shape, TemplateName
from ibdesk.services.chains import Underlying
from ibdesk.ui.chain.strategy import FAR_STRIKES, build, legs_of, title_of
from tests.ui.chain.sample import DECEMBER, EXPIRY, SPY, option, rows

JANUARY = datetime(2027, 1, 15, tzinfo=UTC).date()
FAR = Expiry(day=JANUARY, trading_class="SPY")


Made = list[tuple[str, int, str]]


def make(
    name: TemplateName, strike: int = 600, *, far: Expiry | None = None, first: int = 580, **shape: Any
) -> Made:
    """Among strikes from `first` to 620, of which the broker lists some more at 575 and below."""
    asked: list[Expiry] = []

    async def near(_underlying: Underlying, expiry: Expiry, _around: Decimal, count: int) -> tuple[Any, ...]:
        asked.append(expiry)
        listed = range(570, 576) if expiry == EXPIRY else range(598, 603)
        assert count == (FAR_STRIKES if expiry == FAR else 2 * (shape["width"] + shape.get("gap", 1)) + 1)
        return tuple(option(each, right, expiry.day) for each in listed for right in Right)

    listed = rows(first, 620)
    legs = asyncio.run(build(
        SimpleNamespace(near=near), name, Shape(expiry=DECEMBER, far_expiry=JANUARY, **shape),  # type: ignore[arg-type]
        underlying=Underlying(instrument=SPY), expiry=EXPIRY, rows=listed, strike=listed[strike - first], far=far,
    ))
    assert (FAR in asked) == (far is not None)
    return [(leg.side.value, leg.ratio, leg.instrument.label) for leg in legs]


def test_a_vertical_begins_at_the_mark() -> None:
    assert make(TemplateName.VERTICAL, 598, right=Right.PUT, width=3, is_long=False) == [
        ("SELL", 1, "SPY Dec18'26 598 P"), ("BUY", 1, "SPY Dec18'26 595 P")]


def test_a_butterfly_keeps_its_ratio_and_a_covered_call_its_shares() -> None:
    assert [ratio for _, ratio, _ in make(TemplateName.BUTTERFLY)] == [1, 2, 1]
    assert make(TemplateName.COVERED_CALL) == [("BUY", 100, "SPY"), ("SELL", 1, "SPY Dec18'26 601 C")]


def test_a_calendar_asks_for_its_second_expiry() -> None:
    assert make(TemplateName.CALENDAR, far=FAR) == [
        ("SELL", 1, "SPY Dec18'26 600 C"), ("BUY", 1, "SPY Jan15'27 600 C")]


def test_strikes_beyond_what_is_listed_are_refused_with_a_remedy() -> None:
    with pytest.raises(Refused) as none:
        make(TemplateName.IRON_CONDOR, 581, width=9, gap=9)
    assert "do not reach" in none.value.message and none.value.remedy


def test_strikes_that_have_not_come_in_yet_are_asked_for() -> None:
    made = make(TemplateName.VERTICAL, 576, first=576, right=Right.PUT, width=3)
    assert made == [("BUY", 1, "SPY Dec18'26 576 P"), ("SELL", 1, "SPY Dec18'26 573 P")]


def test_custom_begins_empty() -> None:
    assert make(TemplateName.CUSTOM) == [] and legs_of([]) == ()


def test_a_common_factor_is_taken_out() -> None:
    legs = legs_of([StrategyLeg(instrument=option(600, Right.CALL), quantity=Decimal(-2)),
                    StrategyLeg(instrument=option(610, Right.CALL), quantity=Decimal(4))])  # fmt: skip
    assert [(leg.side, leg.ratio) for leg in legs] == [(Side.SELL, 1), (Side.BUY, 2)]


def test_a_title_says_the_side_where_there_is_one() -> None:
    shape = Shape(expiry=DECEMBER, is_long=False)
    assert title_of(TemplateName.IRON_CONDOR, shape) == "Short iron condor"
    assert title_of(TemplateName.COLLAR, shape) == "Collar" and title_of(TemplateName.CUSTOM, shape) == "Custom"
