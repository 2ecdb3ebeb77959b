"""Queries: the picture of an account. It goes in as one piece, in one transaction, and comes out as one piece."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, Table, select, update

from ibdesk.domain.accounts import AccountId, AccountPnl, AccountSummary, LedgerLine, MarginType
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import Currency
from ibdesk.domain.positions import Position, Snapshot, Source, SyncCounts
from ibdesk.store import bulk
from ibdesk.store.tables import ibkr_account_info, ibkr_positions, ledger_lines

#: The legacy rule allows three day trades in five days (FINRA 4210 before June 2026).
_LEGACY_DAY_TRADES = 3
_FETCHED_AT_A_TIME = 500


def save_snapshot(tx: Connection, snapshot: Snapshot, *, whatever_is_stored: bool = False) -> SyncCounts:
    """Store one picture of an account, replacing the one before it from the same source.

    Positions and cash lines that are no longer in it are closed, not deleted; those that are in it and could not be
    read stay as they were. A picture older than the stored one changes nothing and counts as skipped, unless
    `whatever_is_stored` says that the stored instant is not to be believed. `updated` counts the positions that were
    there before.
    """
    count = len(snapshot.positions)
    stored = stored_as_of(tx, snapshot.account, snapshot.source)
    if stored is not None and stored > snapshot.as_of and not whatever_is_stored:
        return SyncCounts(processed=count, skipped=count + len(snapshot.skipped))
    known = _open_conids(tx, snapshot.account, snapshot.source)
    held = {position.instrument.conid for position in snapshot.positions}
    there = held | {row.conid for row in snapshot.skipped}
    currencies = {line.currency for line in snapshot.ledger} | {row.currency for row in snapshot.skipped}
    _save_info(tx, snapshot)
    bulk.upsert(tx, ledger_lines, (_ledger_row(line, snapshot) for line in snapshot.ledger))
    bulk.upsert(tx, ibkr_positions, (position_row(p, snapshot, order) for order, p in enumerate(snapshot.positions)))
    _close_vanished(tx, ledger_lines, snapshot, currencies, "currency")
    _close_vanished(tx, ibkr_positions, snapshot, there, "conid")
    return SyncCounts(
        processed=count,
        new=len(held - known),
        updated=len(held & known),
        removed=len(known - there),
        skipped=len(snapshot.skipped),
    )


def load_snapshot(tx: Connection, account: AccountId, source: Source = Source.PORTAL) -> Snapshot | None:
    """The newest stored picture of an account from one source; None when there is none."""
    c = ibkr_account_info.c
    row = tx.execute(select(ibkr_account_info).where(c.account_id == account, c.source == source.value)).one_or_none()
    if row is None:
        return None
    return Snapshot(
        account=account,
        source=source,
        as_of=row.as_of,
        received_at=row.received_at,
        summary=_summary(row),
        ledger=load_ledger(tx, account, source),
        positions=load_positions(tx, account, source),
        pnl=_pnl(row),
    )


def load_ledger(tx: Connection, account: AccountId, source: Source = Source.PORTAL) -> tuple[LedgerLine, ...]:
    """Cash in each currency, by currency."""
    c = ledger_lines.c
    mine = (c.account_id == account, c.source == source.value, c.closed_at.is_(None))
    return tuple(
        LedgerLine(
            account=account,
            currency=Currency(row.currency),
            rate=row.rate,
            cash=row.cash,
            settled_cash=row.settled_cash,
            net_liquidation=row.net_liquidation,
            interest=row.interest,
            dividends=row.dividends,
            unrealized=row.unrealized_pnl,
            realized=row.realized_pnl,
        )
        for row in tx.execute(select(ledger_lines).where(*mine).order_by(c.currency))
    )


def load_positions(tx: Connection, account: AccountId, source: Source = Source.PORTAL) -> tuple[Position, ...]:
    """What the account holds, in the broker's order."""
    c = ibkr_positions.c
    mine = (c.account_id == account, c.source == source.value, c.closed_at.is_(None))
    return tuple(_position(row) for row in tx.execute(select(ibkr_positions).where(*mine).order_by(c.shown_order)))


def stored_as_of(tx: Connection, account: AccountId, source: Source) -> datetime | None:
    """When the stored picture was true; None without one."""
    c = ibkr_account_info.c
    return tx.execute(select(c.as_of).where(c.account_id == account, c.source == source.value)).scalar()


def _open_conids(tx: Connection, account: AccountId, source: Source) -> set[Conid]:
    c = ibkr_positions.c
    mine = (c.account_id == account, c.source == source.value, c.closed_at.is_(None))
    return {Conid(conid) for conid in _stream(tx, select(c.conid).where(*mine))}


def _close_vanished(tx: Connection, table: Table, snapshot: Snapshot, present: set[Any], key: str) -> None:
    """Close the open rows of the snapshot's account and source whose key is not present."""
    c = table.c
    mine = (c.account_id == snapshot.account, c.source == snapshot.source.value, c.closed_at.is_(None))
    vanished = [stored for stored in _stream(tx, select(c[key]).where(*mine)) if stored not in present]
    for stored in vanished:
        tx.execute(update(table).where(*mine, c[key] == stored).values(closed_at=snapshot.as_of))


def _stream(tx: Connection, query: Select[Any]) -> Iterator[Any]:
    """The values of one column, fetched in parts: 10,000 in one call keep every other thread waiting for 3 ms."""
    return iter(tx.execute(query).yield_per(_FETCHED_AT_A_TIME).scalars())


def _save_info(tx: Connection, snapshot: Snapshot) -> None:
    s, pnl = snapshot.summary, snapshot.pnl
    values = {
        "account_number": s.account,
        "currency": s.currency,
        "as_of": snapshot.as_of,
        "received_at": snapshot.received_at,
        "figures_as_of": s.as_of,
        "figures_received_at": s.received_at,
        "portfolio_value": s.net_liquidation,
        "total_cash": s.total_cash,
        "equity": s.equity_with_loan,
        "previous_equity": s.previous_equity,
        "available_funds": s.available_funds,
        "excess_liquidity": s.excess_liquidity,
        "buying_power": s.buying_power,
        "initial_margin": s.initial_margin,
        "maintenance_margin": s.maintenance_margin,
        "gross_position_value": s.gross_position_value,
        "cushion": s.cushion,
        "sma": s.sma,
        "accrued_cash": s.accrued_cash,
        "accrued_dividend": s.accrued_dividend,
        "pdt_status": None if s.pattern_day_trader is None else int(s.pattern_day_trader),
        "day_trade_count": _day_trade_count(s),
        "day_trades_remaining": list(s.day_trades_remaining),
        "margin_type": s.margin_type.value,
        "pnl_as_of": pnl.as_of if pnl else None,
        "pnl_daily": pnl.daily if pnl else None,
        "pnl_unrealized": pnl.unrealized if pnl else None,
        "pnl_net_liquidation": pnl.net_liquidation if pnl else None,
        "pnl_excess_liquidity": pnl.excess_liquidity if pnl else None,
    }
    bulk.put(tx, ibkr_account_info, {"account_id": snapshot.account, "source": snapshot.source.value}, values)


def _day_trade_count(summary: AccountSummary) -> int | None:
    left = summary.day_trades_remaining[0] if summary.day_trades_remaining else None
    return _LEGACY_DAY_TRADES - left if left is not None and 0 <= left <= _LEGACY_DAY_TRADES else None


def _ledger_row(line: LedgerLine, snapshot: Snapshot) -> tuple[object, ...]:
    return (
        line.account,
        line.currency,
        snapshot.source.value,
        line.rate,
        line.cash,
        line.settled_cash,
        line.net_liquidation,
        line.interest,
        line.dividends,
        line.unrealized,
        line.realized,
        snapshot.as_of,
        None,
    )


def position_row(position: Position, snapshot: Snapshot, order: int) -> tuple[object, ...]:
    """One position in the order of the columns of `ibkr_positions`."""
    held, option = position.instrument, position.instrument.option
    return (
        position.account,
        held.conid,
        snapshot.source.value,
        held.symbol,
        held.name,
        held.asset_class.value,
        held.broker_class,
        held.currency,
        held.multiplier,
        held.exchange,
        held.sector,
        held.expiry,
        option.right.value if option else None,
        option.strike if option else None,
        option.expiry if option else None,
        held.underlying_conid,
        position.quantity,
        position.average_price,
        position.average_cost,
        position.price,
        position.market_value,
        position.unrealized,
        position.realized,
        order,
        snapshot.as_of,
        None,
    )


def _summary(row: Any) -> AccountSummary:
    return AccountSummary(
        account=AccountId(row.account_number),
        currency=Currency(row.currency),
        as_of=row.figures_as_of,
        received_at=row.figures_received_at,
        net_liquidation=row.portfolio_value,
        total_cash=row.total_cash,
        equity_with_loan=row.equity,
        previous_equity=row.previous_equity,
        available_funds=row.available_funds,
        excess_liquidity=row.excess_liquidity,
        buying_power=row.buying_power,
        initial_margin=row.initial_margin,
        maintenance_margin=row.maintenance_margin,
        gross_position_value=row.gross_position_value,
        cushion=row.cushion,
        sma=row.sma,
        accrued_cash=row.accrued_cash,
        accrued_dividend=row.accrued_dividend,
        day_trades_remaining=tuple(row.day_trades_remaining),
        margin_type=MarginType(row.margin_type),
        pattern_day_trader=None if row.pdt_status is None else bool(row.pdt_status),
    )


def _pnl(row: Any) -> AccountPnl | None:
    if row.pnl_as_of is None:
        return None
    return AccountPnl(
        account=AccountId(row.account_id),
        daily=row.pnl_daily,
        unrealized=row.pnl_unrealized,
        net_liquidation=row.pnl_net_liquidation,
        excess_liquidity=row.pnl_excess_liquidity,
        as_of=row.pnl_as_of,
    )


def _position(row: Any) -> Position:
    return Position(
        account=AccountId(row.account_id),
        instrument=Instrument(
            conid=Conid(row.conid),
            symbol=row.symbol,
            asset_class=AssetClass(row.asset_class),
            currency=Currency(row.currency),
            name=row.name,
            broker_class=row.broker_class,
            multiplier=row.multiplier,
            exchange=row.exchange,
            sector=row.sector,
            expiry=row.expiry,
            option=_terms(row),
            underlying_conid=None if row.underlying_conid is None else Conid(row.underlying_conid),
        ),
        quantity=row.quantity,
        average_cost=row.average_cost,
        average_price=row.average_price,
        price=row.current_price,
        market_value=row.market_value,
        unrealized=row.unrealized_pnl,
        realized=row.realized_pnl,
    )


def _terms(row: Any) -> OptionTerms | None:
    if row.option_right is None:
        return None
    strike: Decimal = row.strike
    return OptionTerms(right=Right(row.option_right), strike=strike, expiry=row.option_expiry)
