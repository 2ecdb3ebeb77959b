"""What stands above an account room: how old the picture is, and what stopped the last sync with its one way out."""

from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson
from ibdesk.domain.events import LinkChanged
from ibdesk.ui.models.sources import SOURCES, others_words
from ibdesk.ui.models.view import State, View
from ibdesk.ui.session import wording
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Banner, EmptyState, Label, hold_size

#: The window's command that helps, and what its button says (`ui.commands`).
SIGN_IN = ("sign-in", "Sign in")
TAKE_OVER, RECONNECT = ("take-over", "Take over…"), ("reconnect", "Reconnect")
#: A desk that was just opened needs this long to find its broker; before that nothing is lost.
ARRIVING = timedelta(seconds=10)
TRY_AGAIN, TRY_NOW = ("sync", "Try again"), ("try-now", "Try now")
EXAMINE = ("activity:doctor", "Ask the Doctor")
CONNECT = ("connect", "Connect IBKR Account")


def way_out(error: DeskError) -> tuple[str, str]:
    """The command that helps after this error, and its button's text."""
    if error.cause is Cause.NOT_A_GATEWAY:
        return EXAMINE
    if not isinstance(error, NeedsPerson):
        return TRY_AGAIN
    return {
        Cause.NOT_AUTHENTICATED: SIGN_IN, Cause.BROKERAGE_LOST: RECONNECT, Cause.COMPETING_SESSION: TAKE_OVER,
    }.get(error.cause, TRY_AGAIN)


class AgeLabel(Label):
    """"As of 4 s ago · Client Portal; TWS 12 s ago", or that there is nothing yet. The first is what is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", kind=Text.CAPTION, tone="muted", parent=parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setToolTip(
            "Positions are of the picture named here; prices may come from elsewhere, as the column Price from tells."
        )

    def show_view(self, view: View, now: datetime) -> None:
        """Tell the age of what is shown."""
        if view.state is not State.FULL:
            self.setText("")
            hold_size(self)
            return
        sources = sorted({SOURCES[page.source] for page in view.pages})
        old = view.is_stale(now)
        how = "Not updating: as" if view.is_lost else "Old: as" if old else "As"  # 2 s are not old, and yet they end
        others = others_words(view.comparisons, now)
        text = f"{how} of {view.age(now)} · {', '.join(sources)}{others and f'; {others}'}"
        if text != self.text():
            self.setText(text)
            self.set_tone("warn" if old else "muted")
            hold_size(self)


class Stopped(QObject):
    """Keeps a banner telling what is lost, or what stopped the last sync. `wanted` carries its button's command."""

    wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.banner = Banner("", tone="warn")
        self.banner.hide()
        self._command = TRY_AGAIN[0]
        self.banner.pressed.connect(lambda: self.wanted.emit(self._command))

    def show_view(self, view: View, now: datetime) -> None:
        """Show or hide the banner; what is stored stays on screen below it."""
        link = view.link
        if link is not None and not link.is_up and view.state not in (State.LOADING, State.EMPTY):
            if view.was_up or now - link.since >= ARRIVING:
                self._show_lost(view, link, now)
            else:
                self.banner.hide()
            return
        error = view.failure
        # The window itself counts down the penalty box; trying again would be refused.
        told = error is not None and error.cause is Cause.PENALTY_BOX
        if error is None or told or view.state in (State.LOADING, State.EMPTY):
            self.banner.hide()
            return
        self._command, action = way_out(error)
        self.banner.set(
            error.message, detail=f"{error.remedy}{_shown(view, now)}", action=action,
            tone="loss" if isinstance(error, NeedsPerson) else "warn",
        )
        self.banner.show()

    def _show_lost(self, view: View, link: LinkChanged, now: datetime) -> None:
        """Calm while the broker is away by announcement; else what was lost, and when it is looked for again."""
        problem = view.problem
        self._command, action = "", ""
        if wording.is_expected(link, now) and link.expected_until is not None:
            (text, detail), tone = wording.expected(link.expected_until), "accent"
        elif view.boxed_until is not None and view.boxed_until > now:
            (text, detail), tone = wording.locked_out(link, view.boxed_until, now), "warn"
        elif view.is_ready:
            text, detail, tone = wording.RETURNING, wording.returning_detail(link, now), "warn"
        elif problem is not None and problem.cause is Cause.NOT_A_GATEWAY:
            text, detail, tone = wording.STRANGER, f"{problem.message} {problem.remedy}", "warn"
            self._command, action = EXAMINE
        elif isinstance(problem, NeedsPerson):
            text, detail, tone = problem.message, problem.remedy, "warn"
            self._command, action = way_out(problem)
        else:
            text, detail, tone = wording.lost(link), wording.lost_detail(link, now), "warn"
            self._command, action = TRY_NOW
        self.banner.set(text, detail=f"{detail}{_shown(view, now)}", action=action, tone=tone)
        self.banner.show()


def _shown(view: View, now: datetime) -> str:
    return f" Shown: as of {view.age(now)}." if view.pages else ""


def no_account() -> EmptyState:
    """The room before there is an account; its button leads to the wizard."""
    made = EmptyState(
        "dashboard", "No account connected",
        "Connect Interactive Brokers through the gateway on this computer. The desk reads your account and keeps it in "
        "an encrypted database; nothing leaves this machine.", action=CONNECT[1],
    )
    made.button.set_kind("primary")
    return made
