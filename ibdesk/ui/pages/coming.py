"""What the rooms that are not built yet will do; honest, and without buttons that do nothing."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.ui.rooms import Room
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Card, Icon, Label

#: One sentence on the room, and what it will hold.
PLANS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "performance": ("How the account did, by which measure, and against what.", (
        ("Returns", "Time-weighted and money-weighted, by month and by position."),
        ("Risk", "Drawdown, volatility and exposure against your benchmark."),
        ("Statements", "Figures from the broker's own end-of-day reports."),
    )),
    "trust": ("Run pooled money by units.", (
        ("NAV per unit", "Valued every 15 minutes in market hours, with its trail."),
        ("Clients", "Subscriptions, redemptions and what each client's units are worth."),
        ("Statements", "One client's view and nobody else's."),
    )),
}


def coming(room: Room) -> QWidget:
    """The page of a room that is on its way."""
    promise, plans = PLANS[room.key]
    page = QWidget()
    page.setAccessibleName(f"{room.title}: not built yet")
    outer = QVBoxLayout(page)
    outer.setContentsMargins(24, 24, 24, 24)
    outer.addStretch(2)
    across = QHBoxLayout()
    across.addStretch(1)
    across.addWidget(_card(room, promise, plans))
    across.addStretch(1)
    outer.addLayout(across)
    outer.addStretch(3)
    return page


def _card(room: Room, promise: str, plans: tuple[tuple[str, str], ...]) -> Card:
    card = Card()
    card.setFixedWidth(560)
    card.body.setContentsMargins(32, 28, 32, 28)
    card.body.setSpacing(6)
    card.add(Icon(room.icon, tone="accent", size=32))
    card.body.addSpacing(8)
    card.add(Label(room.title, kind=Text.TITLE, bold=True))
    card.add(Label(promise, tone="muted", wrap=True))
    card.body.addSpacing(12)
    for title, text in plans:
        card.add(Label(title, bold=True))
        card.add(Label(text, tone="muted", wrap=True))
        card.body.addSpacing(6)
    card.body.addSpacing(6)
    card.add(Label("This room opens in a later version. Your positions and cash are in Portfolio.",
                   kind=Text.CAPTION, tone="muted", wrap=True))
    return card
