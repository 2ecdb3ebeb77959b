"""When a room's page is built: on its first entry, after a skeleton was painted in its place."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ibdesk.ui.rooms import Room, load_code, room_of
from ibdesk.ui.widgets import SkeletonRows

PageFactory = Callable[[Room], QWidget]


class RoomStack(QStackedWidget):
    """The rooms that were entered, the current one on top."""

    def __init__(self, pages: PageFactory) -> None:
        super().__init__()
        self._pages = pages
        self._built: dict[str, QWidget] = {}
        self._waiting: dict[str, list[Callable[[QWidget], None]]] = {}

    def enter(self, key: str) -> None:
        """Show a room; on first entry a skeleton, and the page right after it was painted."""
        if key not in self._built:
            self._built[key] = self._skeleton(key)
            build = partial(QTimer.singleShot, 1, self, partial(self._build, key))  # 0 would be the same turn
            QTimer.singleShot(0, self, partial(load_code, room_of(key), build))
        self._show(self._built[key])

    def page(self, key: str) -> QWidget:
        """The widget of a room that was entered, as it is now."""
        return self._built[key]

    def once_built(self, key: str, do: Callable[[QWidget], None]) -> None:
        """Do something with the page of a room that was entered, as soon as there is one."""
        if key in self._waiting:
            self._waiting[key].append(do)
        else:
            do(self._built[key])

    def _show(self, page: QWidget) -> None:
        self.setCurrentWidget(page)
        page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _skeleton(self, key: str) -> QWidget:
        page = QWidget()
        page.setAccessibleName(f"{room_of(key).title} is loading")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(SkeletonRows(14))
        self.addWidget(page)
        self._waiting[key] = []
        return page

    def _build(self, key: str) -> None:
        page, skeleton = self._pages(room_of(key)), self._built[key]
        self.insertWidget(self.indexOf(skeleton), page)
        self._built[key] = page
        if self.currentWidget() is skeleton:
            self._show(page)
        self.removeWidget(skeleton)
        skeleton.deleteLater()
        for do in self._waiting.pop(key, []):
            do(page)
