"""The four figures above the expiry board: how much ends, what it moves at these prices, and how long one may speak."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ibdesk.domain.compliance.exercise import DEADLINE
from ibdesk.domain.expiries import CUT_OFF, Settles, Window
from ibdesk.domain.money import ZERO
from ibdesk.services.expiry_board import Board, Line, moved
from ibdesk.ui import format as fmt
from ibdesk.ui.expiry import words
from ibdesk.ui.widgets import Figure


class ExpiryFigures(QWidget):
    """Everything in the chosen window, added up."""

    def __init__(self) -> None:
        super().__init__()
        self.ending = Figure("Positions ending")
        self.cash = Figure("Cash, if all close here")
        self.shares = Figure("Shares, if all close here")
        self.cut_off = Figure("Cut-off for holders")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for figure in (self.ending, self.cash, self.shares, self.cut_off):
            row.addWidget(figure)

    def show_board(self, board: Board, window: Window, now: datetime) -> None:
        """Draw the figures of this window."""
        lines = board.within(window)
        shorts = sum(line.row.is_short for line in lines)
        contracts = sum((abs(line.row.quantity) for line in lines), ZERO)
        many = f"{fmt.quantity(contracts)} contract{'' if contracts == 1 else 's'}"
        self.ending.set(str(len(lines)), sub=f"{many} · {shorts} short" if lines else "")
        self._show_moved(lines)
        self._show_cut_off(lines, now)

    def _show_moved(self, lines: Sequence[Line]) -> None:
        total = moved(lines)
        note = f"{total.left_out} not known" if total.left_out else ""
        takes = any(amount < 0 for amount in total.cash.values())
        there = f"{words.amounts(total.cash_there)} there" if takes and total.cash_there else ""
        self.cash.set(
            words.gains(total.cash) if lines else fmt.UNKNOWN, sub=" · ".join(part for part in (there, note) if part))
        first, *others = words.share_counts(total.shares) or ("None" if lines else fmt.UNKNOWN,)
        self.shares.set(first, sub=" · ".join(others))

    def _show_cut_off(self, lines: Sequence[Line], now: datetime) -> None:
        """The next time after which nobody may speak any more, of what is long and delivers shares."""
        untils = [line.row.schedule.desk_until for line in lines
                  if not line.row.is_short and line.row.settles is Settles.SHARES]  # fmt: skip
        ahead = sorted(until for until in untils if until is not None and until > now)
        if not ahead:
            why = "Past: call the broker" if untils else "No long positions to speak for"
            self.cut_off.set(fmt.UNKNOWN, sub=why)
            return
        self.cut_off.set(
            fmt.countdown(ahead[0] - now), sub=f"{DEADLINE:%H:%M} New York · broker {CUT_OFF:%H:%M}")
