"""What becomes of options at the close of their last day, as the clearing house does by exception: nothing, shares or a
future, without anybody's word.

The premium goes into the price of what is delivered, as the broker books it, so an exercised option itself realises
nothing. The broker tells none of it among its trades: positions and cash are simply others afterwards.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from ibdesk.demo.account import DemoAccount, Holding
from ibdesk.demo.catalogue import Catalogue, Listing
from ibdesk.demo.chains import ADJUSTED, ADJUSTED_CASH
from ibdesk.demo.fills import ZERO, Fill
from ibdesk.demo.hours import is_open, session, session_day
from ibdesk.demo.market import Market

#: The clearing house exercises from here on (reference/compliance.md section 5).
BY_EXCEPTION = Decimal("0.01")


class Expiries:
    """Looks once in each session and once after it. `account` is changed by what has expired."""

    def __init__(self, account: DemoAccount) -> None:
        self._account = account
        self._done: tuple[date, bool] | None = None
        #: (account, conid) of options somebody wants to lapse
        self.lapsed: set[tuple[str, int]] = set()

    def run(self, now: datetime) -> None:
        """Settle every option whose last day has closed by now."""
        half_day = session_day("XNYS", now), is_open("XNYS", now)
        if half_day == self._done:
            return
        self._done = half_day
        for name in self._account.ids:
            for held in self._account.figures(name, now).holdings:
                if held.quantity and held.listing.is_option and _has_ended(held.listing, now):
                    lapses = (name, held.listing.conid) in self.lapsed
                    for fill in settled(self._account, name, held, lapses=lapses):
                        self._account.record(fill)


def settled(account: DemoAccount, name: str, held: Holding, *, lapses: bool = False) -> Iterator[Fill]:
    """The option goes; in the money, and unless it is to lapse, what it delivers comes, at the strike."""
    option = held.listing
    if option.expiry is None:
        return
    at = session("XNYS", option.expiry)[1]
    if lapses or not is_ahead(account.market, option, at):
        yield _fill(name, option, option, -held.quantity, ZERO, at)
    else:
        yield from exercised(name, held, held.quantity, account.market.catalogue, at)


def is_ahead(market: Market, option: Listing, at: datetime) -> bool:
    """Whether exercising brings something at that instant."""
    close = market.price(option.underlying, at)
    return (close - option.strike if option.right == "C" else option.strike - close) >= BY_EXCEPTION


def exercised(
    name: str, held: Holding, quantity: Decimal, catalogue: Catalogue, at: datetime, *, mark: int = 0
) -> Iterator[Fill]:
    """So many of a held option go, and what they deliver comes at the strike; `quantity` is signed like the holding.
    `mark` tells one instruction from another."""
    option, premium = held.listing, held.average_price
    yield _fill(name, option, option, -quantity, premium, at, mark)
    under = catalogue[option.underlying]
    way = 1 if option.right == "C" else -1
    price = option.strike + way * premium
    if option.trading_class == ADJUSTED:
        price -= ADJUSTED_CASH / option.multiplier
    size = quantity if under.asset_class == "FUT" else quantity * option.multiplier
    yield _fill(name, option, under, way * size, price, at, mark)


def _fill(
    name: str, option: Listing, moved: Listing, quantity: Decimal, price: Decimal, at: datetime, mark: int = 0
) -> Fill:
    return Fill(
        exec_id=f"expiry.{name}.{option.conid}.{moved.conid}.{mark}.01", account=name, listing=moved, quantity=quantity,
        price=price, at=at, commission=ZERO, order_id=0, exchange="--", is_trade=False,
    )


def _has_ended(option: Listing, now: datetime) -> bool:
    return option.expiry is not None and session("XNYS", option.expiry)[1] <= now
