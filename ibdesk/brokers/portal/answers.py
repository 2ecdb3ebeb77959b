"""What an answer of the gateway means before it is read: an answer, or which of its many ways to say no.

The table is reference/client-portal-api.md 2.4; errors also come with status 200.
"""

import msgspec

from ibdesk.brokers.http import Answer
from ibdesk.brokers.portal import endpoints
from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable

#: An error envelope is short; longer bodies are not searched for one.
_LONGEST_ERROR = 4096
_SESSION_PATHS = (endpoints.AUTH_STATUS, endpoints.TICKLE, endpoints.VALIDATE, endpoints.OPEN_BROKERAGE)


class AccountsFirst(Unavailable):
    """The brokerage session has not been asked for its accounts yet; asking cures it, repeating does not."""


class Declined(Refused):
    """The broker said no in its own words, `said`, with all of `body`. Nothing came of the request."""

    def __init__(self, message: str, *, remedy: str, cause: Cause, said: str, body: bytes) -> None:
        super().__init__(message, remedy=remedy, cause=cause)
        self.said, self.body = said, body


class Faulted(Unavailable):
    """The broker's server failed, after all or nothing was done; `said` is its word, mostly about bad input."""

    def __init__(self, message: str, *, remedy: str, cause: Cause, said: str) -> None:
        super().__init__(message, remedy=remedy, cause=cause)
        self.said = said


class _Envelope(msgspec.Struct):
    error: str | None = None
    detail: str | None = None


def judge(answer: Answer) -> DeskError | None:
    """None when the body may be parsed. A 401's body is read only for the two words that tell the sessions apart."""
    said = _said(answer.body)
    if answer.status == 401:
        return _not_signed_in(answer, said)
    if 300 <= answer.status < 400:
        return _not_a_gateway("It sends us to another page.")
    if "AirTunes" in answer.headers.get("server", ""):
        return _not_a_gateway("macOS uses this port for AirPlay.", "Choose another listenPort in conf.yaml.")
    if answer.status == 404 and answer.body.strip() == b"Access Denied":
        return NeedsPerson(
            "The gateway does not let this computer in.",
            remedy="Add 127.0.0.1 to ips.allow in the gateway's conf.yaml and restart it.", cause=Cause.ACCESS_DENIED,
        )
    if "accounts first" in said.lower():
        return AccountsFirst(
            "The broker wants to be asked for the accounts first.", remedy="Try again.", cause=Cause.BROKERAGE_LOST
        )
    if said.lower() in ("no session", "not logged in"):
        return _not_signed_in(answer, said)
    if "no bridge" in said.lower() or "init session first" in said.lower():
        return _brokerage_lost()
    if answer.status < 400 and not said:
        return _unreadable(answer)
    return _said_no(answer, said)


def _said(body: bytes) -> str:
    """The text of an error envelope, empty when it is none."""
    if len(body) > _LONGEST_ERROR or not body.lstrip().startswith(b"{"):
        return ""
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return envelope.error or envelope.detail or ""


def _not_signed_in(answer: Answer, said: str) -> DeskError:
    if answer.path.startswith("/iserver") and "not authenticated" in said.lower():
        return _brokerage_lost()
    return NeedsPerson(
        "Nobody is signed in at the gateway.", remedy="Sign in on the gateway's page in your browser.",
        cause=Cause.NOT_AUTHENTICATED,
    )


def _brokerage_lost() -> DeskError:
    return Unavailable(
        "You are signed in, but the brokerage session is not open.",
        remedy="Reconnect the brokerage session.", cause=Cause.BROKERAGE_LOST,
    )


def _not_a_gateway(why: str, remedy: str = "Check the port in Settings.") -> DeskError:
    return NeedsPerson(
        f"What answers here is not the Client Portal Gateway. {why}", remedy=remedy, cause=Cause.NOT_A_GATEWAY
    )


def _unreadable(answer: Answer) -> DeskError | None:
    """A page instead of data, or nothing at all, with a status that claims success."""
    start = answer.body.lstrip()[:1]
    if start == b"<":
        session = answer.path in _SESSION_PATHS
        return BadData(
            "A web page came back instead of data.",
            remedy="Check that the port is the gateway's; if it is, the broker may be in maintenance: try later.",
            cause=Cause.NOT_A_GATEWAY if session else Cause.BAD_ANSWER, raw=answer.body,
        )
    if not start:
        return BadData(
            "The broker sent an empty answer.", remedy="It is asked again at the next sync.", cause=Cause.BAD_ANSWER
        )
    return None


def _said_no(answer: Answer, said: str) -> DeskError:
    if answer.status in (502, 503, 504):
        return Faulted(
            "The broker did not answer the gateway.", remedy="Wait a little; around 01:00 it resets every day.",
            cause=Cause.MAINTENANCE, said=said,
        )
    if answer.status >= 500:
        return Faulted(
            f"The broker could not answer{_quoted(said)}.", remedy="It is asked again at the next sync.",
            cause=Cause.BROKER_ERROR, said=said,
        )
    return Declined(
        f"The broker refused{_quoted(said) or f' with status {answer.status}'}.",
        remedy="Check what was asked for.", cause=Cause.BROKER_ERROR, said=said, body=answer.body,
    )


def _quoted(said: str) -> str:
    return f": {said.strip().rstrip('.')}" if said else ""
