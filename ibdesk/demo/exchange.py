"""Orders at the demo's venue: which rest, how they meet the market, and what each fill does to the one account.

Nothing runs by itself: whoever wants to know calls `run`, which looks at the market at every few moments since the
last time, so that a stop is reached also when the dial jumps. `ticks` time the broker's own slowness.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.expiry import Expiries
from ibdesk.demo.faults import Faults
from ibdesk.demo.fills import ZERO, Fill, cents, commission, corrected
from ibdesk.demo.hours import session
from ibdesk.demo.quotes import MOMENT, day_ends, phase, touch
from ibdesk.demo.tickets import Ticket
from ibdesk.domain.matching import Phase, Print, Resting, Touch, leg_prices, match, net_touch
from ibdesk.domain.orders import OrderState, Side, TimeInForce

FIRST_ORDER = 473_740_665
#: How far apart looks are while catching up, and how many at most.
STRIDE, MOST_LOOKS = timedelta(seconds=5), 240


class Status(StrEnum):
    """reference/client-portal-api.md 7.11."""

    INACTIVE = "Inactive"
    PRE_SUBMITTED = "PreSubmitted"
    SUBMITTED = "Submitted"
    FILLED = "Filled"
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"


OVER = frozenset({Status.FILLED, Status.CANCELLED, Status.INACTIVE})
STATUSES = {
    OrderState.HELD: Status.PRE_SUBMITTED, OrderState.WORKING: Status.SUBMITTED, OrderState.FILLED: Status.FILLED,
    OrderState.CANCELLED: Status.CANCELLED,
}


class Twist(StrEnum):
    """What is going to happen to an order against all rules."""

    NONE = ""
    HALF = "half of it fills, then it is cancelled"
    WINS = "it fills before its cancel arrives"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOrder:
    """What the broker knows of one order. `spent` is the sum of price x quantity of its fills; `due` when (ticks) the
    broker gets to it; orders of one `group` cancel each other."""

    number: int
    ticket: Ticket
    resting: Resting
    status: Status
    at: datetime
    changed_at: datetime
    due: float
    parent: int | None = None
    group: str = ""
    spent: Decimal = ZERO
    reason: str = ""
    twist: Twist = Twist.NONE

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def account(self) -> str:
        return self.ticket.account

    @property
    def average_price(self) -> Decimal | None:
        return self.spent / self.resting.filled if self.resting.filled else None


@dataclass(slots=True)
class _Taken:
    """What has been taken of the sizes shown in one moment: (conid, side of the market) -> quantity."""

    moment: int = -1
    sizes: dict[tuple[int, Side], Decimal] = field(default_factory=dict)


class Exchange:
    """All orders of both accounts. `latency` is how long (ticks) the broker takes to act on an order or a cancel."""

    def __init__(
        self, account: DemoAccount, faults: Faults, ticks: Callable[[], float], *, latency: float = 0.0
    ) -> None:
        self._account = account
        self._faults = faults
        self._ticks = ticks
        self._latency = latency
        self._numbers = itertools.count(FIRST_ORDER)
        self._prints = itertools.count(0x6576FD38)
        self._looked: datetime | None = None
        self._expiries = Expiries(account)
        self._taken = _Taken()
        self._charged: dict[tuple[int, int], tuple[Decimal, Decimal]] = {}
        self.orders: dict[int, DemoOrder] = {}
        #: every visible change of an order and every fill, oldest first; sockets read from where they stopped
        self.news: list[DemoOrder | Fill] = []

    def run(self, now: datetime) -> None:
        """Bring every order up to `now`, and settle what has expired."""
        if any(not one.is_over for one in self.orders.values()):
            for at in self._moments(now):
                self._look(at)
        self._expiries.run(now)
        self._looked = max(now, self._looked or now)

    def place(self, tickets: list[Ticket], now: datetime) -> tuple[DemoOrder, ...]:
        """Take orders; children wait for their parent, and a group for the first of its own."""
        self.run(now)
        placed: list[DemoOrder] = []
        for ticket in tickets:
            parent = next((one for one in (*placed, *self.orders.values()) if ticket.parent
                           and one.ticket.ref == ticket.parent and one.account == ticket.account), None)
            number = next(self._numbers)
            group = f"p{parent.number}" if parent else f"g{(placed[0].number if placed else number)}"
            order = DemoOrder(
                number=number, ticket=ticket, resting=resting_of(ticket, now), status=Status.PRE_SUBMITTED, at=now,
                changed_at=now, due=self._ticks() + self._latency, parent=parent.number if parent else None,
                group=group if parent or ticket.is_group else "", twist=self._twist(),
            )
            if self._faults.late_rejections:
                reason = self._faults.late_rejections.pop(0)
                order = replace(order, status=Status.INACTIVE, reason=reason)
            placed.append(order)
            self._keep(order)
        return tuple(placed)

    def modify(self, number: int, ticket: Ticket, now: datetime) -> DemoOrder:
        """Change a resting order; what it has got stays."""
        order = self.orders[number]
        fresh = replace(resting_of(ticket, now), filled=order.resting.filled)
        changed = replace(
            order, ticket=replace(ticket, ref=order.ticket.ref, parent=order.ticket.parent), resting=fresh,
            changed_at=now, due=self._ticks() + self._latency,
        )
        self._keep(changed)
        return changed

    def cancel(self, number: int, now: datetime) -> DemoOrder:
        """Ask for an order's end; whether it comes is told later."""
        order = self.orders[number]
        wins = self._faults.fills_before_cancel > 0
        self._faults.fills_before_cancel -= wins
        asked = replace(
            order, status=Status.PENDING_CANCEL, changed_at=now, due=self._ticks() + self._latency,
            twist=Twist.WINS if wins else order.twist,
        )
        self._keep(asked)
        return asked

    def join(self, number: int, group: str) -> None:
        """Put an order into a group whose orders cancel each other, whenever they came."""
        self.orders[number] = replace(self.orders[number], group=group)

    def lapse(self, account: str, conid: int) -> None:
        """An option of this account is not to be exercised at its end."""
        self._expiries.lapsed.add((account, conid))

    def correct_last(self, price: Decimal) -> None:
        """The broker corrects the price of the last execution."""
        last = self._account.blotter.last
        if last is not None:
            self.correct(last, price)

    def correct(self, fill: Fill, price: Decimal) -> None:
        """The broker corrects the price of an execution."""
        changed = corrected(fill, price)
        self._account.record(changed)
        self.news.append(changed)

    def open_orders(self, account: str) -> tuple[DemoOrder, ...]:
        return tuple(one for one in self.orders.values() if one.account == account and not one.is_over)

    def find(self, ref: str, since: datetime) -> DemoOrder | None:
        """The order with a client's own id that was placed since then."""
        return next((one for one in self.orders.values() if one.ticket.ref == ref and one.at >= since), None)

    def stuck_since(self, conid: int) -> datetime | None:
        """When a contract's quote stopped moving; None while it moves."""
        return self._faults.stuck_since(conid)

    def _twist(self) -> Twist:
        if self._faults.halved_orders > 0:
            self._faults.halved_orders -= 1
            return Twist.HALF
        return Twist.NONE

    def _moments(self, now: datetime) -> Iterator[datetime]:
        """When to look on the way to `now`: every few seconds, and at each opening and close."""
        since = self._looked if self._looked is not None else now
        count = 1
        if now - since > 2 * STRIDE:
            count = min(MOST_LOOKS, int((now - since) / STRIDE))
        looks = {now, *(since + (now - since) * number / count for number in range(1, count))}
        day = since.date()
        while day <= now.date():
            looks.update(edge for edge in session("XNYS", day) if since < edge <= now)
            day += timedelta(days=1)
        yield from sorted(looks)

    def _look(self, at: datetime) -> None:
        for number in tuple(self.orders):
            order = self.orders[number]
            if order.is_over or at < order.at or self._ticks() < order.due:
                continue
            if order.twist is not Twist.NONE and self._twisted(order, at):
                continue
            if order.status is Status.PENDING_CANCEL or self._has_expired(order, at):
                self._end(order, at)
            elif self._is_active(order):
                self._match(order, at)

    def _match(self, order: DemoOrder, at: datetime) -> None:
        touches = self._touches(order, at)
        shown = net_touch(touches) if order.ticket.is_combo else touches[0][1]
        done = match(order.resting, shown, at, self._phase(order, at))
        for each in done.prints:
            prices = leg_prices(touches, order.ticket.side, each.price) if order.ticket.is_combo else (each.price,)
            if prices is None:
                return  # no leg can carry what was improved; wait for another look
            self._fill(order, each, prices, at)
        spent = order.spent + sum((each.price * each.quantity for each in done.prints), ZERO)
        self._settle(order, replace(order, resting=done.order, spent=spent, status=STATUSES[done.order.state]), at)

    def _settle(self, before: DemoOrder, after: DemoOrder, at: datetime) -> None:
        """Keep the order after a look, tell if it can be seen, and let its relatives follow."""
        if (after.status, after.resting.filled) == (before.status, before.resting.filled):
            self.orders[after.number] = after
            return
        after = replace(after, changed_at=at)
        self._keep(after)
        gained = after.resting.filled - before.resting.filled
        for other in tuple(self.orders.values()):
            if other.is_over or other.number == after.number:
                continue
            if after.status is Status.CANCELLED and other.parent == after.number:
                self._end(other, at)
            elif after.group and other.group == after.group and gained:
                self._shrink(other, gained, after.status is Status.FILLED, at)

    def _shrink(self, other: DemoOrder, gained: Decimal, is_done: bool, at: datetime) -> None:
        """One of a group got something: the others want less, or nothing any more."""
        left = other.resting.quantity - gained
        if is_done or left <= other.resting.filled:
            self._end(other, at)
        else:
            self._keep(replace(other, resting=replace(other.resting, quantity=left), changed_at=at))

    def _fill(self, order: DemoOrder, each: Print, prices: tuple[Decimal, ...], at: datetime) -> None:
        for leg, price in zip(order.ticket.legs, prices, strict=True):
            quantity = each.quantity * leg.ratio * order.ticket.side.sign
            fill = Fill(
                exec_id=f"0000e0d5.{next(self._prints):08x}.01.01", account=order.account, listing=leg.listing,
                quantity=quantity, price=price, at=at, order_id=order.number, ref=order.ticket.ref,
                commission=self._charge(order.number, leg.listing.conid, quantity, price, order),
                exchange=leg.listing.exchange,
            )
            self._take(leg.listing.conid, Side.BUY if quantity > 0 else Side.SELL, abs(quantity), at)
            self._account.record(fill)
            self.news.append(fill)

    def _charge(self, number: int, conid: int, quantity: Decimal, price: Decimal, order: DemoOrder) -> Decimal:
        """What this part of the order costs: the order's commission so far, less what was charged."""
        listing = next(leg.listing for leg in order.ticket.legs if leg.listing.conid == conid)
        before, paid = self._charged.get((number, conid), (ZERO, ZERO))
        total = commission(listing, before + abs(quantity), price)
        self._charged[number, conid] = (before + abs(quantity), max(paid, total))
        return cents(max(ZERO, total - paid))

    def _touches(self, order: DemoOrder, at: datetime) -> tuple[tuple[int, Touch], ...]:
        rows: list[tuple[int, Touch]] = []
        for leg in order.ticket.legs:
            shown = touch(self._account.market, leg.listing, at)
            conid = leg.listing.conid
            rows.append((leg.ratio, replace(
                shown, ask_size=max(ZERO, shown.ask_size - self._gone(conid, Side.BUY, at)),
                bid_size=max(ZERO, shown.bid_size - self._gone(conid, Side.SELL, at)),
            )))
        return tuple(rows)

    def _gone(self, conid: int, side: Side, at: datetime) -> Decimal:
        moment = int(at.timestamp() // MOMENT.total_seconds())
        if self._taken.moment != moment:
            self._taken = _Taken(moment)
        return self._taken.sizes.get((conid, side), ZERO)

    def _take(self, conid: int, side: Side, quantity: Decimal, at: datetime) -> None:
        self._taken.sizes[conid, side] = self._gone(conid, side, at) + quantity

    def _phase(self, order: DemoOrder, at: datetime) -> Phase:
        """A combination trades while all its legs do."""
        phases = [phase(leg.listing, at) for leg in order.ticket.legs]
        if len(phases) == 1:
            return phases[0]
        return Phase.OPEN if set(phases) <= {Phase.OPEN, Phase.OPENING} else Phase.CLOSED

    def _is_active(self, order: DemoOrder) -> bool:
        return order.parent is None or self.orders[order.parent].status is Status.FILLED

    def _has_expired(self, order: DemoOrder, at: datetime) -> bool:
        days = (leg.listing.expiry for leg in order.ticket.legs)
        return any(day is not None and session("XNYS", day)[1] <= at for day in days)

    def _twisted(self, order: DemoOrder, at: datetime) -> bool:
        """Let a fault have its way with an order; False while it waits for its chance."""
        if order.twist is Twist.WINS and order.status is not Status.PENDING_CANCEL:
            return False
        rest = order.resting.remaining
        quantity = rest if order.twist is Twist.WINS else rest // 2
        touches = self._touches(order, at)
        lasts = tuple(shown.last or ZERO for _, shown in touches)
        net = sum((price * ratio for price, (ratio, _) in zip(lasts, touches, strict=True)), ZERO)
        prices, price = lasts, net
        if order.resting.limit is not None and not order.ticket.is_combo:
            price = order.resting.limit
            prices = (price,)
        order = replace(order, twist=Twist.NONE)
        if quantity > 0:
            self._fill(order, Print(price=price, quantity=quantity), prices, at)
        filled = order.resting.filled + max(ZERO, quantity)
        is_done = filled == order.resting.quantity
        state = OrderState.FILLED if is_done else OrderState.CANCELLED
        after = replace(
            order, resting=replace(order.resting, filled=filled, state=state), status=STATUSES[state],
            spent=order.spent + price * max(ZERO, quantity),
        )
        if not is_done and quantity > 0:  # the part first, then the end
            self._keep(replace(after, status=Status.SUBMITTED, changed_at=at))
        self._settle(order, after, at)
        return True

    def _end(self, order: DemoOrder, at: datetime) -> None:
        over = replace(order.resting, state=OrderState.CANCELLED)
        self._settle(order, replace(order, resting=over, status=Status.CANCELLED), at)

    def _keep(self, order: DemoOrder) -> None:
        self.orders[order.number] = order
        self.news.append(order)


def resting_of(ticket: Ticket, now: datetime) -> Resting:
    """The ticket as the venue holds it."""
    ends = None
    if ticket.tif not in (TimeInForce.GTC, TimeInForce.OPG):  # the opening ends the latter
        ends = min(day_ends(leg.listing, now, extended=ticket.outside_hours) for leg in ticket.legs)
    return Resting(
        side=ticket.side, order_type=ticket.kind, quantity=ticket.quantity, limit=ticket.limit, stop=ticket.stop,
        trail=ticket.trail, tif=ticket.tif, outside_hours=ticket.outside_hours, good_until=ends,
    )
