"""Step 4: each disclosure read to its end and acknowledged on its own, with version, fingerprint and time."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ibdesk.domain.compliance.disclosures import Disclosure
from ibdesk.services.first_run import FirstRun, Tick, acknowledge, show, unacknowledged
from ibdesk.ui import format as fmt
from ibdesk.ui.icons import icon
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets.buttons import Button
from ibdesk.ui.widgets.labels import Label
from ibdesk.ui.wizard.parts import Heading


class Reader(Protocol):
    """What the page asks of who shows it: the wizard, or the question that comes back every year."""

    @property
    def state(self) -> FirstRun: ...

    def change(self, step: Callable[[FirstRun], FirstRun]) -> None:
        """Apply a transition and redraw."""

    def open_page(self, address: str) -> None:
        """Show a page of the web in the system's browser."""

    def help(self, topic: str) -> None:
        """Open one of the help texts."""


class AcknowledgePage(QWidget):
    """One text at a time; the box can be ticked once its end was on screen."""

    def __init__(self, host: Reader, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._host, self._clock = host, clock
        self._texts: tuple[Disclosure, ...] = ()
        self._current = 0
        self._read: set[str] = set()
        self.tabs: tuple[QPushButton, ...] = ()
        self._group = QButtonGroup(self)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Text of the disclosure")
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(lambda url: host.open_page(url.toString()))
        self.text.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.text.verticalScrollBar().rangeChanged.connect(self._scrolled)
        self.proof = Label("", kind=Text.CAPTION, tone="muted", wrap=True)
        self.risk = Button("Risk statement", kind="link")
        self.risk.clicked.connect(lambda: host.help("risk"))
        self.box = QCheckBox()
        self.statement = Label("", wrap=True)
        self.statement.setBuddy(self.box)
        self.box.clicked.connect(self._ticked)
        self._row = QHBoxLayout()
        self._stack()

    def draw(self, state: FirstRun) -> None:
        """Show which texts are done and the current one."""
        if self._texts != state.disclosures:
            self._take(state.disclosures)
        if not self._texts:
            return
        done = {tick.disclosure_id: tick for tick in state.ticks if tick.acknowledged_at is not None}
        for index, (tab, text) in enumerate(zip(self.tabs, self._texts, strict=True)):
            tab.setChecked(index == self._current)
            tab.setIcon(icon("check", "gain", 14) if text.id in done else icon("pending", "muted", 14))
            tab.setAccessibleName(f"{text.title}: {'acknowledged' if text.id in done else 'to be read'}")
        self._draw_proof(self._texts[self._current], done)

    def open_first(self) -> None:
        """Go to the first text without a tick."""
        left = unacknowledged(self._host.state)
        self._open(self._texts.index(left[0]) if left else 0)

    def _stack(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Heading(
            "Read and acknowledge", "Each text on its own. What you acknowledged, and when, is kept in your vault."
        ))
        self._row.setSpacing(6)
        column.addLayout(self._row)
        column.addWidget(self.text, 1)
        below = QHBoxLayout()
        below.addWidget(self.proof, 1)
        below.addWidget(self.risk)
        column.addLayout(below)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.box, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.statement, 1)
        column.addLayout(line)

    def _take(self, texts: tuple[Disclosure, ...]) -> None:
        for tab in self.tabs:
            self._group.removeButton(tab)
            tab.deleteLater()
        self._texts, self._current, self._read = texts, 0, set()
        self.tabs = tuple(self._tab(index, text) for index, text in enumerate(texts))

    def _tab(self, index: int, text: Disclosure) -> QPushButton:
        tab = QPushButton(_short(text.title))
        tab.setProperty("kind", "pill")
        tab.setCheckable(True)
        tab.setToolTip(text.title)
        tab.setAutoDefault(False)
        tab.clicked.connect(lambda: self._open(index))
        self._group.addButton(tab)
        tab.setMinimumWidth(60)
        tab.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)  # a long title gets more of the row
        self._row.addWidget(tab)
        return tab

    def _open(self, index: int) -> None:
        if not self._texts:
            return
        self._current = index
        text = self._texts[index]
        self.text.setMarkdown(text.text)
        self.text.verticalScrollBar().setValue(0)
        self._host.change(lambda state: show(state, text.id, self._clock()))
        self._scrolled()

    def _scrolled(self) -> None:
        bar = self.text.verticalScrollBar()
        if self._texts and self.text.isVisible() and bar.value() >= bar.maximum() - 2:
            self._read.add(self._texts[self._current].id)
            self.draw(self._host.state)

    def _draw_box(self) -> None:
        if not self._texts:
            return
        text = self._texts[self._current]
        was_read = text.id in self._read
        self.box.setEnabled(was_read)
        self.statement.setText(text.statement)
        self.statement.setEnabled(was_read)
        self.box.setAccessibleName(text.statement)
        self.box.setToolTip("" if was_read else "Read the text to its end first.")

    def _draw_proof(self, text: Disclosure, done: dict[str, Tick]) -> None:
        tick = done.get(text.id)
        at = "" if tick is None else f" · acknowledged {fmt.moment(tick.acknowledged_at)}"
        if tick is None and text.id not in self._read:
            at = " · read to the end, then tick"
        self.proof.setText(f"Version {text.version} · SHA-256 {text.sha256[:16]}…{at}")
        self.proof.setToolTip(f"SHA-256 {text.sha256}")
        self.box.setChecked(tick is not None)
        self._draw_box()

    def _ticked(self, on: bool) -> None:
        text = self._texts[self._current]
        self._host.change(lambda state: acknowledge(state, text.id, self._clock() if on else None))
        left = unacknowledged(self._host.state)
        if on and left:
            self._open(self._texts.index(left[0]))
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)


def _short(title: str) -> str:
    """A title that fits a tab: up to its first comma or colon, three words at most."""
    head = title.split(":")[0].split(",")[0]
    return " ".join(head.split()[:3])
