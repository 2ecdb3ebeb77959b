"""The card around a positions table: quick filters, grouping, and the designed states when there is nothing to list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ibdesk.domain.portfolio import Row
from ibdesk.ui.models.columns import Column
from ibdesk.ui.models.view import State, View
from ibdesk.ui.pages.explain import Explanation
from ibdesk.ui.pages.position_table import PositionTable
from ibdesk.ui.pages.totals_row import TotalsRow
from ibdesk.ui.widgets import Button, Card, EmptyState, Segmented, SkeletonRows

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

QUICK = ("All", "Stocks", "Options", "Futures", "Other")
GROUPS = (("", "none"), ("class", "class"), ("currency", "currency"), ("sector", "sector"), ("account", "account"))


class PositionsCard(Card):
    """Positions with their controls. `name` is where the table's layout is kept."""

    export_wanted = Signal()
    cleared = Signal()

    def __init__(
        self, columns: Sequence[Column], name: str, settings: QSettings, *, hidden: Sequence[str] = (),
        with_account_group: bool = False, parent: QWidget | None = None,
    ) -> None:
        super().__init__("Positions", parent=parent)
        self._view, self._settings, self._name = View(), settings, name
        self._groups = GROUPS if with_account_group else GROUPS[:-1]
        self.count = self.add_count()
        self.group_button = Button("Group: none ▾", kind="pill", tip="Group positions")
        self.add_beside_title(self.group_button)
        self.quick = Segmented(tuple((key, key) for key in QUICK), name="Show")
        self.table = PositionTable(columns, name, settings, hidden=hidden)
        self.totals = TotalsRow(self.table)
        self._places = QStackedWidget()
        self._skeleton = SkeletonRows(12, columns=8)
        self._empty = EmptyState("portfolio", "No positions", "")
        self._listed = QWidget()
        self._wire()
        self._stack()

    def offer_orders(self, desk: "Desk", bridge: "Bridge") -> None:
        """Let a position's menu close it, roll it and open it in the Trade room."""

        def entries(row: Row) -> Sequence[tuple[str, Callable[[], object], str]]:
            from ibdesk.ui.orders.positions import entries_of  # needed with the first menu

            return entries_of(desk, bridge, row)

        self.table.entries_of = entries

    def show_view(self, view: View, now: datetime) -> None:
        """List the positions, or say why there are none."""
        self._view = view
        if view.state in (State.LOADING, State.WAITING):
            self._places.setCurrentWidget(self._skeleton)
            self.count.hide()
            return
        self.table.withhold("account", len(view.pages) < 2)
        self.table.position_model.set_book(view.rows, view.base, view.doubtful)
        self.show_age(view, now)
        self._tell()

    def show_age(self, view: View, now: datetime) -> None:
        """Draw paler what is old."""
        is_old = view.is_stale(now)
        self.table.position_model.set_dimmed(is_old)
        self.set_age(view.age(now) if is_old else "")

    def group_by(self, key: str) -> None:
        """Group by class, currency, sector or account; "" for none."""
        shown = dict(self._groups).get(key)
        if shown is None:
            return
        self.table.position_model.arrange(group=key, closed=frozenset())
        self.group_button.setText(f"Group: {shown} ▾")
        self.group_button.setAccessibleName(f"Group positions by {shown}")
        self._settings.setValue(f"tables/{self._name}/group", key)

    def search(self, words: str) -> None:
        """List only what contains these words."""
        self.table.position_model.arrange(words=words)
        self._tell()

    def _wire(self) -> None:
        self.quick.chosen.connect(self._quick_chosen)
        self.group_menu = _group_menu(self.group_button, self._groups)
        self.group_menu.triggered.connect(lambda action: self.group_by(action.data()))
        self.group_button.clicked.connect(
            lambda: self.group_menu.popup(self.group_button.mapToGlobal(self.group_button.rect().bottomLeft()))
        )
        self.table.export_wanted.connect(self.export_wanted)
        self.table.explain_wanted.connect(self.explain)
        self._empty.pressed.connect(self._show_all)
        saved = self._settings.value(f"tables/{self._name}/group", "")
        if isinstance(saved, str):
            self.group_by(saved)

    def _stack(self) -> None:
        self.add_control(self.quick)
        self.edge_to_edge()
        column = QVBoxLayout(self._listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self.totals)
        for place in (self._skeleton, self._listed, self._empty):
            self._places.addWidget(place)
        self.add(self._places, 1)

    def explain(self, row: Row, column: Column) -> None:
        """Tell where one number comes from, how old it is and how it is made."""
        page = next((p for p in self._view.pages if p.account.id == row.position.account), None)
        if page is not None:
            Explanation(row, column, page, self).open()

    def _quick_chosen(self, key: str) -> None:
        self.table.position_model.arrange(quick=key)
        self._tell()

    def _show_all(self) -> None:
        self.quick.set_current("All")
        self.table.position_model.arrange(quick="All", words="")
        self.cleared.emit()
        self._tell()

    def _tell(self) -> None:
        """Show the table, or the reason it is empty."""
        held, model = len(self._view.rows), self.table.position_model
        listed = model.count()
        self.count.setText(f"{held:,}" if listed == held else f"{listed:,} of {held:,}")
        self.count.setAccessibleName(f"{listed} of {held} positions listed")
        self.count.show()
        if listed:
            self._places.setCurrentWidget(self._listed)
            return
        if held:
            self._empty.set("No position fits", "The filter leaves none of your positions.", action="Show all")
        else:
            self._empty.set("No positions", "The account holds none. They appear here within one sync of a purchase.")
        self._places.setCurrentWidget(self._empty)


def _group_menu(button: QPushButton, groups: Sequence[tuple[str, str]]) -> QMenu:
    menu = QMenu(button)
    menu.setAccessibleName("Group positions by")
    only_one = QActionGroup(menu)
    for key, text in groups:
        action = menu.addAction(text.capitalize())
        action.setData(key)
        only_one.addAction(action)
    return menu
