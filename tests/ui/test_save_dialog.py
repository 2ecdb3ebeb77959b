"""The dialog that asks where to save: a name is offered, and the format is what the name ends with."""

from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.ui.widgets.save_dialog import LOG, SaveDialog


def test_the_ending_follows_the_format_and_the_format_the_name(
    dressed: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    asked = SaveDialog(None, "Export the log", LOG, "ibdesk-audit")
    qtbot.addWidget(asked)
    assert asked.path.name == "ibdesk-audit.csv" and asked.ending == "csv"
    asked.filterSelected.emit("JSON lines (*.jsonl)")
    assert asked.defaultSuffix() == "jsonl"
    for name, ending in (("a.jsonl", "jsonl"), ("b.CSV", "csv"), ("c.xml", "csv")):
        asked.selectFile(str(tmp_path / name))
        assert asked.path.name == name and asked.ending == ending
