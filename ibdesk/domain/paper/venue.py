"""How the account's orders come to the venue, meet the market and leave: steps from one book to the next.

An order is PENDING until the venue has it, and a cancel is only asked for: a fill may still be quicker. A combination
fills whole units at once or not at all. Exits wait for their order; if that ends with a part filled, they are for that
part. Nothing is filled at a price nobody shows now: quotes that are frozen, halted or missing fill nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from ibdesk.domain.executions import ExecId, Execution, Fill
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.matching import Phase, Print, Resting, Touch, leg_prices, match, net_touch
from ibdesk.domain.money import ZERO
from ibdesk.domain.orders import Leg, Order, OrderRef, OrderState, OrderTicket, OrderType, Side, TimeInForce
from ibdesk.domain.pairs import halves, other_ref
from ibdesk.domain.paper import fees
from ibdesk.domain.paper.book import Charged, Mark, PaperBook, PaperOrder, order_id_of, told
from ibdesk.domain.paper.ledger import booked
from ibdesk.domain.paper.sessions import Spans, day_ends, phase_between, together, trade_ends
from ibdesk.domain.paper.shown import Shown, left, taken


@dataclass(slots=True)
class Step:
    """A book on its way to the next one, the numbers of the orders that changed, and the prints."""

    book: PaperBook
    changed: dict[int, None] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)

    def keep(self, order: PaperOrder) -> None:
        self.book = self.book.with_order(order)
        self.changed[order.number] = None

    def record(self, done: Execution, fee: Decimal) -> None:
        ledger, fill = booked(self.book.ledger, done, fee)
        self.book = with_mark(
            replace(self.book, ledger=ledger, fills=(*self.book.fills, fill)), done.instrument.conid, done.price
        )
        self.fills.append(fill)

    def next_id(self) -> ExecId:
        number = self.book.last_number + 1
        self.book = replace(self.book, last_number=number)
        return ExecId(f"{self.book.account}.{number:06d}")

    @property
    def orders(self) -> tuple[Order, ...]:
        """What is to be told of those that changed."""
        return tuple(told(self.book, self.book.order(number)) for number in self.changed)


def placed(book: PaperBook, ref: OrderRef, ticket: OrderTicket, now: datetime, spans: Mapping[Conid, Spans]) -> Step:
    """The order and its exits, or both orders of a pair, are taken; the venue does not have them yet."""
    step = Step(book)
    if ticket.other is not None:
        return _placed_pair(step, ref, ticket, now, spans)
    first = _new(step, ticket, now, spans, ref=ref)
    exits = [_new(step, each, now, spans, parent=first.number) for each in exits_of(ticket)]
    if len(exits) > 1:
        for each in exits:
            step.keep(replace(each, group=first.number))
    return step


def _placed_pair(
    step: Step, ref: OrderRef, ticket: OrderTicket, now: datetime, spans: Mapping[Conid, Spans]
) -> Step:
    """Each has an id of its own; what one gets, the other wants no more."""
    own = [_new(step, half, now, spans, ref=name) for half, name in
           zip(halves(ticket), (ref, other_ref(ref)), strict=True)]  # fmt: skip
    for each in own:
        step.keep(replace(each, group=own[0].number))
    return step


def arrived(book: PaperBook, numbers: Iterable[int], now: datetime) -> Step:
    """The venue has them."""
    step = Step(book)
    for number in numbers:
        order = book.order(number)
        if order.state is OrderState.PENDING:
            step.keep(replace(order, state=OrderState.HELD, changed_at=now))
    return step


def changed(
    book: PaperBook, number: int, ticket: OrderTicket, now: datetime, spans: Mapping[Conid, Spans]
) -> Step:
    """The order as the ticket wants it; what it has got stays. Its exits follow its quantity."""
    step = Step(book)
    order = book.order(number)
    fresh = replace(_resting(ticket, now, spans), filled=order.resting.filled)
    step.keep(replace(order, ticket=replace(ticket, exits=order.ticket.exits), resting=fresh, changed_at=now))
    for child in _children(book, number):
        step.keep(replace(child, resting=replace(child.resting, quantity=ticket.quantity), changed_at=now))
    return step


def cancel_asked(book: PaperBook, numbers: Iterable[int], now: datetime) -> Step:
    """Their end is asked for; it comes with `ended`."""
    step = Step(book)
    for number in numbers:
        order = book.order(number)
        if not order.is_over:
            step.keep(replace(order, state=OrderState.CANCELLING, changed_at=now))
    return step


def ended(book: PaperBook, numbers: Iterable[int], now: datetime) -> Step:
    """Those whose end was asked for and that were not filled meanwhile are cancelled."""
    step = Step(book)
    for number in numbers:
        order = step.book.order(number)
        if order.state is OrderState.CANCELLING:
            _end(step, order, now)
    return step


def looked(book: PaperBook, market: Mapping[Conid, Shown], now: datetime, calendar: Calendar) -> Step:
    """Every working order after one look at the market, in the order they were placed."""
    step = Step(book)
    since = book.looked_at
    for number in [order.number for order in book.working]:
        order = step.book.order(number)
        if order.is_over or order.state is OrderState.PENDING or not _lives(step.book, order):
            continue
        if any(_stopped_trading(leg.instrument, now, calendar) for leg in order.ticket.legs):
            _end(step, order, now)
        else:
            _meet(step, order, market, max(since, order.at) if since is not None else order.at, now)
    step.book = replace(step.book, looked_at=now)
    return step


def with_mark(book: PaperBook, conid: Conid, price: Decimal) -> PaperBook:
    """With the last price of an instrument."""
    old, new = book.mark(conid), Mark(conid=conid, price=price)
    return book if new == old else replace(book, marks=(*(mark for mark in book.marks if mark.conid != conid), new))


def marked(book: PaperBook, prices: Mapping[Conid, Decimal]) -> PaperBook:
    """With these prices in the place of the ones before."""
    kept = (mark for mark in book.marks if mark.conid not in prices)
    return replace(book, marks=(*kept, *(Mark(conid=conid, price=price) for conid, price in prices.items())))


def exits_of(ticket: OrderTicket) -> tuple[OrderTicket, ...]:
    """The orders that close what the ticket opens, the target first. A combination turned around is paid for where it
    was sold for. They are good as long as their order; of one for now or for an opening, for the day."""
    if ticket.exits is None:
        return ()
    legs = tuple(Leg(instrument=leg.instrument, side=leg.side.opposite, ratio=leg.ratio) for leg in ticket.legs)
    tif = ticket.tif if ticket.tif in (TimeInForce.DAY, TimeInForce.GTC) else TimeInForce.DAY
    sign = -1 if ticket.is_combo else 1
    bare = OrderTicket(account=ticket.account, mode=ticket.mode, legs=legs, quantity=ticket.quantity, tif=tif)
    target, stop = ticket.exits.take_profit, ticket.exits.stop_loss
    found = []
    if target is not None:
        found.append(replace(bare, limit=target * sign, outside_hours=ticket.outside_hours))
    if stop is not None:
        found.append(replace(bare, order_type=OrderType.STOP, stop=stop * sign))
    return tuple(found)


def _new(
    step: Step, ticket: OrderTicket, now: datetime, spans: Mapping[Conid, Spans], *, ref: OrderRef | None = None,
    parent: int | None = None,
) -> PaperOrder:  # fmt: skip
    order = PaperOrder(
        number=step.book.last_number + 1, ticket=ticket, resting=_resting(ticket, now, spans),
        state=OrderState.PENDING, at=now, changed_at=now, ref=ref, parent=parent,
    )  # fmt: skip
    step.keep(order)
    return order


def _resting(ticket: OrderTicket, now: datetime, spans: Mapping[Conid, Spans]) -> Resting:
    ends = None
    if ticket.tif not in (TimeInForce.GTC, TimeInForce.OPG):  # the opening ends the latter
        known = (
            day_ends(spans.get(leg.instrument.conid, ()), now, extended=ticket.outside_hours) for leg in ticket.legs
        )
        ends = min((end for end in known if end is not None), default=None)
    return Resting(
        side=Side.BUY if ticket.is_combo else ticket.legs[0].side, order_type=ticket.order_type,
        quantity=ticket.quantity, limit=ticket.limit, stop=ticket.stop, trail=ticket.trail, tif=ticket.tif,
        outside_hours=ticket.outside_hours, good_until=ends,
    )  # fmt: skip


def _children(book: PaperBook, number: int) -> tuple[PaperOrder, ...]:
    return tuple(order for order in book.working if order.parent == number)


def _lives(book: PaperBook, order: PaperOrder) -> bool:
    return order.parent is None or book.order(order.parent).is_over


def _stopped_trading(instrument: Instrument, now: datetime, calendar: Calendar) -> bool:
    return instrument.expiry is not None and trade_ends(instrument.expiry, calendar) <= now


def _meet(step: Step, order: PaperOrder, market: Mapping[Conid, Shown], since: datetime, now: datetime) -> None:
    seen = [(each, ratio, market.get(each.conid, Shown())) for each, ratio in order.ratios]
    touches = tuple((ratio, left(step.book.taken, each.conid, one.touch, now)) for each, ratio, one in seen)
    is_moving = all(one.is_moving for _, _, one in seen)
    phase = together(phase_between(one.spans, since, now) for _, _, one in seen) if is_moving else Phase.CLOSED
    done = match(order.resting, _of_unit(touches, order), now, phase)
    for each in done.prints:
        prices = leg_prices(touches, Side.BUY, each.price) if order.ticket.is_combo else (each.price,)
        if prices is None:
            return  # no leg can carry what was improved; another look may find one
        order = _fill(step, order, each, prices, touches, now)
    state = done.order.state
    if order.state is OrderState.CANCELLING and state is not OrderState.FILLED:
        state = OrderState.CANCELLED if state is OrderState.CANCELLED else OrderState.CANCELLING
    after = replace(order, resting=done.order, state=state, spent=order.spent + sum(
        (each.price * each.quantity for each in done.prints), ZERO))  # fmt: skip
    _settle(step, order, after, now)


def _of_unit(touches: tuple[tuple[int, Touch], ...], order: PaperOrder) -> Touch:
    """What one unit of the ticket is offered at. One leg is priced as quoted, whatever its ratio."""
    if order.ticket.is_combo:
        return net_touch(touches)
    ratio, touch = touches[0]
    return replace(touch, bid_size=touch.bid_size // ratio, ask_size=touch.ask_size // ratio) if ratio > 1 else touch


def _fill(
    step: Step, order: PaperOrder, each: Print, prices: tuple[Decimal, ...], touches: tuple[tuple[int, Touch], ...],
    now: datetime,
) -> PaperOrder:  # fmt: skip
    """Book one print of every leg; the order with what it was charged."""
    day = now.astimezone(NEW_YORK).date()
    for (instrument, ratio), price, (_, touch) in zip(order.ratios, prices, touches, strict=True):
        side = order.side if ratio > 0 else order.side.opposite
        quantity = each.quantity * abs(ratio)
        before = next((one for one in order.charged if one.conid == instrument.conid),
                      Charged(conid=instrument.conid, quantity=ZERO, amount=ZERO))  # fmt: skip
        whole = fees.commission(instrument, before.quantity + quantity, price, day)
        fee = max(ZERO, whole - before.amount)
        charged = Charged(conid=instrument.conid, quantity=before.quantity + quantity, amount=before.amount + fee)
        order = replace(
            order, charged=(*(one for one in order.charged if one.conid != instrument.conid), charged)
        )
        step.record(
            Execution(
                exec_id=step.next_id(), account=step.book.account, instrument=instrument, side=side, quantity=quantity,
                price=price, at=now, order_id=order_id_of(step.book, order), ref=order.ref, exchange="PAPER",
            ),
            fee + fees.sale_fee(instrument, side, quantity, price, day),
        )  # fmt: skip
        step.book = replace(step.book, taken=taken(step.book.taken, instrument.conid, side, touch, quantity, now))
    return order


def _settle(step: Step, before: PaperOrder, after: PaperOrder, now: datetime) -> None:
    """Keep the order after a look, and let its relatives follow."""
    gained = after.resting.filled - step.book.order(after.number).resting.filled
    is_news = (after.state, after.resting.stop) != (before.state, before.resting.stop) or gained > 0
    if not is_news:
        step.book = step.book.with_order(after)
        return
    step.keep(replace(after, changed_at=now))
    if after.group is not None and gained:
        for other in step.book.working:
            if other.group == after.group and other.number != after.number:
                _shrink(step, other, gained, now, is_done=after.state is OrderState.FILLED)
    if after.is_over:
        for child in _children(step.book, after.number):
            if after.resting.filled:
                step.keep(replace(child, resting=replace(child.resting, quantity=after.resting.filled), changed_at=now))
            else:
                _end(step, child, now)


def _shrink(step: Step, other: PaperOrder, gained: Decimal, now: datetime, *, is_done: bool) -> None:
    """One of a group got something: the others want less, or nothing any more."""
    left = other.resting.quantity - gained
    if is_done or left <= other.resting.filled:
        _end(step, other, now)
    else:
        step.keep(replace(other, resting=replace(other.resting, quantity=left), changed_at=now))


def _end(step: Step, order: PaperOrder, now: datetime) -> None:
    over = replace(order, state=OrderState.CANCELLED, resting=replace(order.resting, state=OrderState.CANCELLED))
    _settle(step, order, over, now)
