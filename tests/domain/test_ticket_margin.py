"""What a ticket ties up, by whose reckoning, and the largest size that funds and limits carry."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.compliance.context import Context
from ibdesk.domain.compliance.verdict import Source
from ibdesk.domain.instruments import AssetClass
from ibdesk.domain.orders import Impact, OrderTicket, Side, WhatIf
from ibdesk.domain.ticket_margin import largest, margin_of
from tests.services.scripted_broker import picture, ticket
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
    half = preview(initial_margin=Impact(current=D(100), change=None, after=D(150)))
    assert margin_of(ticket(), context(what_if=half)) is not None
    unset = preview(maintenance_margin=Impact(current=D("1.7e308"), change=D("1.7e308"), after=D("1.7e308")))
    found = margin_of(ticket(), context(what_if=unset))
    assert found is not None and found.maintenance == Impact()


def test_without_a_preview_it_is_the_labelled_estimate() -> None:
    found = margin_of(ticket("100"), context())
    assert found is not None
    assert found.source is Source.ESTIMATE
    assert found.initial.change == 5000, "half of 100 shares at 100"
    assert found.funds.after == 895_000


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


def test_futures_are_counted_as_contracts_as_the_rule_on_sizes_does() -> None:
    seen, share = context(what_if=preview(change="1", equity="0")), ticket()
    future = replace(share.legs[0].instrument, asset_class=AssetClass.FUTURE)
    wanted = replace(share, legs=(replace(share.legs[0], instrument=future),))
    assert largest(wanted, seen).quantity == seen.settings.risk_contracts_block


def test_what_frees_funds_has_no_largest_size_by_funds() -> None:
    found = largest(ticket(side=Side.SELL), context(what_if=preview("-5000", "0")))
    assert found.quantity is None
    assert "no funds" in found.why


def test_unknown_funds_are_said_to_be_unknown() -> None:
    bare = context()
    assert bare.summary is not None
    found = largest(ticket(), replace(bare, summary=replace(bare.summary, available_funds=None)))
    assert found.quantity is None and found.why


@given(st.integers(1, 10_000), st.integers(1, 900_000))
def test_the_largest_size_never_takes_more_than_there_is(size: int, change: int) -> None:
    one: OrderTicket = ticket(str(size))
    told = context(what_if=preview(str(change), "0"))
    found = largest(one, told).quantity
    assert found is not None
    assert found * change / size <= 850_000 + change / size
    assert found * change <= 850_000 * size or found == pytest.approx(0)
