"""The card "Going live": the checklist with its evidence, the lock on live orders, and the buttons that lead on."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Refused
from ibdesk.domain.going_live import Checklist, Item, Ticked
from ibdesk.domain.receipts import LoggedReceipt, Step
from ibdesk.services.blocked_trial import SYMBOL, try_blocked
from ibdesk.ui import format as fmt
from ibdesk.ui.modes.limits import LimitsReview
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Banner, Button, Card, Check, CheckRow, Chip, Label, line
from ibdesk.ui.wizard.parts import Question

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

TITLES = {
    Item.CONNECTION: "Connection tested", Item.SYNC: "Positions synced", Item.PAPER_ORDER: "Paper order placed",
    Item.BLOCKED_ORDER: "A blocked order seen", Item.DISCLOSURES: "Disclosures acknowledged",
    Item.LIMITS: "Limits set",
}  # fmt: skip
#: The button of an item that is open, and the window's command behind it; those without one are done here.
HELPS = {
    Item.CONNECTION: ("Sign in", "sign-in"), Item.SYNC: ("Sync now", "sync"),
    Item.PAPER_ORDER: ("Open Trade", "room:trade"), Item.BLOCKED_ORDER: ("Try one…", ""),
    Item.DISCLOSURES: ("Read them", "disclosures"), Item.LIMITS: ("Look at them…", ""),
}  # fmt: skip
_INTRO = ("Real money is traded only after all of this, and it is ticked by what happened, not by you. Looking at a "
          "live account needs none of it.")  # fmt: skip
#: What somebody may type to find the card.
WORDS = "going live checklist real money unlock lock paper trading ready guard first orders"


class ItemRow(CheckRow):
    """One item: its mark, what was found and when, and the button while it is open."""

    wanted = Signal()

    def __init__(self, item: Item) -> None:
        super().__init__(TITLES[item])
        self.item = item
        self.when = Label("", kind=Text.CAPTION, tone="muted")
        self.button = Button(HELPS[item][0])
        self.button.setAccessibleName(f"{TITLES[item]}: {HELPS[item][0]}")
        self.button.clicked.connect(self.wanted)
        self.row.addWidget(self.when, 0, Qt.AlignmentFlag.AlignVCenter)
        self.row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_line(self, ticked: Ticked) -> None:
        """How it stands."""
        self.set(Check.GOOD if ticked.is_done else Check.PENDING, TITLES[self.item], ticked.sentence)
        self.when.setText(_day(ticked.at))
        self.when.setVisible(ticked.is_done and ticked.at is not None)
        self.button.setVisible(not ticked.is_done)


class GoingLiveCard(Card):
    """Draws a `Checklist`; `wanted` carries a command of the window, `review_wanted` asks for the limits' dialog,
    `trial_wanted` for an order that is blocked."""

    wanted = Signal(str)
    review_wanted = Signal()
    trial_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Going live")
        self.count = Chip("")
        self.add_beside_title(self.count)
        self.rows = {item: ItemRow(item) for item in Item}
        self.note = Banner(tone="accent")
        self.state = Label("", wrap=True)
        self.guide = Button("From paper to live, step by step…", kind="link")
        self.unlock = Button("Unlock live orders…", kind="danger", icon="unlock")
        self.lock = Button("Lock live orders", icon="lock")
        self._stack()
        for item, row in self.rows.items():
            row.wanted.connect(lambda item=item: self._help(item))
        self.guide.clicked.connect(lambda: self.wanted.emit("live-guide"))
        self.unlock.clicked.connect(lambda: self.wanted.emit("unlock-live"))
        self.lock.clicked.connect(lambda: self.wanted.emit("lock-live"))

    def show_checklist(self, found: Checklist, *, is_live: bool, armed: AccountId | None) -> None:
        """Everything anew."""
        for ticked in found.lines:
            self.rows[ticked.item].show_line(ticked)
        self.count.setText(f"{found.done} of {len(found.lines)}")
        self.count.set_tone("gain" if found.is_complete else "")
        self.note.setVisible(bool(found.note))
        if found.note:
            self.note.set(found.note, tone="warn" if found.note_warns else "accent")
        self.state.setText(_state(found, is_live=is_live, armed=armed))
        self.guide.setVisible(not is_live)
        self.unlock.setVisible(is_live and armed is None)
        self.unlock.setEnabled(found.is_complete)
        self.unlock.setToolTip("" if found.is_complete else f"{len(found.missing)} of the list are still open")
        self.lock.setVisible(is_live and armed is not None)

    def _help(self, item: Item) -> None:
        if item is Item.LIMITS:
            self.review_wanted.emit()
        elif item is Item.BLOCKED_ORDER:
            self.trial_wanted.emit()
        else:
            self.wanted.emit(HELPS[item][1])

    def _stack(self) -> None:
        self.add(Label(_INTRO, kind=Text.CAPTION, tone="muted", wrap=True))
        for row in self.rows.values():
            self.add(row)
        self.add(self.note)
        self.add(line())
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.state, 1)
        for part in (self.guide, self.unlock, self.lock):
            foot.addWidget(part)
        self.add(foot)


class GoingLive(QWidget):
    """The card of an open desk, read anew when something happens that may tick it."""

    def __init__(self, desk: "Desk", bridge: "Bridge") -> None:
        super().__init__()
        self._desk, self._bridge = desk, bridge
        self.card = GoingLiveCard()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.card)
        self.card.wanted.connect(bridge.command)
        self.card.review_wanted.connect(lambda: bridge.start("look at the limits", self._review()))
        self.card.trial_wanted.connect(
            lambda: bridge.start("try a blocked order", self._try(), self.card.rows[Item.BLOCKED_ORDER].button))
        for signal in (bridge.settings_changed, bridge.arming_changed, bridge.orders_changed, bridge.sync_changed,
                       bridge.session_changed, bridge.selection_changed):
            signal.connect(self._changed)

    def search_for(self, words: list[str]) -> bool:
        """Show the card when it matches every word; whether it does."""
        is_shown = all(word in WORDS for word in words)
        self.setVisible(is_shown)
        return is_shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()

    def _changed(self, _event: object = None) -> None:
        if self.isVisible():
            with suppress(Refused):  # a desk that is closing has nothing more to show
                self._bridge.start("look at the checklist", self._read())

    async def _read(self) -> None:
        live = self._desk.going_live
        if live is None:
            return
        found = await live.look(self._bridge.selected)
        if isValid(self):
            self.card.show_checklist(found, is_live=live.is_live, armed=live.armed)

    async def _review(self) -> None:
        dialog = LimitsReview(self._desk.preferences.settings, self.window())
        is_kept = await self._bridge.ask(dialog)
        if is_kept and self._desk.going_live is not None:
            await self._desk.going_live.keep_limits()
            await self._read()
        elif dialog.wants_change:
            self._bridge.command.emit("setting:risk_daily_loss_pct")

    async def _try(self) -> None:
        """After a yes: an order far above the person's own limit, and its receipt."""
        from ibdesk.ui.safety.receipts import show_receipt  # rarely needed

        desk, orders, market = self._desk, self._desk.orders, self._desk.market
        accounts = await desk.book.accounts()
        if orders is None or market is None or orders.is_live or not accounts:
            self._bridge.command.emit("room:trade")
            return
        most = desk.preferences.settings.risk_shares_block
        question = Question(
            "Try an order that is blocked?",
            f"{2 * most:,} shares of {SYMBOL} are offered to the rules, twice what you ever allow. They say no, "
            "nothing leaves, and the receipt shows why.", "Try it", parent=self.window())
        if not await self._bridge.ask(question):
            return
        account = self._bridge.selected or accounts[0].id
        ref = await try_blocked(
            orders, await market.contracts.share(SYMBOL), account, most=most, now=desk.clock(),
            newest_block=self._newest_block)
        await self._read()
        show_receipt(desk, self._bridge, ref, self)

    async def _newest_block(self) -> LoggedReceipt:
        (newest,) = await self._desk.activity.receipts(steps=(Step.BLOCKED,), limit=1)
        return newest


def _state(found: Checklist, *, is_live: bool, armed: AccountId | None) -> str:
    if armed is not None:
        return f"Live orders of {armed} are unlocked until somebody signs out or ibdesk closes."
    if not found.is_complete:
        return "Live orders are locked."
    return "Everything is ticked. Live orders are locked until you unlock them." if is_live else (
        "Everything is ticked. Live orders are unlocked in IBKR Live, for one sign-in at a time.")


def _day(at: datetime | None) -> str:
    return "" if at is None else f"{fmt.moment(at)} local time"
