from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.domain.going_live import Evidence, Item, checklist, legacy_note

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
ALL = Evidence(
    connected_at=AT, synced_at=AT, paper_order_at=AT, paper_orders=2, blocked_at=AT, acknowledged_at=AT,
    limits_kept_at=AT,
)  # fmt: skip


def test_a_new_desk_has_nothing_ticked() -> None:
    found = checklist(Evidence(unread=("Options risk",)))
    assert [line.item for line in found.missing] == list(Item) and not found.is_complete and found.done == 0


def test_with_all_evidence_it_is_complete() -> None:
    found = checklist(ALL)
    assert found.is_complete and found.done == len(Item)
    assert found.lines[2].sentence == "2 paper orders were accepted." and found.lines[2].at == AT


@pytest.mark.parametrize(
    ("item", "lacking"),
    [
        (Item.CONNECTION, replace(ALL, connected_at=None)),
        (Item.SYNC, replace(ALL, synced_at=None)),
        (Item.PAPER_ORDER, replace(ALL, paper_order_at=None)),
        (Item.BLOCKED_ORDER, replace(ALL, blocked_at=None)),
        (Item.DISCLOSURES, replace(ALL, unread=("Margin",))),
        (Item.DISCLOSURES, replace(ALL, acknowledged_at=None)),
        (Item.LIMITS, replace(ALL, limits_kept_at=None)),
    ],
)
def test_each_piece_of_evidence_is_needed(item: Item, lacking: Evidence) -> None:
    found = checklist(lacking)
    assert [line.item for line in found.missing] == [item] and found.missing[0].sentence


def test_a_limit_of_ones_own_is_evidence_too() -> None:
    assert checklist(replace(ALL, limits_kept_at=None, own_limits=3)).is_complete


def test_an_unread_disclosure_is_named() -> None:
    (line,) = checklist(replace(ALL, unread=("Margin", "Options"))).missing
    assert line.sentence == "Still to be acknowledged: “Margin”, “Options”."


def regime(kind: MarginRegime) -> Regime:
    return Regime(regime=kind, source=RegimeSource.DATE)


@pytest.mark.parametrize(
    ("kind", "equity", "says", "warns"),
    [
        (MarginRegime.PDT_LEGACY, Decimal(24_999), "a fourth in five business days needs $25,000", True),
        (MarginRegime.PDT_LEGACY, Decimal(25_000), "This account has $25,000.", False),
        (MarginRegime.UNKNOWN_TRANSITION, Decimal(1_000), "until 20 October 2027", True),
        (MarginRegime.INTRADAY_MARGIN, Decimal(1_000), "is over", False),
        (MarginRegime.UNLIMITED, None, "does not limit", False),
        (MarginRegime.NOT_APPLICABLE, None, "does not concern", False),
    ],
)
def test_the_25000_dollars_are_told_by_the_regime_in_force(
    kind: MarginRegime, equity: Decimal | None, says: str, warns: bool
) -> None:
    note, is_warning = legacy_note(regime(kind), equity)
    assert says in note and is_warning is warns
    assert checklist(ALL, regime=regime(kind), equity=equity).is_complete  # told, never ticked


def test_an_account_without_a_rate_to_the_dollar_is_told_in_its_own_currency() -> None:
    note, is_warning = legacy_note(regime(MarginRegime.PDT_LEGACY), None, "€24,000.00")
    assert "This account has €24,000.00; what that is in dollars is not known" in note and not is_warning


def test_of_an_unknown_account_nothing_is_told() -> None:
    assert legacy_note(None, Decimal(1)) == ("", False)
