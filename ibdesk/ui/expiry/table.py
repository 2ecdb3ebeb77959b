"""The tables of the expiry board: positions, in fewer columns where there is less room, and what they leave behind."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut

from ibdesk.domain.compliance.expiry_risks import Settling
from ibdesk.ui.expiry.columns import LEAVE, SETTLINGS, ExpiryModel
from ibdesk.ui.pages.activity.model import RecordModel
from ibdesk.ui.pages.activity.table import RecordTable
from ibdesk.ui.theme import look
from ibdesk.ui.widgets import Card

#: More lines than these are scrolled.
MOST = 5


class ExpiryTable(RecordTable):
    """Positions near their end. `is_single`: only one account is listed, so its column says nothing."""

    def __init__(self, model: ExpiryModel) -> None:
        super().__init__(model)
        self._titles = [field.title for field in model.fields]
        self._widths = [field.width for field in model.fields]
        self._is_single = False
        self.setAccessibleName("Expiring options")

    def set_single(self, is_single: bool) -> None:
        """Show or hide the accounts."""
        if is_single != self._is_single:
            self._is_single = is_single
            self._fit()

    def bind(self, acts: Mapping[str, Callable[[], None]]) -> None:
        """Keys that work while the table has the focus."""
        for keys, act in acts.items():
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out what is worth least until the rest fits; a bar to scroll would hide what wants a look."""
        gone = {"Account"} if self._is_single else set()
        for title in ("", *LEAVE):
            gone.add(title)
            needed = sum(width for name, width in zip(self._titles, self._widths, strict=True) if name not in gone)
            if needed <= self.viewport().width():
                break
        for at, name in enumerate(self._titles):
            self.setColumnHidden(at, name in gone)


class Together(Card):
    """What several options of one underlying leave behind if it closes where it is: a spread is not its legs."""

    def __init__(self) -> None:
        super().__init__("If they close here, together")
        self.model = RecordModel(SETTLINGS, self)
        self.table = RecordTable(self.model)
        self.table.setAccessibleName("What each expiry leaves behind")
        self.edge_to_edge()
        self.add(self.table)
        self.hide()

    def show_settlings(self, settlings: Sequence[Settling], *, is_single: bool) -> None:
        """List these; nothing to list hides the card. `is_single`: only one account is listed."""
        self.model.show(settlings)
        self.table.setColumnHidden([field.title for field in SETTLINGS].index("Account"), is_single)
        self.setVisible(bool(settlings))
        rows = min(MOST, max(1, len(settlings)))
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(header + rows * look().row_height + 8)
