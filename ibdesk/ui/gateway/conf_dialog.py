"""conf.yaml as a form beside the whole file: the change is seen before it is saved, and the old file is kept."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibdesk.domain.errors import DeskError, Refused
from ibdesk.services.gateway_conf import Conf, lint, parse_conf, read_conf, save_conf
from ibdesk.ui.gateway.change_view import ChangeView
from ibdesk.ui.gateway.conf_form import ConfForm
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Banner, Button, Label, PrimaryButton


class ConfDialog(QDialog):
    """`restart_wanted` after a save, when the person wants the running gateway to use it."""

    restart_wanted = Signal()

    def __init__(
        self, conf: Conf, clock: Callable[[], datetime], *, port: int | None = None, can_restart: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`port` is where ibdesk looks for the gateway."""
        super().__init__(parent)
        self.setWindowTitle("The gateway's conf.yaml")
        self.resize(960, 620)
        self._conf, self._clock, self._port, self._can_restart = conf, clock, port, can_restart
        self.form, self.change = ConfForm(conf), ChangeView()
        self.banner = Banner(tone="loss")
        self.safe = Button("Use the safe values", tip="Encryption on, and this computer alone allowed")
        self.save, self.close_button = PrimaryButton("Save"), Button("Close")
        self._stack()
        self.form.edited.connect(self.redraw)
        self.safe.clicked.connect(self.form.make_safe)
        self.save.clicked.connect(self._save)
        self.close_button.clicked.connect(self.reject)
        self.banner.pressed.connect(self._restart)
        self.banner.hide()
        self.redraw()
        if conf.problem:
            self._cannot(conf)

    def redraw(self) -> None:
        """Lint what was typed and show what would change."""
        refused: Refused | None = None
        text = self._conf.text
        try:
            text = self.form.text()
        except Refused as error:
            refused = error
        found = lint(parse_conf(self._conf.path, text), port=self._port)
        self.form.show_findings(found, refused)
        self.change.show_change(self._conf.text, text)
        is_changed = refused is None and text != self._conf.text
        self.save.setEnabled(is_changed)
        self.save.setToolTip("" if is_changed else refused.remedy if refused else "Nothing was changed yet")
        self.safe.setEnabled(any(each.target in ("listenSsl", "ips.allow") for each in found))

    def focus(self, key: str) -> None:
        """Put the cursor where the trouble is."""
        field = self.form.lines.get(key, self.form.ssl if key == "listenSsl" else self.form.lines["listenPort"])
        field.setFocus()

    def _save(self) -> None:
        try:
            backup = save_conf(self._conf, self.form.text(), self._clock())
        except DeskError as error:
            self.banner.set(error.message, detail=error.remedy, tone="loss")
        else:
            self._conf = read_conf(self._conf.path)
            self.form.fill(self._conf)
            self.redraw()
            self.banner.set(
                "Saved. Restart the gateway to use it.", tone="gain",
                detail=f"The file as it was is kept as {backup.name} beside it.",
                action="Restart the gateway" if self._can_restart else "",
            )
        self.banner.show()

    def _restart(self) -> None:
        self.restart_wanted.emit()
        self.accept()

    def _cannot(self, conf: Conf) -> None:
        self.form.setEnabled(False)
        self.safe.setEnabled(False)
        self.banner.set(
            f"conf.yaml cannot be read: {conf.problem}.", tone="loss",
            detail="Correct it in an editor, or take a fresh one from the downloaded gateway.",
        )
        self.banner.show()

    def _stack(self) -> None:
        self.form.setProperty("kind", "page")
        area = QScrollArea()
        area.setWidget(self.form)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setMinimumWidth(340)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.form.setContentsMargins(2, 2, 10, 2)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(area, 2)
        middle.addWidget(self.change, 3)
        end = QHBoxLayout()
        end.setSpacing(8)
        end.addWidget(self.safe)
        end.addStretch(1)
        end.addWidget(self.close_button)
        end.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        path = Label(str(self._conf.path), kind=Text.CAPTION, tone="muted", wrap=True)
        for part in (path, self.banner):
            column.addWidget(part)
        column.addLayout(middle, 1)
        column.addLayout(end)
