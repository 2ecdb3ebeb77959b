"""Settings, Vault and Backups, on a real vault: what stands there, and what each button does."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.events import BackupDone
from ibdesk.store.passphrase import advise
from ibdesk.store.vault import opens
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.pages.settings.backups_card import BackupsCard
from ibdesk.ui.pages.settings.vault import VaultSection
from ibdesk.ui.pages.settings.vault_card import VaultCard
from ibdesk.ui.vault.code import CodeDialog
from ibdesk.ui.vault.forms import PassphraseForm
from ibdesk.ui.vault.guard import is_old
from ibdesk.ui.vault.moving import MoveDialog
from ibdesk.ui.vault.passphrase import ChangePassphrase
from tests.ui.rooms_desk import Opened, rooms_desk, unnamed
from tests.ui.sample_care import BACKUP, MadeUpBackups, MadeUpCare
from tests.ui.sample_desk import NOW, MadeUpConnector, sample_desk

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Dialog = TypeVar("Dialog", bound=QDialog)
OLD, NEW = "correct horse battery staple", "nine green lanterns over water"


class Connector(MadeUpConnector):
    advise = staticmethod(advise)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def shown(kind: type[Dialog]) -> Dialog:
    """The dialog of this kind, once it is on screen."""
    def seen() -> list[Dialog]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()]

    await until(lambda: bool(seen()))
    return seen()[0]


def _choose(dialog: QFileDialog, path: Path) -> None:
    typed = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(typed, QLineEdit)
    typed.setText(str(path))
    dialog.accept()


def opened_section(opened: Opened) -> VaultSection:
    section = VaultSection(opened.desk, opened.bridge)
    opened.show(section)
    return section


def test_the_passphrase_is_changed_and_the_old_one_opens_nothing(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, connector=Connector()) as opened:
            section = opened_section(opened)
            section.card.change.click()
            form = await shown(ChangePassphrase)
            form.old.setText("not this one")
            for field in (form.new.first, form.new.second):
                field.setText(NEW)
            form.yes.click()
            await until(lambda: bool(form.error.text()))
            form.old.setText(OLD)
            form.yes.click()
            await until(lambda: opens(opened.vault, NEW))
            assert not opens(opened.vault, OLD)

    run(walk())


def test_a_new_recovery_code_is_shown_once_and_the_passphrase_is_asked_for_first(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            section = opened_section(opened)
            section.card.code.click()
            form = await shown(PassphraseForm)
            form.field.setText(OLD)
            form.yes.click()
            dialog = await shown(CodeDialog)
            code = dialog.panel.code.text()
            assert opens(opened.vault, code)
            dialog.panel.written.click()
            dialog.done_button.click()

    run(walk())


def test_a_backup_made_by_hand_is_listed_and_can_be_tested(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            section = opened_section(opened)
            card = section.backups
            await until(lambda: "no backup" in card.newest.text())
            said: list[str] = []
            opened.bridge.notice.connect(lambda notice: said.append(notice.text))
            card.now.click()
            await until(lambda: card.list.model.rowCount() == 1)
            await until(lambda: any("Backed up and checked" in text for text in said))
            made = Path(card.list.model.records[0].path)
            assert made.suffix == ".ibdesk-backup"
            card.test.click()
            dialog = await shown(QFileDialog)
            _choose(dialog, made)
            form = await shown(PassphraseForm)
            form.field.setText("not this one")
            form.yes.click()
            await until(lambda: bool(form.error.text()))
            form.field.setText(OLD)
            form.yes.click()
            await until(lambda: any("can be restored" in text for text in said))

    run(walk())


def test_moving_ends_in_a_backup_file_where_the_person_wants_it(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path / "home") as opened:
            section = opened_section(opened)
            section.card.move_away.click()
            (await shown(MoveDialog)).make.click()
            dialog = await shown(QFileDialog)
            _choose(dialog, tmp_path / "stick.ibdesk-backup")
            await until((tmp_path / "stick.ibdesk-backup").is_file)
            await until(section.backups.elsewhere.isEnabled)

    run(walk())


def test_the_key_and_a_restore_are_the_applications_to_do(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            section = opened_section(opened)
            wanted: list[str] = []
            opened.bridge.command.connect(wanted.append)
            section.card.rekey.click()
            section.backups.restore.click()
            assert wanted == ["rekey", "restore"]

    run(walk())


def test_remembering_is_hidden_where_the_system_cannot_and_switched_where_it_can(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            section = opened_section(opened)
            await until(lambda: "Made on" in section.card.key_line.sentence.text() or section.isVisible())
            assert not section.card.remember_line.isVisible()
        care = MadeUpCare()
        async with rooms_desk(tmp_path / "second", care=care, backups=MadeUpBackups()) as opened:
            section = opened_section(opened)
            await until(section.card.remember_line.isVisible)
            section.card.remember.click()
            await until(lambda: care.is_remembered)
            section.card.remember.click()
            await until(lambda: not care.is_remembered)

    run(walk())


def test_a_failed_backup_is_said_until_one_succeeds(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, care=MadeUpCare(), backups=MadeUpBackups()) as opened:
            section = opened_section(opened)
            await until(lambda: section.backups.list.model.rowCount() == 1)
            full = Unavailable("The disk is full.", remedy="Free some space.", cause=Cause.DISK_FULL)
            section.hide()
            opened.desk.hub.publish(BackupDone(at=NOW, error=full))
            await until(lambda: not section.backups.failed.isHidden())
            assert "The disk is full." in section.backups.failed.text.text()
            opened.desk.hub.publish(BackupDone(at=NOW, name="later"))
            await until(section.backups.failed.isHidden)

    run(walk())


def test_the_demo_has_nothing_to_look_after_but_its_backups(run: Run, qtbot: QtBot) -> None:
    async def walk() -> None:
        desk = sample_desk(Environment.DEMO)
        bridge = Bridge(desk.tasks)
        section = VaultSection(desk, bridge)
        qtbot.addWidget(section)
        section.show()
        assert section.card.demo.isVisible() and not section.card.passphrase_line.isVisible()
        assert not section.backups.restore.isVisible()
        await desk.close()

    run(walk())


def test_searching_shows_the_card_that_fits(run: Run, qtbot: QtBot) -> None:
    async def walk() -> None:
        desk = sample_desk(Environment.PAPER)
        section = VaultSection(desk, Bridge(desk.tasks))
        qtbot.addWidget(section)
        section.show()
        assert section.search_for(["restore"])
        assert section.backups.isVisible() and not section.card.isVisible()
        assert not section.search_for(["theme"])
        assert section.search_for([]) and section.card.isVisible()
        assert unnamed(section) == []
        await desk.close()

    run(walk())


@pytest.mark.parametrize(("days", "limit", "old"), [(364, 365, False), (365, 365, True), (9999, 0, False)])
def test_a_key_is_old_after_the_days_of_the_setting(days: int, limit: int, old: bool) -> None:
    assert is_old(NOW - timedelta(days=days), NOW, limit) is old


def test_an_old_key_is_worded_as_a_reminder(dressed: QApplication, qtbot: QtBot) -> None:
    card = VaultCard()
    qtbot.addWidget(card)
    year_ago = NOW - timedelta(days=400)
    card.show_dates(passphrase=year_ago, key=year_ago, now=NOW, reminder_days=365)
    assert "400 days ago. It is time to change it." in card.key_line.sentence.text()
    card.show_dates(passphrase=NOW, key=NOW, now=NOW, reminder_days=365)
    assert "today." in card.key_line.sentence.text()


def test_a_late_backup_is_warned_about(dressed: QApplication, qtbot: QtBot) -> None:
    card = BackupsCard()
    qtbot.addWidget(card)
    card.show_backups([BACKUP], now=BACKUP.made_at + timedelta(hours=3), hours=24)
    assert "3 h ago" in card.newest.text() or "ago" in card.newest.text()
    card.show_backups([replace(BACKUP)], now=BACKUP.made_at + timedelta(days=3), hours=24)
    assert "later than the schedule wants" in card.newest.text()
