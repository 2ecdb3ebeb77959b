"""The card "Going live": what it draws, where its buttons lead, and when it looks again."""

import asyncio
from dataclasses import replace

from PySide6.QtWidgets import QApplication

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.events import ArmingChanged
from ibdesk.domain.going_live import Checklist, Evidence, Item, checklist
from ibdesk.services.waiting import until
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.modes.going_live import GoingLive, GoingLiveCard
from ibdesk.ui.modes.limits import SHOWN, LimitsReview
from ibdesk.ui.safety.receipts import ReceiptDialog
from ibdesk.ui.widgets import Check
from ibdesk.ui.wizard.parts import Question
from tests.domain.test_going_live import ALL
from tests.ui.brisk_demo import open_brisk_desk
from tests.ui.sample_desk import sample_desk

ACCOUNT = AccountId("U1234567")


class MadeUp:
    """A checklist that a test decides."""

    is_live = True

    def __init__(self) -> None:
        self.armed: AccountId | None = None
        self.evidence = Evidence()
        self.looks = self.kept = 0

    async def look(self, _account: AccountId | None = None) -> Checklist:
        self.looks += 1
        return checklist(self.evidence)

    async def keep_limits(self) -> None:
        self.kept += 1
        self.evidence = replace(self.evidence, limits_kept_at=ALL.limits_kept_at)


def card(qtbot, evidence: Evidence, **how) -> GoingLiveCard:
    made = GoingLiveCard()
    qtbot.addWidget(made)
    made.show_checklist(checklist(evidence), **({"is_live": False, "armed": None} | how))
    made.show()
    return made


def test_every_item_shows_its_evidence_or_the_button_that_leads_to_it(dressed, qtbot):
    made = card(qtbot, replace(ALL, blocked_at=None))
    asked: list[str] = []
    made.wanted.connect(asked.append)
    assert made.count.text() == "5 of 6"
    for item, row in made.rows.items():
        is_open = item is Item.BLOCKED_ORDER
        assert row.button.isVisible() is is_open and row.when.isVisible() is not is_open
        assert row.check is (Check.PENDING if is_open else Check.GOOD)
    made.trial_wanted.connect(lambda: asked.append("a trial"))
    made.rows[Item.BLOCKED_ORDER].button.click()
    made.rows[Item.PAPER_ORDER].button.click()
    made.guide.click()
    assert asked == ["a trial", "room:trade", "live-guide"]
    assert not made.unlock.isVisible()


def test_live_orders_are_unlocked_only_from_a_full_list(dressed, qtbot):
    made = card(qtbot, replace(ALL, synced_at=None), is_live=True)
    assert made.unlock.isVisible() and not made.unlock.isEnabled() and "1 of the list" in made.unlock.toolTip()
    made.show_checklist(checklist(ALL), is_live=True, armed=None)
    assert made.unlock.isEnabled() and "locked until you unlock" in made.state.text()
    made.show_checklist(checklist(ALL), is_live=True, armed=ACCOUNT)
    assert made.lock.isVisible() and not made.unlock.isVisible() and ACCOUNT in made.state.text()


def test_the_limits_are_shown_to_be_kept_or_changed(dressed, qtbot):
    dialog = LimitsReview(sample_desk().preferences.sourced.settings)
    qtbot.addWidget(dialog)
    assert len(SHOWN) == len(set(SHOWN))
    dialog.change.click()
    assert dialog.wants_change and dialog.result() == 0
    dialog.keep.click()
    assert dialog.result() == 1


def test_it_looks_again_when_something_happened_and_keeps_limits_after_a_yes(run, qtbot):
    made_up = MadeUp()
    desk = sample_desk()
    desk = replace(desk, going_live=made_up, preferences=_with_settings(desk.preferences))  # type: ignore[arg-type]
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)

    async def life() -> None:
        page = GoingLive(desk, bridge)
        qtbot.addWidget(page)
        page.show()
        await asyncio.sleep(0.05)
        assert made_up.looks == 1 and page.card.count.text() == "0 of 6"
        made_up.armed = ACCOUNT
        desk.hub.publish(ArmingChanged(account=ACCOUNT))
        await asyncio.sleep(0.1)
        assert made_up.looks == 2 and page.card.lock.isVisible()
        page.card.rows[Item.LIMITS].button.click()
        await asyncio.sleep(0.05)
        next(each for each in QApplication.topLevelWidgets() if isinstance(each, LimitsReview)).keep.click()
        await asyncio.sleep(0.05)
        assert made_up.kept == 1 and page.card.rows[Item.LIMITS].check is Check.GOOD
        page.hide()
        desk.hub.publish(ArmingChanged(account=None))
        await asyncio.sleep(0.05)
        assert made_up.looks == 3  # nobody sees it
        assert page.search_for(["going", "live"]) and not page.search_for(["nonsense"])

    run(life())
    bridge.deafen()


def _with_settings(preferences):
    preferences.settings = preferences.sourced.settings
    return preferences


def test_a_block_is_tried_in_the_demo_and_its_receipt_is_shown(run, qtbot):
    async def life() -> None:
        desk = await open_brisk_desk()
        bridge = Bridge(desk.tasks)
        bridge.listen(desk.hub)
        try:
            await soon(lambda: desk.session.session.is_ready)
            await desk.sync.run()
            page = GoingLive(desk, bridge)
            qtbot.addWidget(page)
            page.show()
            await soon(lambda: page.card.count.text())
            page.card.rows[Item.BLOCKED_ORDER].button.click()
            await soon(lambda: shown(Question))
            shown(Question).accept()
            await soon(lambda: shown(ReceiptDialog))
            assert page.card.rows[Item.BLOCKED_ORDER].check is Check.GOOD
            assert desk.orders.book.working == ()
            shown(ReceiptDialog).reject()
            await soon(lambda: not shown(ReceiptDialog))
        finally:
            bridge.deafen()
            await desk.close()

    run(life())


def shown(kind):
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)


async def soon(holds) -> None:
    assert await until(lambda: bool(holds()), 20)
