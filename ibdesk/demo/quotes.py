"""What is displayed for a contract at an instant: bid, ask, sizes, open interest; and when its venue trades.

Quotes and the matching of orders read the same touch, so an order is filled at the price a person sees. Sizes change
every two seconds on the dial while something trades.
"""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ibdesk.demo.catalogue import Listing
from ibdesk.demo.hours import VENUES, is_open, is_trading_day, session, session_day
from ibdesk.demo.market import Market
from ibdesk.domain.matching import Phase, Touch

#: How late delayed data are.
DELAY = timedelta(minutes=15)
#: A size is one to nineteen of these.
LOTS = {"OPT": 10, "FOP": 5, "FUT": 3, "BOND": 5, "CRYPTO": 1}
SHARES = 100
#: Half the distance between bid and ask, as a share of the last price.
OPTION_SPREAD, SPREAD = Decimal("0.01"), Decimal("0.00004")
#: From this price on the options of most classes move in nickels; those of the first two funds stay at a cent.
NICKEL_FROM, NICKEL = Decimal(3), Decimal("0.05")
PENNY_UNDERLYINGS = frozenset({756733, 320227571})
#: Regular hours of shares are followed, and preceded, by trading outside them (New York time, minutes of the day).
EXTENDED = (240, 1200)
MOMENT = timedelta(seconds=2)


def steps(listing: Listing) -> tuple[tuple[Decimal, Decimal], ...]:
    """Price steps as (from this price on, step)."""
    if listing.asset_class == "OPT" and listing.underlying not in PENNY_UNDERLYINGS:
        return (Decimal(0), listing.tick), (NICKEL_FROM, NICKEL)
    return ((Decimal(0), listing.tick),)


def step_at(listing: Listing, price: Decimal) -> Decimal:
    """The step that holds at a price."""
    return next(step for edge, step in reversed(steps(listing)) if abs(price) >= edge)


def touch(market: Market, listing: Listing, now: datetime) -> Touch:
    """What is displayed; a bid of nothing is no bid."""
    last = market.price(listing.conid, now)
    share = OPTION_SPREAD if listing.is_option else SPREAD
    half = max(Decimal(1), (last * share / listing.tick).to_integral_value()) * listing.tick
    step = step_at(listing, last)
    bid = ((last - half) / step).to_integral_value(ROUND_FLOOR) * step
    ask = ((last + half) / step).to_integral_value(ROUND_CEILING) * step
    return Touch(
        bid=bid if bid > 0 else None, ask=ask, last=last, bid_size=size(listing, now, 0), ask_size=size(listing, now, 1)
    )


def size(listing: Listing, now: datetime, side: int) -> Decimal:
    """The size shown: 0 at the bid, 1 at the ask, 2 of the last trade."""
    moment = int(_last_moved(listing, now).timestamp()) // 2
    lots = (listing.conid + side * 7919 + moment * 104729) % 19 + 1
    return Decimal(lots * LOTS.get(listing.asset_class, SHARES))


def _last_moved(listing: Listing, now: datetime) -> datetime:
    """Now, or the close after which nothing was shown anew."""
    if phase(listing, now) is not Phase.CLOSED:
        return now
    return session(listing.venue, session_day(listing.venue, now))[1]


def open_interest(listing: Listing, now: datetime) -> int:
    """Contracts open at yesterday's close: most near the round strikes."""
    round_ = 6 if listing.strike % 50 == 0 else 3 if listing.strike % 10 == 0 else 1
    return round_ * (120 + (listing.conid * 13 + now.toordinal() // 7 * 97) % 2400)


def phase(listing: Listing, now: datetime) -> Phase:
    """What the venue is doing. The auctions last two seconds: the first of the session, and the first after it."""
    if is_open(listing.venue, now):
        opens, _ = session(listing.venue, session_day(listing.venue, now))
        return Phase.OPENING if now < opens + MOMENT else Phase.OPEN
    _, closes = session(listing.venue, session_day(listing.venue, now))
    if closes <= now < closes + MOMENT:
        return Phase.CLOSING
    zone = VENUES[listing.venue].zone
    wall = now.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    has_more = listing.venue == "XNYS" and listing.asset_class == "STK" and is_trading_day("XNYS", wall.date())
    return Phase.EXTENDED if has_more and EXTENDED[0] <= minute < EXTENDED[1] else Phase.CLOSED


def day_ends(listing: Listing, now: datetime, *, extended: bool) -> datetime:
    """When a day order given now ends: at the close of the session that is on, or of the next one."""
    day = now.astimezone(VENUES[listing.venue].zone).date() - timedelta(days=1)
    while True:
        if is_trading_day(listing.venue, day):
            end = session(listing.venue, day)[1]
            if extended and listing.venue == "XNYS":
                end = end + timedelta(hours=4)
            if end > now:
                return end
        day += timedelta(days=1)


def data_instant(listing: Listing, now: datetime) -> datetime:
    """The instant the user's data show."""
    return now - DELAY if listing.data == "D" else now


def availability(listing: Listing, venue: str, now: datetime) -> str:
    """R in real time, D delayed, N not subscribed, Z (Y delayed) frozen while the venue of its prices is closed; then
    consolidated, with a book."""
    if listing.data == "N":
        return "N"
    if not is_open(venue, now):
        return "YB" if listing.data == "D" else "ZB"
    return f"{listing.data}pB"
