"""What a ticket ties up, by whose reckoning, and the largest size that funds and limits carry."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Source
from ibdesk.domain.instruments import AssetClass, Conid
from ibdesk.domain.orders import Impact, Leg, OrderTicket, Side, WhatIf
from ibdesk.domain.ticket_margin import largest, margin_of
from tests.domain.contracts import XYZ, option
from tests.services.scripted_broker import SHARE, picture, ticket
from tests.services.workshop import NOON

D = Decimal


def context(**parts: object) -> Context:
    return replace(picture(lambda: NOON), **parts)  # type: ignore[arg-type]


def preview(change: str = "5000", equity: str = "-10", **parts: object) -> WhatIf:
    made = WhatIf(
        at=NOON, equity=Impact(current=D(1_000_000), change=D(equity), after=D(1_000_000) + D(equity)),
        initial_margin=Impact(current=D(100_000), change=D(change), after=D(100_000) + D(change)),
        maintenance_margin=Impact(current=D(90_000), change=D(4000), after=D(94_000)), commission_from=D(1),
        commission_to=D("1.50"),
    )  # fmt: skip
    return replace(made, **parts)  # type: ignore[arg-type]


def test_the_brokers_preview_is_taken_before_any_estimate() -> None:
    found = margin_of(ticket(), context(what_if=preview()))
    assert found is not None
    assert found.source is Source.WHAT_IF
    assert (found.initial.current, found.initial.change, found.initial.after) == (100_000, 5000, 105_000)
    assert found.funds.change == -5010
    assert found.commission == (1, D("1.50"))


def test_a_figure_the_broker_left_out_is_reckoned_from_the_two_others_and_a_sentinel_is_none() -> None:
    half = replace(
        preview(), equity=Impact(current=None, change=D(-10), after=D(990)),
        initial_margin=Impact(current=D(100), change=None, after=D(150)),
        maintenance_margin=Impact(current=D(80), change=D(40), after=None),
    )  # fmt: skip
    found = margin_of(ticket(), context(what_if=half))
    assert found is not None and found.source is Source.WHAT_IF
    assert found.initial == Impact(current=D(100), change=D(50), after=D(150))
    assert found.maintenance == Impact(current=D(80), change=D(40), after=D(120))
    assert found.funds == Impact(current=D(900), change=D(-60), after=D(840))
    unset = preview(maintenance_margin=Impact(current=D("1.7e308"), change=D("1.7e308"), after=D("1.7e308")))
    found = margin_of(ticket(), context(what_if=unset))
    assert found is not None and found.maintenance == Impact()


@pytest.mark.parametrize("known", ["current", "change", "after"])
def test_one_figure_alone_gives_no_others(known: str) -> None:
    alone = Impact(**{known: D(7)})
    found = margin_of(ticket(), context(what_if=replace(preview(), equity=alone, maintenance_margin=alone)))
    assert found is not None and found.maintenance == alone
    left = Impact(current=D(7) - 100_000, change=D(7) - 5000, after=D(7) - 105_000)
    assert found.funds == Impact(**{known: getattr(left, known)}), "unknown less something is unknown"


def test_a_change_alone_of_the_initial_margin_leaves_the_other_funds_unknown() -> None:
    found = margin_of(ticket(), context(what_if=preview(initial_margin=Impact(change=D(5000)))))
    assert found is not None and found.funds == Impact(change=D(-5010))


def test_three_figures_that_do_not_add_up_are_told_as_the_broker_told_them() -> None:
    odd = Impact(current=D(100), change=D("5.01"), after=D(105))
    found = margin_of(ticket(), context(what_if=preview(maintenance_margin=odd)))
    assert found is not None and found.maintenance == odd


def test_a_preview_without_initial_margin_leaves_the_estimate() -> None:
    found = margin_of(ticket("100"), context(what_if=preview(initial_margin=Impact(current=D(100_000)))))
    assert found is not None and found.source is Source.ESTIMATE


def test_without_a_preview_it_is_the_labelled_estimate() -> None:
    found = margin_of(ticket("100"), context())
    assert found is not None
    assert found.source is Source.ESTIMATE
    assert found.initial.change == 5000, "half of 100 shares at 100"
    assert found.maintenance == Impact(current=D(0), change=D(2500), after=D(2500))
    assert found.funds == Impact(current=D(900_000), change=D(-5000), after=D(895_000))
    assert found.why_not == ""


def test_what_cannot_be_estimated_says_why_and_shows_only_what_is() -> None:
    dark = replace(ticket("100"), legs=(Leg(instrument=replace(SHARE, conid=Conid(5)), side=Side.BUY),))
    found = margin_of(dark, context())
    assert found is not None and found.why_not.startswith("No estimate: no price for SPY")
    assert found.initial == found.maintenance == Impact(current=D(0)) and found.funds == Impact(current=D(900_000))
    assert largest(dark, context()).why == found.why_not


def test_a_refused_preview_gives_no_figures() -> None:
    found = margin_of(ticket("100"), context(what_if=preview(refusal="No.")))
    assert found is not None and found.source is Source.ESTIMATE


def test_a_ticket_that_lacks_something_has_no_margin() -> None:
    lacking = replace(ticket(), limit=None)
    assert margin_of(lacking, context()) is None
    assert largest(lacking, context()).quantity is None


def test_the_largest_size_leaves_the_buffer_untouched() -> None:
    one = ticket("100")
    found = largest(one, context(what_if=preview("50000", "0")))
    assert found.quantity == (900_000 - 50_000) * 100 // 50_000
    assert "buffer" in found.why and "what-if" in found.why


def test_the_persons_own_limit_of_size_is_kept() -> None:
    found = largest(ticket("100"), context(what_if=preview("5", "0")))
    assert found.quantity == 50_000
    assert "own limit" in found.why


@pytest.mark.parametrize(
    ("legs", "most"),
    [
        ((Leg(instrument=option("Jan 100C"), side=Side.BUY),), 500),
        ((Leg(instrument=option("Jan 100C"), side=Side.BUY, ratio=3),), 166),
        ((Leg(instrument=XYZ, side=Side.BUY, ratio=100), Leg(instrument=option("Jan 100C"), side=Side.SELL)), 500),
        ((Leg(instrument=XYZ, side=Side.BUY, ratio=200), Leg(instrument=option("Jan 100C"), side=Side.SELL)), 250),
        ((Leg(instrument=replace(SHARE, asset_class=AssetClass.FUTURE), side=Side.BUY),), 500),
    ],
)
def test_the_limit_of_size_holds_for_each_leg_as_the_rule_counts_it(legs: tuple[Leg, ...], most: int) -> None:
    found = largest(replace(ticket("1"), legs=legs), context(what_if=preview("0.01", "0")))
    assert found.quantity == most and "own limit" in found.why


def test_funds_that_are_used_up_carry_nothing() -> None:
    used = preview("5000", "0", initial_margin=Impact(current=D(999_000), change=D(5000), after=D(1_004_000)))
    assert largest(ticket("100"), context(what_if=used)).quantity == 0


def test_an_account_that_is_worth_less_than_nothing_keeps_no_buffer_and_no_more() -> None:
    bare = context(what_if=preview("50000", "0"))
    assert bare.summary is not None
    for worth in (D(-1_000_000), None):
        poor = replace(bare, summary=replace(bare.summary, net_liquidation=worth))
        assert largest(ticket("100"), poor).quantity == 900_000 * 100 // 50_000
    assert largest(ticket("100"), replace(bare, summary=None)).quantity == 900_000 * 100 // 50_000


def test_what_frees_funds_has_no_largest_size_by_funds() -> None:
    found = largest(ticket(side=Side.SELL), context(what_if=preview("-5000", "0")))
    assert found.quantity is None
    assert "no funds" in found.why


def test_unknown_funds_are_said_to_be_unknown() -> None:
    bare = context()
    assert bare.summary is not None
    found = largest(ticket(), replace(bare, summary=replace(bare.summary, available_funds=None)))
    assert found.quantity is None and found.why == "Available funds are not known yet."


@given(st.integers(1, 10_000), st.integers(1, 900_000))
def test_the_largest_size_never_takes_more_than_there_is(size: int, change: int) -> None:
    one: OrderTicket = ticket(str(size))
    told = context(what_if=preview(str(change), "0"))
    found = largest(one, told).quantity
    assert found is not None
    assert found * change / size <= 850_000 + change / size
    assert found * change <= 850_000 * size or found == pytest.approx(0)
