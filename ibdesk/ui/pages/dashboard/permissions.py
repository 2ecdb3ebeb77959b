"""The Permissions tab: what one account may trade and why not, and which kinds of order each mode takes.

Every answer is the rule's own before an order (`permission_matrix`), so nothing is blocked here that would be sent, and
nothing allowed that would not.
"""

from datetime import date, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.domain.accounts import MarginType
from ibdesk.domain.compliance.granted import Granted, Origin
from ibdesk.domain.compliance.option_levels import OptionLevel
from ibdesk.domain.compliance.permission_matrix import MatrixRow, matrix_context, permission_matrix
from ibdesk.domain.compliance.permissions import PermissionContext
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.mode_orders import BY_MODE, KINDS, ModeOrders
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.portfolio import AccountPage
from ibdesk.ui import format as fmt
from ibdesk.ui.models.view import View
from ibdesk.ui.pages.activity.columns import Field
from ibdesk.ui.pages.activity.model import RecordModel
from ibdesk.ui.pages.activity.table import RecordTable
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Label, Segmented

ANSWERS = {
    Severity.PASS: "Allowed", Severity.NOTE: "Allowed", Severity.WARN: "Allowed, with a warning",
    Severity.CONFIRM: "You are asked", Severity.BLOCK: "Blocked",
}
_TONES = {Severity.WARN: "warn", Severity.CONFIRM: "warn", Severity.BLOCK: "loss"}
_BROKERS = {"ibkr": "Interactive Brokers", "alpaca": "Alpaca"}
_KINDS = (("all", "All"), ("blocked", "Not allowed"))


def _least(row: MatrixRow) -> str:
    return "none at this broker" if row.least is None else row.least or fmt.UNKNOWN


def why(row: MatrixRow) -> str:
    """The rule's own sentence and what to do about it."""
    return f"{row.worst.sentence} {row.worst.remedy}".strip()


STRATEGIES: tuple[Field, ...] = (
    Field(title="Strategy", width=190, text=lambda row: row.strategy[0].upper() + row.strategy[1:]),
    Field(title="For example", width=240, keep=4, text=lambda row: row.legs, tone=lambda _row: "muted"),
    Field(title="It needs", width=230, keep=5, text=lambda row: row.needs_words or "no option permission"),
    Field(title="Least level", width=86, keep=7, text=_least),
    Field(title="This account", width=150, text=lambda row: ANSWERS[row.worst.severity],
          tone=lambda row: _TONES.get(row.worst.severity, "gain")),
    Field(title="Why, and what to do", width=620, least=520, stretches=True, text=why),
)


def _taken(taken: ModeOrders, kind: object) -> str:
    if taken.why_not:
        return fmt.UNKNOWN
    return "yes" if taken.takes(kind) else "no"  # type: ignore[arg-type]


def _mode_field(taken: ModeOrders) -> Field:
    return Field(
        title=face_of(taken.mode).word, width=104, text=lambda kind: _taken(taken, kind),
        tone=lambda kind: "" if taken.takes(kind) else "muted",
    )  # fmt: skip


ORDERS: tuple[Field, ...] = (
    Field(title="Kind of order", width=330, least=240, stretches=True,
          text=lambda kind: f"{kind[0].upper()}{kind[1:]}"),
    *(_mode_field(each) for each in BY_MODE),
)


class PermissionsTab(QWidget):
    """`setting_wanted(name)`: somebody wants to enter a level."""

    setting_wanted = Signal(str)

    def __init__(self, mode: Mode, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.granted, self.origin = Label("", bold=True), Label("", tone="muted", wrap=True)
        self.enter = Button("Enter in Settings…", tip="The option level your broker granted")
        self.limit = Button("Your own limit…", tip="A limit for yourself, below what the broker allows")
        self.show_only = Segmented(_KINDS, name="Which strategies")
        self.strategies = Card("What this account may trade")
        self.count = self.strategies.add_count()
        self.model = RecordModel(STRATEGIES, self)
        self.table = _table(self.model, "Strategies and what this account may do")
        self.detail = Label("", wrap=True)
        self.orders = Card("Kinds of order, by mode")
        self.order_model = RecordModel(ORDERS, self)
        self.order_table = _table(self.order_model, "Kinds of order and which mode takes them")
        self._drawn: tuple[PermissionContext, date] | None = None
        self.rows: tuple[MatrixRow, ...] = ()
        self._stack(mode)
        self.enter.clicked.connect(lambda: self.setting_wanted.emit("risk_broker_level"))
        self.limit.clicked.connect(lambda: self.setting_wanted.emit("risk_own_level"))
        self.show_only.chosen.connect(lambda _key: self._draw_rows())
        self.table.selectionModel().currentChanged.connect(lambda now, _before: self._tell(now.row()))

    def show_view(self, view: View, now: datetime) -> None:
        """Draw the chosen account; several are told to be chosen from."""
        if len(view.pages) != 1:
            self._drawn, self.rows = None, ()
            self.granted.setText("Choose one account" if view.pages else "No account has been read yet")
            self.origin.setText("Each account has a level of its own." if view.pages else "Sync once, then look again.")
            self._draw_rows()
            return
        page = view.pages[0]
        granted = view.levels.get(page.account.id)
        if granted is None:  # its page came before its level was read
            return
        self.granted.setText(level_words(granted))
        self.origin.setText(origin_words(page, granted, view.own_level))
        asked = (matrix_context(granted, view.own_level, page.summary.margin_type), now.astimezone(NEW_YORK).date())
        if asked != self._drawn:
            self._drawn, self.rows = asked, permission_matrix(*asked)
            self._draw_rows()

    def _draw_rows(self) -> None:
        only = self.show_only.current == "blocked"
        worst_first = sorted(self.rows, key=lambda row: -row.worst.severity)
        self.model.show([row for row in worst_first if not only or row.is_blocked])
        allowed = sum(not row.is_blocked for row in self.rows)
        self.count.setText(f"{allowed} of {len(self.rows)} allowed")
        self.count.setVisible(bool(self.rows))
        self.table.fit_last()
        self._tell(0)

    def _tell(self, line: int) -> None:
        """The whole sentence of one strategy, however narrow the window is."""
        found = self.model.records[line : line + 1] if line >= 0 else ()
        self.detail.setText("".join(f"{row.strategy[0].upper()}{row.strategy[1:]}: {why(row)}" for row in found))
        self.detail.setVisible(bool(found))

    def _stack(self, mode: Mode) -> None:
        level = Card()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.granted)
        words.addWidget(self.origin)
        line = QHBoxLayout()
        line.setContentsMargins(0, 6, 0, 0)
        line.setSpacing(8)
        line.addLayout(words, 1)
        line.addWidget(self.limit)
        line.addWidget(self.enter)
        level.add(line)
        self.strategies.edge_to_edge()
        self.strategies.add_control(self.show_only)
        self.strategies.add(self.table, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(13, 6, 12, 8)
        foot.addWidget(self.detail)
        self.strategies.add(foot)
        here = next(each for each in BY_MODE if each.mode is mode)
        self.orders.add_control(Label(_orders_note(here), kind=Text.CAPTION, tone="muted"))
        self.orders.edge_to_edge()
        self.orders.add(self.order_table)
        self.order_model.show(KINDS)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(level)
        column.addWidget(self.strategies, 3)
        column.addWidget(self.orders, 2)


def level_words(granted: Granted) -> str:
    """`Interactive Brokers: Level 3`."""
    broker = _BROKERS.get(granted.broker, granted.broker)
    return f"{broker}: {granted.name}" if granted.level is not None else f"{broker}: option level not entered"


def origin_words(page: AccountPage, granted: Granted, own: OptionLevel | None) -> str:
    """Where the level comes from, and what else narrows it."""
    parts = [f"{page.account.id}: {granted.origin.value}"]
    if granted.origin is not Origin.BROKER:
        parts.append("the broker publishes it in no interface")
    parts.append("no limit of your own" if own is None else f"your own limit is {own.name}")
    kind = page.summary.margin_type
    parts.append("borrowing not reported" if kind is MarginType.UNKNOWN else f"{kind.value.lower()} account")
    return " · ".join(parts)


def _orders_note(here: ModeOrders) -> str:
    """Where the desk is, and why a mode takes nothing."""
    why_not = "".join(f" Alpaca: {why}" for why in {each.why_not for each in BY_MODE if each.why_not})
    return f"Now in {face_of(here.mode).word}. Each contract takes some of them: its ticket offers no others.{why_not}"


def _table(model: RecordModel, name: str) -> RecordTable:
    made = RecordTable(model)
    made.setAccessibleName(name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made

