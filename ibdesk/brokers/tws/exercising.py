"""How TWS is told to exercise options: a request that is no order, answers nothing and cannot be asked about.

What was instructed is remembered here for as long as the desk runs: TWS lists instructions nowhere. Its documents do
not say whether a second one adds to the first or replaces it, nor whether one can be taken back by the number of its
request (reference/tws-api.md 5.6); so taking back is tried, and where TWS knows nothing of it the first one stands.
Whether an exercise is wise was asked before; here only whether it can be done.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.brokers.tws import failures
from ibdesk.brokers.tws.book import must_know
from ibdesk.brokers.tws.connection import Line, Link, Setting, asked_named
from ibdesk.brokers.tws.contracts import Contracts
from ibdesk.brokers.tws.convert import size
from ibdesk.brokers.tws.ears import POSITIONS, LineGone, TwsError
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exercise import Holding, Wish, check_exercise
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Conid
from ibdesk.domain.money import ZERO

_EXERCISE, _LAPSE = 1, 2
#: Seconds in which a refusal comes if there is one: silence is consent.
_REFUSAL_WITHIN = 1.0


@dataclass(frozen=True, slots=True)
class _Told:
    order: ExerciseOrder
    number: int


class TwsExercising:
    """Instructions on long options, over the order connection."""

    def __init__(self, setting: Setting, ordering: Link, contracts: Contracts, main: Link) -> None:
        self._setting, self._ordering, self._contracts, self._main = setting, ordering, contracts, main
        self._told: dict[tuple[AccountId, Conid], _Told] = {}

    async def instruct(self, order: ExerciseOrder) -> None:
        if not self._setting.may_order():
            raise failures.not_allowed()
        line = await self._ordering.ready()
        must_know(line, order.account)
        await self._check(order)
        contract = await self._contracts.order_contract(order.instrument)
        key = (order.account, order.instrument.conid)
        if key in self._told:
            await self._take_back(line, self._told[key])
            del self._told[key]
        number, action = line.wire.new_id(), _LAPSE if order.is_lapse else _EXERCISE
        # 1: also against the natural action; services have asked the person by now.
        await self._heard(line, number, "The instruction", lambda client: client.exerciseOptions(
            number, contract, action, int(order.quantity), order.account, 1
        ))
        self._told[key] = _Told(order, number)

    async def withdraw(self, account: AccountId, conid: Conid) -> None:
        line = await self._ordering.ready()
        told = self._told.get((account, conid))
        if told is None:
            raise Refused(
                "There is no instruction for this option.", remedy="Look at the positions again.",
                cause=Cause.NOTHING_FOUND,
            )
        await self._take_back(line, told)
        self._told.pop((account, conid), None)

    async def instructions(self, account: AccountId) -> tuple[ExerciseOrder, ...]:
        return tuple(each.order for (owner, _), each in self._told.items() if owner == account)

    async def _check(self, order: ExerciseOrder) -> None:
        """Refuse what cannot be done: more than is held, and a lapse before the last day."""
        line = await self._main.ready()
        rows = await asked_named(line, POSITIONS, "the positions", lambda client: client.reqPositions(),
                                 self._setting.timings.download_within)
        told = [
            size(quantity) or ZERO for account, contract, quantity, _ in rows
            if account == order.account and contract.conId == order.instrument.conid
        ]
        held = told[-1] if told else ZERO  # a fill on the way tells the position once more, later
        wish = Wish(
            instrument=order.instrument, contracts=order.quantity, lapses=order.is_lapse, is_overridden=True
        )
        for finding in check_exercise(wish, Holding(now=self._setting.clock(), held=held)):
            if finding.severity is Severity.BLOCK:
                raise Refused(
                    finding.sentence, remedy=finding.remedy or "Look at the position again.",
                    cause=Cause.ORDER_REFUSED,
                )

    async def _take_back(self, line: Line, told: _Told) -> None:
        """TWS knows an instruction by the number of its request, as if it were an order."""
        try:
            await self._heard(line, told.number, "The withdrawal",
                              lambda client: client.cancelOrder(told.number, ""), is_cancel=True)
        except Refused as problem:
            raise Refused(
                "TWS has an instruction for this option and does not take it back over its API.",
                remedy="Look at TWS itself under Option Exercise: there it can be changed until the cut-off.",
                cause=Cause.ORDER_REFUSED,
            ) from problem

    async def _heard(self, line: Line, number: int, what: str, request: Any, *, is_cancel: bool = False) -> None:
        """Send it, and listen for a refusal for a moment."""
        told: asyncio.Queue[Any] = asyncio.Queue()
        hear = told.put_nowait
        line.ears.orders.setdefault(number, []).append(hear)
        try:
            line.send(request)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_REFUSAL_WITHIN):
                    heard = await told.get()
                    if isinstance(heard, LineGone):
                        raise failures.unknown(what) from heard
                    if isinstance(heard, TwsError) and not (is_cancel and heard.code == 202):
                        raise failures.meaning(heard, what.lower()) from heard
        finally:
            line.ears.orders[number].remove(hear)
