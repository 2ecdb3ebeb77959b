"""The shipped texts: complete, each with a version and a statement, identified by their exact words."""

import hashlib

from ibdesk.services.disclosures import load_disclosures, parse_disclosure


def test_four_texts_are_shipped_each_with_version_title_and_statement() -> None:
    texts = load_disclosures()
    assert len(texts) == 4
    assert len({text.id for text in texts}) == 4
    for text in texts:
        assert text.version
        assert text.title
        assert text.statement
        assert text.text.startswith(f"# {text.title}")


def test_the_fingerprint_is_of_exactly_the_text_shown() -> None:
    for text in load_disclosures():
        assert text.sha256 == hashlib.sha256(text.text.encode()).hexdigest()


def test_a_changed_word_changes_the_fingerprint_and_a_new_line_ending_does_not() -> None:
    source = "version: 1\nstatement: I see.\n\n# Risk\n\nYou may lose it all.\n"
    one = parse_disclosure("1-risk", source)
    assert (one.id, one.title, one.version, one.statement) == ("risk", "Risk", "1", "I see.")
    assert parse_disclosure("1-risk", source.replace("\n", "\r\n")).sha256 == one.sha256
    assert parse_disclosure("1-risk", source.replace("all", "half")).sha256 != one.sha256
