"""One value in a YAML text is exchanged; the rest stays to the letter."""

import pytest

from ibdesk.domain.errors import Refused
from ibdesk.services.gateway_yaml import Edit, child, compose, flag, port, text_of, texts

TEXT = "# first\na: 'one'  # why\nb:\n  - x # kept\n  - y\nc: {d: 1}\n"


def edited(keys: tuple[str, ...], value: str | list[str]) -> str:
    edit = Edit(TEXT)
    if isinstance(value, str):
        edit.scalar(keys, value)
    else:
        edit.sequence(keys, value)
    return edit.text


def test_a_value_is_exchanged_where_it_stands() -> None:
    assert edited(("a",), "two") == TEXT.replace("'one'", "two")
    assert edited(("b",), ["x", "z"]) == TEXT.replace("- y", "- z")
    assert edited(("b",), ["y"]) == TEXT.replace("  - x # kept\n", "")
    assert edited(("c", "d"), "2") == TEXT.replace("d: 1", "d: 2")


def test_a_missing_key_is_added_at_the_end_of_its_own() -> None:
    assert edited(("e",), "3") == TEXT + "e: 3\n"
    with pytest.raises(Refused):
        edited(("c", "e"), "3")


def test_values_are_read_as_the_gateway_reads_them() -> None:
    top = compose("a: Yes\nb: off\nc: 70000\nd: 5000\nd: 5001\ne: [1, 2]\nf: 1\n")
    assert (flag(child(top, "a")), flag(child(top, "b")), flag(child(top, "x"))) == (True, False, None)
    assert (port(child(top, "c")), port(child(top, "d")), port(child(top, "x"))) == (0, 5001, None)
    assert (texts(child(top, "e")), texts(child(top, "f")), texts(None)) == (("1", "2"), ("1",), None)
    assert text_of(top) == ""
