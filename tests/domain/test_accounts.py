"""Account ids: their form, their kind, and how logs may show them."""

import pytest

from ibdesk.domain.accounts import AccountId, looks_like_account, looks_paper, masked


def test_logs_show_only_the_kind_and_the_last_four() -> None:
    assert masked("DU7654321") == "DU•••4321"
    assert masked("U1234567") == "U•••4567"
    assert "7654" not in masked("DU7654321")


def test_a_short_text_is_hidden_whole() -> None:
    assert masked("U123") == "••••"


@pytest.mark.parametrize("text", ["U1234567", "DU1234567", "F123456", "DF1234567", "I1234567", "U1234567C"])
def test_the_forms_of_account_ids_are_known(text: str) -> None:
    assert looks_like_account(text)


@pytest.mark.parametrize("text", ["", "1234567", "X1234567", "U12", "U12345678901", "u1234567", "U1234 567"])
def test_other_texts_are_no_account_ids(text: str) -> None:
    assert not looks_like_account(text)


def test_paper_ids_begin_with_d() -> None:
    assert looks_paper(AccountId("DU1234567"))
    assert not looks_paper(AccountId("U1234567"))
