"""G7: a whole compliance check of a four-leg ticket over 500 positions, against one JSON encode of the same ticket.

The check asks every rule, with the book indexed and the day-trade state folded once per execution, as the desk keeps
them. Each check is of another ticket, so nothing is remembered from the one before; how it is while a person moves only
the price is told beside it. The encode is msgspec's, of the ticket with its four instruments. Sides take turns in
blocks of a hundred tickets, in random order, so that neither pays for the other's cold caches; the processor's time is
taken, so that other programs count as little as can be; medians. What is done once (the fold of an execution, the
book's index) is timed apart.

Prints the ratio with its goal; exit code 1 when it is missed.
"""

import gc
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec

from ibdesk.domain.accounts import Account, AccountId, AccountSummary, MarginType
from ibdesk.domain.compliance.context import Context, Desk
from ibdesk.domain.compliance.day_trade_rule import seen_from
from ibdesk.domain.compliance.day_trades import begin
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure
from ibdesk.domain.compliance.engine import check
from ibdesk.domain.compliance.exposure import book_of
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.executions import ExecId, Execution
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.market import Delay, Quote, TradingHours, TradingSpan
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import (
    Impact,
    Leg,
    OrderId,
    OrderRules,
    OrderTicket,
    OrderType,
    Side,
    Tick,
    TimeInForce,
    WhatIf,
)
from ibdesk.domain.positions import Position
from ibdesk.domain.session import Session, SessionState

GOAL = 50.0
ROUNDS, UNDERLYINGS, EXECUTIONS = 40, 100, 500
ACCOUNT = AccountId("DU7654321")
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
DAY, EXPIRY = date(2026, 11, 23), date(2027, 1, 15)
CALENDAR = Calendar(closed={})


def symbol(number: int) -> str:
    """Two letters: a digit would mark an adjusted contract."""
    return f"{chr(65 + number // 26)}{chr(65 + number % 26)}"


def share(number: int) -> Instrument:
    return Instrument(conid=Conid(1000 + number), symbol=symbol(number), asset_class=AssetClass.STOCK, currency=USD)


def option(number: int, strike: int, right: Right) -> Instrument:
    return Instrument(
        conid=Conid(1_000_000 + number * 1000 + strike * 2 + (right is Right.CALL)), symbol=symbol(number),
        asset_class=AssetClass.OPTION, currency=USD, name=f"Company {number}", exchange="SMART",
        multiplier=Decimal(100),
        underlying_conid=Conid(1000 + number), trading_class=symbol(number), expiry=EXPIRY,
        option=OptionTerms(right=right, strike=Decimal(strike), expiry=EXPIRY),
    )  # fmt: skip


def positions() -> list[Position]:
    """A hundred underlyings, each with its shares and a short strangle with wings: 500 rows."""
    rows = []
    for number in range(UNDERLYINGS):
        held = [(share(number), 200), (option(number, 85, Right.PUT), 1), (option(number, 95, Right.PUT), -1),
                (option(number, 105, Right.CALL), -1), (option(number, 115, Right.CALL), 1)]  # fmt: skip
        rows += [
            Position(account=ACCOUNT, instrument=instrument, quantity=Decimal(quantity), price=Decimal("2.00"))
            for instrument, quantity in held
        ]
    return rows


def condor(number: int, limit: str = "-1.20") -> OrderTicket:
    legs = ((option(number, 80, Right.PUT), Side.BUY), (option(number, 90, Right.PUT), Side.SELL),
            (option(number, 110, Right.CALL), Side.SELL), (option(number, 120, Right.CALL), Side.BUY))  # fmt: skip
    return OrderTicket(
        account=ACCOUNT, mode=Mode.IBKR_PAPER, quantity=Decimal(2), limit=Decimal(limit),
        legs=tuple(Leg(instrument=instrument, side=side) for instrument, side in legs),
    )  # fmt: skip


def executions() -> list[Execution]:
    return [
        Execution(
            exec_id=ExecId(str(number)), account=ACCOUNT, instrument=option(number % UNDERLYINGS, 95, Right.PUT),
            side=Side.BUY if number % 2 else Side.SELL, quantity=Decimal(1), price=Decimal(1),
            at=NOW - timedelta(minutes=60, seconds=-number), order_id=OrderId(str(number)),
        )
        for number in range(EXECUTIONS)
    ]  # fmt: skip


def pictured() -> Context:
    policies = policies_at(DAY)
    rows = positions()
    state = begin(executions(), {}, policies.day_trades, CALENDAR)
    tickets = [condor(number) for number in range(UNDERLYINGS)]
    legs = [leg.instrument for each in tickets for leg in each.legs]
    prices = {80: "0.40", 90: "1.00", 110: "1.00", 120: "0.40"}
    text = Disclosure(id="options-risk", title="t", version="1", text="t", statement="s", sha256="a")
    told = TradingSpan(opens=NOW - timedelta(hours=1), closes=NOW + timedelta(hours=5), is_liquid=True)
    quotes = {
        each.conid: Quote(
            conid=each.conid, received_at=NOW, delay=Delay.LIVE, bid=Decimal(prices[int(each.option.strike)]),
            ask=Decimal(prices[int(each.option.strike)]) + Decimal("0.04"),
        )
        for each in legs if each.option is not None
    }  # fmt: skip
    quotes |= {
        share(number).conid: Quote(
            conid=share(number).conid, received_at=NOW, delay=Delay.LIVE, bid=Decimal(100), ask=Decimal(100)
        )
        for number in range(UNDERLYINGS)
    }
    grid = (Tick(above=Decimal(0), step=Decimal("0.01")),)
    return Context(
        now=NOW, calendar=CALENDAR, book=book_of(rows), day_trades=state, trades=seen_from(state, ACCOUNT, DAY),
        account=Account(id=ACCOUNT, title="main", currency=USD, is_paper=True, margin_type=MarginType.MARGIN),
        desk=Desk(mode=Mode.IBKR_PAPER, session=Session(state=SessionState.READY)), daily_pnl=Decimal(0),
        summary=AccountSummary(
            account=ACCOUNT, currency=USD, as_of=NOW, received_at=NOW, net_liquidation=Decimal(1_000_000),
            total_cash=Decimal(500_000), available_funds=Decimal(400_000), excess_liquidity=Decimal(500_000),
            margin_type=MarginType.MARGIN, day_trades_remaining=(3,) * 5,
        ),
        quotes=quotes, hours={each.conid: TradingHours(conid=each.conid, zone="", spans=(told,)) for each in legs},
        rules={
            each.conid: OrderRules(
                conid=each.conid, order_types=frozenset(OrderType), outside_hours_types=frozenset(),
                tifs=frozenset(TimeInForce), ticks=grid,
            )
            for each in legs
        },
        disclosures=(text,), acknowledged=(
            Acknowledgment(
                disclosure_id="options-risk", version="1", sha256="a", statement_sha256="b", shown_at=NOW,
                acknowledged_at=NOW, account_hash="c", app_version="1",
            ),
        ),
        what_if=WhatIf(at=NOW, equity=Impact(after=Decimal(1_000_000)), initial_margin=Impact(after=Decimal(9_000)),
                       maintenance_margin=Impact(after=Decimal(9_000))),
    )  # fmt: skip


def timed(work: Callable[[OrderTicket], object], tickets: list[OrderTicket]) -> float:
    """Microseconds a ticket over a whole block, so that neither side pays for the other's cold caches."""
    start = time.thread_time()
    for each in tickets:
        work(each)
    return (time.thread_time() - start) / len(tickets) * 1e6


def timed_once(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1e6


def main() -> int:
    context, policies = pictured(), policies_at(DAY)
    tickets = [condor(number) for number in range(UNDERLYINGS)]
    prices = [condor(7, f"-1.{cents}") for cents in range(20, 30)] * (UNDERLYINGS // 10)
    verdict = check(tickets[0], context, policies)
    assert verdict.severity < Severity.CONFIRM, [each.sentence for each in verdict.findings if each.severity > 2]
    encode = msgspec.json.Encoder().encode
    sides: dict[str, tuple[Callable[[OrderTicket], object], list[OrderTicket]]] = {
        "encode": (encode, tickets),
        "check": (lambda each: check(each, context, policies), tickets),
        "price": (lambda each: check(each, context, policies), prices),
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    gc.collect()
    gc.disable()
    for _ in range(ROUNDS):
        for name in random.sample(list(sides), len(sides)):
            taken[name].append(timed(*sides[name]))
    gc.enable()
    cost = {name: median(each) for name, each in taken.items()}
    ratio = cost["check"] / cost["encode"]
    folds, rows = executions(), positions()
    empty = begin((), {}, policies.day_trades, CALENDAR)
    fold = min(timed_once(lambda: empty.folded(folds)) for _ in range(5)) / len(folds)
    index = min(timed_once(lambda: book_of(rows)) for _ in range(5))
    held = ratio <= GOAL
    print(f"one JSON encode {cost['encode']:.2f} µs; a check {cost['check']:.0f} µs, while only the price moves "
          f"{cost['price']:.0f} µs ({cost['price'] / cost['encode']:.0f} x)")
    print(f"done once: folding one execution {fold:.1f} µs, indexing {len(rows)} positions {index / 1000:.2f} ms")
    print(f"G7 check over {len(rows)} positions: {ratio:.1f} x one JSON encode (goal: at most {GOAL:.0f}) "
          f"{'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
