"""The page of a change of key: how far it is, and the new code at its end."""

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.ui.vault.rekeying import RekeyScreen


def test_the_stages_move_the_bar_forward_only(dressed: QApplication, qtbot: QtBot) -> None:
    screen = RekeyScreen()
    qtbot.addWidget(screen)
    seen = []
    for stage, done in (("backup", 0.0), ("backup", 1.0), ("copy", 0.5), ("check", 0.0), ("exchange", 1.0)):
        screen.progress.emit(stage, done)
        seen.append(screen.bar.value())
    assert seen == sorted(seen) and seen[-1] == 100
    assert screen.stage.text() == "Putting it in place…"


def test_the_desk_opens_only_when_the_new_code_is_stored(dressed: QApplication, qtbot: QtBot) -> None:
    screen = RekeyScreen()
    qtbot.addWidget(screen)
    screen.show()
    opened: list[bool] = []
    screen.opened.connect(lambda: opened.append(True))
    screen.show_code("84VDP-QJRXV")
    assert screen.panel is not None and screen.panel.code.text() == "84VDP-QJRXV"
    screen.open.click()
    assert not opened
    screen.panel.written.click()
    screen.open.click()
    assert opened
    screen.forget()
    assert screen.panel.code.text() == ""
