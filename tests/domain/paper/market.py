"""An account and a market for tests: one share at 100, an option on it, a Wednesday at noon in New York."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.hours import Calendar
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.matching import Touch
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import USD
from ibdesk.domain.orders import Leg, OrderRef, OrderState, OrderTicket, Side
from ibdesk.domain.paper import venue
from ibdesk.domain.paper.book import PaperBook, PaperOrder, new_book
from ibdesk.domain.paper.sessions import new_york_spans
from ibdesk.domain.paper.shown import Shown

LOCAL = AccountId("LP0000001")
NOON = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
CLOSE = datetime(2026, 11, 18, 21, 0, tzinfo=UTC)
CALENDAR = Calendar(closed={date(2026, 11, 26): "Thanksgiving"}, early=frozenset({date(2026, 11, 27)}))
D = Decimal
SHARE = Instrument(conid=Conid(1), symbol="XYZ", asset_class=AssetClass.STOCK, currency=USD)
OTHER = Instrument(conid=Conid(2), symbol="ABC", asset_class=AssetClass.ETF, currency=USD)
FUTURE = Instrument(conid=Conid(3), symbol="ES", asset_class=AssetClass.FUTURE, currency=USD, multiplier=D(50),
                    expiry=date(2026, 12, 18))  # fmt: skip


def option(
    strike: int, right: Right = Right.CALL, expiry: date = date(2026, 11, 20), symbol: str = "XYZ"
) -> Instrument:
    number = expiry.toordinal() * 100_000 + strike * 2 + (right is Right.PUT) + 10**12 * (symbol != "XYZ")
    return Instrument(
        conid=Conid(number), symbol=symbol, asset_class=AssetClass.OPTION, currency=USD, multiplier=D(100),
        expiry=expiry, option=OptionTerms(right=right, strike=D(strike), expiry=expiry), trading_class=symbol,
        underlying_conid=SHARE.conid,
    )  # fmt: skip


def book(cash: int = 100_000) -> PaperBook:
    return new_book(LOCAL, D(cash), NOON)


def ticket(*legs: tuple[Instrument, Side] | tuple[Instrument, Side, int], **more: object) -> OrderTicket:
    made = tuple(Leg(instrument=leg[0], side=leg[1], ratio=leg[2] if len(leg) > 2 else 1) for leg in legs)
    return OrderTicket(account=LOCAL, mode=Mode.LOCAL_PAPER, legs=made, **more)  # type: ignore[arg-type]


def at(
    bid: str, ask: str, *, last: str = "", sizes: int = 100_000, instrument: Instrument = SHARE, now: datetime = NOON,
    is_moving: bool = True,
) -> Shown:  # fmt: skip
    return Shown(
        spans=new_york_spans(instrument, now, CALENDAR), is_moving=is_moving,
        touch=Touch(bid=D(bid), ask=D(ask), last=D(last) if last else None, bid_size=D(sizes), ask_size=D(sizes)),
    )  # fmt: skip


def spans_of(instruments: Iterable[Instrument], now: datetime = NOON) -> dict[Conid, tuple]:  # type: ignore[type-arg]
    return {each.conid: new_york_spans(each, now, CALENDAR) for each in instruments}


def placed(before: PaperBook, wanted: OrderTicket, ref: str = "r1", now: datetime = NOON) -> PaperBook:
    """With the order at the venue, its exits too."""
    step = venue.placed(before, OrderRef(ref), wanted, now, spans_of((leg.instrument for leg in wanted.legs), now))
    return venue.arrived(step.book, step.changed, now).book


def looked(before: PaperBook, market: dict[Instrument, Shown], now: datetime = NOON) -> PaperBook:
    return venue.looked(before, {each.conid: seen for each, seen in market.items()}, now, CALENDAR).book


def only(found: PaperBook) -> PaperOrder:
    (order,) = found.orders
    return order


def states(found: PaperBook) -> list[OrderState]:
    return [order.state for order in found.orders]


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)
