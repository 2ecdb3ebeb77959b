"""Whose orders they are: each client's own numbers beside the broker's one, and what waits to be transmitted.

The broker's number of an order is its permId; a client knows it by its own order id. What came in over another way
than this socket belongs to nobody: client 0, order id 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ibdesk.demo.tickets import Ticket

FIRST_ID = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One placeOrder as it was read. `parent` is an order id of the same client, `group` the name of an OCA group."""

    order_id: int
    ticket: Ticket
    order_ref: str = ""
    order_type: str = ""
    parent: int = 0
    group: str = ""
    transmits: bool = True
    is_preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who an order belongs to and what its client calls it."""

    client: int = 0
    order_id: int = 0
    wanted: Wanted | None = None


NOBODY = Owner()


class OrderDesk:
    """The numbers of all orders, and the next one of every client."""

    def __init__(self) -> None:
        self._owners: dict[int, Owner] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._next: dict[int, int] = {}
        self._bound = 0
        #: what was placed with transmit off: (client, order id) -> the order, in order
        self.held: dict[tuple[int, int], Wanted] = {}

    def next_id(self, client: int) -> int:
        """The next valid id of a client; it survives restarts."""
        return self._next.setdefault(client, FIRST_ID)

    def use(self, client: int, order_id: int) -> None:
        """The client has used this id."""
        self._next[client] = max(self.next_id(client), order_id + 1)

    def own(self, number: int, client: int, wanted: Wanted) -> None:
        """The order with the broker's number is this one of that client."""
        self._owners[number] = Owner(client=client, order_id=wanted.order_id, wanted=wanted)
        self._numbers[client, wanted.order_id] = number
        self.use(client, wanted.order_id)

    def change(self, number: int, wanted: Wanted) -> None:
        """The client changed its order."""
        self._owners[number] = replace(self._owners[number], wanted=wanted)

    def bind(self, number: int) -> Owner:
        """Client 0 takes an order that belongs to nobody; such orders get negative ids."""
        owner = self.owner(number)
        if owner is NOBODY:
            self._bound -= 1
            owner = self._owners[number] = Owner(client=0, order_id=self._bound)
            self._numbers[0, self._bound] = number
        return owner

    def owner(self, number: int) -> Owner:
        return self._owners.get(number, NOBODY)

    def number(self, client: int, order_id: int) -> int | None:
        """The broker's number of a client's order; None when it never came so far."""
        return self._numbers.get((client, order_id))

    def family(self, client: int, wanted: Wanted) -> Iterator[Wanted]:
        """What is transmitted with an order: its held parent, its held siblings, then itself."""
        root = wanted.parent or wanted.order_id
        for key, one in tuple(self.held.items()):
            if key[0] == client and root in (one.order_id, one.parent) and one.order_id != wanted.order_id:
                del self.held[key]
                yield one
        self.held.pop((client, wanted.order_id), None)
        yield wanted
