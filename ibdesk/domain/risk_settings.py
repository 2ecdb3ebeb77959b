"""The limits a person sets on their own orders, with safe defaults (reference/compliance.md section 4).

Percentages are of net liquidation unless their words say otherwise. In a settings file they may stand in a table of
their own: `[risk]` with `bp_buffer_pct = 10` is the setting `risk_bp_buffer_pct`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ibdesk.domain.setting_meta import Meta, setting


class DayTradeChoice(StrEnum):
    """Which day-trading rule a person knows to bind the account; the broker's own evidence beats it."""

    AUTO = "auto"
    PDT_LEGACY = "pdt_legacy"
    INTRADAY_MARGIN = "intraday_margin"
    INFO_ONLY = "info_only"


class BrokerLevel(StrEnum):
    """The option level the broker granted; IBKR publishes it in no interface, so a person enters it."""

    UNKNOWN = "unknown"
    NO_OPTIONS = "Level 0"
    LEVEL_1 = "Level 1"
    LEVEL_2 = "Level 2"
    LEVEL_3 = "Level 3"
    LEVEL_4 = "Level 4"


class OwnLevel(StrEnum):
    """A limit a person sets for themselves, beside what the broker allows."""

    NONE = "no limit"
    LEVEL_1 = "Level 1"
    LEVEL_2 = "Level 2"
    LEVEL_3 = "Level 3"
    UNCOVERED = "Uncovered"


def _risk(name: str, default: Any, title: str, says: str, unit: str = "", low: int | None = None,
          high: int | None = None) -> Any:  # fmt: skip
    return setting(default, Meta(
        section="Risk limits", title=title, help=says, unit=unit, env=(f"IBDESK_RISK_{name}",),
        minimum=None if low is None else Decimal(low), maximum=None if high is None else Decimal(high)))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings:
    """Every limit of the desk's own checks before an order leaves."""

    risk_bp_buffer_pct: Decimal = _risk(
        "BP_BUFFER_PCT", Decimal(5), "Keep buying power of",
        "Available funds that should be left after an order, as a share of net liquidation. Less is warned about.",
        "%", 0, 90)
    risk_require_preview: bool = _risk(
        "REQUIRE_PREVIEW", False, "Only send previewed orders",
        "On: an opening order without the broker's fresh preview of its margin is blocked. Off: you are asked.")
    risk_contracts_confirm: int = _risk(
        "CONTRACTS_CONFIRM", 50, "Ask above so many contracts", "Options and futures of one order, per leg.",
        "contracts", 1, 100_000)
    risk_contracts_block: int = _risk(
        "CONTRACTS_BLOCK", 500, "Never more contracts than", "Options and futures of one order, per leg.",
        "contracts", 1, 100_000)
    risk_shares_confirm: int = _risk(
        "SHARES_CONFIRM", 5_000, "Ask above so many shares", "Of one order.", "shares", 1, 10_000_000)
    risk_shares_block: int = _risk(
        "SHARES_BLOCK", 50_000, "Never more shares than", "Of one order.", "shares", 1, 10_000_000)
    risk_usual_factor: Decimal = _risk(
        "USUAL_FACTOR", Decimal(5), "Ask above so many times your usual size",
        "Compared with the middle of your own orders of the same kind. 0: never.", "times", 0, 1000)
    risk_premium_confirm_pct: Decimal = _risk(
        "PREMIUM_CONFIRM_PCT", Decimal(5), "Ask above a premium of",
        "What the options of one order cost or bring.", "%", 0, 1000)
    risk_premium_block_pct: Decimal = _risk(
        "PREMIUM_BLOCK_PCT", Decimal(20), "Never a premium above",
        "What the options of one order cost or bring.", "%", 0, 1000)
    risk_exposure_confirm_pct: Decimal = _risk(
        "EXPOSURE_CONFIRM_PCT", Decimal(25), "Ask above an exposure of",
        "Shares and futures at their price, options at delta times the underlying.", "%", 0, 10_000)
    risk_exposure_block_pct: Decimal = _risk(
        "EXPOSURE_BLOCK_PCT", Decimal(400), "Never an exposure above",
        "Shares and futures at their price, options at delta times the underlying.", "%", 0, 10_000)
    risk_max_loss_pct: Decimal = _risk(
        "MAX_LOSS_PCT", Decimal(2), "Ask above a possible loss of",
        "The most one order can lose at expiry. A loss without a bound is always asked about.", "%", 0, 1000)
    risk_touch_pct: Decimal = _risk(
        "TOUCH_PCT", Decimal(10), "Ask when a limit is past the other side by",
        "Buying above the ask or selling below the bid by this much, and at least 0.10.", "%", 0, 100)
    risk_mid_confirm_pct: Decimal = _risk(
        "MID_CONFIRM_PCT", Decimal(25), "Ask when a limit is past the mid by",
        "Worse than the middle of bid and ask by this much, and at least 0.25.", "%", 0, 1000)
    risk_mid_block_pct: Decimal = _risk(
        "MID_BLOCK_PCT", Decimal(50), "Never a limit past the mid by",
        "Worse than the middle of bid and ask by this much, and at least 0.50.", "%", 0, 1000)
    risk_intrinsic_blocks: bool = _risk(
        "INTRINSIC_BLOCKS", True, "Block prices that give money away",
        "Selling below what exercise is worth, or paying more than a spread can ever be worth. Off: you are asked.")
    risk_spread_warn_pct: Decimal = _risk(
        "SPREAD_WARN_PCT", Decimal(20), "Warn about a spread wider than", "Bid to ask, as a share of the mid.",
        "%", 0, 1000)
    risk_option_quote_age: Decimal = _risk(
        "OPTION_QUOTE_AGE", Decimal(5), "Ask when an option's quote is older than", "In regular hours.", "s", 1, 3600)
    risk_stock_quote_age: Decimal = _risk(
        "STOCK_QUOTE_AGE", Decimal(2), "Ask when another quote is older than", "In regular hours.", "s", 1, 3600)
    risk_account_age: Decimal = _risk(
        "ACCOUNT_AGE", Decimal(120), "Account figures count for",
        "Older ones are taken as unknown, and opening orders are asked about.", "s", 10, 86_400)
    risk_duplicate_seconds: Decimal = _risk(
        "DUPLICATE_SECONDS", Decimal(10), "Block the same order again within", "Same legs, size and price.", "s", 0,
        3600)
    risk_orders_per_minute: int = _risk(
        "ORDERS_PER_MINUTE", 60, "Orders a minute at most", "More are blocked.", "orders", 1, 600)
    risk_orders_per_day: int = _risk(
        "ORDERS_PER_DAY", 200, "Opening orders a day at most", "More are blocked. 0: no limit.", "orders", 0, 100_000)
    risk_daily_loss_pct: Decimal = _risk(
        "DAILY_LOSS_PCT", Decimal(5), "Stop opening after a day's loss of",
        "Of net liquidation before the loss, by the broker's figure of the day. 0: no limit.", "%", 0, 100)
    risk_position_contracts: int = _risk(
        "POSITION_CONTRACTS", 1_000, "Contracts on one side at most",
        "Long calls with short puts, or short calls with long puts, of one underlying, working orders included.",
        "contracts", 1, 1_000_000)
    risk_expiry_minutes: int = _risk(
        "EXPIRY_MINUTES", 60, "Ask about expiring options before the close",
        "Opening a short option so shortly before it expires is asked about.", "min", 0, 390)
    risk_first_orders: int = _risk(
        "FIRST_ORDERS", 10, "Guard the first live orders",
        "So many live orders are limit orders of a small size only, each confirmed. 0: none.", "orders", 0, 100)
    risk_first_contracts: int = _risk(
        "FIRST_CONTRACTS", 1, "Contracts in a first live order", "At most.", "contracts", 1, 1000)
    risk_first_shares: int = _risk(
        "FIRST_SHARES", 100, "Shares in a first live order", "At most.", "shares", 1, 100_000)
    risk_day_trade_rule: DayTradeChoice = _risk(
        "DAY_TRADE_RULE", DayTradeChoice.AUTO, "Day-trading rule",
        "Auto: what the broker reports, else the date. Choose one only when your broker told you so.")
    risk_transition_blocks: bool = _risk(
        "TRANSITION_BLOCKS", False, "Block when the day-trading rule is unknown",
        "Until October 2027 a broker may still apply the old count. Off: you are asked.")
    risk_broker_level: BrokerLevel = _risk(
        "BROKER_LEVEL", BrokerLevel.UNKNOWN, "Option level the broker granted",
        "Interactive Brokers tells it in no interface; look in the account settings of its portal.")
    risk_own_level: OwnLevel = _risk(
        "OWN_LEVEL", OwnLevel.NONE, "Your own option level",
        "1: covered calls and secured puts; 2: buying options too; 3: spreads; Uncovered: everything.")
