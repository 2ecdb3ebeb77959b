"""Cash, cost and realized profit add up to the cent whatever is traded."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ibdesk.demo.catalogue import Catalogue, Listing
from ibdesk.demo.fills import Blotter, Fill, Standing, after, cents, commission, corrected, fold
from tests.demo.door import MAIN, SECOND

D = Decimal
AT = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)
CATALOGUE = Catalogue(date(2026, 11, 18))
AAPL = CATALOGUE[265598]
CALL = CATALOGUE.option(265598, date(2026, 12, 18), "C", D(230))


def fill(quantity: str, price: str, fee: str = "1", listing: Listing = AAPL, number: int = 1) -> Fill:
    return Fill(
        exec_id=f"0000e0d5.{number:08x}.01.01", account=MAIN, listing=listing, quantity=D(quantity), price=D(price),
        at=AT, commission=D(fee), order_id=1,
    )


def test_a_purchase_costs_its_price_and_its_commission() -> None:
    stand = after(Standing(), fill("10", "230"))
    assert (stand.quantity, stand.cost, stand.realized, stand.cash) == (D(10), D(2301), D(0), D(-2301))


def test_a_sale_realizes_the_part_it_closes() -> None:
    stand = fold(Standing(), [fill("10", "230"), fill("-4", "240")])
    assert (stand.quantity, stand.cost) == (D(6), D("1380.60"))
    assert stand.realized == D(960) - D("920.40") - 1


def test_an_order_through_zero_opens_the_other_way() -> None:
    stand = fold(Standing(), [fill("10", "230", "0"), fill("-15", "240", "0")])
    assert (stand.quantity, stand.cost, stand.realized) == (D(-5), D(-1200), D(100))


@given(st.lists(
    st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 90_000), st.integers(0, 500)), max_size=12
))
def test_what_is_paid_is_cost_less_profit(deals: list[tuple[int, int, int]]) -> None:
    fills = [
        fill(str(quantity), str(D(price) / 100), str(D(fee) / 100), CALL, number)
        for number, (quantity, price, fee) in enumerate(deals)
    ]
    stand = fold(Standing(), fills)
    assert stand.quantity == sum(one.quantity for one in fills)
    assert stand.cash == -sum(one.paid + one.commission for one in fills)
    assert stand.cash == stand.realized - stand.cost
    assert stand.quantity or stand.cost == 0
    assert stand.cash == cents(stand.cash)


def test_a_correction_takes_the_place_of_its_print() -> None:
    blotter = Blotter()
    blotter.record(fill("10", "230"))
    blotter.record(fill("5", "231", number=2))
    changed = corrected(fill("10", "230"), D("229.50"))
    blotter.record(changed)
    assert changed.exec_id.endswith(".02")
    assert [one.price for one in blotter.of(MAIN, AT)] == [D("229.50"), D(231)]
    assert blotter.of(SECOND, AT) == ()
    assert blotter.first(MAIN) == AT
    assert blotter.since(MAIN, AT) == blotter.of(MAIN, AT)


def test_commissions_follow_the_tariff() -> None:
    assert commission(AAPL, D(10), D(230)) == D("1.00")
    assert commission(AAPL, D(1000), D(230)) == D("5.00")
    assert commission(AAPL, D(10), D("0.50")) == D("0.05")
    assert commission(CALL, D(10), D(5)) == D("6.50")
    assert commission(CALL, D(1), D(5)) == D("1.00")
    assert commission(AAPL, D(0), D(230)) == 0
