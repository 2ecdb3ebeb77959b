"""What a person does with a position: close it, protect it, roll it, trade more of it, exercise it. Each only opens a
ticket or a room; nothing is sent from here.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import ZERO
from ibdesk.domain.pairs import Pairing, halves
from ibdesk.domain.portfolio import Row
from ibdesk.domain.prefilled import closing_ticket
from ibdesk.domain.protecting import protecting_ticket
from ibdesk.services.rolling import rolling_ticket
from ibdesk.ui.pages.book_view import BookView

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: A line of a menu: its text, what it does, and why it cannot be done now (empty when it can).
Entry = tuple[str, Callable[[], object], str]

#: The window's command that shows the expiry board.
EXPIRY = "expiry"
NO_TRADING = "This desk does not trade: it is read-only, or no account is connected."
#: What no order closes: money, and what only counts.
_NOT_CLOSED = frozenset({AssetClass.CASH, AssetClass.INDEX, AssetClass.OTHER})


def held_of(desk: "Desk", bridge: "Bridge", account: AccountId) -> Callable[[Conid], Decimal]:
    """How much of a contract the account holds, as last read."""
    pages = BookView.of(desk, bridge).view.all_pages
    held = {
        row.position.instrument.conid: row.position.quantity
        for page in pages if page.account.id == account for row in page.rows
    }
    return lambda conid: held.get(conid, ZERO)


def entries_of(desk: "Desk", bridge: "Bridge", row: Row) -> tuple[Entry, ...]:
    """The lines of a position's menu."""
    position = row.position
    instrument = position.instrument
    why = why_not_close(desk, row)
    made: list[Entry] = [("Close position…", lambda: close(desk, bridge, row), why),
                         ("Protect…", lambda: protect(desk, bridge, row), why)]  # fmt: skip
    if instrument.option is not None and instrument.asset_class is not AssetClass.WARRANT:
        made.append(("Roll to the next expiry…", lambda: bridge.start("roll an option", roll(
            desk, bridge, position.account, instrument, position.quantity)), why or _no_chains(desk)))  # fmt: skip
    made.append(("Trade this…", lambda: bridge.instrument_wanted.emit(instrument.conid), ""))
    if instrument.option is not None and getattr(desk, "expiry", None) is not None:
        is_long = position.quantity > 0
        made.append(("Exercise or lapse…", lambda: bridge.command.emit(EXPIRY),
                     "" if is_long else "Only who bought an option may exercise it."))  # fmt: skip
    return tuple(made)


def why_not_close(desk: "Desk", row: Row) -> str:
    """Why a position cannot be closed from here; empty when it can."""
    if desk.orders is None:
        return NO_TRADING
    if row.position.instrument.asset_class in _NOT_CLOSED:
        return "This is no position that an order closes."
    return "Nothing is held." if row.position.quantity == 0 else ""


def close(desk: "Desk", bridge: "Bridge", row: Row) -> None:
    """Open a ticket for the opposite of the position."""
    if not why_not_close(desk, row):
        position = row.position
        ticket = closing_ticket(position.account, desk.mode, position.instrument, position.quantity)
        bridge.ticket_wanted.emit(ticket, None)


def protect(desk: "Desk", bridge: "Bridge", row: Row) -> None:
    """Open a ticket for a limit and a stop that close the position, one cancelling the other; where the connection
    takes no such pair, for the stop alone."""
    if why_not_close(desk, row) or desk.orders is None:
        return
    position = row.position
    quote = row.quote if desk.live is None else desk.live.quotes.get(position.instrument.conid, row.quote)
    ticket = protecting_ticket(
        position.account, desk.mode, position.instrument, position.quantity, quote=quote, last=row.last,
        cost=position.average_price,
    )  # fmt: skip
    if desk.orders.pairing is Pairing.NOT_TAKEN:
        bridge.say("This connection takes no orders that cancel each other: the ticket is for the stop alone.")
        ticket = halves(ticket)[1]
    bridge.ticket_wanted.emit(ticket, None)


async def roll(desk: "Desk", bridge: "Bridge", account: AccountId, option: Instrument, held: Decimal) -> None:
    """Open a ticket that closes the option and opens as much of it at the next expiry. Raises DeskError."""
    if desk.chains is None:
        raise Refused(
            "The next expiry cannot be looked up now.", remedy="Connect the account and sign in first.",
            cause=Cause.NOTHING_FOUND,
        )  # fmt: skip
    ticket = await rolling_ticket(desk.chains, account, desk.mode, option, held)
    bridge.ticket_wanted.emit(ticket, None)


def _no_chains(desk: "Desk") -> str:
    return "" if desk.chains is not None else "The next expiry cannot be looked up now."
