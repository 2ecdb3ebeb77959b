"""The prints behind a position's figures: each with what it cost and realised, and the sum that is the figure above."""

from typing import Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from ibdesk.domain.executions import Fill, family
from ibdesk.domain.pnl import PnlRow
from ibdesk.ui import format as fmt
from ibdesk.ui.models.live_columns import WAITING
from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.model import RecordModel
from ibdesk.ui.pages.activity.table import RecordTable
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Card, EmptyState, Label


def _side(fill: Fill) -> str:
    return "Buy" if fill.execution.side.sign > 0 else "Sell"


def _paid(fill: Fill) -> Any:
    return None if fill.commission is None else fill.commission.amount


def _realized(fill: Fill) -> Any:
    return None if fill.commission is None else fill.commission.realized


def _commission_text(fill: Fill) -> str:
    return WAITING if fill.commission is None else fmt.money(fill.commission.amount, fill.commission.currency)


def _realized_text(fill: Fill) -> str:
    if fill.commission is None:
        return WAITING
    return fmt.gain(fill.commission.realized, fill.commission.currency)


def _plain(value: Any) -> str:
    return "" if value is None else format(value, "f")


def note(fill: Fill) -> str:
    """What is special about a print."""
    done = fill.execution
    parts = [] if done.is_trade else [done.kind.value]
    wording = family(done.exec_id)[1]
    if wording > 1:
        parts.append("corrected" if wording == 2 else f"corrected {wording - 1} times")
    if fill.commission is not None and fill.commission.realized is None:
        parts.append("opens, realises nothing")
    return ", ".join(parts)


FIELDS: tuple[Field, ...] = (
    Field(title="Time, local", width=92, text=lambda fill: fmt.clock(fill.execution.at),
          value=lambda fill: fill.execution.at.isoformat()),
    Field(title="Side", width=52, text=_side, tone=lambda fill: "gain" if _side(fill) == "Buy" else "loss"),
    Field(title="Quantity", width=84, is_number=True, text=lambda fill: fmt.quantity(fill.execution.quantity),
          value=lambda fill: _plain(fill.execution.quantity)),
    Field(title="Price", width=92, is_number=True, text=lambda fill: fmt.price(fill.execution.price),
          value=lambda fill: _plain(fill.execution.price)),
    Field(title="Commission", width=100, is_number=True, text=_commission_text, value=lambda fill: _plain(_paid(fill)),
          tone=lambda fill: "warn" if fill.commission is None else ""),
    Field(title="Realized", width=112, is_number=True, text=_realized_text,
          value=lambda fill: _plain(_realized(fill)),
          tone=lambda fill: "warn" if fill.commission is None
          else {1: "gain", -1: "loss"}.get(fmt.sign(_realized(fill)), "")),
    Field(title="Note", width=190, least=110, stretches=True, keep=7, text=note,
          tone=lambda fill: "warn" if family(fill.execution.exec_id)[1] > 1 else "muted"),
    Field(title="Execution id", width=230, keep=3, text=lambda fill: fill.execution.exec_id, is_mono=True),
)


class RowExecutions(Card):
    """The day's prints of one position, newest first, and their sum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Executions today", parent=parent)
        self.model = RecordModel(FIELDS, self)
        self.table = RecordTable(self.model)
        self.table.setAccessibleName("Executions of the position")
        self.count = self.add_count()
        self.count.hide()
        self.sum = Label("", kind=Text.CAPTION, tone="muted")
        self.empty = EmptyState("orders", "", "")
        self.empty.make_brief()
        self._places = QStackedWidget()
        for place in (self.empty, self.table):
            self._places.addWidget(place)
        self.add_control(self.sum)
        self.edge_to_edge()
        self.add(self._places, 1)
        self.show_row(None)

    def show_row(self, row: PnlRow | None) -> None:
        """List the prints of a position; None: none is chosen."""
        fills = () if row is None else row.fills[::-1]
        self.model.show(fills)
        if len(fills) != self.count_shown:
            self.table.fit_last()
        self.set_title("Executions today" if row is None else f"Executions of {row.instrument.label} today")
        self.count.setText(f"{len(fills):,}")
        self.count.setVisible(bool(fills))
        self.sum.setText("" if row is None or not fills else sum_words(row))
        if row is None:
            self.empty.set("No position is chosen", "Choose one above to see the prints that make its figures.")
        elif not fills:
            self.empty.set(
                "Nothing was traded in it today",
                "Its realized figure is 0 for the day. Each print appears here as soon as the broker tells of it.",
            )
        self._places.setCurrentWidget(self.table if fills else self.empty)

    @property
    def count_shown(self) -> int:
        """How many prints the count says."""
        return int(self.count.text().replace(",", "") or 0)


def sum_words(row: PnlRow) -> str:
    """How the prints make the figure above: "Realized +$120.50 = 3 commission reports, $3.15 commission"."""
    reports = sum(fill.commission is not None for fill in row.fills)
    currency = row.instrument.currency
    if not reports:
        return "Realized: waits for the first commission report"
    parts = [
        f"Realized {fmt.gain(row.realized, currency)} = sum of {reports} commission "
        f"{'report' if reports == 1 else 'reports'}",
        f"commission {fmt.money(row.commission, currency)}",
    ]
    waiting = len(row.fills) - reports
    if waiting:
        parts.append(f"{waiting} still to come")
    return " · ".join(parts)
