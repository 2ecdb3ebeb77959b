"""When our own volatility and Greeks are reckoned: a few times a second, for what is on screen and lacks them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from ibdesk.domain.chain_figures import at_the_money, modelled
from ibdesk.ui import format as fmt
from ibdesk.ui.chain.table import ChainTable

#: Half a second: a figure that moves faster is not read, and 80 contracts take about two milliseconds.
EVERY_MS = 500


class Modeller(QObject):
    """Fills the table's gaps. `told(text, tip)`: the volatility at the money, for the bar."""

    told = Signal(str, str)

    def __init__(
        self, table: ChainTable, spot: Callable[[], Any], clock: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._table, self._spot, self._clock = table, spot, clock
        self.named = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.reckon)

    def ask(self) -> None:
        """Something changed: reckon soon."""
        if not self._timer.isActive():
            self._timer.start()

    def reckon(self) -> None:
        """Reckon now, for the rows on screen."""
        model = self._table.chain
        first, last = self._table.lines_on_screen()
        rows = model.rows[first : last + 1]
        if not rows:
            return
        quotes = {quote.conid: quote for quote in model.quotes_in(first, last)}
        spot = self._spot()
        made = modelled(rows, quotes, spot, self._clock())
        self.named = made.named if made.figures else ""
        model.set_modelled(made.figures, made.named)
        known = {conid: told for row in rows for conid in row.conids if (told := model.figures_of(conid)) is not None}
        level = at_the_money(rows, known, spot)
        text = "" if level is None else f"IV {fmt.percent(level * 100, 1)}"
        source = made.named if self.named else "as the broker tells it"
        self.told.emit(text, f"Implied volatility at the money, of call and put: {source}.")
