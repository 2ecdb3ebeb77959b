"""What is said of a pair's other half: where it stands, and what becomes of it when one is changed or cancelled."""

from ibdesk.domain.orders import Order
from ibdesk.domain.pairs import Pairing
from ibdesk.ui.orders import words


def named(order: Order) -> str:
    """`limit 105.00`, `stop 95.00`."""
    text = words.type_words(order)
    return text[:1].lower() + text[1:]


def of_change(other: Order) -> str:
    """Under a change of one half."""
    return (f"One of a pair: the other, {named(other)}, keeps its size and its price; the one that fills still cancels "
            "the other.")  # fmt: skip


def of_cancel(other: Order, pairing: Pairing) -> str:
    """After one half was asked to be cancelled."""
    if pairing is Pairing.KEEPS:
        return f"The other order of the pair, {named(other)}, keeps working. Cancel it too if you want neither."
    return (f"The broker may cancel the other order of the pair, {named(other)}, with it or keep it: the order book "
            "shows which.")  # fmt: skip
