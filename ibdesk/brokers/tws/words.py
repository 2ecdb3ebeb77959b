"""What TWS says of an order by number, in words a person can use; the broker's own reason stays as it is."""

import re

_PLAIN = {
    103: "The number of the order was used before, so it was not placed.",
    104: "It was filled before the change came.",
    105: "The change names another order than the one that works.",
    110: "The price is between two steps of this contract’s prices: choose one on the grid.",
    135: "TWS does not know this order.",
    161: "It cannot be cancelled as it stands; TWS may be without its broker, or the order is over.",
    10147: "TWS does not know this order any more.",
}
_STATE = re.compile(r"state:\s*(\w+)")
#: How TWS begins what it says, in front of the broker's reason.
_BEGINNINGS = (
    "Order rejected - reason:", "Order Canceled - reason:", "Order Message:", "Error validating request.-",
    "Warning:",
)


def plain(code: int, text: str) -> str:
    """One line for a refusal or a remark (reference/tws-api.md 2)."""
    reason = reason_of(text)
    match code:
        case 201:
            return f"The broker refused it: {reason}" if reason else "The broker refused it and gave no reason."
        case 202:
            return f"Cancelled: {reason}" if reason else "Cancelled."
        case 399:
            return f"The broker remarks: {reason}" if reason else "The broker remarked something about it."
        case 10148:
            found = _STATE.search(text)
            return f"It can be cancelled no more: it is {found.group(1).lower() if found else 'over'}."
    return _PLAIN.get(code) or reason or f"TWS refused it ({code})."


def reason_of(text: str) -> str:
    """What TWS says without its beginnings, as one line."""
    found = " ".join(text.split())
    while beginning := next((each for each in _BEGINNINGS if found.lower().startswith(each.lower())), ""):
        found = found[len(beginning):].strip()
    return found
