"""How often each path may be asked."""

import pytest

from ibdesk.brokers.portal import endpoints
from ibdesk.brokers.throttle import Budget
from ibdesk.domain.accounts import AccountId

ACCOUNT = AccountId("DU1000001")


@pytest.mark.parametrize(("path", "requests", "seconds"), [
    ("/portfolio/accounts", 1, 5), ("/portfolio/subaccounts2", 1, 5), ("/iserver/account/pnl/partitioned", 1, 5),
    ("/iserver/account/orders", 1, 5), ("/iserver/account/trades/", 1, 5), ("/iserver/marketdata/snapshot", 10, 1),
    ("/tickle", 1, 1), ("/sso/validate", 1, 60), ("/pa/performance", 1, 900), ("/pa/allperiods", 1, 900),
    ("/pa/transactions", 1, 900), ("/iserver/scanner/params", 1, 900), ("/fyi/unreadnumber", 1, 1),
])
def test_the_brokers_table_of_limits_is_ours(path: str, requests: int, seconds: float) -> None:
    limit = next(each for each in endpoints.LIMITS if path.startswith(each.prefix))
    assert (limit.requests, limit.seconds) == (requests, seconds)


@pytest.mark.parametrize("path", [
    endpoints.summary(ACCOUNT), endpoints.ledger(ACCOUNT), endpoints.positions(ACCOUNT, 7), endpoints.AUTH_STATUS,
    endpoints.BROKERAGE_ACCOUNTS, endpoints.SELECT_ACCOUNT, endpoints.HISTORY,
])
def test_paths_without_a_limit_of_their_own_have_the_total_alone(path: str) -> None:
    assert Budget(per_second=10, limits=endpoints.LIMITS).bucket_of(path) is None


def test_positions_are_paged_from_zero() -> None:
    assert endpoints.positions(ACCOUNT, 0) == "/portfolio/DU1000001/positions/0"


def test_orders_are_placed_changed_and_answered_at_their_own_paths() -> None:
    assert endpoints.orders(ACCOUNT) == "/iserver/account/DU1000001/orders"
    assert endpoints.what_if(ACCOUNT) == "/iserver/account/DU1000001/orders/whatif"
    assert endpoints.order(ACCOUNT, endpoints.EVERY_ORDER) == "/iserver/account/DU1000001/order/-1"
    assert endpoints.reply("a/../b") == "/iserver/reply/a%2F..%2Fb"
    for path in (endpoints.orders(ACCOUNT), endpoints.order(ACCOUNT, endpoints.EVERY_ORDER), endpoints.CHAIN):
        assert Budget(per_second=10, limits=endpoints.LIMITS).bucket_of(path) is None
