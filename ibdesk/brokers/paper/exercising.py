"""Exercise and lapse in the account of our own: what a holder may still say, and until when it may be taken back."""

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.brokers.paper.engine import Engine
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exercise import Holding, Wish, check_exercise
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Conid
from ibdesk.domain.paper import expiry
from ibdesk.domain.paper.book import Instruction


class PaperExercising:
    """Instructions of one account; they are carried out in the evening."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def instruct(self, order: ExerciseOrder) -> None:
        self._check(order.account)
        await self._engine.look(ask=True)
        held, now = self._engine.book.ledger.quantity(order.instrument.conid), self._engine.now
        wish = Wish(  # whether it is wise was asked before; here only whether it can be done
            instrument=order.instrument, contracts=order.quantity, lapses=order.is_lapse, is_overridden=True
        )
        for finding in check_exercise(wish, Holding(now=now, held=held)):
            if finding.severity is Severity.BLOCK:
                raise Refused(
                    finding.sentence, remedy=finding.remedy or "Look at the position again.",
                    cause=Cause.ORDER_REFUSED,
                )
        told = Instruction(
            instrument=order.instrument, quantity=order.quantity, at=now, is_lapse=order.is_lapse
        )
        await self._engine.keep(lambda book: expiry.instructed(book, told))

    async def withdraw(self, account: AccountId, conid: Conid) -> None:
        self._check(account)
        if all(each.instrument.conid != conid for each in self._engine.book.instructions):
            raise Refused(
                "There is no instruction for this option.", remedy="Look at the positions again.",
                cause=Cause.NOTHING_FOUND,
            )
        await self._engine.keep(lambda book: expiry.withdrawn(book, conid))

    async def instructions(self, account: AccountId) -> tuple[ExerciseOrder, ...]:
        self._check(account)
        await self._engine.look(ask=True)
        return tuple(
            ExerciseOrder(account=account, instrument=told.instrument, quantity=told.quantity, at=told.at,
                          is_lapse=told.is_lapse)
            for told in self._engine.book.instructions
        )  # fmt: skip

    def _check(self, account: AccountId) -> None:
        if account != self._engine.book.account:
            raise Refused(
                "This is not the Local Paper account.", remedy="Choose the account in the header.",
                cause=Cause.WRONG_ENVIRONMENT,
            )
