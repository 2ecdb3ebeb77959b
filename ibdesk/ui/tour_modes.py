"""The tour's look at the modes: the list at the mode button, the way to live, and the day in short.

The demo has no live account, so what only a person's own vault shows is filled by hand; the list, the checklist and
the day in short are the demo's own.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.going_live import Evidence, checklist
from ibdesk.domain.live_switch import SwitchEvidence, steps
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.ui.modes import questions
from ibdesk.ui.modes.choices import Standing, choices
from ibdesk.ui.modes.digest import DigestDialog
from ibdesk.ui.modes.going_live import GoingLiveCard
from ibdesk.ui.modes.guide import GuidedSwitch
from ibdesk.ui.modes.limits import LimitsReview
from ibdesk.ui.pages.settings.page import SettingsPage

if TYPE_CHECKING:
    from ibdesk.ui.bridge import Bridge
    from ibdesk.ui.tour_doctor import Guide

SMALL = QSize(1280, 800)
#: What is left behind, each in both themes.
PICTURES = (
    "modes-demo", "modes-own", "going-live", "going-live-ready", "live-limits", "live-guide-begin", "live-guide-end",
    "mode-change", "live-unlock", "digest",
)
_PAPER, _LIVE = AccountId("DU1234567"), AccountId("U1234567")


async def visit_the_modes(guide: "Guide", bridge: "Bridge") -> None:
    """The mode button's list, Going live in Settings, every form on the way, and the day in short."""
    guide.resize(SMALL)
    await _see_the_list(guide)
    await _see_going_live(guide)
    await _see_the_way(guide, bridge)
    digests = guide.desk.digests
    assert digests is not None  # noqa: S101 - every open desk has them
    await _shoot(guide, "digest", DigestDialog(await digests.make(), guide.view))


async def _see_the_list(guide: "Guide") -> None:
    modes = guide.view.modes
    guide.view.header.mode.click()
    await guide.happens(modes.popover.isVisible, "the modes are listed")
    await guide.shoot("modes-demo")
    connected = {Environment.PAPER: _PAPER, Environment.LIVE: _LIVE}
    own = Standing(mode=Mode.IBKR_PAPER, lender=Environment.PAPER, connected=connected, open_items=2)
    modes.panel.show_choices(choices(own))
    await guide.happens(lambda: modes.panel.rows[0].height() > 0, "the modes of an own vault are listed")
    modes.popover.place()
    await guide.shoot("modes-own")
    modes.popover.shut()
    modes.panel.show_choices(choices(Standing(mode=Mode.DEMO, lender=Environment.DEMO, connected={})))


async def _see_going_live(guide: "Guide") -> None:
    guide.view.run("going-live")
    await guide.happens(lambda: isinstance(guide.view.page("settings"), SettingsPage), "Settings open")
    page = guide.view.page("settings")
    assert isinstance(page, SettingsPage)  # noqa: S101 - it was just waited for
    card = page.going_live.card
    await guide.happens(lambda: bool(card.count.text()), "the going-live checklist is read")
    page.show_setting("going-live")
    await guide.shoot("going-live")
    at = guide.desk.clock() - timedelta(days=2)
    every = Evidence(
        connected_at=at, synced_at=at, paper_order_at=at, paper_orders=14, blocked_at=at, acknowledged_at=at,
        limits_kept_at=at)
    ready = GoingLiveCard()
    ready.show_checklist(checklist(every), is_live=True, armed=None)
    ready.resize(848, ready.sizeHint().height())
    await guide.shoot("going-live-ready", ready)
    ready.deleteLater()


async def _see_the_way(guide: "Guide", bridge: "Bridge") -> None:
    desk, over = guide.desk, guide.view
    signed_in = Session(
        state=SessionState.READY, signed_in_at=desk.clock(),
        flags=SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, is_paper=True))
    signed_out = Session(state=SessionState.SIGNED_OUT, flags=SessionFlags(reachable=True))
    for name, evidence in (
        ("live-guide-begin", SwitchEvidence(mode=Mode.IBKR_PAPER, session=signed_in)),
        ("live-guide-end", SwitchEvidence(
            mode=Mode.IBKR_LIVE, session=signed_out, live_user="ursula", live_account=_LIVE)),
    ):
        dialog = GuidedSwitch(desk, bridge, over)
        dialog.show_steps(steps(evidence))
        await _shoot(guide, name, dialog)
    paper, local = face_of(Mode.IBKR_PAPER), face_of(Mode.LOCAL_PAPER)
    await _shoot(guide, "live-limits", LimitsReview(desk.preferences.settings, over))
    await _shoot(guide, "mode-change", questions.change_mode(paper, local, working=3, tickets=1, parent=over))
    await _shoot(guide, "live-unlock", questions.unlock(_LIVE, guarded=10, is_read_only=True, parent=over))


async def _shoot(guide: "Guide", name: str, dialog: QDialog) -> None:
    dialog.resize(dialog.size().expandedTo(dialog.sizeHint()))
    await guide.shoot(name, dialog)
    dialog.deleteLater()
