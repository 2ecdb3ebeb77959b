"""The limits that matter most before real money is traded, in one look, to be kept or changed."""

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.settings import Settings, meta_of
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Label, line

#: The limits worth a look before the first order of real money.
SHOWN = (
    "risk_daily_loss_pct", "risk_max_loss_pct", "risk_premium_block_pct", "risk_exposure_block_pct",
    "risk_contracts_block", "risk_shares_block", "risk_bp_buffer_pct", "risk_first_orders",
)


class LimitsReview(QDialog):
    """The limits that matter most, as they are; accepted when they are kept. `wants_change`: to Settings instead."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Your limits")
        self.setMinimumWidth(560)
        self.wants_change = False
        self.keep, self.change = Button("Keep these limits", kind="primary"), Button("Change…")
        self.back = Button("Back")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(8)
        column.addWidget(Label("Your limits", kind=Text.TITLE, bold=True))
        told = "Every order is held against these before it leaves. All of them are in Settings, Risk limits."
        column.addWidget(Label(told, tone="muted", wrap=True))
        for name in SHOWN:
            column.addWidget(line())
            column.addLayout(_limit(name, settings))
        column.addSpacing(8)
        foot = QHBoxLayout()
        foot.addWidget(self.change)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.keep)
        column.addLayout(foot)
        self.keep.clicked.connect(self.accept)
        self.back.clicked.connect(self.reject)
        self.change.clicked.connect(self._change)
        self.back.setFocus()

    def _change(self) -> None:
        self.wants_change = True
        self.reject()


def _limit(name: str, settings: Settings) -> QHBoxLayout:
    meta = meta_of(name)
    row = QHBoxLayout()
    words = QVBoxLayout()
    words.setSpacing(1)
    words.addWidget(Label(meta.title))
    words.addWidget(Label(meta.help, kind=Text.CAPTION, tone="muted", wrap=True))
    row.addLayout(words, 1)
    value = getattr(settings, name)
    row.addWidget(Label(f"{fmt.quantity(value)} {meta.unit}".strip(), bold=True))
    return row
