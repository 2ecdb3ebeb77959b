"""A receipt as HTML."""

from dataclasses import replace
from html.parser import HTMLParser

from ibdesk.domain.receipt_html import PAPER, html_of
from ibdesk.domain.receipts import Step
from tests.domain.test_receipt_document import logged, made, sent, step


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def read(text: str) -> Tags:
    parser = Tags()
    parser.feed(text)
    assert not parser.open
    return parser


def test_everything_of_the_document_is_in_it_and_every_tag_is_closed() -> None:
    document = made(sent())
    words = read(html_of(document)).words
    for section in document.sections:
        assert section.title in words
        for row in section.rows:
            assert all(cell.text in words for cell in row if cell.text)
    assert document.seal in words and document.word in words


def test_what_the_broker_or_a_person_wrote_is_never_markup() -> None:
    nasty = '<script>alert("x")</script><img src=x onerror=y>'
    document = made(logged(step(Step.BLOCKED, decision=nasty, broker_text=f"{nasty}\nsecond", user=nasty)))
    parsed = read(html_of(replace(document, title=nasty, seal=nasty)))
    assert not {"script", "img"} & parsed.seen
    assert nasty in parsed.words


def test_the_colours_are_those_of_the_medium() -> None:
    inks = replace(PAPER, paper="#101010", loss="#ff00ff")
    blocked = made(logged(step(Step.BLOCKED, decision="no")))
    assert "#101010" in html_of(blocked, inks) and "#ff00ff" in html_of(blocked, inks)
    assert PAPER.loss in html_of(blocked) and inks.of("") == inks.text
