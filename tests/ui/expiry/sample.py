"""Positions near their end for tests of the window: a Friday at noon in New York, prices that stand still."""

import zlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.base import ExerciseOrder
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.context import Dividend
from ibdesk.domain.compliance.exercise import Wish, check_exercise
from ibdesk.domain.compliance.expiry_risks import check_expiring, settlings
from ibdesk.domain.compliance.verdict import Verdict
from ibdesk.domain.errors import DeskError
from ibdesk.domain.expiries import Expiring, schedule_of
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.services.expiry_board import Board, Line
from tests.ui.sample_desk import MAIN, NOW

CALENDAR = Calendar(closed={date(2026, 11, 26): "Thanksgiving"}, early=frozenset({date(2026, 11, 27)}))
TODAY, NEXT_WEEK, MONTH_END = date(2026, 11, 20), date(2026, 11, 27), date(2026, 12, 18)


def option(
    symbol: str, strike: str, right: str, expiry: date, *, root: str = "", future: bool = False
) -> Instrument:
    terms = OptionTerms(right=Right(right), strike=Decimal(strike), expiry=expiry)
    return Instrument(
        conid=Conid(zlib.crc32(f"{symbol}{strike}{right}{expiry}{root}".encode())), symbol=symbol,
        asset_class=AssetClass.FUTURE_OPTION if future else AssetClass.OPTION, currency=USD,
        multiplier=Decimal(50 if future else 100), option=terms, expiry=expiry, trading_class=root,
        underlying_conid=Conid(sum(map(ord, symbol))),
    )  # fmt: skip


def row(
    instrument: Instrument, quantity: int, spot: str | None, bid: str = "", ask: str = "", **told: object
) -> Expiring:
    mark = (Decimal(bid) + Decimal(ask)) / 2 if bid else None
    plain = Expiring(
        account=MAIN, instrument=instrument, quantity=Decimal(quantity), schedule=schedule_of(instrument, CALENDAR),
        spot=None if spot is None else Decimal(spot), spot_at=NOW, bid=Decimal(bid) if bid else None,
        ask=Decimal(ask) if ask else None, mark=mark, cash=Decimal("86412.37"),
    )
    return replace(plain, **told)  # type: ignore[arg-type]


SHORT_PUT = row(option("SPY", "588", "P", TODAY), -10, "588.40", "0.41", "0.43")
LONG_CALL = row(option("AAPL", "230", "C", TODAY), 15, "236.18", "6.12", "6.22", shares=Decimal(420))
LONG_PUT = row(option("NVDA", "140", "P", TODAY), 4, "142.70", "0.02", "0.04", shares=Decimal(300))
COVERED = row(option("MSFT", "450", "C", NEXT_WEEK), -2, "471.02", "21.08", "21.30", shares=Decimal(250),
              dividend=Dividend(ex_date=date(2026, 11, 25), amount=Decimal("0.83")))  # fmt: skip
SPREAD_LONG = row(option("SPY", "583", "P", TODAY), 10, "588.40", "0.04", "0.05")
INDEX = row(option("SPX", "5900", "C", TODAY, root="SPXW"), 1, "5884.20", "3.10", "3.40")
FUTURE = row(option("ES", "5800", "P", MONTH_END, future=True), 1, "5902.25", "41.00", "42.50")
EVERYTHING = (LONG_CALL, LONG_PUT, SPREAD_LONG, SHORT_PUT, INDEX, COVERED, FUTURE)


def board(*rows: Expiring, now: datetime = NOW, given: tuple[ExerciseOrder, ...] = (), trouble: str = "") -> Board:
    told = {order.instrument.conid: order for order in given}
    return Board(
        now=now, settlings=settlings(rows, now, CALENDAR), received_at=now - timedelta(seconds=4), trouble=trouble,
        lines=tuple(
            Line(row=each, findings=check_expiring(each, now, CALENDAR), instruction=told.get(each.instrument.conid))
            for each in rows
        ),
    )  # fmt: skip


@dataclass
class MadeUpExpiry:
    """Expiries without a vault; it notes what the broker would have been told."""

    rows: tuple[Expiring, ...] = EVERYTHING
    takes_instructions: bool = False
    error: DeskError | None = None
    trouble: str = ""
    at: datetime = NOW
    reads: int = 0
    given: list[ExerciseOrder] = field(default_factory=list)
    moved: tuple[Expiring, ...] | None = None

    async def board(self, _account: AccountId | None = None) -> Board:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return board(*self.rows, now=self.at, given=tuple(self.given), trouble=self.trouble)

    def requoted(self, before: Board) -> Board:
        return board(*(self.moved or self.rows), now=before.now, given=tuple(self.given))

    def check(self, of: Expiring, wish: Wish) -> Verdict:
        return Verdict(findings=check_exercise(wish, of.holding(self.at)), checked_at=self.at)

    async def instruct(self, account: AccountId, wish: Wish, shown: Verdict) -> ExerciseOrder:
        assert not shown.is_blocked
        order = ExerciseOrder(account=account, instrument=wish.instrument, quantity=wish.contracts, at=self.at,
                              is_lapse=wish.lapses)  # fmt: skip
        self.given.append(order)
        return order

    async def withdraw(self, order: ExerciseOrder) -> None:
        self.given.remove(order)


