"""The pages are whole, carry their own style, and ask nothing of the network."""

import re

from ibdesk.demo.portal.pages import second_factor_page, sign_in_page


def test_pages_load_nothing_from_elsewhere() -> None:
    for page in (sign_in_page(), second_factor_page("123456")):
        text = page.body.decode()
        assert "<style>" in text
        assert not re.search(r"(?:src|href)=|url\(|https?://", text)
        assert "$" not in text


def test_the_code_is_shown() -> None:
    assert "042042" in second_factor_page("042042").body.decode()


def test_every_field_has_a_label() -> None:
    text = sign_in_page().body.decode()
    fields = set(re.findall(r'<input id="(\w+)"', text))
    assert fields == set(re.findall(r'<label for="(\w+)"', text)) == {"user", "password"}
