"""Portfolio analyst: the account's daily net liquidation and the returns that follow from it."""

from dataclasses import dataclass
from datetime import date, timedelta

from ibdesk.demo.account import Figures
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.hours import is_trading_day, session
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, refuse, whole
from ibdesk.demo.portal.state import PortalState, epoch_ms

PERIODS = ("1D", "7D", "MTD", "1M", "YTD", "1Y")


@dataclass(frozen=True, slots=True)
class Series:
    """Net liquidation at the close of each day, after the value it started from."""

    start_day: date
    start: float
    days: tuple[date, ...]
    values: tuple[float, ...]

    @property
    def returns(self) -> list[float]:
        """Cumulative, as fractions. Nothing is paid in or out, so value alone tells."""
        return [round(value / self.start - 1, 8) for value in self.values]


class AnalystRoutes:
    """Performance over a period, over all periods, and one contract's transactions."""

    def __init__(self, state: PortalState) -> None:
        self._state = state

    def performance(self, call: Call) -> Answer:
        """Cumulative and monthly returns and the values behind them."""
        accounts = self._accounts(call)
        period = str(call.body.get("period", call.body.get("freq", "1Y")))
        if not accounts or period not in (*PERIODS, "D", "M", "Q"):
            return refuse(400, "Bad Request: acctIds or period are not valid")
        series = {account: self._series(account, period) for account in accounts}
        some = next(iter(series.values()))
        months = _months(some)
        return answer({
            "currencyType": "base", "rc": 0, "pm": "TWR", "nd": (some.days[-1] - some.start_day).days,
            "id": "getPerformanceData", "included": list(accounts),
            "cps": {"freq": "D", "dates": [_compact(day) for day in some.days],
                    "data": [_head(account, one) | {"returns": one.returns} for account, one in series.items()]},
            "tpps": {"freq": "M", "dates": [month for month, _ in months],
                     "data": [_head(account, one) | {"returns": [gain for _, gain in _months(one)]}
                              for account, one in series.items()]},
            "nav": {"freq": "D", "dates": [_compact(day) for day in some.days],
                    "data": [_head(account, one) | {"startNAV": _start(one), "navs": list(one.values)}
                             for account, one in series.items()]},
        })

    def all_periods(self, call: Call) -> Answer:
        accounts = self._accounts(call)
        if not accounts:
            return refuse(400, "Bad Request: acctIds are not valid")
        body: dict[str, Json] = {
            "currencyType": "base", "rc": 0, "view": list(accounts), "pm": "TWR", "included": list(accounts),
            "nd": 366, "id": "getPerformanceAllPeriods",
        }
        return answer(body | {account: self._all_periods(account) for account in accounts})

    def transactions(self, call: Call) -> Answer:
        """Purchases and sales of one contract in the last `days`."""
        accounts, conids = self._accounts(call), _many(call.body.get("conids"))
        days = whole(call.body.get("days", 90), 90)
        now = self._state.now
        since = now - timedelta(days=days)
        rows = [
            row for account in accounts
            for row in self._transactions(account, {whole(one) for one in conids}, since.date())
        ]
        return answer({
            "rc": 0, "nd": days + 1, "rpnl": {"data": [], "amt": "0.0"},
            "currency": str(call.body.get("currency", "USD")), "from": epoch_ms(since), "id": "getTransactions",
            "to": epoch_ms(now), "includesRealTime": True, "transactions": rows,
        })

    def _accounts(self, call: Call) -> tuple[str, ...]:
        return tuple(str(one) for one in _many(call.body.get("acctIds")) if self._state.known(str(one)))

    def _all_periods(self, account: str) -> dict[str, Json]:
        series = {period: self._series(account, period) for period in PERIODS}
        year = series["1Y"]
        rows: dict[str, Json] = {
            period: {
                "freq": "D", "startNAV": _start(one), "dates": [_compact(day) for day in one.days],
                "nav": list(one.values), "cps": one.returns,
            }
            for period, one in series.items()
        }
        return rows | {
            "periods": list(PERIODS), "start": _compact(year.start_day), "end": _compact(year.days[-1]),
            "baseCurrency": "USD", "lastSuccessfulUpdate": f"{self._state.now:%Y-%m-%d %H:%M:%S}",
        }

    def _series(self, account: str, period: str) -> Series:
        """Closed days and today as it stands, from the close before the period began."""
        figures = self._state.figures(account)
        days, values = self._closed(account, figures)
        first = _first_day(period, days[-1])
        begin = next((number for number, day in enumerate(days) if day >= first), len(days) - 1)
        begin = max(1, begin)
        return Series(days[begin - 1], values[begin - 1], days[begin:], values[begin:])

    def _closed(self, account: str, figures: Figures) -> tuple[tuple[date, ...], tuple[float, ...]]:
        today = figures.as_of.astimezone(NEW_YORK).date()
        is_over = is_trading_day("XNYS", today) and session("XNYS", today)[1] <= figures.as_of
        days, values = self._state.account.history(account, today if is_over else today - timedelta(days=1))
        known = (tuple(days), tuple(float(value) for value in values))
        if is_over or not is_trading_day("XNYS", today) or session("XNYS", today)[0] > figures.as_of:
            return known
        return (*known[0], today), (*known[1], float(figures.net_liquidation))

    def _transactions(self, account: str, conids: set[int], since: date) -> list[dict[str, Json]]:
        rows: list[dict[str, Json]] = []
        for lot, day, price in self._state.account.purchases(account):
            if lot.listing.conid not in conids or day < since:
                continue
            amount = -float(lot.quantity * price * lot.listing.multiplier)
            rows.append({
                "cur": lot.listing.currency, "date": f"{day:%a %b %d} 00:00:00 EST {day.year}",
                "rawDate": _compact(day), "fxRate": 1.0, "pr": float(price), "qty": float(lot.quantity),
                "acctid": account, "amt": round(amount, 2), "conid": lot.listing.conid,
                "type": "Buy" if lot.quantity > 0 else "Sell", "desc": lot.listing.name,
            })
        for fill in self._state.account.blotter.of(account, self._state.now):
            if fill.listing.conid in conids:
                day = fill.at.astimezone(NEW_YORK).date()
                rows.append({
                    "cur": fill.listing.currency, "date": f"{day:%a %b %d} 00:00:00 EST {day.year}",
                    "rawDate": _compact(day), "fxRate": 1.0, "pr": float(fill.price), "qty": float(fill.quantity),
                    "acctid": account, "amt": float(-fill.paid), "conid": fill.listing.conid,
                    "type": "Buy" if fill.quantity > 0 else "Sell", "desc": fill.listing.name,
                })
        return rows


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _first_day(period: str, last: date) -> date:
    match period:
        case "1D":
            return last
        case "7D":
            return last - timedelta(days=6)
        case "MTD":
            return last.replace(day=1)
        case "1M" | "M":
            return last - timedelta(days=30)
        case "Q":
            return last - timedelta(days=91)
        case "YTD":
            return last.replace(month=1, day=1)
    return last - timedelta(days=365)


def _months(series: Series) -> list[tuple[str, float]]:
    """Return of each calendar month, as a fraction."""
    ends: dict[str, float] = {}
    for day, value in zip(series.days, series.values, strict=True):
        ends[f"{day:%Y%m}"] = value
    rows: list[tuple[str, float]] = []
    before = series.start
    for month, value in ends.items():
        rows.append((month, round(value / before - 1, 8)))
        before = value
    return rows


def _head(account: str, series: Series) -> dict[str, Json]:
    return {
        "id": account, "idType": "acctid", "start": _compact(series.days[0]), "end": _compact(series.days[-1]),
        "baseCurrency": "USD",
    }


def _start(series: Series) -> dict[str, Json]:
    return {"date": _compact(series.start_day), "val": series.start}


def _compact(day: date) -> str:
    return f"{day:%Y%m%d}"
