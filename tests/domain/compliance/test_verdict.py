"""A verdict is as hard as its hardest finding; asking no rule is no permission."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, Verdict, figure, money, worst

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def said(severity: Severity, code: Code = Code.DT_INFO) -> Finding:
    return Finding(code=code, severity=severity, sentence="Said.", source=Source.ESTIMATE)


def verdict(*severities: Severity) -> Verdict:
    return Verdict(findings=tuple(map(said, severities)), checked_at=NOW)


def test_the_hardest_finding_decides_wherever_it_stands() -> None:
    assert verdict(Severity.BLOCK, Severity.PASS, Severity.WARN).is_blocked
    assert verdict(Severity.NOTE, Severity.CONFIRM).needs_confirm
    assert not verdict(Severity.NOTE, Severity.CONFIRM).may_send
    assert verdict(Severity.PASS, Severity.WARN, Severity.NOTE).may_send


def test_a_verdict_nobody_reached_is_blocked() -> None:
    assert verdict().is_blocked
    assert not verdict().may_send
    assert worst(()) is Severity.BLOCK


def test_a_blocked_order_is_not_merely_to_be_confirmed() -> None:
    assert not verdict(Severity.BLOCK, Severity.CONFIRM).needs_confirm


def test_findings_are_told_apart_by_severity() -> None:
    both = verdict(Severity.WARN, Severity.NOTE, Severity.WARN)
    assert len(both.of(Severity.WARN)) == 2
    assert both.of(Severity.BLOCK) == ()


def test_a_finding_can_be_softened_and_never_hardened() -> None:
    assert said(Severity.BLOCK).at_most(Severity.CONFIRM).severity is Severity.CONFIRM
    assert said(Severity.NOTE).at_most(Severity.CONFIRM).severity is Severity.NOTE


def test_a_finding_cannot_be_changed_after_it_was_said() -> None:
    with pytest.raises(FrozenInstanceError):
        said(Severity.BLOCK).severity = Severity.PASS  # type: ignore[misc]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "—"),
        (Decimal("25000"), "25,000"),
        (Decimal("24999.99"), "24,999.99"),
        (Decimal("-1523.75"), "−1,523.75"),
        (Decimal("-0.001"), "0"),
        (Decimal("1E+3"), "1,000"),
        (Decimal("736.9"), "736.90"),
        (Decimal("NaN"), "—"),
        (Decimal("1234567890123456789012345678901.5"), "1,234,567,890,123,456,789,012,345,678,901.50"),
        (Decimal("1e99"), "1E+99"),
    ],
)
def test_figures_in_sentences_are_written_as_the_desk_writes_them(amount: Decimal | None, text: str) -> None:
    assert figure(amount) == text


def test_severities_have_a_word_for_the_record() -> None:
    assert [severity.word for severity in Severity] == ["pass", "note", "warn", "confirm", "block"]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("670639", "USD", "$670,639"), ("-12.5", "EUR", "\u2212€12.50"), ("5", "CHF", "CHF\u00a05"),
     ("-1", None, "\u22121"), (None, "USD", "—")],
)  # fmt: skip
def test_an_amount_of_money_in_a_sentence_has_its_currency(amount: str | None, currency: str | None, text: str) -> None:
    assert money(None if amount is None else Decimal(amount), currency) == text
