"""What the Flex service's bytes are: a go-ahead, a refusal, a statement, or something that should not be there.

The status is 200 for all of them, so the root element decides, read from the first bytes: a statement may be very
large and is not parsed here. The small answers are parsed without entities, DTDs and outside references.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from ibdesk.brokers.statements import Period
from ibdesk.domain.errors import BadData, Cause, DeskError, Unavailable

#: A go-ahead or a refusal is some hundred bytes.
_SMALL = 64 * 1024
#: What is looked at to find the root element and the first statement's dates.
_HEAD = 16 * 1024
_PROLOGUE = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.S)
_NAME = re.compile(rb"<([A-Za-z_][\w.-]*)")
_STATEMENT = re.compile(rb"<FlexStatement\s[^>]*>")
_DAY = rb"""\b%s\s*=\s*["'](\d{4})-?(\d\d)-?(\d\d)["']"""
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The statement is being made under this reference; `url` is where the service wants it fetched, maybe empty."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A code of the table, and the broker's own words."""

    number: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A statement, complete. `told` is the period its first part says it covers, None when that cannot be read."""

    content: bytes = field(repr=False)
    told: Period | None


def read_answer(status: int, body: bytes) -> Accepted | Failed | Whole:
    """What came back. Raises BadData and Unavailable for what is none of the three."""
    root = _root(body)
    if root == b"FlexQueryResponse" and status == 200:
        return _whole(body)
    if root == b"FlexStatementResponse":
        return _small_answer(body)
    raise _stranger(status, body)


def _root(body: bytes) -> bytes:
    """The name of the root element; empty when this is no XML, or begins with a document type."""
    head = body[:_HEAD].removeprefix(_BOM)
    begins = _PROLOGUE.match(head)
    found = _NAME.match(head, begins.end() if begins else 0)
    return found[1] if found else b""


def _whole(body: bytes) -> Whole:
    end = body[-256:].rstrip()
    if not end.endswith((b"</FlexQueryResponse>", b"/>")):
        raise BadData(
            "The statement ends in the middle.", remedy="Pull it again.", cause=Cause.BAD_ANSWER, raw=body[-4096:]
        )
    return Whole(content=body, told=_told(body[:_HEAD]))


def _told(head: bytes) -> Period | None:
    statement = _STATEMENT.search(head)
    days = [re.search(_DAY % name, statement[0]) for name in (b"fromDate", b"toDate")] if statement else []
    if len(days) < 2 or not all(days):
        return None
    try:
        first, last = (date(*(int(part) for part in day.groups())) for day in days if day)
    except ValueError:
        return None
    return Period(first=first, last=last)


def _small_answer(body: bytes) -> Accepted | Failed:
    if len(body) > _SMALL:
        raise _unreadable(body)
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise _unreadable(body) from problem
    said = {child.tag.lower(): (child.text or "").strip() for child in root}
    if said.get("errorcode"):
        if not re.fullmatch(r"[0-9]{1,9}", said["errorcode"]):
            raise _unreadable(body)
        return Failed(number=int(said["errorcode"]), words=said.get("errormessage", ""))
    reference = said.get("referencecode", "")
    if said.get("status", "").lower() != "success" or not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", reference):
        raise _unreadable(body)
    return Accepted(reference=reference, url=said.get("url", ""))


def _unreadable(body: bytes) -> BadData:
    return BadData(
        "The Flex service's answer cannot be read.", remedy="Try again; if it stays so, report it.",
        cause=Cause.BAD_ANSWER, raw=body,
    )


def _stranger(status: int, body: bytes) -> DeskError:
    """The error for an answer that is none of the service's."""
    head = body[:_HEAD].removeprefix(_BOM).lstrip()[:64].lower()
    if status >= 500 or head.startswith((b"<!doctype html", b"<html")):
        return Unavailable(
            "The Flex service answered with a web page instead of a statement: it is out of service.",
            remedy="Pull the statement again in a quarter of an hour.", cause=Cause.MAINTENANCE,
        )
    if status == 200 and body.strip() and not head.startswith(b"<"):
        return BadData(
            "The query gives a statement that is not XML.",
            remedy="Set the query's format to XML in Client Portal and save it.", cause=Cause.FLEX_QUERY, raw=body,
        )
    return BadData(
        f"The Flex service answered with something that is no statement (status {status}).",
        remedy="Try again; if it stays so, report it.", cause=Cause.BAD_ANSWER, raw=body,
    )
