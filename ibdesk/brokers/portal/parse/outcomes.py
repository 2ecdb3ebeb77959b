"""What an answer to an order says: it was taken, something is asked first, or it is refused; all with status 200."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.words import state_of
from ibdesk.domain.errors import BadData
from ibdesk.domain.orders import Order, OrderId, OrderRef, OrderState, OrderTicket, Question, Questions, Rejected

_BREAK = re.compile(r"<\s*(?:br\s*/?|/(?:p|h\d|li|div|tr))\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BLANK = re.compile(r"[ \t]*\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One order the broker has; `error` where it refused this one of several."""

    id: OrderId | None
    status: str
    error: str = ""


class _Row(msgspec.Struct, rename="camel"):
    id: str | None = None
    message: list[str] | str | None = None
    message_ids: list[str] | None = None
    order_id: wire.Text = msgspec.field(default=None, name="order_id")
    order_status: str | None = msgspec.field(default=None, name="order_status")
    error: str | None = None


class _Requested(msgspec.Struct):
    msg: str | None = None
    order_id: wire.Text = None


def answer(body: bytes) -> tuple[Taken, ...] | Questions | Rejected:
    """Any of the three shapes. Raises BadData for what is none of them: nobody knows what became of the order."""
    rows = _rows(body)
    asked = next((row for row in rows if row.id and row.message), None)
    if asked is not None and not any(row.order_id for row in rows):
        return Questions(reply=asked.id or "", questions=_questions(asked))
    if rows and all(row.error for row in rows):
        return Rejected(text=plain_words(rows[0].error or ""))
    if not rows or not all(row.order_id or row.error for row in rows):
        raise _unreadable(body)
    return tuple(
        Taken(
            id=OrderId(str(row.order_id)) if row.order_id else None, status=row.order_status or "",
            error=plain_words(row.error or ""),
        )
        for row in rows
    )


def requested(body: bytes) -> None:
    """Whether a cancel was taken. Raises BadData for what does not say so."""
    said = wire.decode(body, _Requested, "the cancellation")
    if not said.msg and not said.order_id:
        raise wire.unreadable(body, "the cancellation", "it does not say that it was taken")


def _rows(body: bytes) -> Sequence[_Row]:
    """A list, or the one row that a change is answered with now and then."""
    if body.lstrip().startswith(b"{"):
        return (wire.decode(body, _Row, "the order"),)
    return wire.decode(body, list[_Row], "the order")


def _unreadable(body: bytes) -> BadData:
    return wire.unreadable(body, "the order", "it neither takes it, nor asks, nor refuses")


def _questions(row: _Row) -> tuple[Question, ...]:
    texts = [row.message] if isinstance(row.message, str) else row.message or []
    pairs = zip_longest(row.message_ids or [], texts, fillvalue="")
    return tuple(Question(id=name, text=plain_words(text)) for name, text in pairs if text or name)


def plain_words(text: str) -> str:
    """The broker's words without its markup."""
    words = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return _BLANK.sub("\n", words).strip()


def taken(
    ticket: OrderTicket, one: Taken | None, at: datetime, *, ref: OrderRef | None = None,
    parent: OrderRef | None = None,
) -> Order:  # fmt: skip
    """The order a ticket became. `one` None: the broker did not mention it, so nobody knows what became of it."""
    state, message = _state(one)
    return Order(
        account=ticket.account, state=state, legs=ticket.legs, quantity=ticket.quantity,
        order_type=ticket.order_type, tif=ticket.tif, at=at, updated_at=at, ref=ref, id=one.id if one else None,
        parent=parent, limit=ticket.limit, stop=ticket.stop, trail=ticket.trail, outside_hours=ticket.outside_hours,
        message=message,
    )


def _state(one: Taken | None) -> tuple[OrderState, str]:
    if one is None:
        return OrderState.UNKNOWN, "The broker did not say what became of it."
    if one.error:
        return OrderState.REFUSED, one.error
    if not one.status:
        return OrderState.PENDING, ""
    state = state_of(one.status)
    return (state, "") if state else (OrderState.UNKNOWN, f"The broker says “{one.status}” of it.")
