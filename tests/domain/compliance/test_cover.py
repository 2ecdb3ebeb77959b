"""What stands behind each short option."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.compliance.cover import Kind, cover
from ibdesk.domain.compliance.exposure import EMPTY, Legs
from tests.domain.compliance.sample import FEB, JAN, legs, option, stock


def kinds(*pairs: tuple[object, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in cover(legs(*pairs), EMPTY.deliverable):  # type: ignore[arg-type]
        found[part.kind.value] = found.get(part.kind.value, 0) + int(part.quantity)
    return found


@pytest.mark.parametrize(
    ("held", "parts"),
    [
        (((stock(), 250), (option("105C"), -2)), {"covered call": 2, "long stock": 50}),
        (((stock(), 250), (option("105C"), -3)), {"covered call": 2, "uncovered call": 1, "long stock": 50}),
        (((option("100P"), 1), (option("95P"), -1)), {"debit spread": 1}),
        (((option("100P"), -1), (option("95P"), 1)), {"credit spread": 1}),
        (((option("100C"), 1), (option("105C"), -1)), {"debit spread": 1}),
        (((option("100C"), -1), (option("105C"), 1)), {"credit spread": 1}),
        (((option("100C", JAN), -1), (option("100C", FEB), 1)), {"calendar spread": 1}),
        (((option("100C", FEB), -1), (option("100C", JAN), 1)),
         {"short option that outlives its long": 1, "long option": 1}),
        (((option("95P"), -1),), {"short put": 1}),
        (((stock(), -100), (option("95P"), -1)), {"covered put": 1}),
        (((option("100C"), 1), (option("100P"), 1)), {"long option": 2}),
        (((option("95C"), 1), (option("100C"), -2), (option("105C"), 1)), {"debit spread": 1, "credit spread": 1}),
        (((stock(), 100), (option("105C"), -1), (option("95P"), 1)), {"covered call": 1, "long option": 1}),
        (((stock(), 100), (option("100C"), -1), (option("105C"), 1)), {"covered call": 1, "long option": 1}),
        (((stock(), -40),), {"short stock": 40}),
        ((), {}),
    ],
)  # fmt: skip
def test_each_part_is_recognised(held: tuple[tuple[object, int], ...], parts: dict[str, int]) -> None:
    assert kinds(*held) == parts


def test_a_long_stands_behind_the_short_it_serves_best() -> None:
    parts = cover(
        legs((option("100C"), 1), (option("108C"), 1), (option("102C"), -1), (option("110C"), -1)), EMPTY.deliverable
    )
    assert [part.kind for part in parts] == [Kind.DEBIT_SPREAD, Kind.DEBIT_SPREAD]


def test_shares_go_to_the_short_that_no_long_can_stand_behind() -> None:
    assert kinds((stock(), 100), (option("100C", FEB), -1), (option("100C", JAN), -1), (option("95C", JAN), 1)) == {
        "covered call": 1, "debit spread": 1,
    }  # fmt: skip


def test_an_adjusted_contract_is_not_covered_by_the_shares_of_a_plain_one() -> None:
    odd = option("20C")
    adjusted = replace(EMPTY, deliverables={odd.conid: Decimal(25)})
    parts = cover(legs((stock(), 100), (odd, -4), (option("25C"), 1)), adjusted.deliverable)
    assert sorted((part.kind, part.quantity) for part in parts) == [
        (Kind.COVERED_CALL, Decimal(4)), (Kind.LONG_OPTION, Decimal(1)),
    ]  # fmt: skip


STRIKES = st.sampled_from(["90", "95", "100", "105"])
ANY_OPTION = st.builds(
    lambda strike, right, expiry: option(strike + right, expiry),
    STRIKES, st.sampled_from("CP"), st.sampled_from([JAN, FEB, date(2027, 3, 19)]),
)  # fmt: skip
HOLDINGS = st.builds(
    lambda shares, rows: legs((stock(), shares), *rows.items()),
    st.integers(-500, 500),
    st.dictionaries(ANY_OPTION, st.integers(-5, 5).filter(bool), max_size=10),
)


@given(HOLDINGS)
def test_every_contract_and_every_share_is_in_exactly_one_part(held: Legs) -> None:
    counted = {instrument.conid: Decimal(0) for instrument, _ in held}
    for part in cover(held, EMPTY.deliverable):
        assert part.quantity > 0
        in_shares = part.kind in (Kind.COVERED_CALL, Kind.COVERED_PUT)
        stock_sign = 1 if part.kind is Kind.COVERED_CALL else -1
        if part.long is not None:
            counted[part.long.conid] += part.quantity * (100 * stock_sign if in_shares else 1)
        if part.short is not None:
            counted[part.short.conid] -= part.quantity
    assert counted == {instrument.conid: quantity for instrument, quantity in held}


@given(HOLDINGS)
def test_a_long_option_never_leaves_more_shorts_bare(held: Legs) -> None:
    def bare(some: Legs) -> Decimal:
        of = (Kind.NAKED_CALL, Kind.OUTLIVING)
        calls = tuple(row for row in some if row[0].option is None or row[0].option.right == "C")
        return sum((part.quantity for part in cover(calls, EMPTY.deliverable) if part.kind in of), Decimal(0))

    more = (*held, *legs((option("97C", date(2028, 1, 21)), 3)))
    assert bare(more) <= bare(held)
