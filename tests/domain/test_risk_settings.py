"""The risk limits: safe as shipped, each with its bounds, asking before they block."""

from dataclasses import fields
from decimal import Decimal

import pytest

from ibdesk.domain.errors import Refused
from ibdesk.domain.risk_settings import BrokerLevel, OwnLevel, RiskSettings
from ibdesk.domain.settings import meta_of, parse_value


def test_every_number_has_bounds_and_a_safe_default_within_them() -> None:
    for item in fields(RiskSettings):
        meta, default = meta_of(item.name), getattr(RiskSettings(), item.name)
        if isinstance(default, int | Decimal) and not isinstance(default, bool):
            assert meta.minimum is not None and meta.maximum is not None, item.name
            assert meta.minimum <= default <= meta.maximum, item.name


@pytest.mark.parametrize("name", ["contracts", "shares", "premium", "exposure", "mid"])
def test_a_limit_asks_before_it_blocks(name: str) -> None:
    shipped = RiskSettings()
    asks = next(getattr(shipped, each) for each in (f"risk_{name}_confirm", f"risk_{name}_confirm_pct")
                if hasattr(shipped, each))  # fmt: skip
    blocks = next(getattr(shipped, each) for each in (f"risk_{name}_block", f"risk_{name}_block_pct")
                  if hasattr(shipped, each))  # fmt: skip
    assert asks < blocks


def test_the_shipped_limits_are_those_of_the_reference() -> None:
    """reference/compliance.md section 4, its table."""
    shipped = RiskSettings()
    assert (shipped.risk_contracts_confirm, shipped.risk_usual_factor) == (50, 5)
    assert (shipped.risk_premium_confirm_pct, shipped.risk_premium_block_pct, shipped.risk_max_loss_pct) == (5, 20, 2)
    assert (shipped.risk_touch_pct, shipped.risk_mid_confirm_pct, shipped.risk_mid_block_pct) == (10, 25, 50)
    assert (shipped.risk_option_quote_age, shipped.risk_stock_quote_age) == (5, 2)
    assert (shipped.risk_duplicate_seconds, shipped.risk_orders_per_minute) == (10, 60)
    assert (shipped.risk_broker_level, shipped.risk_own_level) == (BrokerLevel.UNKNOWN, OwnLevel.NONE)


def test_a_buffer_of_everything_is_refused() -> None:
    with pytest.raises(Refused, match="risk_bp_buffer_pct"):
        parse_value("risk_bp_buffer_pct", "95")
