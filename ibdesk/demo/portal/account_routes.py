"""Answers about accounts: warm-up, summary, ledger, allocation and profit, in the broker's spelling."""

from collections.abc import Mapping
from decimal import Decimal

from ibdesk.demo.account import ZERO, Figures, Line, cents
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain, refuse
from ibdesk.demo.portal.state import SERVER_INFO, PortalState, epoch

ALLOWED = (
    "STK,CFD,OPT,FOP,WAR,FUT,BAG,PDC,CASH,IND,BOND,BILL,FUND,SLB,News,CMDTY,IOPT,ICU,ICS,PHYSS,CRYPTO"
)
#: Which ledger column a class of holding is counted in; a CFD's gain has none of its own and is put with stocks.
LEDGER_COLUMNS: Mapping[str, str] = {
    "STK": "stockmarketvalue",
    "CFD": "stockmarketvalue",
    "OPT": "stockoptionmarketvalue",
    "FOP": "futureoptionmarketvalue",
    "BOND": "tbondsmarketvalue",
    "FUND": "funds",
    "CRYPTO": "cryptocurrencyvalue",
    "FUT": "futuremarketvalue",
}
ACCOUNT_PROPS = {
    "hasChildAccounts": False, "supportsCashQty": True, "liteUnderPro": False, "noFXConv": False,
    "isProp": False, "supportsFractions": True, "allowCustomerTime": False, "autoFx": False,
}


class AccountRoutes:
    """Everything keyed by an account except its positions."""

    def __init__(self, state: PortalState) -> None:
        self._state = state

    def brokerage_accounts(self, _call: Call) -> Answer:
        """The mandatory first call of a brokerage session."""
        self._state.warm.accounts = True
        return answer(self.accounts_object())

    def accounts_object(self) -> dict[str, Json]:
        """What /iserver/accounts and the socket's `act` both say."""
        ids = self._state.account.ids
        return {
            "accounts": list(ids),
            "acctProps": dict.fromkeys(ids, ACCOUNT_PROPS),
            "aliases": {account: account for account in ids},
            "allowFeatures": {
                "showGFIS": True, "showEUCostReport": False, "allowEventContract": True, "allowFXConv": True,
                "allowFinancialLens": False, "allowMTA": True, "allowTypeAhead": True,
                "allowEventTrading": True, "snapshotRefreshTimeout": 30, "liteUser": False,
                "showWebNews": True, "research": True, "debugPnl": True, "showTaxOpt": True,
                "showImpactDashboard": True, "allowDynAccount": False, "allowCrypto": True, "allowFA": False,
                "allowedAssetTypes": ALLOWED,
            },
            "chartPeriods": {"STK": ["*"], "OPT": ["2h", "1d", "2d", "1w", "1m"], "FUT": ["*"]},
            "groups": [],
            "profiles": [],
            "selectedAccount": self._state.selected,
            "serverInfo": SERVER_INFO,
            "sessionId": f"{self._state.login.session[:7]}.{self._state.login.brokerage:08d}",
            "isFT": False,
            "isPaper": self._state.is_paper,
        }

    def portfolio_accounts(self, _call: Call) -> Answer:
        return answer([self._meta(account) for account in self._state.account.ids])

    def paged_accounts(self, _call: Call) -> Answer:
        rows = [self._meta(account) for account in self._state.account.ids]
        return answer({"metadata": {"total": len(rows), "pageSize": 20, "pageNum": 0}, "subaccounts": rows})

    def meta(self, call: Call) -> Answer:
        return answer(self._meta(call.path_values[0]))

    def select(self, call: Call) -> Answer:
        """Switch the account orders and trades speak of."""
        account = str(call.body.get("acctId", ""))
        if not account:
            return refuse(400, "Bad Request: acctId is required")
        if not self._state.known(account):
            return complain(500, "Internal Error: account not found")
        if account == self._state.selected:
            return answer({"success": "Account already set"})
        self._state.selected = account
        return answer({"set": True, "acctId": account})

    def summary(self, call: Call) -> Answer:
        figures = self._state.figures(call.path_values[0])
        return answer(summary_object(figures))

    def brokerage_summary(self, call: Call) -> Answer:
        figures = self._state.figures(call.path_values[0])
        whole_cash = figures.cash
        return answer(
            {
                "accountType": "", "status": "", "balance": figures.net_liquidation, "SMA": figures.available,
                "buyingPower": figures.buying_power, "availableFunds": figures.available,
                "excessLiquidity": figures.excess, "netLiquidationValue": figures.net_liquidation,
                "equityWithLoanValue": figures.net_liquidation, "regTLoan": 0.0,
                "securitiesGVP": figures.gross, "totalCashValue": whole_cash, "accruedInterest": 0.0,
                "regTMargin": 0.0, "initialMargin": figures.initial_margin,
                "maintenanceMargin": figures.maintenance_margin,
                "cashBalances": [
                    {"currency": line.currency, "balance": line.cash, "settledCash": line.cash}
                    for line in figures.lines
                ],
            }
        )

    def brokerage_segment(self, call: Call) -> Answer:
        """Margins, funds and balances as the formatted text the broker sends."""
        figures, part = self._state.figures(call.path_values[0]), call.path_values[1]
        if part == "market_value":
            return answer({line.currency: _market_value(line) for line in figures.lines})
        rows = _segment_rows(figures, part)
        return answer({"total": rows, "securities": rows, "commodities": {}, "Crypto at Paxos": {}})

    def ledger(self, call: Call) -> Answer:
        figures = self._state.figures(call.path_values[0])
        return answer(ledger_object(figures))

    def allocation(self, call: Call) -> Answer:
        return answer(allocation_object([self._state.figures(call.path_values[0])]))

    def allocations(self, call: Call) -> Answer:
        wanted = call.body.get("acctIds")
        ids = [one for one in self._state.account.ids if not isinstance(wanted, list) or one in wanted]
        return answer(allocation_object([self._state.figures(one) for one in ids]))

    def profit(self, _call: Call) -> Answer:
        """Partitioned P&L; the first call of a session only starts it."""
        if not self._state.warm.pnl:
            self._state.warm.pnl = True
            return answer({"upnl": {}})
        return answer({"upnl": self.profit_rows()})

    def profit_rows(self, *, streamed: bool = False) -> dict[str, Json]:
        """One row for each account; REST says `el`, the socket `uel`."""
        excess = "uel" if streamed else "el"
        rows: dict[str, Json] = {}
        for account in self._state.account.ids:
            figures = self._state.figures(account)
            rows[f"{account}.Core"] = {
                "rowType": 1, "dpl": figures.daily, "nl": figures.net_liquidation, "upl": figures.unrealized,
                excess: figures.excess, "mv": cents(figures.net_liquidation - figures.cash),
            }
        return rows

    def _meta(self, account: str) -> dict[str, Json]:
        book = self._state.account.books[account]
        opened = self._state.account.opened(account)
        return {
            "id": account, "PrepaidCrypto-Z": False, "PrepaidCrypto-P": False, "brokerageAccess": True,
            "accountId": account, "accountVan": account, "accountTitle": book.title,
            "displayName": book.title, "accountAlias": None,
            "accountStatus": (opened.toordinal() - 719163) * 86_400_000, "currency": "USD",
            "type": "DEMO" if self._state.is_paper else "INDIVIDUAL",
            "tradingType": "STKNOPT", "businessType": "INDEPENDENT", "category": "", "ibEntity": "IBLLC-US",
            "faclient": False, "clearingStatus": "O", "covestor": False, "noClientTrading": False,
            "trackVirtualFXPortfolio": False, "acctCustType": "INDIVIDUAL",
            "parent": {"mmc": [], "accountId": "", "isMParent": False, "isMChild": False,
                       "isMultiplex": False},
            "desc": account,
        }


def summary_object(figures: Figures) -> dict[str, Json]:
    """Lower-case keys; amounts carry their number as text in `value` too, flags only text."""
    stamp = epoch(figures.as_of)
    row: dict[str, Json] = {}
    for key, amount in summary_amounts(figures).items():
        row[key] = {
            "amount": amount, "currency": "USD", "isNull": False, "timestamp": stamp, "value": str(amount),
            "severity": 0,
        }
    for key, text in summary_texts(figures).items():
        row[key] = {
            "amount": 0.0, "currency": None, "isNull": False, "timestamp": stamp, "value": text,
            "severity": 0,
        }
    return row


def summary_amounts(figures: Figures) -> dict[str, Decimal]:
    """Amounts in the base currency. The commodity segment holds just what its margins need."""
    commodity = figures.futures_margin
    rows: dict[str, Decimal] = {}
    for key, total, part in (
        ("netliquidation", figures.net_liquidation, commodity),
        ("totalcashvalue", figures.cash, commodity),
        ("equitywithloanvalue", figures.net_liquidation, commodity),
        ("availablefunds", figures.available, ZERO),
        ("excessliquidity", figures.excess, ZERO),
        ("fullavailablefunds", figures.available, ZERO),
        ("fullexcessliquidity", figures.excess, ZERO),
        ("initmarginreq", figures.initial_margin, commodity),
        ("maintmarginreq", figures.maintenance_margin, cents(commodity * Decimal("0.9"))),
        ("fullinitmarginreq", figures.initial_margin, commodity),
        ("fullmaintmarginreq", figures.maintenance_margin, cents(commodity * Decimal("0.9"))),
        ("lookaheadavailablefunds", figures.available, ZERO),
        ("lookaheadexcessliquidity", figures.excess, ZERO),
        ("lookaheadinitmarginreq", figures.initial_margin, commodity),
        ("lookaheadmaintmarginreq", figures.maintenance_margin, cents(commodity * Decimal("0.9"))),
        ("accruedcash", ZERO, ZERO),
        ("accrueddividend", ZERO, ZERO),
        ("guarantee", ZERO, ZERO),
        ("pasharesvalue", ZERO, ZERO),
        ("postexpirationexcess", ZERO, ZERO),
        ("postexpirationmargin", ZERO, ZERO),
    ):
        rows[key], rows[f"{key}-s"], rows[f"{key}-c"] = total, total - part, part
    rows |= {
        "grosspositionvalue": figures.gross, "grosspositionvalue-s": figures.gross,
        "buyingpower": figures.buying_power, "availabletotrade": figures.available,
        "availabletowithdraw": min(figures.available, max(ZERO, figures.cash)), "billable": ZERO,
        "previousdayequitywithloanvalue": figures.net_liquidation - figures.daily,
        "previousdayequitywithloanvalue-s": figures.net_liquidation - figures.daily,
        "regtequity": figures.net_liquidation, "regtequity-s": figures.net_liquidation,
        "regtmargin": figures.initial_margin, "regtmargin-s": figures.initial_margin,
        "sma": figures.available, "sma-s": figures.available, "netliquidationuncertainty": ZERO,
        "nlvandmargininreview": ZERO, "indianstockhaircut": ZERO, "physicalcertificatevalue": ZERO,
        "totaldebitcardpendingcharges": ZERO,
    }
    return rows


def summary_texts(figures: Figures) -> dict[str, str]:
    """Flags, counts and fractions, which come as text."""
    is_small = figures.net_liquidation < 25_000
    cushion = figures.excess / figures.net_liquidation if figures.net_liquidation else ZERO
    leverage = figures.gross / figures.net_liquidation if figures.net_liquidation else ZERO
    left = "3" if is_small else "-1"
    return {
        "accountcode": figures.account, "accountready": "true", "accounttype": "INDIVIDUAL",
        "cushion": f"{cushion:.6f}", "leverage-s": f"{leverage:.2f}", "daytradesremaining": left,
        "daytradesremainingt+1": left, "daytradesremainingt+2": left, "daytradesremainingt+3": left,
        "daytradesremainingt+4": left,
        "daytradingstatus-s": f": : false: {figures.excess}: :false", "highestseverity": "0",
        "lookaheadnextchange": "0", "segmenttitle-s": "US Securities", "segmenttitle-c": "US Commodities",
        "tradingtype-s": "STKNOPT", "whatifpmenabled": "true", "columnprio-s": "1", "columnprio-c": "2",
        "depositoncredithold": "0",
    }


def ledger_object(figures: Figures) -> dict[str, Json]:
    """One row per currency and the converted total."""
    stamp = epoch(figures.as_of)
    rows = {line.currency: _ledger_row(figures.account, line, stamp) for line in figures.lines}
    rows["BASE"] = _base_row(figures, stamp)
    return rows


def _ledger_row(account: str, line: Line, stamp: int) -> dict[str, Json]:
    row: dict[str, Json] = {column: Decimal("0.0") for column in _LEDGER_ZEROS}
    for asset_class, value in line.by_class.items():
        row[LEDGER_COLUMNS[asset_class]] += value
    return row | {
        "settledcash": line.cash, "exchangerate": line.rate, "sessionid": 1, "cashbalance": line.cash,
        "netliquidationvalue": line.net_liquidation, "unrealizedpnl": line.unrealized,
        "realizedpnl": line.realized, "currency": line.currency, "acctcode": account, "key": "LedgerList",
        "timestamp": stamp, "severity": 0, "secondkey": line.currency, "endofbundle": 1,
    }


def _base_row(figures: Figures, stamp: int) -> dict[str, Json]:
    row: dict[str, Json] = dict.fromkeys(_LEDGER_ZEROS, ZERO)
    for line in figures.lines:
        for asset_class, value in line.by_class.items():
            row[LEDGER_COLUMNS[asset_class]] += value * line.rate
    row = {column: cents(amount) for column, amount in row.items()}
    return row | {
        "settledcash": figures.cash, "exchangerate": 1, "sessionid": 1, "cashbalance": figures.cash,
        "netliquidationvalue": figures.net_liquidation, "unrealizedpnl": figures.unrealized,
        "realizedpnl": figures.realized, "currency": "BASE", "acctcode": figures.account,
        "key": "LedgerList", "timestamp": stamp, "severity": 0, "secondkey": "BASE", "endofbundle": 1,
    }


_LEDGER_ZEROS = (
    "commoditymarketvalue", "futuremarketvalue", "corporatebondsmarketvalue", "warrantsmarketvalue", "interest",
    "stockmarketvalue", "moneyfunds", "funds", "issueroptionsmarketvalue", "stockoptionmarketvalue",
    "futuresonlypnl", "tbondsmarketvalue", "futureoptionmarketvalue", "cashbalancefxsegment", "tbillsmarketvalue",
    "dividends", "cryptocurrencyvalue",
)


def allocation_object(accounts: list[Figures]) -> dict[str, Json]:
    """Base-currency amounts by class, sector and group; short positions negative."""
    table: dict[str, dict[str, dict[str, Decimal]]] = {
        name: {"long": {}, "short": {}} for name in ("assetClass", "sector", "group")
    }
    for figures in accounts:
        rates = {line.currency: line.rate for line in figures.lines}
        for one in figures.holdings:
            amount = one.value * rates[one.listing.currency]
            names = (one.listing.asset_class, one.listing.sector or "Others", one.listing.group or "Others")
            for kind, name in zip(table, names, strict=True):
                _add(table[kind], name, amount)
        _add(table["assetClass"], "CASH", figures.cash)
    return {
        kind: {side: {name: cents(amount) for name, amount in rows.items()} for side, rows in sides.items()}
        for kind, sides in table.items()
    }


def _add(sides: dict[str, dict[str, Decimal]], name: str, amount: Decimal) -> None:
    if amount:
        side = sides["long" if amount > 0 else "short"]
        side[name] = side.get(name, ZERO) + amount


def _money(amount: Decimal) -> str:
    return f"{amount:,.0f} USD"


def _segment_rows(figures: Figures, part: str) -> dict[str, str]:
    match part:
        case "available_funds":
            return {
                "current_available": _money(figures.available), "current_excess": _money(figures.excess),
                "buying_power": _money(figures.buying_power), "leverage": "n/a",
            }
        case "balances":
            return {
                "net_liquidation": _money(figures.net_liquidation), "cash": _money(figures.cash),
                "settled_cash": _money(figures.cash), "securities_gvp": _money(figures.gross),
            }
        case _:
            return {
                "current_initial": _money(figures.initial_margin),
                "current_maint": _money(figures.maintenance_margin),
            }


def _market_value(line: Line) -> dict[str, str]:
    return {
        "total_cash": f"{line.cash:,.0f}", "settled_cash": f"{line.cash:,.0f}",
        "net_liquidation": f"{line.net_liquidation:,.0f}", "stock": f"{line.value:,.0f}",
        "unrealized_pnl": f"{line.unrealized:,.0f}", "realized_pnl": f"{line.realized:,.0f}",
        "exchange_rate": f"{line.rate}",
    }
