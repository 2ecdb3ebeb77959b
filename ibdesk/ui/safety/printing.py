"""The system's printers, imported only when somebody prints."""

from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog


class PrintDialog(QPrintDialog):
    """Opens as every other dialog does: Qt's own `open` wants a slot by its name."""

    def open(self) -> None:  # type: ignore[override]
        QDialog.open(self)


def printer_for(title: str) -> QPrinter:
    """The default printer at its own resolution, with this name for what it prints."""
    made = QPrinter(QPrinter.PrinterMode.HighResolution)
    made.setDocName(title)
    return made
