"""Queries: order intents, orders, executions with their commissions, drafts, remembered answers and the trading lock.

The whole value is kept as JSON beside the columns people search by, so nothing of an order is lost on the way.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.executions import ExecId, Fill, ToldFill, family
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Order, OrderIntent, OrderRef, OrderRoute, OrderState, OrderTicket
from ibdesk.domain.records import TradingLock
from ibdesk.domain.retelling import is_corrected, retold
from ibdesk.store import bulk
from ibdesk.store.order_tables import (
    executions,
    ibkr_orders,
    order_drafts,
    order_intents,
    remembered_answers,
    trading_locks,
)

_intent = msgspec.json.Decoder(OrderIntent)
_order = msgspec.json.Decoder(Order)
_draft = msgspec.json.Decoder(OrderTicket)
_fill = msgspec.json.Decoder(Fill)
_fills = msgspec.json.Decoder(tuple[Fill, ...])


def add_intent(tx: Connection, intent: OrderIntent, draft: str) -> OrderIntent | None:
    """Store an intent for a draft; None when it is new, else the intent this draft became before. Nothing is changed
    then: one draft is one order, however often it is sent."""
    found = intent_of(tx, draft)
    if found is not None:
        return found
    ticket = intent.ticket
    tx.execute(insert(order_intents).values(
        ref=intent.ref, draft_id=draft, account_id=ticket.account, mode=ticket.mode.value, at=intent.at,
        body=_text(intent),
    ))  # fmt: skip
    return None


def intent_of(tx: Connection, draft: str) -> OrderIntent | None:
    """The intent a draft became; None when it was not sent."""
    found = tx.execute(select(order_intents.c.body).where(order_intents.c.draft_id == draft)).scalar()
    return None if found is None else _intent.decode(found)


def load_intents(tx: Connection, mode: Mode, since: datetime | None = None) -> tuple[OrderIntent, ...]:
    """The intents of a mode at or after an instant, oldest first."""
    c = order_intents.c
    statement = select(c.body).where(c.mode == mode.value).order_by(c.at, c.ref)
    if since is not None:
        statement = statement.where(c.at >= since)
    return tuple(_intent.decode(body) for body in tx.execute(statement).scalars())


def routes(tx: Connection, mode: Mode) -> dict[OrderRef, OrderRoute]:
    """The way every intent of a mode went."""
    c = order_intents.c
    found = tx.execute(select(c.ref, func.json_extract(c.body, "$.route")).where(c.mode == mode.value))
    return {OrderRef(ref): OrderRoute(route or OrderRoute.PORTAL) for ref, route in found}


def load_unwritten(tx: Connection, mode: Mode) -> tuple[OrderIntent, ...]:
    """The intents of a mode that no order was ever stored for, of any age, oldest first: their desk died."""
    c, orders = order_intents.c, ibkr_orders.c
    written = select(orders.client_order_ref).where(orders.client_order_ref == c.ref).exists()
    found = tx.execute(select(c.body).where(c.mode == mode.value, ~written).order_by(c.at, c.ref))
    return tuple(_intent.decode(body) for body in found.scalars())


def count_taken(tx: Connection, mode: Mode) -> int:
    """How many intents of a mode became orders, as far as is known: those that were refused or answered with no, or
    of which nothing is known yet, are no practice."""
    i, orders = order_intents.c, ibkr_orders.c
    nothing = [state.value for state in (
        OrderState.INTENDED, OrderState.ASKED, OrderState.UNKNOWN, OrderState.REFUSED, OrderState.DECLINED)]
    joined = order_intents.join(ibkr_orders, orders.client_order_ref == i.ref)
    taken = select(func.count()).select_from(joined).where(i.mode == mode.value, orders.status.not_in(nothing))
    return int(tx.execute(taken).scalar_one())


def intended(intent: OrderIntent) -> Order:
    """The order an intent will be, before the broker has heard of it."""
    ticket = intent.ticket
    return Order(
        account=ticket.account, state=OrderState.INTENDED, legs=ticket.legs, quantity=ticket.quantity,
        order_type=ticket.order_type, tif=ticket.tif, at=intent.at, updated_at=intent.at, ref=intent.ref,
        limit=ticket.limit, stop=ticket.stop, trail=ticket.trail, outside_hours=ticket.outside_hours,
        label=" / ".join(leg.instrument.label for leg in ticket.legs),
    )  # fmt: skip


def key_of(order: Order) -> str:
    """What an order is kept under: our id, else the broker's, else nothing better than its parent and its look."""
    if order.ref is not None:
        return order.ref
    return f"#{order.id}" if order.id is not None else f"#{order.parent or ''}/{order.label}/{order.order_type or ''}"


def save_orders(tx: Connection, orders: Iterable[Order], environment: Environment) -> None:
    """Store orders as they are known now; one that was known under another key before is replaced by its id."""
    for order in orders:
        _save_order(tx, order, environment)


def load_orders(tx: Connection, environment: Environment, since: datetime | None = None) -> tuple[Order, ...]:
    """The orders of an environment that changed at or after an instant, and all open ones, oldest first."""
    c = ibkr_orders.c
    found = tx.execute(select(c.body).where(c.environment == environment.value).order_by(c.created_at, c.order_key))
    orders = (_order.decode(body) for body in found.scalars())
    return tuple(
        each for each in orders
        if since is None or each.updated_at >= since or each.is_open or each.state is OrderState.INTENDED
    )  # fmt: skip


def save_fills(tx: Connection, fills: Iterable[Fill]) -> tuple[Fill, ...]:
    """Store prints by their exec id, however many sources tell them; those that are new or told something new, as they
    are known now. Which wording holds is `domain.retelling`'s; what a correction replaced is kept."""
    given = tuple(fills)
    known, news, changed = _stored(tx, (each.execution.exec_id for each in given)), dict[ExecId, None](), list[Fill]()
    for told in given:
        key = told.execution.exec_id
        learnt = _learnt(known.get(key), told)
        if learnt is not None:
            known[key], news[key] = learnt, None
            changed.append(learnt[0])
    bulk.upsert(tx, executions, [_fill_row(*known[key]) for key in news])
    return tuple(changed)


def load_fills(tx: Connection, account: AccountId, since: datetime | None = None) -> tuple[Fill, ...]:
    """The prints of an account at or after an instant, oldest first; of a corrected print the last correction."""
    return tuple(told.fill for told in load_told_fills(tx, account, since))


def load_told_fills(tx: Connection, account: AccountId, since: datetime | None = None) -> tuple[ToldFill, ...]:
    """The same, each with what it was told as before it was corrected, under its own id or under an earlier one."""
    c = executions.c
    statement = select(c.body, c.replaced).where(c.account_id == account).order_by(c.at, c.exec_id)
    if since is not None:
        statement = statement.where(c.at >= since)
    families: dict[str, list[tuple[int, ToldFill]]] = {}
    for row in tx.execute(statement):
        told = ToldFill(fill=_fill.decode(row.body), before=_fills.decode(row.replaced or "[]"))
        print_id, number = family(told.fill.execution.exec_id)
        families.setdefault(print_id, []).append((number, told))
    return tuple(_latest(versions) for versions in families.values())


def fills_of(tx: Connection, ref: OrderRef) -> tuple[Fill, ...]:
    """The prints of an order of ours, oldest first."""
    c = executions.c
    found = tx.execute(select(c.body).where(c.client_order_ref == ref).order_by(c.at, c.exec_id))
    return tuple(_fill.decode(body) for body in found.scalars())


def _latest(versions: list[tuple[int, ToldFill]]) -> ToldFill:
    """The last correction of a print, with all it was told as before it."""
    *earlier, last = [told for _, told in sorted(versions, key=lambda version: version[0])]
    before = [fill for told in earlier for fill in (*told.before, told.fill)]
    return ToldFill(fill=last.fill, before=(*before, *last.before))


def earlier_words(tx: Connection, exec_id: str) -> tuple[Fill, ...]:
    """What a print was told as before it was corrected under its own id, oldest first."""
    found = tx.execute(select(executions.c.replaced).where(executions.c.exec_id == exec_id)).scalar()
    return msgspec.json.decode(found or "[]", type=tuple[Fill, ...])


def save_draft(tx: Connection, draft: str, ticket: OrderTicket, at: datetime) -> None:
    """Keep a ticket that was not sent. One that was sent meanwhile is no draft any more: intents jump the queue."""
    if intent_of(tx, draft) is not None:
        return
    bulk.put(tx, order_drafts, {"id": draft}, {
        "account_id": ticket.account, "mode": ticket.mode.value, "updated_at": at, "body": _text(ticket),
    })  # fmt: skip


def drop_draft(tx: Connection, draft: str) -> None:
    tx.execute(delete(order_drafts).where(order_drafts.c.id == draft))


def load_drafts(tx: Connection) -> tuple[tuple[str, OrderTicket], ...]:
    """Every draft with its id, the one changed last first."""
    c = order_drafts.c
    return tuple((row.id, _draft.decode(row.body)) for row in tx.execute(
        select(c.id, c.body).order_by(c.updated_at.desc(), c.id)))  # fmt: skip


def remember_answer(tx: Connection, mode: Mode, question: str, at: datetime) -> None:
    """Answer this question with yes from now on. The table itself refuses live modes."""
    bulk.put(tx, remembered_answers, {"mode": mode.value, "question_id": question}, {"at": at})


def forget_answers(tx: Connection, mode: Mode) -> None:
    tx.execute(delete(remembered_answers).where(remembered_answers.c.mode == mode.value))


def remembered(tx: Connection, mode: Mode) -> frozenset[str]:
    c = remembered_answers.c
    return frozenset(tx.execute(select(c.question_id).where(c.mode == mode.value)).scalars())


def set_lock(tx: Connection, mode: Mode, lock: TradingLock | None) -> None:
    """Lock trading in a mode, or lift the lock with None."""
    if lock is None:
        tx.execute(delete(trading_locks).where(trading_locks.c.mode == mode.value))
        return
    bulk.put(tx, trading_locks, {"mode": mode.value}, {
        "at": lock.at, "reason": lock.reason, "until": lock.until,
    })  # fmt: skip


def load_lock(tx: Connection, mode: Mode) -> TradingLock | None:
    row = tx.execute(select(trading_locks).where(trading_locks.c.mode == mode.value)).one_or_none()
    return None if row is None else TradingLock(at=row.at, reason=row.reason, until=row.until)


def _text(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _save_order(tx: Connection, order: Order, environment: Environment) -> None:
    first = order.legs[0] if order.legs else None
    if order.id is not None:
        c, nameless = ibkr_orders.c, key_of(replace(order, id=None, ref=None))
        tx.execute(delete(ibkr_orders).where(  # one of another name of ours is another order, whatever its number
            or_(c.order_id == order.id, c.order_key == nameless), c.client_order_ref.is_(None),
            c.environment == environment.value, c.order_key != key_of(order)))  # fmt: skip
    bulk.put(tx, ibkr_orders, {"order_key": key_of(order)}, {
        "order_id": order.id, "client_order_ref": order.ref, "account_id": order.account,
        "environment": environment.value, "status": order.state.value,
        "conid": None if first is None else first.instrument.conid,
        "symbol": "" if first is None else first.instrument.symbol,
        "contract": order.label or " / ".join(leg.instrument.label for leg in order.legs),
        "side": "" if first is None else first.side.value, "order_type": order.order_type or "",
        "quantity": order.quantity, "limit_price": order.limit, "stop_price": order.stop,
        "filled_quantity": order.filled, "average_fill_price": order.average_price, "created_at": order.at,
        "updated_at": order.updated_at,
        "filled_at": order.updated_at if order.state is OrderState.FILLED else None, "body": _text(order),
    })  # fmt: skip


def _stored(tx: Connection, ids: Iterable[ExecId]) -> dict[ExecId, tuple[Fill, str]]:
    """Prints as they are stored, each with its earlier wordings as they are written."""
    c, wanted = executions.c, list(dict.fromkeys(ids))
    found: dict[ExecId, tuple[Fill, str]] = {}
    for begin in range(0, len(wanted), bulk.BATCH):
        some = wanted[begin : begin + bulk.BATCH]
        for row in tx.execute(select(c.exec_id, c.body, c.replaced).where(c.exec_id.in_(some))):
            found[ExecId(row.exec_id)] = (_fill.decode(row.body), row.replaced or "[]")
    return found


def _learnt(known: tuple[Fill, str] | None, told: Fill) -> tuple[Fill, str] | None:
    """The print as it is known now, with its earlier wordings; None when that is as it was."""
    if known is None:
        return told, "[]"
    fill, replaced = known
    before = _fills.decode(replaced)
    now = retold(fill, told, before)
    if now == fill:
        return None
    return now, _text((*before, fill)) if is_corrected(fill, now) else replaced


def _fill_row(fill: Fill, replaced: str) -> tuple[object, ...]:
    done, paid = fill.execution, fill.commission
    columns = {
        "exec_id": done.exec_id, "account_id": done.account, "order_id": done.order_id, "client_order_ref": done.ref,
        "conid": done.instrument.conid, "side": done.side.value, "quantity": done.quantity, "price": done.price,
        "at": done.at, "commission": None if paid is None else paid.amount, "body": _text(fill), "replaced": replaced,
    }  # fmt: skip
    return tuple(columns[column.name] for column in executions.columns)
