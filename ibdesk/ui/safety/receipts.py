"""One order's receipt on screen, on paper and as a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from ibdesk.domain.receipt_document import Document
from ibdesk.domain.receipt_html import Inks, html_of
from ibdesk.ui.theme import Tokens, font, look
from ibdesk.ui.widgets import Button
from ibdesk.ui.widgets.save_dialog import SaveDialog

if TYPE_CHECKING:
    from PySide6.QtGui import QPagedPaintDevice

    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: What a receipt may be saved as, with its ending.
FORMATS = {
    "PDF document (*.pdf)": "pdf", "JSON, every step whole (*.json)": "json", "CSV table (*.csv)": "csv",
    "HTML page (*.html)": "html",
}  # fmt: skip


def show_receipt(desk: "Desk", bridge: "Bridge", ref: str, parent: QWidget) -> None:
    """Open the receipt of the order with this id of ours, or of the kill switch's press."""
    bridge.start("show a receipt", _show(desk, bridge, ref, parent))


async def _show(desk: "Desk", bridge: "Bridge", ref: str, parent: QWidget) -> None:
    await bridge.ask(ReceiptDialog(desk, bridge, ref, await desk.activity.document(ref), parent.window()))


class ReceiptDialog(QDialog):
    """The document with what can be done with it."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", ref: str, document: Document, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._ref, self.document = desk, bridge, ref, document
        self.setWindowTitle(f"Receipt: {document.title}")
        self.resize(820, 720)
        self.page = QTextBrowser()
        self.page.setAccessibleName("Receipt")
        self.page.setOpenLinks(False)
        self.printing = Button("Print…", icon="print")
        self.save = Button("Save as…", icon="export", tip="PDF, JSON with every step, CSV or HTML")
        self.leave = Button("Close", kind="primary")
        self.printing.clicked.connect(lambda: bridge.start("print a receipt", self._print(), self.printing))
        self.save.clicked.connect(lambda: bridge.start("save a receipt", self._save(), self.save))
        self.leave.clicked.connect(self.accept)
        look().themeChanged.connect(self._draw)
        self._stack()
        self._draw()

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addWidget(self.page, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.printing, self.save, self.leave):
            row.addWidget(button)
        column.addLayout(row)
        self.leave.setDefault(True)
        self.leave.setFocus(Qt.FocusReason.OtherFocusReason)

    def _draw(self) -> None:
        at = self.page.verticalScrollBar().value()
        self.page.document().setDocumentMargin(18)
        self.page.setHtml(html_of(self.document, screen_inks(look().tokens)))
        self.page.verticalScrollBar().setValue(at)

    async def _print(self) -> None:
        from ibdesk.ui.safety.printing import PrintDialog, printer_for  # rarely needed, and it asks for printers

        printer = printer_for(self.windowTitle())
        if await self._bridge.ask(PrintDialog(printer, self)):
            print_to(printer, self.document)

    async def _save(self) -> None:
        dialog = SaveDialog(self, "Save the receipt", FORMATS, f"ibdesk-receipt-{_file_name(self._ref)}")
        if await self._bridge.ask(dialog):
            await self.save_as(dialog.path, dialog.ending)

    async def save_as(self, path: Path, kind: str) -> None:
        """Write it in one of `FORMATS`, over what is there: the dialog asked."""
        if kind == "pdf":
            await self._desk.activity.save_file(path, pdf_of(self.document), replace=True)
        else:
            await self._desk.activity.save_receipt(self._ref, path, kind, replace=True)
        self._bridge.say(f"The receipt is saved to {path}")


def print_to(device: "QPagedPaintDevice", document: Document) -> None:
    """Ink on paper, whatever the window wears; two centimetres of white and page numbers are Qt's own."""
    text = QTextDocument()
    made = font()
    made.setPointSizeF(9.5)
    text.setDefaultFont(made)
    text.setHtml(html_of(document))
    text.print_(device)


def pdf_of(document: Document) -> bytes:
    """The same as a PDF file, A4."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setTitle(f"Receipt: {document.title}")
    writer.setCreator("ibdesk")
    print_to(writer, document)
    del writer  # it writes its end when it goes
    buffer.close()
    return bytes(data.data())


def screen_inks(tokens: Tokens) -> Inks:
    """The theme's colours; the paper is that of a text field, which it is shown in."""
    return Inks(
        paper=tokens.raised, text=tokens.text, muted=tokens.muted, line=tokens.line, gain=tokens.gain,
        loss=tokens.loss, warn=tokens.warn,
    )  # fmt: skip


def _file_name(ref: str) -> str:
    return "".join(each if each.isalnum() or each in "-_" else "-" for each in ref)
