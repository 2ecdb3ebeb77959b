"""The support bundle before it is written: every file of it, as it will be, with its size; saved only by a person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from ibdesk.domain.diagnosis import Report
from ibdesk.ui import format as fmt
from ibdesk.ui.theme import Text, font
from ibdesk.ui.widgets import Button, Label, PrimaryButton
from ibdesk.ui.widgets.save_dialog import SaveDialog

if TYPE_CHECKING:
    from ibdesk.services.support import BundleFile, Support
    from ibdesk.ui.bridge import Bridge

_PROMISE = (
    "This is everything that would be written, and nothing else. Account numbers, user names, amounts, passphrases and "
    "tokens are taken out. Nothing leaves this computer by itself: you save the file and give it to whom you like."
)


class BundleDialog(QDialog):
    """Accepted when the person wants to save it."""

    def __init__(self, files: "Sequence[BundleFile]", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Support bundle")
        self.resize(960, 620)
        self._files = tuple(files)
        self.names, self.text = QListWidget(), QPlainTextEdit()
        self.copy = Button("Copy this file", icon="copy")
        self.save, self.close_button = PrimaryButton("Save…"), Button("Close")
        self._stack()
        self.names.currentRowChanged.connect(self._show)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self.save.clicked.connect(self.accept)
        self.close_button.clicked.connect(self.reject)
        self.names.setCurrentRow(0)

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._files):
            self.text.setPlainText(self._files[row].text)
            self.text.setPlaceholderText("Nothing was written down." if not self._files[row].text.strip() else "")

    def _stack(self) -> None:
        for file in self._files:
            item = QListWidgetItem(f"{file.name}\n{fmt.size(len(file.text.encode()))}")
            item.setSizeHint(QSize(0, 42))
            self.names.addItem(item)
        self.names.setAccessibleName("Files of the bundle")
        self.names.setFixedWidth(210)
        self.names.setStyleSheet("QListView::item { padding-left: 10px; }")
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(font(Text.CAPTION).pointSizeF())
        self.text.setFont(mono)
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Text of the file")
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.names)
        middle.addWidget(self.text, 1)
        whole = sum(len(file.text.encode()) for file in self._files)
        end = QHBoxLayout()
        end.setSpacing(8)
        end.addWidget(Label(
            f"{len(self._files)} files, {fmt.size(whole)} before packing", kind=Text.CAPTION, tone="muted"
        ))
        end.addStretch(1)
        for button in (self.copy, self.close_button, self.save):
            end.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addWidget(Label(_PROMISE, tone="muted", wrap=True))
        column.addLayout(middle, 1)
        column.addLayout(end)


async def show_bundle(support: "Support", bridge: "Bridge", parent: QWidget, report: Report | None = None) -> None:
    """Show what would be written; write exactly that where the person says. Without a `report` one is made."""
    files = await support.preview(report)
    if not await bridge.ask(BundleDialog(files, parent)):
        return
    dialog = SaveDialog(parent, "Save the support bundle", {"ZIP archive (*.zip)": "zip"}, "ibdesk-support")
    if await bridge.ask(dialog):
        path = dialog.path
        written = await support.write(path, files, replace=True)  # the dialog asked
        bridge.say(f"Saved {fmt.size(written)} to {path}")
