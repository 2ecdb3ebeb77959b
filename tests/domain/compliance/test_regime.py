"""Which day-trading rules apply: the broker's number beats the person's setting, which beats the date."""

from datetime import UTC, date, datetime

import pytest

from ibdesk.domain.accounts import AccountId, AccountSummary, MarginType
from ibdesk.domain.compliance.regime import MarginRegime, RegimeSource, resolve_regime
from ibdesk.domain.money import USD

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MARGIN, CASH, PORTFOLIO = MarginType.MARGIN, MarginType.CASH, MarginType.PORTFOLIO_MARGIN


# The oracles R2 to R13 of reference/compliance.md 0.6 that need no rejects and no local count.
@pytest.mark.parametrize(
    ("day", "kind", "remaining", "setting", "regime", "source"),
    [
        (date(2026, 6, 3), MARGIN, None, None, MarginRegime.PDT_LEGACY, RegimeSource.DATE),
        (date(2026, 6, 4), MARGIN, None, None, MarginRegime.UNKNOWN_TRANSITION, RegimeSource.DATE),
        (date(2026, 11, 23), MARGIN, 0, None, MarginRegime.PDT_LEGACY, RegimeSource.BROKER),
        (date(2026, 11, 23), MARGIN, -1, None, MarginRegime.UNLIMITED, RegimeSource.BROKER),
        (date(2026, 11, 23), MARGIN, None, MarginRegime.INTRADAY_MARGIN, MarginRegime.INTRADAY_MARGIN,
         RegimeSource.SETTING),
        (date(2026, 11, 23), MARGIN, 1, MarginRegime.INTRADAY_MARGIN, MarginRegime.PDT_LEGACY, RegimeSource.BROKER),
        (date(2026, 11, 23), CASH, 3, None, MarginRegime.NOT_APPLICABLE, RegimeSource.ACCOUNT_TYPE),
        (date(2026, 11, 23), PORTFOLIO, -1, None, MarginRegime.NOT_APPLICABLE, RegimeSource.ACCOUNT_TYPE),
        (date(2027, 10, 20), MARGIN, None, None, MarginRegime.UNKNOWN_TRANSITION, RegimeSource.DATE),
        (date(2027, 10, 21), MARGIN, None, None, MarginRegime.INTRADAY_MARGIN, RegimeSource.DATE),
        (date(2027, 10, 21), MARGIN, 0, None, MarginRegime.PDT_LEGACY, RegimeSource.BROKER),
    ],
)  # fmt: skip
def test_the_first_source_that_knows_decides(
    day: date, kind: MarginType, remaining: int | None, setting: MarginRegime | None,
    regime: MarginRegime, source: RegimeSource,
) -> None:  # fmt: skip
    summary = AccountSummary(
        account=AccountId("DU1234567"), currency=USD, as_of=NOW, received_at=NOW, margin_type=kind,
        day_trades_remaining=(remaining, None, None, None, None),
    )  # fmt: skip
    resolved = resolve_regime(summary, setting, day)
    assert (resolved.regime, resolved.source) == (regime, source)


def test_a_missing_number_is_not_reported_and_not_zero() -> None:
    summary = AccountSummary(account=AccountId("DU1234567"), currency=USD, as_of=NOW, received_at=NOW)
    assert resolve_regime(summary, None, date(2026, 11, 23)).day_trades_remaining is None
