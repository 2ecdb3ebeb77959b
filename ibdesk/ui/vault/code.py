"""How a recovery code is shown, once: to be copied, printed and stored, and not left before that is confirmed."""

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextDocument
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label

_ONCE = (
    "It opens the vault when the passphrase is lost. It is shown this once and stored nowhere: write it down or print "
    "it, and keep it away from this computer."
)


class CodePanel(QWidget):
    """The code, ways to keep it, and the box that says it is kept. `kept` comes when the box is ticked or cleared."""

    kept = Signal(bool)

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = Label(code, wrap=True)
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(self.code.font().pointSizeF() * 1.25)
        self.code.setFont(mono)
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.code.setAccessibleName("Recovery code")
        self.copy, self.print = Button("Copy", icon="copy"), Button("Print…")
        self.written = QCheckBox("I have stored it in a safe place")
        self.written.setAccessibleName(self.written.text())
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.code.text()))
        self.print.clicked.connect(self._print)
        self.written.toggled.connect(self.kept)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Label(_ONCE, tone="muted", wrap=True))
        column.addWidget(self.code)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy)
        row.addWidget(self.print)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.written)

    def forget(self) -> None:
        """Drop the code. What was copied stays on the clipboard: it may still be on its way to where it is kept."""
        self.code.clear()

    def page(self) -> QTextDocument:
        """What is printed."""
        made = QTextDocument()
        made.setHtml(
            f"<h2>Recovery code of an ibdesk vault</h2><p>{escape(_ONCE)}</p>"
            f"<p style='font-family: monospace; font-size: 14pt'>{escape(self.code.text())}</p>"
        )
        return made

    def _print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog  # here alone: nobody else prints

        dialog = QPrintDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = self.page()
        page.setParent(dialog)
        dialog.accepted.connect(lambda: page.print_(dialog.printer()))
        QDialog.open(dialog)  # its own `open` wants a slot by its name


class CodeDialog(QDialog):
    """A new recovery code over the desk. It closes only once the person says that it is stored."""

    def __init__(self, code: str, *, sentence: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New recovery code")
        self.setMinimumWidth(500)
        self.panel = CodePanel(code)
        self.done_button = Button("Done", kind="primary")
        self.done_button.setEnabled(False)
        self.panel.kept.connect(self.done_button.setEnabled)
        self.done_button.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label("New recovery code", kind=Text.TITLE, bold=True))
        if sentence:
            column.addWidget(Label(sentence, wrap=True))
        column.addWidget(self.panel)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.done_button)
        column.addLayout(row)

    def reject(self) -> None:
        """Esc does nothing before the code is stored: it could never be seen again."""
        if self.panel.written.isChecked():
            self.accept()

    def done(self, code: int) -> None:
        super().done(code)
        self.panel.forget()
