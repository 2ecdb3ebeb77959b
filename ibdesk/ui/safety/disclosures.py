"""The Disclosures screen's card: each text with its version, when it was agreed to, and what it holds up until then."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from ibdesk.domain.compliance.disclosures import Disclosure, DisclosureState, states
from ibdesk.services.disclosures import load_disclosures
from ibdesk.ui.links import open_link
from ibdesk.ui.safety import disclosure_words as words
from ibdesk.ui.theme import Text
from ibdesk.ui.widgets import Button, Card, Check, CheckRow, Label

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class DisclosuresCard(Card):
    """`open_page` shows a page of the web. Read it with `read`, as often as something changed."""

    def __init__(
        self, desk: "Desk", bridge: "Bridge", *, texts: tuple[Disclosure, ...] | None = None,
        open_page: Callable[[str], object] = open_link,
    ) -> None:
        super().__init__("Disclosures")
        self._desk, self._bridge, self._open_page = desk, bridge, open_page
        self._texts = load_disclosures() if texts is None else texts
        self.states: tuple[DisclosureState, ...] = ()
        self.count = self.add_count()
        self.all = Button("Read and acknowledge…", kind="primary")
        self.all.clicked.connect(self._acknowledge_all)
        self.add_control(self.all)
        self.all.hide()
        self.rows = tuple(DisclosureRow(text, bridge, self._acknowledge, open_page) for text in self._texts)
        self.document = _document_row(open_page)
        for row in (*self.rows, self.document):
            self.add(row)

    async def read(self) -> None:
        """Show how each text stands now."""
        given = await self._desk.preferences.acknowledgments()
        self.states = states(self._texts, given, self._desk.clock())
        for row, state in zip(self.rows, self.states, strict=True):
            row.show_state(state)
        self.count.setText(words.summary(self.states))
        is_left = any(each.is_outstanding for each in self.states)
        self.count.set_tone("warn" if is_left else "gain")
        self.all.setVisible(is_left)

    def _acknowledge_all(self) -> None:
        self._acknowledge(tuple(state.text for state in self.states if state.is_outstanding))

    def _acknowledge(self, texts: tuple[Disclosure, ...]) -> None:
        self._bridge.start("acknowledge", self._ask(texts), self.all)

    async def _ask(self, texts: tuple[Disclosure, ...]) -> None:
        from ibdesk.ui.wizard.again import acknowledge  # the wizard's pages take time to import: only where asked

        if texts and await acknowledge(self._desk, self._bridge, texts, self.window()):
            await self.read()


class DisclosureRow(CheckRow):
    """One text, how it stands, and the two things to do with it."""

    def __init__(
        self, text: Disclosure, bridge: "Bridge", acknowledge: Callable[[tuple[Disclosure, ...]], None],
        open_page: Callable[[str], object],
    ) -> None:
        super().__init__(text.title)
        self.show_text = Button("Read", tip=f"Read “{text.title}”")
        self.again = Button("Acknowledge…", tip=f"Read “{text.title}” to its end and agree to it")
        self.show_text.setAccessibleName(f"Read “{text.title}”")
        self.again.setAccessibleName(f"Acknowledge “{text.title}”")
        self.show_text.clicked.connect(
            lambda: bridge.start("show a disclosure", bridge.ask(TextDialog(text, open_page, self.window()))))
        self.again.clicked.connect(lambda: acknowledge((text,)))
        for button in (self.show_text, self.again):
            self.row.addWidget(button)

    def show_state(self, state: DisclosureState) -> None:
        """Mark and words."""
        self.set(words.mark_of(state), f"{state.text.title} · version {state.text.version}",
                 f"{words.standing_words(state)} {words.gate_words(state)}")  # fmt: skip
        self.again.setText("Acknowledge…" if state.is_outstanding else "Acknowledge again…")


class TextDialog(QDialog):
    """A text exactly as it is acknowledged, with its fingerprint."""

    def __init__(self, text: Disclosure, open_page: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(text.title)
        self.resize(720, 620)
        self.text = QTextBrowser()
        self.text.setAccessibleName(text.title)
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(lambda url: open_page(url.toString()))
        self.text.setMarkdown(text.text)
        close = Button("Close", kind="primary")
        close.clicked.connect(self.accept)
        proof = Label(f"Version {text.version} · SHA-256 {text.sha256[:16]}…", kind=Text.CAPTION, tone="muted")
        proof.setToolTip(text.sha256)
        row = QHBoxLayout()
        row.addWidget(proof, 1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        close.setFocus()


def _document_row(open_page: Callable[[str], object]) -> CheckRow:
    made = CheckRow(words.ODD_TITLE, words.ODD_WORDS, check=Check.PENDING)
    made.icon.set("info", "accent")
    made.setAccessibleName(words.ODD_TITLE)
    button = Button("Open in the browser", icon="external", tip=words.ODD)
    button.clicked.connect(lambda: open_page(words.ODD))
    made.row.addWidget(button)
    return made
