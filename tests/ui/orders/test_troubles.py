"""Why there are no orders, or none to touch."""

from dataclasses import replace

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, NeedsPerson, Unavailable
from ibdesk.domain.session import SessionState
from ibdesk.ui.orders import troubles
from ibdesk.ui.orders.rows import Show
from tests.ui.orders.bench import bench
from tests.ui.sample_desk import READY, sample_desk

OFFLINE = replace(READY, state=SessionState.OFFLINE)


def test_a_desk_without_a_book_says_what_is_missing() -> None:
    assert troubles.why_no_book(bench().desk) is None
    alone = troubles.why_no_book(sample_desk(session=None))
    assert alone is not None and alone.command == "connect"
    silent = troubles.why_no_book(sample_desk())
    assert silent is not None and silent.command == ""


def test_a_desk_that_only_reads_says_why() -> None:
    assert troubles.why_read_only(bench().desk) == ""
    assert "Read only" in troubles.why_read_only(bench(environment=Environment.LIVE, orders=None).desk)
    assert "does not trade" in troubles.why_read_only(bench(orders=None).desk)


def test_a_lost_session_names_what_helps() -> None:
    assert troubles.why_not_told(bench().desk) is None
    lost = bench(session=OFFLINE)
    assert troubles.why_not_told(lost.desk).command == ""  # type: ignore[union-attr]
    for cause, kind, command in (
        (Cause.NOT_AUTHENTICATED, NeedsPerson, "sign-in"), (Cause.GATEWAY_NOT_RUNNING, Unavailable, "try-now"),
        (Cause.COMPETING_SESSION, NeedsPerson, "take-over"), (Cause.CERTIFICATE_CHANGED, NeedsPerson, ""),
    ):
        lost.desk.session.problem = kind("It is so.", remedy="Do that.", cause=cause)  # type: ignore[union-attr]
        found = troubles.why_not_told(lost.desk)
        assert found is not None and (found.title, found.why, found.command) == ("It is so.", "Do that.", command)


def test_every_list_has_words_for_being_empty() -> None:
    assert set(troubles.EMPTY) == set(Show)
    assert all(each.title and each.why for each in troubles.EMPTY.values())
