"""What a ticket does to what is held: opens something new, only closes, or rolls an option into another expiry."""

from enum import StrEnum

from ibdesk.domain.compliance.exposure import Book, only_closes, opened
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import OrderTicket


class Aim(StrEnum):
    """What filling it comes to."""

    OPEN = "open"
    CLOSE = "close"
    ROLL = "roll"


def aim_of(ticket: OrderTicket, book: Book) -> Aim:
    """By the positions of the ticket's account. One with exits opens: they would close what it opens."""
    legs = ticket.changes
    if ticket.exits is None and only_closes(book, legs):
        return Aim.CLOSE
    closing = [leg for leg, change in legs if not opened(book.quantity(leg), change)]
    opening = [leg for leg, change in legs if opened(book.quantity(leg), change)]
    if len(closing) == len(opening) == 1 and len(ticket.legs) == 2 and _is_rolled(closing[0], opening[0], ticket):
        return Aim.ROLL
    return Aim.OPEN


def _is_rolled(old: Instrument, new: Instrument, ticket: OrderTicket) -> bool:
    """The same right of the same underlying at another expiry, as much of it on the same side of the market as held."""
    before, after = old.option, new.option
    if before is None or after is None or old.symbol != new.symbol:
        return False
    (first, second) = ticket.legs
    is_swap = first.side is not second.side and first.ratio == second.ratio
    return is_swap and before.right is after.right and before.expiry != after.expiry
