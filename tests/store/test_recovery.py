import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.store import recovery

secrets = st.binary(min_size=recovery.SECRET_BYTES, max_size=recovery.SECRET_BYTES)


@given(secrets)
def test_what_is_printed_reads_back(secret: bytes) -> None:
    code = recovery.render(secret)
    assert recovery.looks_like_one(code)
    assert recovery.parse(code) == secret


@given(secrets, st.integers(0, 39), st.sampled_from(recovery.ALPHABET))
def test_any_single_wrong_letter_is_noticed_in_its_group(secret: bytes, place: int, letter: str) -> None:
    code = recovery.render(secret).replace("-", "")
    if code[place] == letter:
        return
    with pytest.raises(recovery.MistypedError) as caught:
        recovery.parse(code[:place] + letter + code[place + 1 :])
    assert caught.value.group == place // 5 + 1


def test_two_swapped_groups_are_noticed() -> None:
    groups = recovery.render(bytes(range(recovery.SECRET_BYTES))).split("-")
    groups[0], groups[1] = groups[1], groups[0]
    with pytest.raises(recovery.MistypedError):
        recovery.parse("-".join(groups))


@given(st.text(max_size=60))
def test_other_text_never_breaks_the_reader(text: str) -> None:
    if recovery.looks_like_one(text):
        try:
            recovery.parse(text)
        except recovery.MistypedError as error:
            assert 1 <= error.group <= recovery.GROUPS
