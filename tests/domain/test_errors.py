"""Every error says what happened, what to do and who acts next."""

from datetime import UTC, datetime

from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable


def test_an_error_carries_its_sentence_its_remedy_and_its_cause() -> None:
    error = NeedsPerson("You are signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED)
    assert (str(error), error.remedy, error.cause) == ("You are signed out.", "Sign in.", Cause.NOT_AUTHENTICATED)
    assert isinstance(error, DeskError)


def test_waiting_has_an_end_and_raw_bytes_a_limit() -> None:
    later = datetime(2026, 11, 20, tzinfo=UTC)
    assert Unavailable("x", remedy="y", cause=Cause.PENALTY_BOX, retry_at=later).retry_at == later
    assert len(BadData("x", remedy="y", cause=Cause.BAD_ANSWER, raw=b"a" * 10_000).raw) == 4096


def test_the_four_branches_do_not_overlap() -> None:
    branches = (NeedsPerson, Unavailable, Refused, BadData)
    for branch in branches:
        assert sum(issubclass(branch, other) for other in branches) == 1
