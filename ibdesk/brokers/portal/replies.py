"""Whose turn it is to send something of an account: between a question and its answer nothing else may go out.

The broker forgets a question at the next order request of its account (reference/client-portal-api.md 7.5), so
whatever else wants to be sent waits for the answer. It does not wait for ever: after the limit the question is given
up, and answering it then is refused here, before a byte is sent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused

T = TypeVar("T")

#: Seconds others wait for a person who reads a question; how long the broker would remember it is not published.
QUESTION_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class _Open(Generic[T]):
    """An open question: its id, what it is about, when it was asked (loop time) and whether it is being answered."""

    id: str
    about: T
    asked_at: float
    is_answering: bool = False


@dataclass(slots=True)
class _Talk(Generic[T]):
    """The conversation of one account."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    question: _Open[T] | None = None


class Turns(Generic[T]):
    """The turns of every account. `T` is what a question is about."""

    def __init__(self, limit: float = QUESTION_LIMIT) -> None:
        self._limit = limit
        self._talks: dict[AccountId, _Talk[T]] = {}

    @asynccontextmanager
    async def turn(self, account: AccountId) -> AsyncIterator[None]:
        """The account is ours; an open question has been answered or given up by now."""
        talk = self._talk(account)
        async with talk.lock:
            await self._settled(talk)
            yield

    def ask(self, account: AccountId, question: str, about: T) -> None:
        """A question is open from now on."""
        talk = self._talk(account)
        talk.settled.clear()
        talk.question = _Open(question, about, asyncio.get_running_loop().time())

    def is_open(self, account: AccountId, question: str) -> bool:
        """Whether it still waits for its answer."""
        talk = self._talks.get(account)
        return talk is not None and talk.question is not None and talk.question.id == question

    def give_up(self, account: AccountId) -> None:
        """Something more urgent goes out: the broker forgets the question, and so do we."""
        _settle(self._talk(account))

    @asynccontextmanager
    async def answering(self, account: AccountId, question: str) -> AsyncIterator[T]:
        """The open question's answer may be sent, once; it is settled after it unless another one is asked meanwhile.

        Raises Refused(QUESTION_STALE) for one that is not open, QUESTION_BUSY for one that is being answered.
        """
        talk = self._talk(account)
        asked = talk.question
        if asked is None or asked.id != question:
            raise stale()
        if asked.is_answering:
            raise Refused(
                "This question is being answered already.", remedy="Wait for what the broker says to it.",
                cause=Cause.QUESTION_BUSY,
            )
        answering = talk.question = replace(asked, is_answering=True)
        try:
            yield asked.about
        finally:
            if talk.question is answering:
                _settle(talk)

    async def _settled(self, talk: _Talk[T]) -> None:
        """Wait for the answer to the open question, and to those it leads to, or for the limit of the latest."""
        while (asked := talk.question) is not None:
            loop = asyncio.get_running_loop()
            since = loop.time() if asked.is_answering else asked.asked_at
            try:
                async with asyncio.timeout_at(since + self._limit):
                    await talk.settled.wait()
            except TimeoutError:
                if talk.question is asked and not asked.is_answering:
                    _settle(talk)

    def _talk(self, account: AccountId) -> _Talk[T]:
        return self._talks.setdefault(account, _Talk())


def _settle(talk: _Talk[T]) -> None:
    talk.question = None
    talk.settled.set()


def stale(what: str = "The order") -> Refused:
    """The question is forgotten: so what it was about never happened."""
    return Refused(
        f"The question is no longer open. {what} was not placed.", remedy="Send it again if you still want it.",
        cause=Cause.QUESTION_STALE,
    )
