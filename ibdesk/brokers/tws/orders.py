"""What is known of each order from its frames: an order is told in pieces, by several numbers, and often repeated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ibdesk.brokers.tws import convert_orders as parse
from ibdesk.brokers.tws.convert import order_id, positive, size
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Execution
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Order, OrderId, OrderRef, OrderState

#: What a working order cannot become again.
_ENDS = (OrderState.FILLED, OrderState.CANCELLED)


@dataclass(slots=True)
class _Known:
    """One order: the newest of it, the frame its legs were read from, and its number at the client that sent it."""

    order: Order
    contract: Any
    action: str
    client_id: int
    number: int
    parent_number: int = 0


class Orders:
    """The orders of one TWS. Kept by the broker's id; by client and number until that is known."""

    def __init__(self, instruments: Mapping[Conid, Instrument]) -> None:
        self._instruments = instruments
        self._known: dict[object, _Known] = {}
        self._numbers: dict[tuple[int, int], object] = {}
        self._words: dict[tuple[int, int], str] = {}

    def opened(self, number: int, contract: Any, wire: Any, state: Any, at: datetime) -> tuple[Order | None, bool]:
        """The order after a frame that shows all of it, None when that is no news; and whether it could be told
        whole."""
        told = parse.told(number, contract, wire, state, self._instruments, at)
        if told is None:
            return None, False
        known = self._find(told.client_id, number, told.order.id)
        if known is None:
            known = _Known(told.order, contract, wire.action, told.client_id, number, told.parent_number)
        before = known.order
        known.contract, known.order = contract, _newer(before, told.order)
        if number > 0:
            known.client_id, known.number, known.parent_number = told.client_id, number, told.parent_number
        is_new = self._keep(known)
        words = self._words.pop((told.client_id, number), known.order.message)
        known.order = replace(known.order, parent=self._parent(known) or before.parent, message=words)
        return (known.order if is_new or not _same(before, known.order) else None), told.is_whole

    def status(
        self, number: int, status: str, filled: float, remaining: float, price: float, perm_id: int, client_id: int,
        at: datetime,
    ) -> tuple[Order | None, bool]:  # fmt: skip
        """The order after its status was told, None when that is no news; False for an order nobody was shown."""
        known = self._find(client_id, number, order_id(perm_id))
        if known is None:
            return None, False
        before = known.order
        done, left = size(filled) or ZERO, size(remaining)
        known.order = replace(
            before, id=order_id(perm_id) or before.id, state=_step(before.state, parse.state_of(status)),
            filled=max(before.filled, done), average_price=_average(price, before), updated_at=at,
            quantity=max(before.quantity, done + left) if left is not None and not before.quantity else before.quantity,
        )  # fmt: skip
        self._keep(known)
        return (None if _same(before, known.order) else known.order), True

    def warned(self, number: int, client_id: int, text: str, at: datetime) -> Order | None:
        """The order with what TWS says of it beside its state (held until the market opens, and the like); kept for
        an order that is shown only afterwards."""
        known = self._find(client_id, number, None)
        if known is None:
            self._words[client_id, number] = text
        if known is None or known.order.message == text:
            return None
        known.order = replace(known.order, message=text, updated_at=at)
        return known.order

    def ended(self, number: int, client_id: int, state: OrderState, text: str, at: datetime) -> Order | None:
        """The order after TWS said that it is over, where no status said so."""
        known = self._find(client_id, number, None)
        if known is None or known.order.state in _ENDS:
            return None
        known.order = replace(known.order, state=state, message=text, updated_at=at)
        return known.order

    def completed(self, contract: Any, wire: Any, state: Any, at: datetime) -> Order | None:
        """An order of today that is over; None when it cannot be told."""
        told = parse.told(0, contract, wire, state, self._instruments, at)
        if told is None or told.order.id is None:
            return None
        known = self._known.get(told.order.id)
        if known is None:
            self._known[told.order.id] = known = _Known(told.order, contract, wire.action, told.client_id, 0)
        else:
            known.contract = contract
            known.order = _newer(known.order, told.order)
        if known.order.state is OrderState.FILLED and not known.order.filled:
            known.order = replace(known.order, filled=known.order.quantity)
        return known.order

    def list(self, account: AccountId) -> tuple[Order, ...]:
        """All of an account, those with legs that were not known at their time with them now."""
        return tuple(each.order for each in map(self._relegged, self._known.values()) if each.order.account == account)

    def all(self) -> tuple[Order, ...]:
        return tuple(self._relegged(each).order for each in self._known.values())

    def open_ids(self) -> frozenset[OrderId]:
        """Those that count as open and that the broker has named."""
        found = (each.order for each in self._known.values())
        return frozenset(each.id for each in found if each.is_open and each.id is not None)

    def vanished(self, ids: Iterable[OrderId], at: datetime) -> tuple[Order, ...]:
        """Orders that TWS, which lists all open ones, lists no more although nobody said what became of them."""
        gone = [self._known[each] for each in ids if each in self._known and self._known[each].order.is_open]
        for each in gone:
            is_filled = each.order.filled >= each.order.quantity > 0
            state = OrderState.FILLED if is_filled else OrderState.CANCELLED
            each.order = replace(
                each.order, state=state, updated_at=at, message="TWS does not list it any more; it did not say why."
            )
        return tuple(each.order for each in gone)

    def legless(self) -> tuple[Conid, ...]:
        """Contracts that orders name and nobody knows yet."""
        found = (conid for each in self._known.values() for conid in parse.conids_of(each.contract))
        return tuple(dict.fromkeys(conid for conid in found if conid not in self._instruments))

    def by_ref(self, account: AccountId, ref: OrderRef) -> Order | None:
        found = (each.order for each in self._known.values() if each.order.ref == ref)
        return next((each for each in found if each.account == account), None)

    def children(self, ref: OrderRef) -> tuple[Order, ...]:
        return tuple(each.order for each in self._known.values() if each.order.parent == ref)

    def by_number(self, client_id: int, number: int) -> Order | None:
        known = self._find(client_id, number, None)
        return None if known is None else known.order

    def number_of(self, found: OrderId | None) -> tuple[int, int] | None:
        """The client that sent an order and its number there; None for one nobody was shown."""
        known = self._known.get(found) if found is not None else None
        return None if known is None else (known.client_id, known.number)

    def price_from(self, prints: Mapping[OrderId, tuple[Execution, ...]]) -> None:
        """Fill in average prices that no frame told, from the prints."""
        for each in map(self._relegged, self._known.values()):
            found = prints.get(each.order.id, ()) if each.order.id is not None else ()
            total = sum((one.quantity for one in found), ZERO)
            if each.order.average_price is None and total and len(each.order.legs) == 1:
                paid = sum((one.quantity * one.price for one in found), Decimal(0))
                each.order = replace(each.order, average_price=paid / total)

    def _find(self, client_id: int, number: int, found: OrderId | None) -> _Known | None:
        if found is not None and found in self._known:
            return self._known[found]
        key = self._numbers.get((client_id, number)) if number > 0 else None
        known = self._known.get(key) if key is not None else None
        if known is not None and found is not None and known.order.id not in (None, found):
            return None  # the number belongs to another order now
        return known

    def _keep(self, known: _Known) -> bool:
        """Under the broker's id as soon as there is one; whether it was unknown."""
        key: object = known.order.id or (known.client_id, known.number)
        before = self._numbers.get((known.client_id, known.number)) if known.number > 0 else None
        is_new = key not in self._known and (before is None or before not in self._known)
        if before is not None and before != key and isinstance(before, tuple):
            self._known.pop(before, None)
        self._known[key] = known
        if known.number > 0:
            self._numbers[known.client_id, known.number] = key
        return is_new

    def _parent(self, known: _Known) -> OrderRef | None:
        if not known.parent_number:
            return None
        parent = self._find(known.client_id, known.parent_number, None)
        return None if parent is None else parent.order.ref

    def _relegged(self, known: _Known) -> _Known:
        if not known.order.legs:
            known.order = replace(known.order, legs=parse.legs(known.contract, known.action, self._instruments))
        return known


def _newer(before: Order, after: Order) -> Order:
    """The newer frame, without what it takes back or does not tell."""
    state = _step(before.state, None if after.state is OrderState.UNKNOWN else after.state)
    return replace(
        after, state=state, at=before.at, filled=max(before.filled, after.filled), ref=after.ref or before.ref,
        id=after.id or before.id, parent=after.parent or before.parent, legs=after.legs or before.legs,
        average_price=after.average_price if after.average_price is not None else before.average_price,
        message=before.message,
    )


def _step(before: OrderState, after: OrderState | None) -> OrderState:
    """An end stays one; a filled order that was called cancelled is filled."""
    if after is None or before is OrderState.FILLED:
        return before
    if before is OrderState.CANCELLED and after is not OrderState.FILLED:
        return before
    return after


def _average(price: float, before: Order) -> Decimal | None:
    found = positive(price)
    if found is None:
        return before.average_price
    is_turned = before.average_price is not None and before.average_price < 0
    return -found if is_turned else found


def _same(one: Order, other: Order) -> bool:
    return replace(one, updated_at=other.updated_at) == other
