"""The help texts of resources/help as a window: risk statement, resources, gateway, keys."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QShowEvent, QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from ibdesk import __version__
from ibdesk.assets import resource
from ibdesk.ui.links import open_link
from ibdesk.ui.widgets.buttons import Button

#: (file, title) in the order of the list.
TOPICS = (
    ("getting-started", "Getting started"),
    ("gateway", "Gateway and sign-in"),
    ("tws", "TWS and IB Gateway"),
    ("avoid-disconnects", "Avoid disconnects"),
    ("server", "On a server"),
    ("trouble", "When something does not work"),
    ("vault", "The vault"),
    ("commands", "The command line"),
    ("local-paper", "Local Paper"),
    ("live", "Before you trade live"),
    ("risk", "Risk statement"),
    ("resources", "Resources"),
    ("keys", "Keys"),
    ("changelog", "What is new"),
    ("about", "About ibdesk"),
)


_ABOUT = (
    "A desk for people who trade and manage money at Interactive Brokers. It is made and supported by nobody at "
    "Interactive Brokers. Its window is drawn with Qt, used under the LGPL."
)


class HelpDialog(QDialog):
    """Topics on the left, the text on the right; links open in the system's browser."""

    def __init__(
        self, topic: str = "getting-started", parent: QWidget | None = None, *,
        open_page: Callable[[str], object] = open_link, heading: str = "",
    ) -> None:
        """`heading` is brought on screen, when the text has it."""
        super().__init__(parent)
        self.setWindowTitle("Help")
        self.resize(860, 620)
        self._open_page = open_page
        self.topics, self.text = QListWidget(), QTextBrowser()
        self.topics.setAccessibleName("Topics")
        self.text.setAccessibleName("Help text")
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._followed)
        for name, title in TOPICS:
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.topics.addItem(item)
        self.topics.currentItemChanged.connect(self._chosen)
        self._stack()
        self.show_topic(topic)
        self._heading = heading

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._heading and self.text.find(self._heading):
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.value() + self.text.cursorRect().top() - 8)
            self.text.setTextCursor(self.text.cursorForPosition(QPoint(0, 0)))

    def show_topic(self, topic: str) -> None:
        """Turn to a text; `topic#heading-of-it` turns to that heading."""
        name, _, heading = topic.partition("#")
        names = [each for each, _title in TOPICS]
        self.topics.setCurrentRow(names.index(name) if name in names else 0)
        if heading:
            self._turn_to(heading)

    def _turn_to(self, heading: str) -> None:
        block = self.text.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and block.text().lower().replace(" ", "-") == heading:
                self.text.moveCursor(QTextCursor.MoveOperation.End)  # from below, so that the heading ends up on top
                self.text.setTextCursor(QTextCursor(block))
                return
            block = block.next()

    def _stack(self) -> None:
        self.topics.setFixedWidth(240)
        self.topics.setStyleSheet("QListView::item { padding: 6px 10px; }")
        close = Button("Close")
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.topics)
        row.addWidget(self.text, 1)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addLayout(row, 1)
        column.addLayout(end)
        self.text.setFocus()

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.text.setMarkdown(help_text(item.data(Qt.ItemDataRole.UserRole)))

    def _followed(self, url: QUrl) -> None:
        """A link to another of our texts turns to it, any other leaves the window."""
        name = url.fileName().removesuffix(".md")
        if url.isRelative() and not name and url.hasFragment():
            self._turn_to(url.fragment())
        elif url.isRelative() and any(name == topic for topic, _title in TOPICS):
            self.show_topic(name)
        else:
            self._open_page(url.toString())


def help_text(topic: str) -> str:
    """One text as Markdown, or a sentence when this copy of the program lacks it. About carries the risk statement."""
    if topic == "about":
        return f"# ibdesk {__version__}\n\n{_ABOUT}\n\n{help_text('risk')}"
    file = resource("help", f"{topic}.md")
    if not file.is_file():
        return "This help text is missing from this copy of ibdesk. Installing it again brings it back."
    return file.read_text("utf-8")
