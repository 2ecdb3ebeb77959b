"""What a statement is asked by."""

from datetime import date

from ibdesk.brokers.statements import Period


def test_a_period_counts_both_its_ends() -> None:
    assert Period(first=date(2026, 11, 20), last=date(2026, 11, 20)).days == 1
    assert Period(first=date(2026, 2, 27), last=date(2026, 3, 2)).days == 4
