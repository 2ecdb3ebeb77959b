"""The prints of the last days: what was traded, at which price, what it cost and earned; corrected ones are marked."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from ibdesk.domain.errors import Refused
from ibdesk.domain.executions import ToldFill
from ibdesk.domain.money import total
from ibdesk.ui import format as fmt
from ibdesk.ui.orders import words
from ibdesk.ui.orders.rows import Key, Paid
from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.model import RecordModel
from ibdesk.ui.pages.activity.table import RecordTable
from ibdesk.ui.pages.export import save_csv
from ibdesk.ui.widgets import Card, EmptyState, IconButton, SkeletonRows

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: How far back the room looks; what is older is in Activity's receipts and in the vault.
SHOWN = timedelta(days=7)


def _side(told: ToldFill) -> str:
    return "Buy" if told.fill.execution.side.sign > 0 else "Sell"


def _commission(told: ToldFill) -> Any:
    return None if told.fill.commission is None else told.fill.commission.amount


def _realized(told: ToldFill) -> Any:
    return None if told.fill.commission is None else told.fill.commission.realized


def _currency(told: ToldFill) -> str:
    paid = told.fill.commission
    return told.fill.execution.instrument.currency if paid is None else paid.currency


def _plain(value: Any) -> str:
    return "" if value is None else format(value, "f")


def _note(told: ToldFill) -> str:
    """What is special about a print."""
    done = told.fill.execution
    parts = [] if done.is_trade else [done.kind.value]
    if told.before:
        was = told.before[-1].execution
        parts.append(f"corrected, was {fmt.quantity(was.quantity)} at {fmt.price(was.price)}")
    if done.ref is None:
        parts.append("elsewhere")
    return ", ".join(parts)


FIELDS: tuple[Field, ...] = (
    Field(title="Time, local", width=166, text=lambda told: fmt.moment(told.fill.execution.at),
          value=lambda told: told.fill.execution.at.astimezone(UTC).isoformat()),
    Field(title="Account", width=104, text=lambda told: told.fill.execution.account),
    Field(title="Side", width=46, text=_side, tone=lambda told: "gain" if _side(told) == "Buy" else "loss"),
    Field(title="Contract", width=190, least=150, stretches=True,
          text=lambda told: words.instrument_words(told.fill.execution.instrument)),
    Field(title="Quantity", width=72, is_number=True, text=lambda told: fmt.quantity(told.fill.execution.quantity),
          value=lambda told: _plain(told.fill.execution.quantity)),
    Field(title="Price", width=84, is_number=True, text=lambda told: fmt.price(told.fill.execution.price),
          value=lambda told: _plain(told.fill.execution.price)),
    Field(title="Amount", width=104, is_number=True, keep=6, value=lambda told: _plain(told.fill.execution.amount),
          text=lambda told: fmt.money(told.fill.execution.amount, told.fill.execution.instrument.currency)),
    Field(title="Commission", width=92, is_number=True, value=lambda told: _plain(_commission(told)),
          text=lambda told: fmt.money(_commission(told), _currency(told))),
    Field(title="Realized P&L", width=104, is_number=True, value=lambda told: _plain(_realized(told)),
          text=lambda told: fmt.gain(_realized(told), _currency(told)),
          tone=lambda told: {1: "gain", -1: "loss"}.get(fmt.sign(_realized(told)), "")),
    Field(title="Note", width=226, least=190, stretches=True, keep=7, text=_note,
          tone=lambda told: "warn" if told.before else "muted"),
    Field(title="Venue", width=78, keep=4, text=lambda told: told.fill.execution.exchange or fmt.UNKNOWN),
    Field(title="Execution", width=190, keep=3, text=lambda told: told.fill.execution.exec_id, is_mono=True),
)

#: Which of them says whose it is: needless while all are one account's.
ACCOUNT = 1


def paid_of(fills: Sequence[ToldFill]) -> Mapping[Key, Paid]:
    """What each order's prints cost so far, as far as that is known; nothing of one that paid in several currencies,
    for those have no sum."""
    found: dict[Key, list[ToldFill]] = {}
    for told in fills:
        done = told.fill.execution
        key = done.ref or done.order_id
        if key and told.fill.commission is not None:
            found.setdefault(key, []).append(told)
    sums = ((key, _sum(listed)) for key, listed in found.items())
    return {key: paid for key, paid in sums if paid is not None}


def _sum(fills: Sequence[ToldFill]) -> Paid | None:
    currencies = {told.fill.commission.currency for told in fills if told.fill.commission is not None}
    amount = total(_commission(told) for told in fills)
    return Paid(amount=amount, currency=currencies.pop()) if amount is not None and len(currencies) == 1 else None


class Executions(Card):
    """The list of prints. `paid_changed` tells what each order cost, whenever that was read anew."""

    paid_changed = Signal(object)

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__("Executions of the last seven days", parent=parent)
        self._desk, self._bridge = desk, bridge
        self._fills: tuple[ToldFill, ...] = ()
        self.model = RecordModel(FIELDS, self)
        self.table = RecordTable(self.model)
        self.table.setAccessibleName("Executions")
        self.count = self.add_count()
        self.copy = IconButton("copy", "Copy selected executions with headers")
        self.export = IconButton("export", "Save as CSV")
        self.empty = EmptyState("orders", "Nothing was traded", "Every print of your orders appears here with its "
                                "commission, as soon as the broker tells of it.")
        self._places, self._skeleton = QStackedWidget(), SkeletonRows(10, columns=8)
        self._stack()
        self.copy.clicked.connect(self.table.copy)
        self.export.clicked.connect(lambda: save_csv(self.table, bridge, "executions"))
        bridge.fills_arrived.connect(lambda _event: self.read())
        bridge.selection_changed.connect(lambda _account: self._draw())

    def read(self) -> None:
        """Read what is stored."""
        if self._desk.order_book is None:
            self._draw()
            return
        with suppress(Refused):  # a desk that is closing has nothing more to tell
            self._bridge.start("read the executions", self._read())

    async def _read(self) -> None:
        assert self._desk.order_book is not None  # noqa: S101 - asked before starting
        self._fills = await self._desk.order_book.told_fills(self._desk.clock() - SHOWN)
        self._draw()
        self.paid_changed.emit(paid_of(self._fills))

    def _draw(self) -> None:
        chosen = self._bridge.selected
        shown = [told for told in reversed(self._fills) if chosen in (None, told.fill.execution.account)]
        self.model.show(shown)
        self.table.withhold(ACCOUNT, len({told.fill.execution.account for told in shown}) < 2)
        self.count.setText(f"{len(shown):,}")
        self.count.setVisible(bool(shown))
        self._places.setCurrentWidget(self.table if shown else self.empty)

    def _stack(self) -> None:
        self.edge_to_edge()
        for control in (self.copy, self.export):
            self.add_control(control)
        for place in (self._skeleton, self.table, self.empty):
            self._places.addWidget(place)
        self.add(self._places, 1)
        self.count.hide()
