"""Which day-trading rules apply: the broker's number beats the person's setting, which beats the date."""

from datetime import UTC, date, datetime

import pytest

from ibdesk.domain.accounts import AccountId, AccountSummary, MarginType
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.regime import MarginRegime, RegimeSource, refusal_counts, resolve_regime
from ibdesk.domain.money import USD
from tests.domain.compliance.sample import CALENDAR

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


def summary_of(remaining: int | None, kind: MarginType = MARGIN) -> AccountSummary:
    return AccountSummary(
        account=AccountId("DU1234567"), currency=USD, as_of=NOW, received_at=NOW, margin_type=kind,
        day_trades_remaining=(remaining, None, None, None, None),
    )  # fmt: skip


def test_a_refusal_beats_the_brokers_own_unlimited() -> None:
    """R6."""
    resolved = resolve_regime(summary_of(-1), None, date(2026, 11, 23), was_refused=True)
    assert (resolved.regime, resolved.source, resolved.by_refusal) == (
        MarginRegime.PDT_LEGACY, RegimeSource.BROKER, True,
    )  # fmt: skip


def test_a_refusal_says_nothing_about_a_cash_account() -> None:
    resolved = resolve_regime(summary_of(None, CASH), None, date(2026, 11, 23), was_refused=True)
    assert resolved.regime is MarginRegime.NOT_APPLICABLE


def test_a_setting_the_broker_contradicts_is_kept_to_be_told() -> None:
    """R8."""
    setting = MarginRegime.INTRADAY_MARGIN
    assert resolve_regime(summary_of(1), setting, date(2026, 11, 23)).overruled is setting
    assert resolve_regime(summary_of(None), setting, date(2026, 11, 23)).overruled is None
    assert resolve_regime(summary_of(1), MarginRegime.PDT_LEGACY, date(2026, 11, 23)).overruled is None


@pytest.mark.parametrize(
    ("refused", "opened", "today", "counts"),
    [
        (None, None, date(2026, 11, 23), False),
        (date(2026, 11, 20), None, date(2026, 11, 23), True),
        (date(2026, 11, 20), None, date(2026, 11, 20), True),
        (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 23), False),
        (date(2026, 11, 20), date(2026, 11, 19), date(2026, 11, 23), True),
        (date(2026, 11, 20), None, date(2026, 11, 30), True),  # Thanksgiving is no business day: the fifth
        (date(2026, 11, 20), None, date(2026, 12, 1), False),
        (date(2026, 11, 24), None, date(2026, 11, 23), False),
    ],
)
def test_a_refusal_speaks_for_five_business_days(
    refused: date | None, opened: date | None, today: date, counts: bool
) -> None:
    assert refusal_counts(refused, opened, today, policies_at(today).day_trades, CALENDAR) is counts
