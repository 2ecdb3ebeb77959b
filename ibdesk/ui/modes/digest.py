"""The day in short as a dialog: a headline, and for each account what moved, works on and ends soon."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.digest import AccountDigest, Digest, Expiring, Moved, day_trade_words
from ibdesk.domain.modes import face_of
from ibdesk.ui import format as fmt
from ibdesk.ui.orders.words import describe
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Chip, Label, line

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Lines of each kind that are shown; the others are counted.
SHOWN = 6


class DigestDialog(QDialog):
    """Shows a `Digest`; `room` is the room somebody wants to see next, empty when it was only closed."""

    def __init__(self, digest: Digest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Today in short")
        self.setMinimumSize(720, 420)
        self.room = ""
        self.headline = Label(digest.headline, kind=Text.TITLE, bold=True, wrap=True)
        face = face_of(digest.mode)
        when = f"{digest.day:%A}, {digest.day.day} {digest.day:%B %Y} · {face.word}"
        inside = QVBoxLayout()
        inside.setSpacing(12)
        for each in digest.accounts:
            inside.addWidget(AccountCard(each))
        if not digest.accounts:
            inside.addWidget(Label("No account has been read yet. Sync once, and the day can be told.", tone="muted"))
        inside.addStretch(1)
        foot = QHBoxLayout()
        for title, room in (("Orders", "room:orders"), ("Receipts and log", "room:activity")):
            button = Button(title)
            button.clicked.connect(lambda _checked=False, room=room: self._go(room))
            foot.addWidget(button)
        foot.addStretch(1)
        close = Button("Close", kind="primary")
        close.clicked.connect(self.reject)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(10)
        column.addWidget(Label(when, kind=Text.CAPTION, tone="muted"))
        column.addWidget(self.headline)
        column.addWidget(_scrolling(inside), 1)
        column.addLayout(foot)
        close.setFocus()

    def _go(self, room: str) -> None:
        self.room = room
        self.accept()


class AccountCard(Card):
    """One account's day."""

    def __init__(self, digest: AccountDigest) -> None:
        super().__init__(digest.account)
        self.add_beside_title(Chip(f"{digest.positions} positions"))
        self.title_row.setToolTip(f"Read at {fmt.moment(digest.read_at)}")
        figures = QHBoxLayout()
        figures.setSpacing(32)
        currency = digest.currency
        for name, value, tone in (
            ("Net liquidation", fmt.money(digest.net_liquidation, currency), ""),
            ("Day P&L", fmt.gain(digest.day_pnl, currency), _tone(digest)),
            ("Fills", fmt.number(digest.fills, 0), ""),
            ("Commission", fmt.money(digest.commission, currency), ""),
        ):
            figures.addLayout(_figure(name, value, tone))
        figures.addStretch(1)
        self.add(figures)
        self.add(Label(day_trade_words(digest), kind=Text.CAPTION, tone="muted", wrap=True))
        for title, texts in (
            ("Changed today", [_moved(each) for each in digest.moved]),
            ("Still working", [describe(order.legs, order.quantity) for order in digest.working]),
            ("Ends within a week", [_expiring(each) for each in digest.expiring]),
        ):
            if texts:
                self.add(line())
                self.add(_listed(title, texts))


async def show_digest(desk: "Desk", bridge: "Bridge", parent: QWidget | None) -> None:
    """Make the digest, show it, and go where the person wants to."""
    if desk.digests is None:
        return
    dialog = DigestDialog(await desk.digests.make(), parent)
    if await bridge.ask(dialog) and dialog.room:
        bridge.command.emit(dialog.room)


def _figure(name: str, value: str, tone: str) -> QVBoxLayout:
    made = QVBoxLayout()
    made.setSpacing(2)
    made.addWidget(Label(name, kind=Text.CAPTION, tone="muted"))
    made.addWidget(Label(value, bold=True, tone=tone))
    return made


def _tone(digest: AccountDigest) -> str:
    return {1: "gain", -1: "loss", 0: ""}[fmt.sign(digest.day_pnl)]


def _moved(each: Moved) -> tuple[str, str]:
    what = "opened" if not each.before else "closed" if not each.after else "changed"
    if each.before == each.after:
        what = "back where it was"
    return each.label, f"{fmt.quantity(each.before)} → {fmt.quantity(each.after)} · {what}"


def _expiring(each: Expiring) -> tuple[str, str]:
    when = {0: "today", 1: "tomorrow"}.get(each.days, f"in {each.days} days")
    return each.label, f"{fmt.quantity(each.quantity)} · {when}"


def _listed(title: str, texts: "list[tuple[str, str]] | list[str]") -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(3)
    grid.setColumnMinimumWidth(0, 140)
    grid.setColumnStretch(1, 1)
    grid.addWidget(Label(title, kind=Text.CAPTION, tone="muted"), 0, 0)
    for row, text in enumerate(texts[:SHOWN]):
        name, detail = (text, "") if isinstance(text, str) else text
        grid.addWidget(Label(name), row, 1)
        grid.addWidget(Label(detail, tone="muted"), row, 2, Qt.AlignmentFlag.AlignRight)
    if len(texts) > SHOWN:
        grid.addWidget(Label(f"and {len(texts) - SHOWN:,} more", kind=Text.CAPTION, tone="muted"), SHOWN, 1)
    return grid


def _scrolling(inside: QVBoxLayout) -> QScrollArea:
    holder = QWidget()
    holder.setProperty("kind", "page")
    inside.setContentsMargins(0, 0, 8, 0)
    holder.setLayout(inside)
    area = QScrollArea()
    area.setWidget(holder)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    return area
