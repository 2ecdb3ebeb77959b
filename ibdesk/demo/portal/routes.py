"""Which path is answered by which route, and what has to have happened before."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import TypeAlias

from ibdesk.demo.portal.account_routes import AccountRoutes
from ibdesk.demo.portal.analyst_routes import AnalystRoutes
from ibdesk.demo.portal.calls import Answer, Call, Handler, complain, refuse
from ibdesk.demo.portal.contract_routes import ContractRoutes
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.portal.market_routes import MarketRoutes
from ibdesk.demo.portal.order_routes import OrderRoutes
from ibdesk.demo.portal.position_routes import PositionRoutes
from ibdesk.demo.portal.session_routes import SessionRoutes
from ibdesk.demo.portal.state import PortalState


class Gate(StrEnum):
    """What a path needs: the sign-in, the brokerage session, or its accounts warm-up too."""

    SIGN_IN = "sign-in"
    BROKERAGE = "brokerage"
    ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class Route:
    """A path pattern whose groups become the call's `path_values`; the first may be an account id."""

    pattern: re.Pattern[str]
    gate: Gate
    handler: Handler
    by_account: bool = False


Row: TypeAlias = tuple[str, Gate, Handler]
ACCOUNT = r"([A-Z]{1,3}\d+[A-Z]?)"


class Router:
    """Finds the route of a call and applies the gates in the order the broker does."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self.accounts = AccountRoutes(state)
        self.session = SessionRoutes(state)
        self.market = MarketRoutes(state)
        self._routes = tuple(
            Route(re.compile(pattern), gate, handler, pattern.find(ACCOUNT) >= 0)
            for rows in (self._session_rows(), self._account_rows(), self._position_rows(), self._market_rows(),
                         self._contract_rows(), self._analyst_rows(), self._order_rows())
            for pattern, gate, handler in rows
        )

    def answer(self, call: Call) -> Answer:
        """The answer to a call of somebody who is signed in."""
        for route in self._routes:
            found = route.pattern.fullmatch(call.path)
            if found:
                return self._gated(route, replace(call, path_values=found.groups()))
        return complain(404, f"No endpoint {call.path}")

    def _gated(self, route: Route, call: Call) -> Answer:
        refusal = self._refusal(route, call)
        if refusal is not None:
            return refusal
        if route.by_account:
            account = call.path_values[0].rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            if not self._state.known(account):
                return refuse(400, f"Bad Request: accountId is not valid: {account}")
            call = replace(call, path_values=(account, *call.path_values[1:]))
        return route.handler(call)

    def _refusal(self, route: Route, call: Call) -> Answer | None:
        login = self._state.login
        if login.stage is Stage.MAINTENANCE and (route.gate is not Gate.SIGN_IN or call.path.startswith("iserver/")):
            return Answer(status=503, retry_after=ceil(login.maintenance_left))
        if route.gate is Gate.SIGN_IN:
            return None
        match login.stage:
            case Stage.READY:
                cold = route.gate is Gate.ACCOUNTS and not self._state.warm.accounts
                return complain(500, "Please query /accounts first") if cold else None
            case Stage.BROKERAGE_PENDING:
                return refuse(400, "Bad Request: no bridge")
            case _:
                return refuse(401, "not authenticated")

    def _session_rows(self) -> tuple[Row, ...]:
        routes = self.session
        return (
            (r"tickle", Gate.SIGN_IN, routes.tickle),
            (r"iserver/auth/status", Gate.SIGN_IN, routes.status),
            (r"iserver/auth/ssodh/init", Gate.SIGN_IN, routes.init),
            (r"iserver/auth/ssodh/response", Gate.SIGN_IN, routes.respond),
            (r"sso/validate", Gate.SIGN_IN, routes.validate),
            (r"logout", Gate.SIGN_IN, routes.logout),
            (r"one/user", Gate.SIGN_IN, routes.user),
            (r"ssodh/init", Gate.SIGN_IN, routes.sso_init),
            (r"ssodh/st", Gate.SIGN_IN, routes.sso_secret),
        )

    def _account_rows(self) -> tuple[Row, ...]:
        routes = self.accounts
        return (
            (r"iserver/accounts", Gate.BROKERAGE, routes.brokerage_accounts),
            (r"iserver/account", Gate.ACCOUNTS, routes.select),
            (r"iserver/account/pnl/partitioned", Gate.BROKERAGE, routes.profit),
            (rf"iserver/account/{ACCOUNT}/summary", Gate.ACCOUNTS, routes.brokerage_summary),
            (rf"iserver/account/{ACCOUNT}/summary/(available_funds|balances|margins|market_value)",
             Gate.ACCOUNTS, routes.brokerage_segment),
            (r"portfolio/accounts", Gate.SIGN_IN, routes.portfolio_accounts),
            (r"portfolio/subaccounts", Gate.SIGN_IN, routes.portfolio_accounts),
            (r"portfolio/subaccounts2", Gate.SIGN_IN, routes.paged_accounts),
            (rf"portfolio/{ACCOUNT}/meta", Gate.SIGN_IN, routes.meta),
            (rf"portfolio/{ACCOUNT}/summary", Gate.SIGN_IN, routes.summary),
            (rf"portfolio/{ACCOUNT}/ledger", Gate.SIGN_IN, routes.ledger),
            (rf"portfolio/{ACCOUNT}/allocation", Gate.SIGN_IN, routes.allocation),
            (r"portfolio/allocation", Gate.SIGN_IN, routes.allocations),
        )

    def _position_rows(self) -> tuple[Row, ...]:
        routes = PositionRoutes(self._state)
        return (
            (rf"portfolio/{ACCOUNT}/positions/invalidate", Gate.SIGN_IN, routes.invalidate),
            (rf"portfolio/{ACCOUNT}/positions/(\d+)", Gate.SIGN_IN, routes.page),
            (rf"portfolio/{ACCOUNT}/position/(\d+)", Gate.SIGN_IN, routes.one),
            (r"portfolio/positions/(\d+)", Gate.SIGN_IN, routes.everywhere),
            (rf"portfolio/{ACCOUNT}/combo/positions", Gate.SIGN_IN, routes.combos),
            (rf"portfolio2/{ACCOUNT}/positions", Gate.SIGN_IN, routes.flat),
        )

    def _market_rows(self) -> tuple[Row, ...]:
        routes = self.market
        return (
            (r"iserver/marketdata/snapshot", Gate.ACCOUNTS, routes.snapshot),
            (r"iserver/marketdata/history", Gate.BROKERAGE, routes.history_page),
            (r"iserver/marketdata/unsubscribe", Gate.BROKERAGE, routes.unsubscribe),
            (r"iserver/marketdata/(\d+)/unsubscribe", Gate.BROKERAGE, routes.unsubscribe),
            (r"iserver/marketdata/unsubscribeall", Gate.BROKERAGE, routes.unsubscribe_all),
        )

    def _contract_rows(self) -> tuple[Row, ...]:
        routes = ContractRoutes(self._state)
        return (
            (r"iserver/secdef/search", Gate.BROKERAGE, routes.search),
            (r"iserver/secdef/strikes", Gate.BROKERAGE, routes.strikes),
            (r"iserver/secdef/info", Gate.BROKERAGE, routes.info),
            (r"iserver/secdef/bond-filters", Gate.BROKERAGE, routes.bond_filters),
            (r"trsrv/secdef", Gate.SIGN_IN, routes.definitions),
            (r"trsrv/stocks", Gate.SIGN_IN, routes.stocks),
            (r"trsrv/futures", Gate.SIGN_IN, routes.futures),
            (r"trsrv/all-conids", Gate.SIGN_IN, routes.all_conids),
            (r"trsrv/secdef/schedule", Gate.SIGN_IN, routes.venue_schedule),
            (r"contract/trading-schedule", Gate.SIGN_IN, routes.trading_schedule),
            (r"iserver/contract/(\d+)/info", Gate.BROKERAGE, routes.details),
            (r"iserver/contract/(\d+)/info-and-rules", Gate.BROKERAGE, routes.details_and_rules),
            (r"iserver/contract/rules", Gate.BROKERAGE, routes.rules),
            (r"iserver/contract/(\d+)/algos", Gate.BROKERAGE, routes.algos),
            (r"iserver/currency/pairs", Gate.BROKERAGE, routes.currency_pairs),
            (r"iserver/exchangerate", Gate.BROKERAGE, routes.exchange_rate),
        )

    def _analyst_rows(self) -> tuple[Row, ...]:
        routes = AnalystRoutes(self._state)
        return (
            (r"pa/performance", Gate.SIGN_IN, routes.performance),
            (r"pa/allperiods", Gate.SIGN_IN, routes.all_periods),
            (r"pa/transactions", Gate.SIGN_IN, routes.transactions),
        )

    def _order_rows(self) -> tuple[Row, ...]:
        routes = OrderRoutes(self._state)
        return (
            (r"iserver/account/orders", Gate.ACCOUNTS, routes.live),
            (r"iserver/account/trades", Gate.ACCOUNTS, routes.trades),
            (r"iserver/account/order/status/(-?\d+)", Gate.ACCOUNTS, routes.status),
            (rf"iserver/account/{ACCOUNT}/orders", Gate.ACCOUNTS, routes.place),
            (rf"iserver/account/{ACCOUNT}/orders/whatif", Gate.ACCOUNTS, routes.preview),
            (rf"iserver/account/{ACCOUNT}/order/(-?\d+)", Gate.ACCOUNTS, routes.change),
            (r"iserver/reply/([^/]+)", Gate.ACCOUNTS, routes.reply),
            (r"iserver/questions/suppress", Gate.ACCOUNTS, routes.suppress),
            (r"iserver/questions/suppress/reset", Gate.ACCOUNTS, routes.ask_again),
        )
