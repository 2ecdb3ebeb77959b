"""A text is acknowledged once, until it changes or a year has gone."""

from datetime import UTC, datetime, timedelta

from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure, Standing, outstanding, states

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


def test_each_way_of_standing_is_told_with_the_newest_yes_to_it() -> None:
    def one(*yes: Acknowledgment, now: datetime = NOW) -> tuple[Standing, str | None, datetime | None]:
        (found,) = states([TEXT], yes, now)
        return found.standing, None if found.given is None else found.given.sha256, found.until

    year = timedelta(days=365)
    assert one() == (Standing.NEVER, None, None)
    assert one(given("aa", NOW)) == (Standing.IN_FORCE, "aa", NOW + year)
    assert one(given("aa", NOW - year)) == (Standing.EXPIRED, "aa", NOW)
    assert one(given("old", NOW)) == (Standing.CHANGED, "old", NOW + year)
    assert one(given("aa", NOW - timedelta(days=9)), given("old", NOW))[:2] == (Standing.IN_FORCE, "aa")
    assert one(given("aa", NOW - year - year), given("aa", NOW))[0] is Standing.IN_FORCE


def test_a_yes_to_another_text_is_none_to_this_one() -> None:
    other = Disclosure(id="margin", title="Margin", version="1", text="…", statement="Yes", sha256="aa")
    assert [each.standing for each in states([TEXT, other], [given("aa", NOW)], NOW)] == [
        Standing.IN_FORCE, Standing.NEVER]
