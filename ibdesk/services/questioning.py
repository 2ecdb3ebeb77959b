"""How the broker's questions about an order reach a person and the answers go back, until it asks no more.

What a person let be answered with yes by itself is, but never in a live mode and never where a question stands between
a slip and an order; each question and its answer are written down.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from ibdesk.brokers.base import Trading
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import DeskError
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.orders import Answer, OrderRef, OrderTicket, Placed, Question, Questions, Rejected
from ibdesk.domain.receipts import Step
from ibdesk.services.desk import Clock
from ibdesk.services.order_steps import Steps
from ibdesk.store import trades
from ibdesk.store.database import Database

#: A broker that goes on asking is told no.
MOST_QUESTIONS = 20
#: A price far off, no market data, a size, a value, the other side: these catch slips, and a yes to one of them says
#: nothing of the next (reference/compliance.md 4.5).
ALWAYS_ASKED = frozenset({"o163", "o354", "o382", "o383", "o451", "o2137"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A person's answer to the broker's questions. `remember`: answer them so from now on (never in a live mode)."""

    yes: bool
    remember: bool = False


#: Shows the broker's questions to a person.
Ask: TypeAlias = Callable[[OrderTicket, tuple[Question, ...]], Awaitable[Reply]]


def may_be_remembered(mode: Mode, questions: Collection[Question]) -> bool:
    """Whether a yes to these may be said by itself from now on: each has an id, and none is always asked."""
    ids = {question.id for question in questions}
    return face_of(mode).environment is not Environment.LIVE and "" not in ids and not ids & ALWAYS_ASKED


class Questioning:
    """The conversation with one broker in one mode."""

    def __init__(self, trading: Trading, database: Database, steps: Steps, *, mode: Mode, clock: Clock) -> None:
        self._trading = trading
        self._database = database
        self._steps = steps
        self._mode = mode
        self._clock = clock

    async def talk(
        self, answer: Answer, ticket: OrderTicket, ref: OrderRef, ask: Ask,
        asked: Callable[[], Awaitable[None]] | None = None, held_back: Callable[[], str] = str,
    ) -> Placed | Rejected | None:  # fmt: skip
        """Until the broker asks no more; None when the person said no."""
        for _ in range(MOST_QUESTIONS):
            if not isinstance(answer, Questions):
                return answer
            if asked is not None:
                await asked()
            await self._steps.write(self._steps.of(Step.ASKED, ticket, ref, broker_text=_words(answer.questions)))
            reply = await self._reply_to(answer.questions, ticket, ask)
            why = held_back() if reply.yes else ""
            yes = reply.yes and not why
            decision = f"no: {why}" if why else "yes" if yes else "no"
            await self._steps.write(self._steps.of(Step.ANSWERED, ticket, ref, decision=decision,
                                         broker_text=_words(answer.questions)))  # fmt: skip
            if not yes:
                await self._say_no(ticket.account, answer)
                return None
            after = await self._trading.reply(ticket.account, answer.reply, yes=True)
            if after is None:
                return None
            answer = after
        if not isinstance(answer, Questions):
            return answer
        await self._say_no(ticket.account, answer)
        return None

    async def _say_no(self, account: AccountId, asked: Questions) -> None:
        """An order whose question is not answered with yes is never placed, so a lost no changes nothing."""
        try:
            await self._trading.reply(account, asked.reply, yes=False)
        except DeskError:
            return

    async def _reply_to(self, questions: tuple[Question, ...], ticket: OrderTicket, ask: Ask) -> Reply:
        ids, may_be = {question.id for question in questions}, may_be_remembered(self._mode, questions)
        if may_be and ids <= await self._database.read(trades.remembered, self._mode):
            return Reply(yes=True)
        reply = await ask(ticket, questions)
        if reply.yes and reply.remember and may_be:
            for each in sorted(ids):
                await self._database.write(trades.remember_answer, self._mode, each, self._clock())
        return reply


def _words(questions: tuple[Question, ...]) -> str:
    return "\n".join(f"{question.id}: {question.text}" if question.id else question.text for question in questions)
