"""When option positions end and what a person does about it: the board of expiries, and exercise or lapse where the
broker takes such a word.

An instruction is checked at the moment it is given, stored with its receipt, and only then told to the broker. Nothing
is exercised by itself; what the clearing house does by exception is only foretold here.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date

from ibdesk.brokers.base import ExerciseOrder, Exercising, MarketData
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.case import said
from ibdesk.domain.compliance.exercise import Wish, check_exercise
from ibdesk.domain.compliance.verdict import Code, Severity, Verdict
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.events import AccountChanged, Notice
from ibdesk.domain.expiries import Expiring
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Conid
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Leg, OrderRef, OrderTicket, Side
from ibdesk.domain.receipts import EnteredBy, Receipt, Step
from ibdesk.services.book import Book
from ibdesk.services.desk import Clock
from ibdesk.services.expiry_board import Board, Boards
from ibdesk.services.hub import Hub
from ibdesk.services.order_steps import Steps
from ibdesk.services.tasks import Tasks
from ibdesk.store.database import Database


class Expiry:
    """Expiries of the open desk's accounts. `exercising` is None where the broker takes no instructions; `killed` says
    why the kill switch is on, empty when it is off; `new_name` gives what no receipt was ever called. `elsewhere` is
    another way that takes them at present and goes before it; `obstacle` is what stands in the way of any, with the
    remedy."""

    def __init__(
        self,
        book: Book,
        exercising: Exercising | None,
        market: MarketData | None,
        *,
        mode: Mode,
        quotes: Callable[[], Mapping[Conid, Quote]],
        calendar: Calendar,
        hub: Hub,
        tasks: Tasks,
        database: Database,
        clock: Clock,
        ticks: Callable[[], float],
        new_name: Callable[[], str],
        killed: Callable[[], str] = lambda: "",
        entered_by: Callable[[], EnteredBy] = EnteredBy,
        elsewhere: Callable[[], Exercising | None] = lambda: None,
        obstacle: Callable[[], tuple[Code, str, str] | None] = lambda: None,
    ) -> None:
        self.mode = mode
        self._book = book
        self._boards = Boards(book, market, quotes=quotes, calendar=calendar, clock=clock)
        self._own = exercising
        self._elsewhere = elsewhere
        self._obstacle = obstacle
        self._calendar = calendar
        self._hub = hub
        self._tasks = tasks
        self._clock = clock
        self._steps = Steps(database, clock=clock, ticks=ticks, entered_by=entered_by)
        self._new_name = new_name
        self._killed = killed
        self._told: date | None = None

    @property
    def _exercising(self) -> Exercising | None:
        return self._elsewhere() or self._own

    @property
    def takes_instructions(self) -> bool:
        """Whether the broker of this mode can be told to exercise or to let lapse."""
        return self._exercising is not None

    def start(self) -> None:
        """Tell once a day, with the first picture of an account, that something ends today."""
        self._hub.subscribe(AccountChanged, self._account_changed)

    async def board(self, account: AccountId | None = None) -> Board:
        """What ends, in one account or in all of them. Raises DeskError when the book or the instructions cannot be
        read."""
        return await self._boards.of(account, await self.instructions(account))

    async def position(self, account: AccountId, conid: Conid) -> Expiring:
        """One position as it is now, however long it still runs. Refused(NOTHING_FOUND) when it is not held."""
        return await self._boards.find(account, conid)

    async def instructions(self, account: AccountId | None = None) -> tuple[ExerciseOrder, ...]:
        """What the broker was told and has not processed; nothing where it takes none."""
        if self._exercising is None:
            return ()
        accounts = (account,) if account is not None else tuple(each.id for each in await self._book.accounts())
        return tuple([order for each in accounts for order in await self._exercising.instructions(each)])

    def requoted(self, board: Board) -> Board:
        """The board at the prices that stream now; nothing is read or asked."""
        return self._boards.requoted(board)

    def check(self, row: Expiring, wish: Wish) -> Verdict:
        """Every objection to an instruction for this position, as it is known now. Nothing is told to anyone."""
        now = self._clock()
        findings = check_exercise(wish, row.holding(now))
        killed, obstacle = self._killed(), self._obstacle()
        if killed:
            findings = (said(Code.KILL_SWITCH, Severity.BLOCK, killed, "Lift the kill switch first."), *findings)
        if obstacle is not None:
            code, sentence, remedy = obstacle
            findings = (said(code, Severity.BLOCK, sentence, remedy), *findings)
        return Verdict(findings=findings, checked_at=now)

    async def instruct(self, account: AccountId, wish: Wish, shown: Verdict) -> ExerciseOrder:
        """Tell the broker what was shown and confirmed. Refused(ORDER_REFUSED) when a check forbids it or there is
        something new to confirm, with the receipt of that stored; any other DeskError is the broker's."""
        exercising = self._must()
        row = await self._boards.find(account, wish.instrument.conid)
        fresh = self.check(row, wish)
        order = ExerciseOrder(
            account=account, instrument=wish.instrument, quantity=wish.contracts, at=fresh.checked_at,
            is_lapse=wish.lapses,
        )  # fmt: skip
        name = self._new_name()
        why, remedy = _in_the_way(fresh, shown)
        asked = self._step(Step.LAPSE if wish.lapses else Step.EXERCISE, name, order)
        run = self._step(Step.CHECK_RUN, name, order, verdict=fresh, decision=fresh.severity.word)
        if why:
            await self._steps.write(asked, run, self._step(Step.BLOCKED, name, order, verdict=fresh, decision=why))
            raise Refused(why, remedy=remedy, cause=Cause.ORDER_REFUSED)
        codes = tuple(sorted(finding.code for finding in shown.of(Severity.CONFIRM)))
        await self._steps.write(
            asked, run,
            self._step(Step.CONFIRMED_OVERRIDE, name, order, acknowledged=codes,
                       override_reason="typed" if wish.is_overridden else ""),
            self._step(Step.SENT, name, order),
        )  # fmt: skip
        await self._carry(name, order, exercising.instruct(order))
        return order

    async def withdraw(self, order: ExerciseOrder) -> None:
        """Take an instruction back, where the broker lets it be taken back. Raises DeskError."""
        exercising, name = self._must(), self._new_name()
        await self._steps.write(self._step(Step.WITHDRAWN, name, order), self._step(Step.SENT, name, order))
        await self._carry(name, order, exercising.withdraw(order.account, order.instrument.conid))

    async def _carry(self, name: str, order: ExerciseOrder, telling: Awaitable[None]) -> None:
        """Tell the broker, and write down what it said. Unknown is never told again: the board shows what it knows."""
        try:
            await telling
        except DeskError as error:
            is_unknown = error.cause is Cause.OUTCOME_UNKNOWN
            step = Step.OUTCOME_UNKNOWN if is_unknown else Step.BROKER_REJECT
            await self._steps.write(self._step(step, name, order, broker_text=error.message))
            raise
        await self._steps.write(self._step(Step.BROKER_ACK, name, order))

    def _must(self) -> Exercising:
        if self._exercising is None:
            raise Refused(
                "This mode's broker takes no exercise instructions from ibdesk.",
                remedy="Give it in Client Portal under Trade, Exercise/Lapse Options, in TWS or by telephone.",
                cause=Cause.ORDER_REFUSED,
            )
        return self._exercising

    def _account_changed(self, event: AccountChanged) -> None:
        if event.source is not self._book.source:  # the board reads the book
            return
        today = self._clock().astimezone(NEW_YORK).date()
        if self._told != today and self._calendar.is_trading_day(today):
            self._told = today
            self._tasks.start("look for expiries", self._tell(today))

    async def _tell(self, today: date) -> None:
        with suppress(DeskError):
            ending = await self._boards.ending(today)
            if ending:
                self._hub.publish(Notice(text=notice_of(ending)))

    def _step(self, step: Step, name: str, order: ExerciseOrder, **told: object) -> Receipt:
        """The line of a receipt under this name; what was told is of no order of ours."""
        ticket = OrderTicket(
            account=order.account, mode=self.mode, legs=(Leg(instrument=order.instrument, side=Side.SELL),),
            quantity=order.quantity,
        )
        return replace(self._steps.of(step, ticket, OrderRef(name)), ref=None, **told)  # type: ignore[arg-type]


def notice_of(ending: Iterable[Expiring]) -> str:
    """One sentence for the morning of an expiry day."""
    rows = tuple(ending)
    shorts = sum(row.is_short for row in rows)
    one = len(rows) == 1
    told = f"{rows[0].instrument.label} ends today" if one else f"{len(rows)} option positions end today"
    risk = "" if not shorts else ", sold short" if one else f", {shorts} of them sold short"
    return f"{told}{risk}: look at the expiry board before the close."


def _in_the_way(fresh: Verdict, shown: Verdict) -> tuple[str, str]:
    for verdict in (fresh, shown):
        first = next(iter(verdict.of(Severity.BLOCK)), None)
        if first is not None:
            return first.sentence, first.remedy or "Look at the position again."
    seen = {finding.code for finding in shown.of(Severity.CONFIRM)}
    if {finding.code for finding in fresh.of(Severity.CONFIRM)} - seen:
        return "There is something new to confirm since you looked.", "Read it and decide again."
    return "", ""
