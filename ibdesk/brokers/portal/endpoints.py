"""The paths of the Client Portal API and how often each may be asked (reference/client-portal-api.md section 10)."""

from urllib.parse import quote

from ibdesk.brokers.throttle import Limit
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from ibdesk.domain.orders import OrderId

BASE = "/v1/api"
SOCKET = "/ws"

AUTH_STATUS = "/iserver/auth/status"
OPEN_BROKERAGE = "/iserver/auth/ssodh/init"
VALIDATE = "/sso/validate"
TICKLE = "/tickle"
LOGOUT = "/logout"

BROKERAGE_ACCOUNTS = "/iserver/accounts"
SELECT_ACCOUNT = "/iserver/account"
PNL = "/iserver/account/pnl/partitioned"
PORTFOLIO_ACCOUNTS = "/portfolio/accounts"
SECURITY_DEFINITIONS = "/trsrv/secdef"
LIVE_ORDERS = "/iserver/account/orders"
TRADES = "/iserver/account/trades"
ALL_PERIODS = "/pa/allperiods"
PERFORMANCE = "/pa/performance"

CONTRACT_SEARCH = "/iserver/secdef/search"
STRIKES = "/iserver/secdef/strikes"
CHAIN = "/iserver/secdef/info"
ORDER_RULES = "/iserver/contract/rules"
TRADING_HOURS = "/contract/trading-schedule"
QUOTES = "/iserver/marketdata/snapshot"
UNSUBSCRIBE = "/iserver/marketdata/unsubscribe"
HISTORY = "/iserver/marketdata/history"

#: At most 200 conids a request to SECURITY_DEFINITIONS, 100 to QUOTES; a user has 100 market-data lines by default.
MOST_DEFINITIONS = 200
MOST_QUOTES = 100
MOST_LINES = 100
#: Cancels every working order of the account.
EVERY_ORDER = OrderId("-1")
#: Executions go back a week at most.
MOST_TRADE_DAYS = 7

_QUARTER_HOUR = 15 * 60.0

#: The documents limit "Portfolio" to 1 request per 5 s. The broker's own table means the two lists of accounts by
#: that: applied to every /portfolio/ path it would stretch one sync of a large account over minutes. The first
#: prefix that fits counts. History's 5 at a time is the gateway's own 5 in flight, which holds for everything.
LIMITS = (
    Limit(prefix=PORTFOLIO_ACCOUNTS, requests=1, seconds=5),
    Limit(prefix="/portfolio/subaccounts", requests=1, seconds=5),
    Limit(prefix=PNL, requests=1, seconds=5),
    Limit(prefix=LIVE_ORDERS, requests=1, seconds=5),
    Limit(prefix=TRADES, requests=1, seconds=5),
    Limit(prefix=QUOTES, requests=10, seconds=1),
    Limit(prefix="/iserver/scanner/params", requests=1, seconds=_QUARTER_HOUR),
    Limit(prefix="/iserver/scanner/run", requests=1, seconds=1),
    Limit(prefix=TICKLE, requests=1, seconds=1),
    Limit(prefix=VALIDATE, requests=1, seconds=60),
    Limit(prefix=ALL_PERIODS, requests=1, seconds=_QUARTER_HOUR),
    Limit(prefix=PERFORMANCE, requests=1, seconds=_QUARTER_HOUR),
    Limit(prefix="/pa/summary", requests=1, seconds=_QUARTER_HOUR),
    Limit(prefix="/pa/transactions", requests=1, seconds=_QUARTER_HOUR),
    Limit(prefix="/fyi/", requests=1, seconds=1),
)


def summary(account: AccountId) -> str:
    return f"/portfolio/{account}/summary"


def ledger(account: AccountId) -> str:
    return f"/portfolio/{account}/ledger"


def positions(account: AccountId, page: int) -> str:
    return f"/portfolio/{account}/positions/{page}"


def invalidate(account: AccountId) -> str:
    return f"/portfolio/{account}/positions/invalidate"


def contract(conid: Conid) -> str:
    return f"/iserver/contract/{conid}/info"


def orders(account: AccountId) -> str:
    """Where orders are placed."""
    return f"/iserver/account/{account}/orders"


def what_if(account: AccountId) -> str:
    return f"/iserver/account/{account}/orders/whatif"


def order(account: AccountId, number: OrderId) -> str:
    """Where one order is changed and cancelled."""
    return f"/iserver/account/{account}/order/{number}"


def reply(question: str) -> str:
    return f"/iserver/reply/{quote(question, safe='')}"
