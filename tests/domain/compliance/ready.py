"""A desk on which everything is in order, so that a test only says what is not."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from ibdesk.domain.accounts import Account, AccountSummary, MarginType
from ibdesk.domain.compliance.case import Case, case_of
from ibdesk.domain.compliance.context import Context, Desk
from ibdesk.domain.compliance.day_trade_rule import seen_from
from ibdesk.domain.compliance.day_trades import begin
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure
from ibdesk.domain.compliance.engine import check
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Verdict
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import (
    Impact,
    Leg,
    Order,
    OrderRules,
    OrderState,
    OrderTicket,
    OrderType,
    Side,
    Tick,
    TimeInForce,
    WhatIf,
)
from ibdesk.domain.session import Session, SessionState
from tests.domain.compliance.sample import ACCOUNT, CALENDAR, book, option, stock

#: Monday 2026-11-23, 10:00 in New York.
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CALL = option("100C")
TEXT = Disclosure(id="options-risk", title="Risks of options", version="1", text="t", statement="s", sha256="a")
YES = Acknowledgment(
    disclosure_id="options-risk", version="1", sha256="a", statement_sha256="b", shown_at=NOW, acknowledged_at=NOW,
    account_hash=hashlib.sha256(b"x").hexdigest(), app_version="1",
)  # fmt: skip


def quote(instrument: Instrument, bid: str | None, ask: str | None, *, at: datetime = NOW, **more: object) -> Quote:
    given: dict[str, object] = {"delay": Delay.LIVE, **more}
    return Quote(
        conid=instrument.conid, received_at=at, bid=None if bid is None else Decimal(bid),
        ask=None if ask is None else Decimal(ask), **given,  # type: ignore[arg-type]
    )  # fmt: skip


def quotes(*given: Quote) -> dict[Conid, Quote]:
    return {each.conid: each for each in given}


def rules(instrument: Instrument, *ticks: tuple[str, str]) -> OrderRules:
    rows = ticks or (("0", "0.01"),)
    return OrderRules(
        conid=instrument.conid, order_types=frozenset(OrderType), outside_hours_types=frozenset({OrderType.LIMIT}),
        tifs=frozenset(TimeInForce), ticks=tuple(Tick(above=Decimal(low), step=Decimal(step)) for low, step in rows),
    )  # fmt: skip


def leg(instrument: Instrument, signed: int) -> Leg:
    return Leg(instrument=instrument, side=Side.BUY if signed > 0 else Side.SELL, ratio=abs(signed))


def ticket(*legs: Leg, quantity: int | str = 1, limit: str | None = "1.05", **more: object) -> OrderTicket:
    plain = OrderTicket(
        account=ACCOUNT, mode=Mode.IBKR_PAPER, legs=legs or (leg(CALL, 1),), quantity=Decimal(quantity),
        limit=None if limit is None else Decimal(limit),
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def buying(instrument: Instrument = CALL, **more: object) -> OrderTicket:
    return ticket(leg(instrument, 1), **more)  # type: ignore[arg-type]


def selling(instrument: Instrument = CALL, **more: object) -> OrderTicket:
    return ticket(leg(instrument, -1), **more)  # type: ignore[arg-type]


def market(of: OrderTicket) -> OrderTicket:
    return replace(of, order_type=OrderType.MARKET, limit=None)


def summary(equity: str | None = "50000", kind: MarginType = MarginType.MARGIN, **more: object) -> AccountSummary:
    money = None if equity is None else Decimal(equity)
    plain = AccountSummary(
        account=ACCOUNT, currency=USD, as_of=NOW, received_at=NOW, margin_type=kind, net_liquidation=money,
        total_cash=money, available_funds=money, excess_liquidity=money, day_trades_remaining=(-1,) * 5,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def preview(at: datetime = NOW) -> WhatIf:
    return WhatIf(
        at=at, equity=Impact(after=Decimal(50000)), initial_margin=Impact(after=Decimal(1000)),
        maintenance_margin=Impact(after=Decimal(1000)),
    )  # fmt: skip


def context(**changes: object) -> Context:
    """Everything known, fresh and in order for one call at 1.00 to 1.10, its share at 100."""
    policies = policies_at(TODAY)
    state = begin((), {}, policies.day_trades, CALENDAR)
    instruments = (CALL, stock(), option("105C"), option("95P"), option("90P"))
    plain = Context(
        now=NOW, calendar=CALENDAR, summary=summary(), daily_pnl=Decimal(0), book=book(),
        account=Account(id=ACCOUNT, title="main", currency=USD, is_paper=True, margin_type=MarginType.MARGIN),
        desk=Desk(mode=Mode.IBKR_PAPER, session=Session(state=SessionState.READY)),
        day_trades=state, trades=seen_from(state, ACCOUNT, TODAY), disclosures=(TEXT,), acknowledged=(YES,),
        quotes=quotes(quote(CALL, "1.00", "1.10"), quote(stock(), "99.99", "100.01"),
                      quote(option("105C"), "0.40", "0.44"), quote(option("95P"), "1.00", "1.04"),
                      quote(option("90P"), "0.50", "0.54")),
        rules={each.conid: rules(each) for each in instruments}, what_if=preview(),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def setting(of: Context, **changes: object) -> Context:
    return replace(of, settings=replace(of.settings, **changes))  # type: ignore[arg-type]


def working(
    of: OrderTicket, *, limit: str | None = None, order_type: OrderType = OrderType.LIMIT, quantity: int = 1
) -> Order:
    return Order(
        account=ACCOUNT, state=OrderState.WORKING, legs=of.legs, quantity=Decimal(quantity), order_type=order_type,
        tif=TimeInForce.DAY, at=NOW, updated_at=NOW, limit=of.limit if limit is None else Decimal(limit),
    )  # fmt: skip


def case(of: OrderTicket | None = None, seen: Context | None = None, day: date = TODAY) -> Case:
    return case_of(of or ticket(), seen or context(), policies_at(day))


def checked(of: OrderTicket | None = None, seen: Context | None = None, day: date = TODAY) -> Verdict:
    return check(of or ticket(), seen or context(), policies_at(day))


def found(verdict: Verdict | tuple[Finding, ...], code: Code) -> Finding:
    """The hardest finding of a code; it must be there."""
    findings = verdict.findings if isinstance(verdict, Verdict) else verdict
    return max((each for each in findings if each.code is code), key=lambda each: each.severity)


def hard(verdict: Verdict) -> set[tuple[Code, Severity]]:
    """What stands in the way."""
    return {(each.code, each.severity) for each in verdict.findings if each.severity >= Severity.CONFIRM}


