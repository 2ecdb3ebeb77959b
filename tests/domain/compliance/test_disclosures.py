"""A text is acknowledged once, until it changes or a year has gone."""

from datetime import UTC, datetime, timedelta

from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure, outstanding

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = Disclosure(
    id="options", title="Options", version="2026-11-01", text="…", statement="I have read it", sha256="aa"
)


def given(sha256: str, at: datetime) -> Acknowledgment:
    return Acknowledgment(
        disclosure_id="options", version="2026-11-01", sha256=sha256, statement_sha256="bb",
        shown_at=at, acknowledged_at=at, account_hash="cc", app_version="0.1.0",
    )  # fmt: skip


def test_what_was_acknowledged_is_not_asked_again() -> None:
    assert outstanding([TEXT], [given("aa", NOW)], NOW + timedelta(days=364)) == ()


def test_a_changed_text_or_a_year_asks_again() -> None:
    assert outstanding([TEXT], [given("old", NOW)], NOW) == (TEXT,)
    assert outstanding([TEXT], [given("aa", NOW)], NOW + timedelta(days=365)) == (TEXT,)
    assert outstanding([TEXT], [], NOW) == (TEXT,)
