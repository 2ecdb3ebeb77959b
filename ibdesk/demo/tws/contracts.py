"""How a listing is spelt as a contract on the socket, and which listings a contract asked for may mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ibdesk.demo.catalogue import ES, Catalogue, Listing
from ibdesk.demo.chains import Chains, month_code
from ibdesk.demo.tws.wire import Reader, day_text, plain

FUTURE_MONTHS = "FGHJKMNQUVXZ"
SMART = "SMART"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The twelve fields of a contract in a request; empty or zero where the client left them."""

    conid: int
    symbol: str
    sec_type: str
    expiry: str
    strike: Decimal
    right: str
    multiplier: str
    exchange: str
    primary: str
    currency: str
    local_symbol: str
    trading_class: str


def read_contract(reader: Reader, *, has_primary: bool = True) -> Asked:
    """The next twelve fields (eleven without the primary exchange)."""
    return Asked(
        conid=reader.whole(), symbol=reader.text(), sec_type=reader.text(), expiry=reader.text(),
        strike=reader.number() or Decimal(0), right=reader.text()[:1].replace("0", "").replace("?", ""),
        multiplier=reader.text(), exchange=reader.text(), primary=reader.text() if has_primary else "",
        currency=reader.text(), local_symbol=reader.text(), trading_class=reader.text(),
    )


def symbol_of(listing: Listing) -> str:
    return listing.symbol.partition(".")[0] if listing.asset_class == "CASH" else listing.symbol


def local_symbol(listing: Listing) -> str:
    """`AAPL`, `ESZ6`, `EUR.USD` or the 21 characters of an option."""
    if listing.asset_class == "OPT":
        return listing.occ
    if listing.expiry is None:
        return listing.symbol
    code = f"{listing.symbol}{FUTURE_MONTHS[listing.expiry.month - 1]}{listing.expiry.year % 10}"
    return f"{code} {listing.right}{plain(listing.strike)}" if listing.is_option else code


def class_of(listing: Listing) -> str:
    """The trading class: the root of an option, the tier of a share."""
    if listing.trading_class:
        return listing.trading_class
    return "NMS" if listing.asset_class == "STK" and listing.exchange == "NASDAQ" else symbol_of(listing)


def strike_of(listing: Listing) -> str:
    return plain(listing.strike) if listing.is_option else "0.0"


def multiplier_of(listing: Listing) -> str:
    return "" if listing.multiplier == 1 else plain(listing.multiplier)


class Spelling:
    """The eleven contract fields of positions, portfolio rows, executions and orders, each made once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}

    def __call__(self, listing: Listing, exchange: str) -> str:
        """Joined by NUL, without one at the end; `exchange` goes where each message has its own idea of it."""
        key = listing.conid, exchange
        text = self._known.get(key)
        if text is None:
            text = self._known[key] = "\0".join((
                str(listing.conid), symbol_of(listing), listing.asset_class, day_text(listing.expiry),
                strike_of(listing), listing.right, multiplier_of(listing), exchange, listing.currency,
                local_symbol(listing), class_of(listing),
            ))
        return text


def home_of(listing: Listing) -> str:
    """The exchange of a position row: the listing exchange of shares, nothing for derivatives (as captured)."""
    return "" if listing.expiry is not None else listing.exchange


def matching(asked: Asked, chains: Chains, catalogue: Catalogue, now: datetime) -> tuple[Listing, ...]:
    """Every listing a contract may mean: the one with its conid, or all that contradict none of its fields."""
    if asked.conid:
        found = catalogue.find(asked.conid)
        return (found,) if found is not None and _agrees(asked, found) else ()
    if not asked.sec_type and not asked.local_symbol:
        return ()
    return tuple(one for one in _candidates(asked, chains, catalogue, now) if _agrees(asked, one))


def _candidates(asked: Asked, chains: Chains, catalogue: Catalogue, now: datetime) -> Iterator[Listing]:
    if asked.sec_type not in ("OPT", "FOP"):
        yield from catalogue
        return
    name = asked.symbol or asked.local_symbol[:6].strip()
    for under in catalogue.matching(name):
        if not chains.has(under.conid) or (under.conid == ES) != (asked.sec_type == "FOP"):
            continue
        for month in chains.months(under.conid, now):
            if _may_be(asked.expiry, month):
                yield from chains.contracts(under.conid, month, now, strike=asked.strike or None, right=asked.right)


def _may_be(expiry: str, month: str) -> bool:
    """Whether `202612` or `20261218` lies in the month `DEC26`."""
    if len(expiry) < 6 or not expiry[:6].isdigit() or not 1 <= int(expiry[4:6]) <= 12:
        return not expiry
    return month_code(date(int(expiry[:4]), int(expiry[4:6]), 1)) == month


def _agrees(asked: Asked, listing: Listing) -> bool:
    wanted = (
        (asked.sec_type, listing.asset_class), (asked.symbol, symbol_of(listing)), (asked.currency, listing.currency),
        (asked.local_symbol, local_symbol(listing)), (asked.right, listing.right),
    )
    if any(text and text != known for text, known in wanted):
        return False
    if asked.trading_class and asked.trading_class not in (class_of(listing), symbol_of(listing)):
        return False
    if asked.expiry and not day_text(listing.expiry).startswith(asked.expiry):
        return False
    if asked.strike and asked.strike != listing.strike:
        return False
    known = venues(listing)
    return (not asked.exchange or asked.exchange in known) and (not asked.primary or asked.primary in known)


def venues(listing: Listing) -> tuple[str, ...]:
    """Where it can be traded, the broker's own routing first."""
    match listing.asset_class:
        case "OPT":
            return (SMART, "AMEX", "CBOE")
        case "STK" | "CFD" | "BOND":
            return (SMART, listing.exchange) if listing.exchange != SMART else (SMART,)
        case _:
            return (listing.exchange,)
