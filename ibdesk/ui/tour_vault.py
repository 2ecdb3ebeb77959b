"""The tour's look at the vault's care: its cards, forms and pages, the audit verified, the disclosures asked again.

The demo's vault is thrown away and has no passphrase, so what only a person's own vault shows is filled by hand; the
backup, the verdict on the audit and the acknowledgments are the demo's own.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from ibdesk.domain.audit_hints import AuditHint, Severity
from ibdesk.services.disclosures import load_disclosures
from ibdesk.ui.pages.activity.calls_tab import CallsTab
from ibdesk.ui.pages.activity.page import ActivityPage
from ibdesk.ui.pages.settings.page import SettingsPage
from ibdesk.ui.vault.code import CodeDialog
from ibdesk.ui.vault.moving import MoveDialog
from ibdesk.ui.vault.passphrase import ChangePassphrase
from ibdesk.ui.vault.rekeying import RekeyScreen
from ibdesk.ui.vault.restore import RestoreScreen
from ibdesk.ui.wizard.again import AcknowledgeAgain

if TYPE_CHECKING:
    from ibdesk.ui.tour_doctor import Guide

SMALL = QSize(1280, 800)
#: What is left behind, each in both themes.
PICTURES = (
    "settings-vault", "settings-vault-own", "audit-verified", "audit-hints", "vault-passphrase", "vault-new-code",
    "vault-move", "vault-rekeying", "vault-rekeyed", "vault-restore", "acknowledge-again",
)
_CODE = "84VDP-QJRXV-78QXK-N631Y-5VQPF-VAS6Q-K1KM3-6CNBD"


async def visit_the_vault(guide: "Guide") -> None:
    """Settings, Vault and Backups; the audit; then every form and page of the vault's care."""
    guide.resize(SMALL)
    await _see_the_cards(guide)
    await _see_the_audit(guide)
    await _see_the_forms(guide)
    await _see_the_doors(guide)


async def _see_the_cards(guide: "Guide") -> None:
    guide.view.open_room("settings")
    await guide.happens(lambda: isinstance(guide.view.page("settings"), SettingsPage), "Settings open")
    page = guide.view.page("settings")
    assert isinstance(page, SettingsPage)  # noqa: S101 - it was just waited for
    backups = page.vault.backups
    backups.now.click()
    await guide.happens(lambda: backups.list.model.rowCount() > 0 and backups.now.isEnabled(), "a backup is made")
    page.show_setting("vault")
    await guide.shoot("settings-vault")
    card, now = page.vault.card, guide.desk.clock()
    for line in card.lines:
        line.show()
    card.demo.hide()
    card.show_dates(
        passphrase=now - timedelta(days=40), key=now - timedelta(days=400), now=now, reminder_days=365)
    page.show_setting("vault")
    await guide.shoot("settings-vault-own")
    card.show_demo()


async def _see_the_audit(guide: "Guide") -> None:
    guide.view.run("activity:calls")
    await guide.happens(lambda: isinstance(guide.view.page("activity"), ActivityPage), "Activity opens")
    page = guide.view.page("activity")
    assert isinstance(page, ActivityPage)  # noqa: S101 - it was just waited for
    tab = page.tab("calls")
    assert isinstance(tab, CallsTab)  # noqa: S101 - its file says so
    await guide.happens(lambda: tab.list.model.rowCount() > 0, "the calls are listed")
    tab.verify.click()
    await guide.happens(tab.verdict.isVisible, "the audit log is verified")
    await guide.shoot("audit-verified")
    now = guide.desk.clock()
    tab.hints.show_hints((
        AuditHint(severity=Severity.WARN, first=2, last=12, at=now - timedelta(minutes=20),
                  sentence="The gateway refused 11 calls in a row for lack of a sign-in or permission. Was somebody "
                  "else at the gateway?"),
        AuditHint(severity=Severity.NOTE, first=15, last=15, at=now - timedelta(hours=2),
                  sentence="The broker shut the desk out for asking too often. ibdesk keeps the limits: does another "
                  "program use the same gateway?"),
    ), now)  # fmt: skip
    tab.hints.lines[0].show_rows.click()
    await guide.happens(lambda: len(tab.list.model.records) == 11, "a hint leads to its rows")
    await guide.shoot("audit-hints")
    tab.show_all_rows()


async def _see_the_forms(guide: "Guide") -> None:
    desk, over = guide.desk, guide.view

    async def nothing(_form: ChangePassphrase) -> None:
        """Nobody presses the button on the tour."""

    change = ChangePassphrase(
        start=lambda _name, work: work.close(), deed=nothing, advise=desk.connector.advise, suggest=desk.care.suggest,
        parent=over)
    change.new.suggest.click()
    again = AcknowledgeAgain(load_disclosures(), desk.clock, over)
    for name, form in (
        ("vault-passphrase", change), ("vault-new-code", CodeDialog(_CODE, parent=over)),
        ("vault-move", MoveDialog(over)), ("acknowledge-again", again),
    ):
        form.resize(form.size().expandedTo(form.sizeHint()))
        await guide.shoot(name, form)
        form.deleteLater()


async def _see_the_doors(guide: "Guide") -> None:
    changing, changed = RekeyScreen(), RekeyScreen()
    changing.progress.emit("copy", 0.5)
    changed.show_code(_CODE)
    restore = RestoreScreen(folder=Path("ibdesk"), has_vault=True)
    restore.show_backup((await guide.desk.care.backups())[0])
    pages: tuple[tuple[str, QWidget], ...] = (
        ("vault-rekeying", changing), ("vault-rekeyed", changed), ("vault-restore", restore),
    )
    for name, page in pages:
        page.resize(SMALL)
        await guide.shoot(name, page)
        page.deleteLater()
