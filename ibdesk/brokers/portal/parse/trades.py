"""The shape of an execution on the Portal's wire, and which of two reports of one print counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.accounts import base_account
from ibdesk.brokers.portal.parse.words import short_instant, side_of
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, ExecutionKind, Fill
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.orders import OrderId, OrderRef


class Row(msgspec.Struct):
    """A row of trades. Side is one letter, a price is text."""

    execution_id: str | None = None
    account: str | None = None
    conid: int | None = None
    sec_type: str | None = None
    side: str | None = None
    size: wire.Written = wire.NOTHING
    price: wire.Written = wire.NOTHING
    commission: wire.Written = wire.NOTHING
    trade_time: wire.Text = None
    trade_time_r: Decimal | None = None
    exchange: str | None = None
    order_id: wire.Text = None
    order_ref: wire.Text = None
    liquidation_trade: wire.Text = None


def rows(body: bytes) -> tuple[Row, ...]:
    """The executions of an answer. The row that sums a combination up is left out: its legs move the positions.
    Raises BadData."""
    found = (row for row in wire.decode_rows(body, Row, "the executions") if isinstance(row, Row))
    return tuple(row for row in found if row.execution_id and row.sec_type != "BAG")


def conid_of(row: Row) -> Conid | None:
    """The contract it moved; None when it is not told."""
    return Conid(row.conid) if row.conid and row.conid > 0 else None


def fill(row: Row, instruments: Mapping[Conid, Instrument]) -> Fill | None:
    """What a row says; None when it lacks what makes a print, or its contract is not known. The commission is taken to
    be in the contract's currency, which the broker does not state."""
    conid = conid_of(row)
    instrument = instruments.get(conid) if conid is not None else None
    side, at = side_of(row.side), wire.instant(row.trade_time_r) or short_instant(row.trade_time)
    size, price = wire.figure(row.size), wire.figure(row.price)
    if instrument is None or side is None or at is None or not size or price is None or not row.account:
        return None
    exec_id = ExecId(row.execution_id or "")
    paid = wire.figure(row.commission)
    return Fill(
        execution=Execution(
            exec_id=exec_id, account=base_account(row.account), instrument=instrument, side=side,
            quantity=wire.tidy(abs(size)), price=price, at=at,
            order_id=OrderId(str(row.order_id)) if row.order_id else None,
            ref=OrderRef(str(row.order_ref)) if row.order_ref else None,
            kind=ExecutionKind.LIQUIDATION if str(row.liquidation_trade or "0") == "1" else ExecutionKind.TRADE,
            exchange=row.exchange or "",
        ),
        commission=None if paid is None else Commission(exec_id=exec_id, amount=paid, currency=instrument.currency),
    )


def each_once(fills: Iterable[Fill], account: AccountId, since: datetime) -> tuple[Fill, ...]:
    """Every print of the account once, oldest first. A correction bears the id of what it corrects but for the last
    part, and the higher one counts (client-portal-api.md 7.12)."""
    newest: dict[str, Fill] = {}
    for each in fills:
        if each.execution.account != account or each.execution.at < since:
            continue
        stem = each.execution.exec_id.rpartition(".")[0] or each.execution.exec_id
        known = newest.get(stem)
        if known is None or _version(each) >= _version(known):
            newest[stem] = each
    return tuple(sorted(newest.values(), key=lambda each: (each.execution.at, each.execution.exec_id)))


def _version(each: Fill) -> tuple[int, str]:
    last = each.execution.exec_id.rpartition(".")[2]
    return (int(last), last) if last.isdecimal() else (0, last)
