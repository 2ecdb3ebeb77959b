"""Where to save a file: the one way the desk asks for a name, with the ending that belongs to the chosen format."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

#: A table for spreadsheets.
CSV: Mapping[str, str] = {"CSV file (*.csv)": "csv"}
#: A log with its hashes, for people or for programs.
LOG: Mapping[str, str] = {**CSV, "JSON lines (*.jsonl)": "jsonl"}


class SaveDialog(QFileDialog):
    """`formats` are endings by the words they are offered under, `name` is offered without one. Accepted, it has asked
    before a file is written over; `path` and `ending` are what was chosen, to be read before the next await: the
    dialog goes then."""

    def __init__(self, parent: QWidget | None, title: str, formats: Mapping[str, str], name: str) -> None:
        super().__init__(parent, title)
        self._formats = formats
        first = next(iter(formats.values()))
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setNameFilters(list(formats))
        self.setDefaultSuffix(first)
        self.filterSelected.connect(lambda chosen: self.setDefaultSuffix(formats[chosen]))
        self.selectFile(f"{name}.{first}")

    @property
    def path(self) -> Path:
        return Path(self.selectedFiles()[0])

    @property
    def ending(self) -> str:
        """The format the name ends with; the first one where it ends with none of them."""
        found = self.path.suffix.removeprefix(".").lower()
        endings = tuple(self._formats.values())
        return found if found in endings else endings[0]
