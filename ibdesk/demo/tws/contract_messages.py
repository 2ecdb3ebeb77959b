"""What is known of contracts: their details, the chains of options on them, what matches a name, their price steps."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ibdesk.demo.catalogue import ES, Listing
from ibdesk.demo.chains import ADJUSTED, ADJUSTED_TERMS
from ibdesk.demo.hours import VENUES, is_trading_day, session
from ibdesk.demo.quotes import EXTENDED, steps
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contracts import (
    class_of,
    local_symbol,
    matching,
    multiplier_of,
    read_contract,
    strike_of,
    symbol_of,
    venues,
)
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import Field, Reader, day_text, escaped, plain

NONE_FOUND = "No security definition has been found for the request"
ORDER_TYPES = "ACTIVETIM,ADJUST,DAY,GTC,IOC,LMT,LOC,MKT,MOC,OPG,STP,STPLMT,TRAIL,WHATIF"
#: How many days trading hours are told for, today included.
DAYS = 6
#: The numbers of price steps, each a list of (from this price on, step); the first is the broker's own for cents.
RULES: Mapping[int, tuple[tuple[str, str], ...]] = {
    26: (("0", "0.01"),), 32: (("0", "0.01"), ("3", "0.05")), 67: (("0", "0.25"),), 239: (("0", "0.00001"),),
    240: (("0", "0.0000001"),), 241: (("0", "0.001"),), 242: (("0", "1"),),
}
#: Versions that left out or brought fields (tws-api.md 1.4).
NO_VERSION_FIELD, ISSUERS = 164, 176


def details(floor: Floor, client: Client, reader: Reader) -> None:
    """Every contract that matches, one message each; 200 where none does."""
    reader.skip(1)
    number, asked = reader.whole(), read_contract(reader)
    found = matching(asked, floor.chains, floor.catalogue, floor.now)
    if not found:
        client.error(number, 200, NONE_FOUND)
        return
    for listing in found:
        if listing.asset_class == "BOND":
            client.send(18, *_head(client, number), *_bond(floor, listing, client.version))
        else:
            client.send(10, *_head(client, number), *_details(floor, listing, client.version))
    client.send(52, 1, number)


def chain(floor: Floor, client: Client, reader: Reader) -> None:
    """Expiries and strikes of the options on one underlying, for each exchange and trading class."""
    number, symbol, _, _, conid = reader.whole(), reader.text(), reader.text(), reader.text(), reader.whole()
    under = floor.catalogue.find(conid) if conid else next(iter(floor.catalogue.matching(symbol)), None)
    root = under.underlying if under is not None and under.asset_class == "FUT" else under.conid if under else 0
    if under is None or not floor.chains.has(root):
        if under is None:
            client.error(number, 200, NONE_FOUND)
        else:
            client.send(76, number)
        return
    now = floor.now
    days = [day for day in floor.chains.expiries(root, now)
            if under.asset_class != "FUT" or under.expiry is None or day <= under.expiry]
    rows = [day_text(day) for day in days]
    strikes = [plain(one) for one in floor.chains.strikes(root, now)]
    size = "50" if root == ES else "100"
    for exchange in ("CME",) if root == ES else ("AMEX", "CBOE", "SMART"):
        client.send(75, number, exchange, under.conid, under.symbol, size, len(rows), *rows, len(strikes), *strikes)
    if under.symbol == ADJUSTED[:-1]:
        odd = [one for one in strikes if not Decimal(one) % 10]
        client.send(75, number, "SMART", under.conid, ADJUSTED, size, 1, day_text(floor.chains.adjusted_expiry),
                    len(odd), *odd)
    client.send(76, number)


def samples(floor: Floor, client: Client, reader: Reader) -> None:
    """Contracts whose symbol or name match a text."""
    number, found = reader.whole(), floor.catalogue.matching(reader.text(), by_name=True)
    fields: list[Field] = []
    for one in found:
        kinds = ("OPT", "BAG") if floor.chains.has(one.conid) else ()
        fields += (one.conid, symbol_of(one), one.asset_class, one.exchange, one.currency, len(kinds), *kinds)
        if client.version >= ISSUERS:
            fields += (one.name, "")
    client.send(79, number, len(found), *fields)


def price_rule(_floor: Floor, client: Client, reader: Reader) -> None:
    """The price steps under a number that contract details named."""
    number = reader.whole()
    known = RULES.get(number)
    if known is None:
        client.error(-1, 321, f"Error validating request.-'demo' : cause - Unknown market rule {number}")
        return
    client.send(93, number, len(known), *(one for edge in known for one in edge))


def rule_of(listing: Listing) -> int:
    """The number of a contract's price steps."""
    own = tuple((plain(edge), plain(step)) for edge, step in steps(listing))
    return next(number for number, edges in RULES.items() if edges == own)


def hours_text(listing: Listing, now: datetime, *, is_liquid: bool) -> str:
    """`20261118:0930-20261118:1600;20261121:CLOSED;...` in the venue's zone."""
    zone = VENUES[listing.venue].zone
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(DAYS))
    return ";".join(_hours(listing, day, zone, is_liquid=is_liquid) for day in days)


def _hours(listing: Listing, day: date, zone: ZoneInfo, *, is_liquid: bool) -> str:
    if not is_trading_day(listing.venue, day):
        return f"{day_text(day)}:CLOSED"
    opens, closes = (one.astimezone(zone) for one in session(listing.venue, day))
    if not is_liquid and listing.venue == "XNYS" and listing.asset_class == "STK":
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        opens, closes = (start + timedelta(minutes=minute) for minute in EXTENDED)
    return f"{opens:%Y%m%d:%H%M}-{closes:%Y%m%d:%H%M}"


def _head(client: Client, number: int) -> tuple[Field, ...]:
    return (number,) if client.version >= NO_VERSION_FIELD else (8, number)


def _sizes(listing: Listing, version: int) -> tuple[str, ...]:
    """The least size, its step and the suggested step."""
    least = "0.0001" if listing.asset_class in ("CRYPTO", "FUND") else "1"
    suggested = "100" if listing.asset_class == "STK" else least
    if version == NO_VERSION_FIELD - 1:
        return (suggested,)
    return (least, least, suggested) if version >= NO_VERSION_FIELD else ()


def _details(floor: Floor, listing: Listing, version: int) -> Iterator[Field]:
    now, where = floor.now, venues(listing)
    yield from (symbol_of(listing), listing.asset_class, day_text(listing.expiry), strike_of(listing), listing.right)
    yield from (where[0], listing.currency, local_symbol(listing), class_of(listing), class_of(listing))
    yield from (listing.conid, plain(listing.tick))
    if version < NO_VERSION_FIELD:
        yield 1
    yield from (multiplier_of(listing), ORDER_TYPES, ",".join(where), 1, listing.underlying)
    name = f"{listing.name} caf\u00e9" if floor.faults.has_accents else listing.name
    yield escaped(f"{name} ({ADJUSTED_TERMS})" if listing.trading_class else name)
    yield listing.exchange if listing.asset_class == "STK" else ""
    yield f"{listing.expiry:%Y%m}" if listing.expiry is not None else ""
    yield from (listing.sector, listing.group, listing.group, str(VENUES[listing.venue].zone))
    yield from (hours_text(listing, now, is_liquid=False), hours_text(listing, now, is_liquid=True), "", "", 0, 1)
    under = floor.catalogue.find(listing.underlying) if listing.underlying else None
    yield from (symbol_of(under), under.asset_class) if under is not None else ("", "")
    yield ",".join(str(rule_of(listing)) for _ in where)
    yield from (day_text(listing.expiry), listing.kind if listing.asset_class == "STK" else "")
    yield from _sizes(listing, version)


def _bond(floor: Floor, listing: Listing, version: int) -> Iterator[Field]:
    # every client in use reads the coupon as a whole number, and fails at the fraction a bond really has
    coupon = "4.25" if floor.faults.has_coupons else ""
    yield from (listing.symbol, "BOND", "91282CLW9", coupon, "20341115", "20241115", "AAA", "FIXED", "FIXED")
    yield from (0, 0, 0, listing.label, "SMART", listing.currency, "US-T", "US-T", listing.conid, plain(listing.tick))
    if version < NO_VERSION_FIELD:
        yield 1
    yield from (ORDER_TYPES, "SMART", "", "", 0, "", escaped(listing.name), "", "", 0, 1, rule_of(listing))
    yield from _sizes(listing, version)
