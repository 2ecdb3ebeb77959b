"""The rules as dated data: which thresholds held on which day, who wrote them, and what a broker adds to them.

Nothing here decides anything. A rule change is a new row with its dates; the functions that read the rows stay.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from ibdesk.domain.instruments import AssetClass


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTradeRules:
    """Day trading from `begins` to `ends` (None is open). `counts`: the number of day trades may bind an account;
    `measures`: its intraday margin may. Both while brokers move from one to the other."""

    id: str
    begins: date
    ends: date | None
    counts: bool
    measures: bool
    citation: str
    limit: int = 3
    window_days: int = 5
    #: Below this share of all trades even four day trades made no pattern; brokers mostly ignored it.
    pattern_share: Decimal = Decimal("0.06")
    minimum_equity: Decimal = Decimal(25000)
    buying_power_factor: Decimal = Decimal(4)
    reject_days: int = 5
    #: Prints from here on (New York) belong to the next business day: Cboe's global session begins 20:15, stock night
    #: sessions at 20:00 or 21:00; nothing of the old day trades after 20:00 (reference/compliance.md 1.1, 8.2).
    evening_from: time = time(20, 0)
    #: Futures and their options are not counted; IBKR counts warrants and bonds with the stocks (0.2).
    counted: frozenset[AssetClass] = frozenset(
        {AssetClass.STOCK, AssetClass.ETF, AssetClass.OPTION, AssetClass.WARRANT, AssetClass.BOND, AssetClass.BILL}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntradayRules:
    """Intraday margin deficits: what is too small to matter, and the days they run. Days are business days, but for
    the freeze, which is calendar days."""

    id: str
    begins: date
    citation: str
    small_share: Decimal = Decimal("0.05")
    small_amount: Decimal = Decimal(1000)
    prompt_days: int = 5
    lapse_days: int = 15
    freeze_days: int = 90
    portfolio_margin_equity: Decimal = Decimal(5_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRules:
    """Regulation T and FINRA 4210: shares of the price unless said otherwise."""

    id: str
    begins: date
    citation: str
    minimum_equity: Decimal = Decimal(2000)
    stock_initial: Decimal = Decimal("0.50")
    long_maintenance: Decimal = Decimal("0.25")
    short_initial: Decimal = Decimal("0.50")
    short_maintenance: Decimal = Decimal("0.30")
    short_floor: Decimal = Decimal("5.00")
    low_price: Decimal = Decimal("5.00")
    low_maintenance: Decimal = Decimal("1.00")
    low_floor: Decimal = Decimal("2.50")
    option_share: Decimal = Decimal("0.20")
    broad_share: Decimal = Decimal("0.15")
    option_floor: Decimal = Decimal("0.10")
    protective_share: Decimal = Decimal("0.10")
    box_factor: Decimal = Decimal("1.02")
    #: Classes on a broad index; IBKR applies the lower share to some index ETFs too, which its what-if tells.
    broad: frozenset[str] = frozenset({"SPX", "XSP", "NDX", "XND", "RUT", "MRUT", "DJX", "OEX", "XEO"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRules:
    """When US stocks and options are paid: business days after the trade."""

    id: str
    begins: date
    citation: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerRules:
    """What one broker applies beyond the rules; numbers None where it has none of its own."""

    id: str
    name: str
    citation: str
    rejects_opening_at_zero: bool
    deficit_target_days: int
    deficit_failures: int | None = None
    deficit_failure_span: timedelta = timedelta(days=365)
    deficit_restriction_days: int = 90
    cash_restriction_days: int = 90
    unequal_condor_is_two_spreads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Everything in force on one New York day at one broker. `intraday` is None before it was law."""

    day: date
    day_trades: DayTradeRules
    intraday: IntradayRules | None
    margin: MarginRules
    settlement: SettlementRules
    broker: BrokerRules

    @property
    def ids(self) -> tuple[str, ...]:
        """For the record: which rule sets were asked."""
        rows = (self.day_trades, self.intraday, self.margin, self.settlement, self.broker)
        return tuple(row.id for row in rows if row is not None)


DAY_TRADE_RULES = (
    DayTradeRules(
        id="us_pdt_2001", begins=date(2001, 9, 28), ends=date(2026, 6, 3), counts=True, measures=False,
        citation="FINRA Rule 4210(f)(8)(B), until 2026-06-03",
    ),
    DayTradeRules(
        id="us_transition_2026", begins=date(2026, 6, 4), ends=date(2027, 10, 20), counts=True, measures=True,
        citation="SEC Release 34-105226; FINRA Regulatory Notice 26-10, transition to 2027-10-20",
    ),
    DayTradeRules(
        id="us_intraday_2027", begins=date(2027, 10, 21), ends=None, counts=False, measures=True,
        citation="FINRA Rule 4210(d)(2), Regulatory Notice 26-10",
    ),
)  # fmt: skip

INTRADAY_RULES = (
    IntradayRules(
        id="us_intraday_margin_2026", begins=date(2026, 6, 4),
        citation="FINRA Rule 4210(d)(2), SEC Release 34-105226, Regulatory Notice 26-10",
    ),
)  # fmt: skip

MARGIN_RULES = (
    MarginRules(
        id="us_reg_t", begins=date(2001, 9, 28), citation="Regulation T 220.12; FINRA Rule 4210(b)(4), (c), (f)(2)"
    ),
)

SETTLEMENT_RULES = (
    SettlementRules(id="us_t3", begins=date(1995, 6, 7), citation="SEC Rule 15c6-1", days=3),
    SettlementRules(id="us_t2", begins=date(2017, 9, 5), citation="SEC Rule 15c6-1", days=2),
    SettlementRules(id="us_t1", begins=date(2024, 5, 28), citation="SEC Rule 15c6-1, Regulation T 220.8", days=1),
)

BROKER_RULES = {
    "ibkr": BrokerRules(
        id="ibkr", name="Interactive Brokers",
        citation="IBKR Guides: Pattern Day Trader, transition notice of 2026-06-03",
        rejects_opening_at_zero=True, deficit_target_days=3, deficit_failures=4, unequal_condor_is_two_spreads=True,
    ),
    "alpaca": BrokerRules(
        id="alpaca", name="Alpaca", citation="Alpaca documentation: intraday margin", rejects_opening_at_zero=False,
        deficit_target_days=2,
    ),
}  # fmt: skip


Row = TypeVar("Row", DayTradeRules, IntradayRules, MarginRules, SettlementRules)


@lru_cache(maxsize=64)
def policies_at(day: date, broker: str = "ibkr") -> Policies:
    """The rules in force on a New York trade date; days before the oldest row get the oldest.

    KeyError for a broker without a row: whose house rules are unknown must not pass for one that has none.
    """
    return Policies(
        day=day,
        day_trades=_in_force(DAY_TRADE_RULES, day) or DAY_TRADE_RULES[0],
        intraday=_in_force(INTRADAY_RULES, day),
        margin=_in_force(MARGIN_RULES, day) or MARGIN_RULES[0],
        settlement=_in_force(SETTLEMENT_RULES, day) or SETTLEMENT_RULES[0],
        broker=BROKER_RULES[broker],
    )


def _in_force(rows: tuple[Row, ...], day: date) -> Row | None:
    begun = [row for row in rows if row.begins <= day]
    return begun[-1] if begun else None
