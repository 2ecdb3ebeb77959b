from datetime import UTC, datetime, timedelta

import pytest

from ibdesk.brokers.flex.codes import CODES, Then, code_of, error_of
from ibdesk.demo.flex import CODES as NAMED
from ibdesk.domain.errors import Cause, NeedsPerson, Refused, Unavailable

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)


def test_the_table_is_the_published_one() -> None:
    assert set(CODES) == {1001, *range(1003, 1022)}
    assert {number for number, _ in NAMED.values()} == set(CODES)


@pytest.mark.parametrize("number", CODES)
def test_every_code_says_what_happened_and_what_to_do(number: int) -> None:
    code = CODES[number]
    error = error_of(code, NOW)
    assert error.message.endswith(".") and error.remedy.endswith(".")
    assert str(number) not in error.message, "a sentence, not a number"
    if isinstance(error, Unavailable):
        assert error.retry_at is not None and error.retry_at > NOW
    else:
        assert code.retry_in is None and error.cause is not Cause.FLEX_NOT_READY
    assert bool(code.waits) or code.then is Then.ACT or code.retry_in is not None


@pytest.mark.parametrize(("number", "branch", "cause"), [
    (1003, Refused, Cause.FLEX_NO_STATEMENT), (1010, Refused, Cause.FLEX_QUERY), (1011, NeedsPerson, Cause.FLEX_OFF),
    (1012, NeedsPerson, Cause.FLEX_TOKEN), (1013, NeedsPerson, Cause.FLEX_ADDRESS),
    (1014, NeedsPerson, Cause.FLEX_QUERY), (1015, NeedsPerson, Cause.FLEX_TOKEN),
    (1016, NeedsPerson, Cause.FLEX_QUERY), (1018, Unavailable, Cause.RATE_LIMITED),
    (1019, Unavailable, Cause.FLEX_NOT_READY), (1020, NeedsPerson, Cause.FLEX_QUERY),
])  # fmt: skip
def test_who_acts_next(number: int, branch: type, cause: Cause) -> None:
    error = error_of(CODES[number], NOW)
    assert type(error) is branch and error.cause is cause


def test_an_unknown_code_is_tried_again_only_where_its_words_say_so() -> None:
    final, shaky = code_of(1099, "The moon is full."), code_of(1098, "Please TRY AGAIN.")
    assert (final.then, shaky.then) == (Then.ACT, Then.AGAIN)
    told = error_of(final, NOW, "The moon is full.")
    assert isinstance(told, Refused) and "1099" in told.message and told.message.endswith("The moon is full.")
    later = error_of(shaky, NOW)
    assert isinstance(later, Unavailable) and later.retry_at == NOW + timedelta(minutes=15)
