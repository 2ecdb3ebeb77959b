"""Saving a table as a CSV file: asks where, writes it whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QIODevice, QSaveFile
from PySide6.QtWidgets import QWidget

from ibdesk.domain.errors import Cause, Refused
from ibdesk.ui.widgets.save_dialog import CSV, SaveDialog

if TYPE_CHECKING:
    from ibdesk.ui.bridge import Bridge


class Listed(Protocol):
    """A table whose lines can be written to a file."""

    def window(self) -> QWidget: ...

    def csv(self) -> str:
        """Every line it lists, under headers."""

    def count(self) -> int:
        """How many there are."""


def save_csv(table: Listed, bridge: "Bridge", name: str) -> None:
    """Ask where to put the listed rows, then write them. `name` is what they are, "positions"."""
    bridge.start("save as CSV", _ask_and_write(table, bridge, name))


async def _ask_and_write(table: Listed, bridge: "Bridge", name: str) -> None:
    dialog = SaveDialog(table.window(), "Save as CSV", CSV, name)
    if await bridge.ask(dialog):
        write_csv(dialog.path, table.csv())
        bridge.say(f"Saved {table.count():,} {name} to {dialog.path}")


def write_csv(path: Path, text: str) -> None:
    """Write UTF-8 with a mark that spreadsheets need. Raises Refused when the disk does not take it."""
    file = QSaveFile(str(path))
    data = b"\xef\xbb\xbf" + text.encode()
    written = file.open(QIODevice.OpenModeFlag.WriteOnly) and file.write(data) == len(data) and file.commit()
    if not written:
        raise Refused(
            f"The file could not be written: {file.errorString()}.",
            remedy="Choose another folder, or make room on the disk.", cause=Cause.FOLDER_READ_ONLY,
        )
