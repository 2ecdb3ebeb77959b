import pytest

from ibdesk.domain.errors import Cause, Refused
from ibdesk.store import recovery
from ibdesk.store.passphrase import ENVIRONMENT_KEY_LENGTH, advise, from_environment, generate


@pytest.mark.parametrize(
    "passphrase",
    [
        "password",
        "short",
        "password1234",
        "Passw0rd2026!",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnop",
        "qwertyuiop1234567890",
        "123123123123123123",
        "interactivebrokers",
        "trading trading trading trading",
        "summer2026summer2026",
    ],
)
def test_what_everybody_tries_is_not_accepted(passphrase: str) -> None:
    advice = advise(passphrase)
    assert not advice.acceptable
    assert advice.sentence.endswith(".")


@pytest.mark.parametrize(
    "passphrase", ["correct horse battery staple", "k7#Vq!m2Zx9$", "Meine Katze frisst montags Äpfel", "gR4v7kPw9xTz"]
)
def test_long_unrelated_words_and_random_letters_are_accepted(passphrase: str) -> None:
    assert advise(passphrase).acceptable


def test_too_short_says_how_much_is_missing() -> None:
    assert advise("").sentence == "Too short: 10 more characters at least."
    assert advise("k7#Vq!m2Z").sentence == "Too short: one more character at least."


def test_more_words_never_make_it_weaker() -> None:
    words = ["copper", "lantern", "violin", "marsh", "puzzle"]
    scores = [advise(" ".join(words[:count])).score for count in range(1, 6)]
    assert scores == sorted(scores)
    assert scores[-1] >= 3


def test_the_desks_own_variable_goes_before_the_documents_one() -> None:
    long = "x" * 32
    assert from_environment({"IBDESK_PASSPHRASE": "mine", "VITE_ENCRYPTION_KEY": long}) == "mine"
    assert from_environment({"VITE_ENCRYPTION_KEY": long}) == long
    assert from_environment({}) is None


def test_an_encryption_key_below_32_characters_is_refused() -> None:
    with pytest.raises(Refused, match="31 characters") as caught:
        from_environment({"VITE_ENCRYPTION_KEY": "x" * 31})
    assert caught.value.cause is Cause.BAD_SETTING


def test_a_variable_set_to_nothing_is_no_passphrase() -> None:
    assert from_environment({"VITE_ENCRYPTION_KEY": "", "IBDESK_PASSPHRASE": ""}) is None


def test_a_generated_passphrase_is_long_strong_and_never_the_same() -> None:
    made = {generate() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        assert len(each) >= ENVIRONMENT_KEY_LENGTH
        assert advise(each).score == 4
        assert not recovery.looks_like_one(each)
