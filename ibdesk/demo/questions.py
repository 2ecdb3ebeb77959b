"""What the broker asks before it takes an order, and why it refuses one: each follows from the ticket and the market.

Message ids are the broker's (reference/client-portal-api.md 7.5), the words are like the broker's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ibdesk.demo.account import ZERO, DemoAccount, Figures
from ibdesk.demo.fills import Fill, commission
from ibdesk.demo.hours import session
from ibdesk.demo.quotes import step_at, touch
from ibdesk.demo.tickets import ON_CLOSE, Ticket
from ibdesk.domain.matching import Touch, leg_prices, net_touch
from ibdesk.domain.orders import NEEDS_LIMIT, OrderType, Side, TimeInForce

#: From these sizes, values and distances on the broker asks (presets of a fresh account, rounded).
SIZE_LIMITS: Mapping[str, Decimal] = {
    "STK": Decimal(1000), "OPT": Decimal(50), "FOP": Decimal(20), "FUT": Decimal(10)
}
VALUE_LIMIT = Decimal(100_000)
#: What is traded in parts of one, and in which; the rest is traded in whole numbers.
SIZE_STEPS: Mapping[str, Decimal] = {"CRYPTO": Decimal("0.00000001"), "FUND": Decimal("0.001")}
PRICE_LIMITS: Mapping[str, Decimal] = {"OPT": Decimal("0.30"), "FOP": Decimal("0.30")}
PRICE_LIMIT = Decimal("0.03")
#: A limit so far on the wrong side is refused outright.
REFUSED_FROM = Decimal("0.20")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A ticket, the market it meets and the account it is for."""

    ticket: Ticket
    account: DemoAccount
    now: datetime

    @property
    def legs(self) -> tuple[tuple[int, Touch], ...]:
        market = self.account.market
        return tuple((leg.ratio, touch(market, leg.listing, self.now)) for leg in self.ticket.legs)

    @property
    def shown(self) -> Touch:
        """What one unit of the ticket is quoted at."""
        return net_touch(self.legs) if self.ticket.is_combo else self.legs[0][1]

    @property
    def price(self) -> Decimal:
        """What a unit would trade at: the limit, else the other side, else the last price."""
        if self.ticket.limit is not None:
            return self.ticket.limit
        against = self.shown.against(self.ticket.side)[0]
        return against if against is not None else self.shown.last or ZERO

    @property
    def value(self) -> Decimal:
        """What the order is worth, in its currency."""
        return abs(self.price) * self.ticket.quantity * self.ticket.first.multiplier

    @property
    def commission(self) -> Decimal:
        return sum(
            (commission(leg.listing, self.ticket.quantity * leg.ratio, abs(self.price)) for leg in self.ticket.legs),
            ZERO,
        )

    def fills(self) -> tuple[Fill, ...]:
        """What trading all of it now would be, for a preview."""
        lasts = tuple(shown.last or ZERO for _, shown in self.legs)
        single = (self.price,)
        prices = single if not self.ticket.is_combo else leg_prices(self.legs, self.ticket.side, self.price) or lasts
        return tuple(
            Fill(
                exec_id=f"preview.{number}.01", account=self.ticket.account, listing=leg.listing,
                quantity=self.ticket.quantity * leg.ratio * self.ticket.side.sign, price=price, at=self.now,
                commission=commission(leg.listing, self.ticket.quantity * leg.ratio, price), order_id=0,
            )
            for number, (leg, price) in enumerate(zip(self.ticket.legs, prices, strict=True))
        )

    def before_and_after(self) -> tuple[Figures, Figures]:
        """The account now and with the order filled."""
        name = self.ticket.account
        return self.account.figures(name, self.now), self.account.what_if(name, self.fills(), self.now)


def refusal(scene: Scene, *, is_preview: bool = False) -> str:
    """Why the broker will not take the order, in its own words; empty: it will."""
    ticket = scene.ticket
    rules: tuple[Callable[[Scene], str], ...] = (_expired, _types, _grid, _far_away)
    for rule in rules:
        if words := rule(scene):
            return words
    if ticket.needs_manual and not ticket.is_manual and not is_preview:
        return "Order rejected: the manualIndicator field is required for futures and futures options"
    if ticket.parent:
        return ""
    before, after = scene.before_and_after()
    needs_more = after.initial_margin > before.initial_margin or after.cash < before.cash
    if needs_more and after.net_liquidation < after.initial_margin:
        return (
            "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
            f"[{after.net_liquidation:.2f} USD] MUST EXCEED THE INITIAL MARGIN [{after.initial_margin:.2f} USD]"
        )
    return ""


def questions(scene: Scene) -> tuple[str, ...]:
    """The ids of what is asked, in the order it is asked."""
    return tuple(name for name, (is_asked, _) in QUESTIONS.items() if is_asked(scene))


def words_of(name: str, scene: Scene) -> str:
    """A question's text, which may hold HTML."""
    known = QUESTIONS.get(name)
    return known[1](scene) if known is not None else f"Please confirm {name}.\nDo you want to continue?"


def _expired(scene: Scene) -> str:
    days = [leg.listing.expiry for leg in scene.ticket.legs]
    over = any(day is not None and session("XNYS", day)[1] <= scene.now for day in days)
    return "This contract has expired and cannot be traded" if over else ""


def _types(scene: Scene) -> str:
    ticket, first = scene.ticket, scene.ticket.first
    if first.asset_class != "STK" and (ticket.kind in ON_CLOSE or ticket.tif is TimeInForce.OPG):
        return "Invalid order type for this contract: it trades in no auction"
    step = SIZE_STEPS.get(first.asset_class, Decimal(1))
    if ticket.quantity % step:
        return f"The quantity of this order must be {'a whole number' if step == 1 else f'a multiple of {step:f}'}"
    return ""


def _grid(scene: Scene) -> str:
    first = scene.ticket.first
    for price in (scene.ticket.limit, scene.ticket.stop):
        step = first.tick if scene.ticket.is_combo else step_at(first, price or ZERO)
        if price is not None and price % step:
            return "The price does not conform to the minimum price variation defined for this contract."
    return ""


def _far_away(scene: Scene) -> str:
    ticket, shown = scene.ticket, scene.shown
    against = shown.against(ticket.side)[0]
    if ticket.limit is None or ticket.is_combo or ticket.first.is_option or against is None:
        return ""
    if (ticket.limit - against) * ticket.side.sign <= against * REFUSED_FROM:
        return ""
    return (
        "We cannot accept an order at the limit price you selected. Please submit your order using a limit price "
        f"that is closer to the current market price of {against}."
    )


def _is_off(scene: Scene) -> bool:
    last, limit = scene.shown.last, scene.ticket.limit
    if limit is None or not last or scene.ticket.is_combo or scene.ticket.kind not in NEEDS_LIMIT:
        return False
    return abs(limit / last - 1) > PRICE_LIMITS.get(scene.ticket.first.asset_class, PRICE_LIMIT)


def _is_at_once(scene: Scene) -> bool:
    last, stop = scene.shown.last, scene.ticket.stop
    if last is None or stop is None:
        return False
    return last >= stop if scene.ticket.side is Side.BUY else last <= stop


def _price_words(scene: Scene) -> str:
    share = PRICE_LIMITS.get(scene.ticket.first.asset_class, PRICE_LIMIT) * 100
    return (
        f'The following order "{scene.ticket.side} {scene.ticket.quantity} {scene.ticket.first.symbol} @ '
        f'{scene.ticket.limit}" price exceeds \nthe Percentage constraint of {share:.0f}%.\n'
        "Are you sure you want to submit this order?"
    )


#: id -> (whether a ticket raises it, its words).
QUESTIONS: Mapping[str, tuple[Callable[[Scene], bool], Callable[[Scene], str]]] = {
    "o354": (
        lambda scene: any(leg.listing.data == "N" for leg in scene.ticket.legs),
        lambda _: "You are submitting an order without market data. We strongly recommend against this as it may "
        "result in erroneous and unexpected trades.\nAre you sure you want to submit this order?",
    ),
    "o163": (_is_off, _price_words),
    "o383": (
        lambda scene: scene.ticket.quantity > SIZE_LIMITS.get(scene.ticket.first.asset_class, Decimal(10_000)),
        lambda scene: f'The following order "{scene.ticket.side} {scene.ticket.quantity} '
        f'{scene.ticket.first.symbol}" size exceeds the Size Limit of '
        f"{SIZE_LIMITS.get(scene.ticket.first.asset_class, Decimal(10_000))}.\n"
        "Are you sure you want to submit this order?",
    ),
    "o451": (
        lambda scene: scene.ticket.first.asset_class != "FUT" and scene.value > VALUE_LIMIT,
        lambda scene: f'The following order "{scene.ticket.side} {scene.ticket.quantity} '
        f'{scene.ticket.first.symbol}" value estimate of {scene.value:,.2f} {scene.ticket.first.currency} \n'
        f"exceeds the Total Value Limit of {VALUE_LIMIT:,.0f} USD.\nAre you sure you want to submit this order?",
    ),
    "o403": (
        _is_at_once,
        lambda _: "This order will most likely trigger and fill immediately.\nAre you sure you want to submit it?",
    ),
    "o10151": (
        lambda scene: scene.ticket.kind is OrderType.MARKET and not scene.ticket.parent,
        lambda _: "<h4>Market Order Confirmation</h4>A Market Order is an instruction to trade your order at any "
        "available price. <b>It may be very different</b> from the one you see.<br/>Do you want to send it?",
    ),
    "o10152": (
        lambda scene: scene.ticket.kind in (OrderType.STOP, OrderType.TRAILING) and not scene.ticket.parent,
        lambda _: "<h4>Stop Order Confirmation</h4>A Stop Order - i.e. a Stop (Market) Order - is an instruction to "
        'buy or sell at the market price once your trigger ("stop") price is reached. It may be filled far from it.'
        "<br/>Do you want to send it?",
    ),
}
