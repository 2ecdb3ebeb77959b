"""Every code the Flex service is known to answer with: what it means, whether asking again helps, and when.

The broker publishes 1001 and 1003 to 1021; there is no 1002. It publishes no retry contract: the waits are what its
wording ("try again shortly") and the practice of other clients suggest (reference/flex-and-nav.md A4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable


class Then(Enum):
    """What a pull does about a code: the same call again, everything from the start, or nothing."""

    AGAIN = "again"
    ANEW = "anew"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code. `waits` are the seconds before each further try of a pull; after the last the pull ends, unless it
    `keeps_on` at that pace. `retry_in` is when a pull that ended may be begun again; None when a person acts first."""

    number: int
    then: Then
    waits: tuple[float, ...] = ()
    keeps_on: bool = False
    retry_in: timedelta | None = None
    branch: type[NeedsPerson | Unavailable | Refused]
    cause: Cause
    sentence: str
    remedy: str


_SHORTLY, _LATER, _HOUR = timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)
_WAIT = "Nothing is wrong here: pull the statement again later."
_RENEW = (
    "Make a new token in Client Portal (Performance & Reports > Flex Queries > Flex Web Service) and add it here."
)
_CHECK_QUERY = "Compare the query id with the one Client Portal shows under Flex Queries, for the same login."


def _again(number: int, sentence: str, *waits: float, retry_in: timedelta = _LATER, keeps_on: bool = False) -> Code:
    return Code(
        number=number, then=Then.AGAIN, waits=waits, keeps_on=keeps_on, retry_in=retry_in, branch=Unavailable,
        cause=Cause.FLEX_NOT_READY, sentence=sentence, remedy=_WAIT,
    )  # fmt: skip


def _act(number: int, cause: Cause, sentence: str, remedy: str) -> Code:
    return Code(number=number, then=Then.ACT, branch=NeedsPerson, cause=cause, sentence=sentence, remedy=remedy)


_ALL = (
    _again(1001, "The broker could not make the statement just now.", 5, 15, 45, retry_in=_HOUR),
    Code(
        number=1003, then=Then.ACT, branch=Refused, cause=Cause.FLEX_NO_STATEMENT,
        sentence="The broker has no statement for this query and period.",
        remedy="Ask for days the account existed and that have ended, or leave the dates to the query.",
    ),
    _again(1004, "The broker's statement is not complete yet.", 60, 120, retry_in=_SHORTLY),
    _again(1005, "The broker's settlement data is not ready yet."),
    _again(1006, "The broker's FIFO profit and loss is not ready yet."),
    _again(1007, "The broker's mark-to-market profit and loss is not ready yet."),
    _again(1008, "The broker's profit and loss figures are not ready yet."),
    _again(1009, "The broker's statement service is under heavy load.", 30, 60, 120, retry_in=timedelta(minutes=10)),
    Code(
        number=1010, then=Then.ACT, branch=Refused, cause=Cause.FLEX_QUERY,
        sentence="The broker no longer supports this old kind of query.",
        remedy="Make it anew in Client Portal as an Activity Flex Query and add its id here.",
    ),
    _act(1011, Cause.FLEX_OFF, "The Flex Web Service is switched off for this login.",
         "Enable it in Client Portal: Performance & Reports > Flex Queries > Flex Web Service."),
    _act(1012, Cause.FLEX_TOKEN, "The Flex token has expired.", _RENEW),
    _act(1013, Cause.FLEX_ADDRESS, "The Flex token may not be used from this internet address.",
         "Change or remove the IP restriction of the token in Client Portal."),
    _act(1014, Cause.FLEX_QUERY, "The broker does not know this query.", _CHECK_QUERY),
    _act(1015, Cause.FLEX_TOKEN, "The broker does not accept this Flex token.", _RENEW),
    _act(1016, Cause.FLEX_QUERY, "The query names an account that this login may not see.",
         "Take the account out of the query in Client Portal, or use the login that has it."),
    Code(
        number=1017, then=Then.ANEW, waits=(2,), retry_in=_LATER, branch=Unavailable, cause=Cause.FLEX_NOT_READY,
        sentence="The broker forgot the statement while it was being made.", remedy=_WAIT,
    ),
    Code(
        number=1018, then=Then.AGAIN, waits=(10, 60), retry_in=timedelta(minutes=10), branch=Unavailable,
        cause=Cause.RATE_LIMITED, sentence="The broker says that this token asked too often.",
        remedy="Wait, and see to it that no other program uses the same token.",
    ),
    _again(1019, "The broker is still making the statement.", 5, 5, 10, 10, 20, 20, 30, keeps_on=True),
    Code(
        number=1020, then=Then.ANEW, waits=(10,), branch=NeedsPerson, cause=Cause.FLEX_QUERY,
        sentence="The broker could not validate the request.",
        remedy="Check token and query id; a query that was just saved may need some minutes before it is known.",
    ),
    _again(1021, "The broker could not hand out the statement just now.", 10, 30, 60),
)  # fmt: skip
CODES: Mapping[int, Code] = {code.number: code for code in _ALL}


def code_of(number: int, words: str) -> Code:
    """The code, or one made up for a number the table lacks: asked again once where the broker's words suggest it."""
    if number in CODES:
        return CODES[number]
    sentence = f"The Flex service answered with a code that is not in its table ({number})."
    if "try again" in words.lower():
        return _again(number, sentence, 30)
    return Code(
        number=number, then=Then.ACT, branch=Refused, cause=Cause.BROKER_ERROR, sentence=sentence,
        remedy="Try the query in Client Portal; if it works there, report this code.",
    )


def error_of(code: Code, now: datetime, words: str = "") -> DeskError:
    """The code as the error a pull ends with. `words` are the broker's own, with nothing secret in them; they are
    told where the table has no better ones."""
    message = code.sentence if code.number in CODES or not words else f"{code.sentence} It said: {words}"
    if code.branch is Unavailable:
        later = None if code.retry_in is None else now + code.retry_in
        return Unavailable(message, remedy=code.remedy, cause=code.cause, retry_at=later)
    return code.branch(message, remedy=code.remedy, cause=code.cause)
