import pytest

from ibdesk.domain.errors import BadData, Cause
from ibdesk.store import fields

KEY, OTHER = bytes(32), bytes([1]) * 32


def test_a_value_opens_at_its_place_with_its_key() -> None:
    sealed = fields.seal(KEY, "käse", b"here")
    assert fields.unseal(KEY, sealed, b"here", what="It") == "käse"
    assert "käse".encode() not in sealed
    assert fields.seal(KEY, "käse", b"here") != sealed, "a nonce is used once"


@pytest.mark.parametrize(("key", "place", "cut"), [(OTHER, b"here", 99), (KEY, b"there", 99), (KEY, b"here", 14),
                                                   (KEY, b"here", 3)])
def test_a_value_that_was_moved_or_damaged_says_what_does_not_open(key: bytes, place: bytes, cut: int) -> None:
    sealed = fields.seal(KEY, "secret", b"here")[:cut]
    with pytest.raises(BadData, match=r"^The token does not open\.$") as caught:
        fields.unseal(key, sealed, place, what="The token")
    assert caught.value.cause is Cause.VAULT_DAMAGED
