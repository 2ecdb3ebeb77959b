"""Quotes: what each tick type says of a contract at the dial's instant, told at first whole and then as it changes."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ibdesk.demo.bars import venue_of, volume_of
from ibdesk.demo.catalogue import Listing
from ibdesk.demo.hours import is_open, session
from ibdesk.demo.quotes import DELAY, open_interest, size, touch
from ibdesk.demo.tws.client import Client, QuoteLine
from ibdesk.demo.tws.contract_messages import NONE_FOUND
from ibdesk.demo.tws.contracts import matching, read_contract
from ibdesk.demo.tws.faults import COMPETING
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import Reader, framed, plain

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
NOT_SUBSCRIBED = ("Requested market data is not subscribed. Check API status by selecting the Account menu then under "
                  "Management choose Market Data Subscription Manager and/or availability of delayed data.")
SHOWS_DELAYED = "Requested market data is not subscribed. Displaying delayed market data."
#: Live tick types and their delayed twins: bid, ask, last, their sizes, high, low, volume, close, open, last time.
TWINS = {1: 66, 2: 67, 4: 68, 0: 69, 3: 70, 5: 71, 6: 72, 7: 73, 8: 74, 9: 75, 14: 76, 45: 88,
         10: 80, 11: 81, 12: 82, 13: 83}
#: A price carries the size of its other tick type along.
SIZES = {1: 0, 2: 3, 4: 5}
PRICES, TIME = frozenset({1, 2, 4, 6, 7, 9, 14, 37}), 45
COMPUTED = frozenset({10, 11, 12, 13})
#: Tick types by the generic number that asks for them: open interest of a call and a put, implied volatility.
INTEREST, VOLATILITY = "101", "106"
LEGS_OF = "BAG"


def subscribe(floor: Floor, client: Client, reader: Reader) -> None:
    """Quotes of one contract: once (snapshot) or until cancelled."""
    reader.skip(1)
    number, asked = reader.whole(), read_contract(reader)
    if asked.sec_type == LEGS_OF:
        client.error(number, 321, "Error validating request.-'demo' : cause - Combinations have no quotes here")
        return
    if reader.flag():
        reader.skip(3)
    generic, is_snapshot = frozenset(reader.text().split(",")), reader.flag()
    found = matching(asked, floor.chains, floor.catalogue, floor.now)
    if len(found) != 1:
        client.error(number, 200, NONE_FOUND)
        return
    line = QuoteLine(listing=found[0], generic=generic)
    if not _is_allowed(floor, client, number, line):
        return
    client.send(81, number, plain(found[0].tick), "9c0001", 3)
    client.send(58, 1, number, _kind(floor, client, line))
    if not floor.is_cut_off:
        _tell(floor, client, number, line)
    if is_snapshot:
        client.send(57, 1, number)
    else:
        client.quotes[number] = line


def unsubscribe(_floor: Floor, client: Client, reader: Reader) -> None:
    reader.skip(1)
    number = reader.whole()
    if client.quotes.pop(number, None) is None:
        client.error(number, 300, f"Can't find EId with tickerId:{number}")


def data_type(_floor: Floor, client: Client, reader: Reader) -> None:
    """Live, frozen, delayed or delayed-frozen, for later requests."""
    reader.skip(1)
    client.data_type = min(max(reader.whole(), LIVE), DELAYED_FROZEN)


def stream(floor: Floor, client: Client) -> None:
    """What changed since the client last heard."""
    if not client.quotes or client.outlet.is_full or floor.ticks() < client.quotes_due:
        return
    client.quotes_due = floor.ticks() + floor.timings.quotes
    for number, line in client.quotes.items():
        if not line.is_silent:
            _tell(floor, client, number, line)


def ticks(floor: Floor, line: QuoteLine, now: datetime) -> Iterator[tuple[int, str]]:
    """Every tick type that has a value, as (type, text); sizes come before the prices they belong to."""
    market, listing = floor.market, line.listing
    shown = touch(market, listing, now)
    day = market.session_day(listing.conid, now)
    bar = market.day_bar(listing.conid, day, now)
    yield 0, plain(shown.bid_size)
    yield 3, plain(shown.ask_size)
    yield 5, plain(size(listing, now, 2))
    yield 1, plain(shown.bid) if shown.bid is not None else "-1"
    yield 2, plain(shown.ask) if shown.ask is not None else "-1"
    if shown.last is not None:
        yield 4, plain(shown.last)
    if bar is not None:
        yield from ((14, plain(bar[0])), (6, plain(bar[1])), (7, plain(bar[2])))
    yield 9, plain(market.prior_close(listing.conid, now))
    yield 8, str(_volume(floor, listing, now))
    yield TIME, str(int(now.timestamp()))
    if listing.is_option:
        if INTEREST in line.generic:
            yield (27 if listing.right == "C" else 28), str(open_interest(listing, now))
        yield from _computed(floor, listing, now, shown.bid, shown.ask, shown.last)


def _computed(
    floor: Floor, listing: Listing, now: datetime, bid: Decimal | None, ask: Decimal | None, last: Decimal | None
) -> Iterator[tuple[int, str]]:
    """The model's figures at bid, ask, last and for itself; -1 and -2 where there is no price."""
    delta, gamma, theta, vega = floor.market.greeks(listing.conid, now)
    implied = floor.market.volatility(listing.conid, now)
    under = plain(floor.market.price(listing.underlying, now))
    for kind, price in ((10, bid), (11, ask), (12, last), (13, last)):
        if price is None:
            yield kind, f"-1\0-2\0-1\0-1\0-2\0-2\0-2\0{under}"
        else:
            yield kind, (f"{implied:.6f}\0{delta:.6f}\0{plain(price)}\x000.0\0{gamma:.6f}\0{vega:.6f}\0{theta:.6f}\0"
                         f"{under}")


def _tell(floor: Floor, client: Client, number: int, line: QuoteLine) -> None:
    """What is new to this client of one contract."""
    now = _instant(floor, line)
    values, told = dict(ticks(floor, line, now)), line.told
    for kind, text in values.items():
        size_kind = SIZES.get(kind)
        changed = told.get(kind) != text
        if size_kind is not None and told.get(size_kind) != values.get(size_kind):
            changed = True
        if not changed or kind in SIZES.values():
            continue
        told[kind] = text
        shown = TWINS.get(kind, kind) if line.is_delayed else kind
        if kind in PRICES:
            size_text = values.get(size_kind, "0") if size_kind is not None else "0"
            if size_kind is not None:
                told[size_kind] = size_text
            client.outlet.write(framed(f"1\x006\0{number}\0{shown}\0{text}\0{size_text}\x001\0"))
        elif kind in COMPUTED:
            client.outlet.write(framed(f"21\0{number}\0{shown}\x000\0{text}\0"))
        else:
            client.outlet.write(framed(f"{46 if kind == TIME else 2}\x006\0{number}\0{shown}\0{text}\0"))


def _instant(floor: Floor, line: QuoteLine) -> datetime:
    """The instant the data show."""
    stuck = floor.exchange.stuck_since(line.listing.conid)
    now = floor.now if stuck is None else min(floor.now, stuck)
    return now - DELAY if line.is_delayed else now


def _is_allowed(floor: Floor, client: Client, number: int, line: QuoteLine) -> bool:
    """Whether anything is told at all, and whether late; says why not."""
    if floor.faults.is_competing:
        line.is_silent = True
        client.quotes[number] = line
        client.error(number, 10197, COMPETING)
        return False
    data = "D" if floor.faults.is_delayed else line.listing.data
    if data == "R":
        return True
    if data == "N" or (client.data_type < DELAYED and not floor.faults.is_delayed):
        client.error(number, 354 if data == "N" else 10168, NOT_SUBSCRIBED if data == "N" else
                     "Requested market data is not subscribed. Delayed market data is not enabled.")
        return False
    line.is_delayed = True
    client.error(number, 10167, SHOWS_DELAYED)
    return True


def _kind(floor: Floor, client: Client, line: QuoteLine) -> int:
    """Live while the venue trades; frozen after, where the client wants that."""
    if line.is_delayed:
        return DELAYED
    is_over = not is_open(venue_of(floor.market, line.listing), floor.now)
    return FROZEN if is_over and client.data_type in (FROZEN, DELAYED_FROZEN) else LIVE


def _volume(floor: Floor, listing: Listing, now: datetime) -> int:
    """What was traded today so far."""
    venue = venue_of(floor.market, listing)
    day = floor.market.session_day(listing.conid, now)
    opens, closes = session(venue, day)
    return int(volume_of(listing, day) * min(1.0, (now - opens) / (closes - opens)))
