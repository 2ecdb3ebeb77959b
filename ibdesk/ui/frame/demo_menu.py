"""The demo's own menu in the status line: what can be broken on purpose, what was, and the way back."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from ibdesk.ui.stylesheet import restyle
from ibdesk.ui.theme import Text, font

if TYPE_CHECKING:
    from ibdesk.services.demo_faults import DemoFault

HEAL = "heal"
#: Faults of one family share a submenu: what their names begin with, and its title.
FAMILIES = {"bad bytes": "Bad answers", "orders": "Orders go wrong", "tws": "TWS goes wrong"}


class DemoMenu(QPushButton):
    """Emits `wanted(name)` of a fault. Says which were set off since the last healing; some end by themselves."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "status")
        self.setFont(font(Text.CAPTION))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self._titles: dict[str, str] = {}
        self._is_narrow = False
        self.in_force: tuple[str, ...] = ()
        self.hide()

    def show_faults(self, faults: Sequence["DemoFault"]) -> None:
        """Offer these; none hides the menu: a real gateway is never broken from here."""
        self._titles = {fault.name: fault.title for fault in faults}
        menu = QMenu(self)
        menu.setAccessibleName("Break the demo on purpose")
        menu.setToolTipsVisible(True)
        families = {name: QMenu(title, menu) for name, title in FAMILIES.items()}
        for each in families.values():
            each.setToolTipsVisible(True)
        for fault in sorted(faults, key=lambda fault: fault.name != HEAL):
            action = families.get(fault.name.partition(":")[0], menu).addAction(fault.title)
            action.setToolTip(fault.help)
            action.setData(fault.name)
            action.triggered.connect(partial(self.wanted.emit, fault.name))
            if fault.name == HEAL:
                menu.addSeparator()
        for each in families.values():
            if not each.isEmpty():
                menu.addMenu(each)
        self.setMenu(menu)
        self.setVisible(bool(faults))
        self._say()

    def mark(self, name: str) -> None:
        """This fault was set off; healing ends them all."""
        others = tuple(each for each in self.in_force if each != name)
        self.in_force = () if name == HEAL else (*others, name)
        self._say()

    def set_narrow(self, narrow: bool) -> None:
        """Say less where there is no room."""
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._say()

    def _say(self) -> None:
        titles = [self._titles.get(name, name) for name in self.in_force]
        text = "Demo" if not titles else f"Broken on purpose: {titles[-1]}"
        if len(titles) > 1:
            text += f" and {len(titles) - 1} more"
        if self._is_narrow:
            text = "Demo" if not titles else f"Demo: {len(titles)} broken"
        self.setText(f"{text} ▾")
        self.setAccessibleName(f"Demo: {', '.join(titles)} broken on purpose" if titles else "Demo: break something")
        self.setToolTip(
            "\n".join(("Set off since the last healing (some end by themselves):", *titles)) if titles
            else "Break the demo’s gateway on purpose and see what the desk makes of it.")
        tone = "warn" if titles else ""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)
