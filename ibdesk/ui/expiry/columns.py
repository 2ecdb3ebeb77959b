"""The columns of the expiry board, and its model: lines that keep their place while prices move."""

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject

from ibdesk.services.expiry_board import Line
from ibdesk.ui import format as fmt
from ibdesk.ui.expiry import words
from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.model import RecordModel


def fields(now: "Now") -> tuple[Field, ...]:
    """The columns; `now` tells the desk's time when a cell is drawn."""
    return (
        Field(title="Contract", width=190, text=lambda line: words.contract_words(line.row, now.at)),
        Field(title="Account", width=104, text=lambda line: line.row.account),
        Field(title="Position", width=76, text=lambda line: fmt.quantity(line.row.quantity), is_number=True,
              value=lambda line: format(line.row.quantity, "f")),
        Field(title="Ends", width=126, text=lambda line: words.ends_words(line.row, now.at),
              tone=lambda line: "warn" if line.row.days_left(now.at) <= 0 else ""),
        Field(title="Underlying", width=92, text=lambda line: fmt.price(line.row.spot), is_number=True,
              tone=lambda line: "muted" if line.row.price_mark else ""),
        Field(title="Money", width=98, text=lambda line: words.money_words(line.row), is_number=True),
        Field(title="Bid", width=64, text=lambda line: fmt.price(line.row.bid), is_number=True),
        Field(title="Time value", width=92, text=lambda line: fmt.price(line.row.extrinsic), is_number=True),
        Field(title="If it closes here", width=208, text=lambda line: words.effect_words(line.row)),
        Field(title="Attention", width=112, text=words.attention_words, tone=words.attention_tone),
    )  # fmt: skip


SETTLINGS: tuple[Field, ...] = (
    Field(title="Expiry", width=110, text=words.expiry_words),
    Field(title="Underlying", width=90, text=lambda each: each.symbol),
    Field(title="Account", width=104, text=lambda each: each.account),
    Field(title="Closes at", width=82, text=lambda each: fmt.price(each.spot), is_number=True),
    Field(title="Positions", width=78, text=lambda each: str(each.positions), is_number=True),
    Field(title="All of them leave", width=210, text=words.settling_words,
          tone=lambda each: "warn" if each.findings else ""),
)  # fmt: skip

#: Which columns go first where there is no room for all, by title.
LEAVE = ("Bid", "Underlying", "Time value", "If it closes here", "Account")


class Now:
    """The desk's time, as the columns see it."""

    def __init__(self) -> None:
        self.at = datetime(1970, 1, 1, tzinfo=UTC)


class ExpiryModel(RecordModel):
    """Lines of a board. The same positions at other prices stay where they are, with what was selected."""

    def __init__(self, parent: QObject | None = None) -> None:
        self.now = Now()
        super().__init__(fields(self.now), parent)

    def show_lines(self, lines: Sequence[Line], now: datetime) -> None:
        """List these as of now."""
        is_same = [key_of(line) for line in lines] == [key_of(line) for line in self.records]
        if not is_same:
            self.now.at = now
            self.show(lines)
            return
        before = self._texts  # only what was ever looked at has texts
        self.now.at, self.records, self._texts = now, tuple(lines), {}
        for at, texts in before.items():
            if texts != self._row(at):
                self.dataChanged.emit(self.index(at, 0), self.index(at, len(self.fields) - 1))

    def line_of(self, key: object) -> int | None:
        """Where a position stands."""
        return next((at for at, line in enumerate(self.records) if key_of(line) == key), None)


def key_of(line: Line) -> tuple[str, int]:
    """What makes a position itself."""
    return line.row.account, line.row.instrument.conid
