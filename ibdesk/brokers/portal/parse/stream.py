"""The messages of the Portal's WebSocket: which topics there are, what they carry, and which are not even JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ibdesk.brokers.portal.parse import accounts, market, trades, wire
from ibdesk.domain.accounts import AccountId, AccountPnl
from ibdesk.domain.market import Quote
from ibdesk.domain.session import SessionFlags


@dataclass(frozen=True, slots=True)
class WaitingForSession:
    """The server has no session yet and wants it said."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The server knows who we are; only now may we ask for anything."""

    is_paper: bool | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The broker's own sign of life; a WebSocket pong would only prove the gateway's."""


@dataclass(frozen=True, slots=True)
class SessionNews:
    """A change of the brokerage session; None is "not mentioned"."""

    authenticated: bool | None
    competing: bool | None
    message: str

    def onto(self, flags: SessionFlags) -> SessionFlags:
        """The flags with what was mentioned replaced."""
        authenticated = flags.authenticated if self.authenticated is None else self.authenticated
        return replace(
            flags, authenticated=authenticated, established=authenticated,
            competing=flags.competing if self.competing is None else self.competing,
            message=self.message or flags.message,
        )


@dataclass(frozen=True, slots=True)
class PnlNews:
    """Only what changed."""

    rows: Mapping[AccountId, AccountPnl]


@dataclass(frozen=True, slots=True)
class OrdersNews:
    """Of each order what changed, or all of it; unread, because only what is known already makes it whole."""

    rows: tuple[Mapping[str, msgspec.Raw], ...]


@dataclass(frozen=True, slots=True)
class TradesNews:
    """Executions, each whole."""

    rows: tuple[trades.Row, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """The server did not like what we sent."""

    text: str


Message = (
    WaitingForSession | Greeting | Heartbeat | SessionNews | PnlNews | OrdersNews | TradesNews | Quote | Complaint
)


class _Envelope(msgspec.Struct, rename="camel"):
    topic: str = ""
    message: str | None = None
    error: str | int | None = None
    hb: int | None = None
    success: str | int | bool | None = None
    is_paper: bool | None = None
    args: msgspec.Raw = msgspec.Raw(b"null")


class _Status(msgspec.Struct):
    authenticated: bool | None = None
    competing: bool | None = None
    message: str | None = None
    fail: str | None = None


def message(frame: bytes, at: datetime) -> Message | None:
    """One frame; None for what does not concern us and for what is not JSON, such as the echo `ech+hb`."""
    try:
        envelope = msgspec.json.decode(frame, type=_Envelope, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = wire.without_bare_words(wire.as_utf8(frame))
        return None if mended == frame else message(mended, at)
    if envelope.topic.startswith("smd+"):
        return market.quote(msgspec.json.decode(frame, type=dict[str, msgspec.Raw]), at)
    if envelope.error:
        return Complaint(str(envelope.error))
    if envelope.message == "waiting for session":
        return WaitingForSession()
    return _of_topic(envelope, at)


def _of_topic(envelope: _Envelope, at: datetime) -> Message | None:
    match envelope.topic:
        case "system" if envelope.hb is not None:
            return Heartbeat()
        case "system" if envelope.success:
            return Greeting(envelope.is_paper)
        case "sts":
            status = _args(envelope, _Status)
            if status is not None:
                return SessionNews(status.authenticated, status.competing, status.fail or status.message or "")
        case "spl":
            rows = _args(envelope, dict[str, accounts.PnlRow])
            return PnlNews(accounts.pnl_rows(rows, at)) if rows else None
        case "sor":
            changes = _args(envelope, list[dict[str, msgspec.Raw]])
            return OrdersNews(tuple(changes)) if changes else None
        case "str":
            prints = trades.rows(bytes(envelope.args)) if bytes(envelope.args).startswith(b"[") else ()
            return TradesNews(prints) if prints else None
    return None


def _args(envelope: _Envelope, kind: type[wire.T]) -> wire.T | None:
    try:
        return msgspec.json.decode(envelope.args, type=kind, strict=False)
    except msgspec.DecodeError:
        return None
