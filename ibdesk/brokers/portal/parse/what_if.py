"""How the Portal writes a preview: every figure is text, with separators, a currency, a size or a range."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.outcomes import answer, plain_words
from ibdesk.domain.money import Currency
from ibdesk.domain.orders import Impact, Question, Questions, WhatIf

#: `1,977.60 USD (10 Shares)`, `1.0 ... 1.1 USD`, `-1`, `1.7976931348623157E308`
_FIGURE = re.compile(r"[-+\N{MINUS SIGN}]?\d[\d,]*(?:\.\d+)?(?:[Ee][-+]?\d+)?|(?<![.\d])\.\d+")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")
_NUMBERED = re.compile(r"(?P<id>\w{1,8})/(?P<text>.+)", re.DOTALL)


class _Amount(msgspec.Struct):
    amount: wire.Written = wire.NOTHING
    commission: wire.Written = wire.NOTHING
    total: wire.Written = wire.NOTHING


class _Change(msgspec.Struct):
    current: wire.Written = wire.NOTHING
    change: wire.Written = wire.NOTHING
    after: wire.Written = wire.NOTHING


class _Preview(msgspec.Struct):
    amount: _Amount | None = None
    equity: _Change | None = None
    initial: _Change | None = None
    maintenance: _Change | None = None
    warn: list[str] | str | None = None
    error: str | None = None


def preview(body: bytes, at: datetime) -> WhatIf:
    """The preview; sentinels and what is missing are None. A question in its place is a warning without figures.
    Raises BadData."""
    if body.lstrip().startswith(b"["):
        asked = answer(body)
        if isinstance(asked, Questions):
            return WhatIf(at=at, warnings=asked.questions)
        raise wire.unreadable(body, "the preview", "it is none")
    raw = wire.decode(body, _Preview, "the preview")
    amount = raw.amount or _Amount()
    fees = figures(wire.plain(amount.commission))
    return WhatIf(
        at=at, equity=_impact(raw.equity), initial_margin=_impact(raw.initial),
        maintenance_margin=_impact(raw.maintenance), amount=_first(amount.amount),
        commission_from=min(fees) if fees else None, commission_to=max(fees) if fees else None,
        currency=_currency(amount), warnings=_warnings(raw.warn), refusal=plain_words(raw.error or ""),
    )


def figures(text: str) -> tuple[Decimal, ...]:
    """The figures before a bracket, in order; sentinels are left out."""
    spoken = text.partition("(")[0].replace("\N{MINUS SIGN}", "-")
    found = (wire.number(each) for each in _FIGURE.findall(spoken))
    return tuple(each for each in found if each is not None)


def _first(written: wire.Written) -> Decimal | None:
    return next(iter(figures(wire.plain(written))), None)


def _impact(change: _Change | None) -> Impact:
    if change is None:
        return Impact()
    return Impact(current=_first(change.current), change=_first(change.change), after=_first(change.after))


def _currency(amount: _Amount) -> Currency | None:
    texts = (wire.plain(each) for each in (amount.commission, amount.amount, amount.total))
    found = (_CURRENCY.search(text) for text in texts)
    return next((Currency(each[1]) for each in found if each is not None), None)


def _warnings(warn: list[str] | str | None) -> tuple[Question, ...]:
    """`21/You are trying …`: a number and the broker's words."""
    texts = [warn] if isinstance(warn, str) else warn or []
    return tuple(_warning(text) for text in texts if text.strip())


def _warning(text: str) -> Question:
    numbered = _NUMBERED.fullmatch(text)
    if numbered is None:
        return Question(id="", text=plain_words(text))
    return Question(id=numbered["id"], text=plain_words(numbered["text"]))
