from ibdesk.domain.order_terms import NEEDS_LIMIT, NEEDS_STOP, OrderType, Side


def test_a_side_counts_its_way_and_knows_the_other() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
    assert Side.BUY.opposite is Side.SELL and Side.SELL.opposite is Side.BUY


def test_a_stop_limit_needs_both_prices_and_a_market_order_none() -> None:
    assert OrderType.STOP_LIMIT in NEEDS_LIMIT & NEEDS_STOP
    assert OrderType.MARKET not in NEEDS_LIMIT | NEEDS_STOP
