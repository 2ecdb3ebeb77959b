import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.errors import BadData, NeedsPerson, Refused
from ibdesk.store import header
from ibdesk.store.header import LOWEST_COST, RECOVERY, Header

KEY = bytes(range(32))
ID = bytes(16)


def made() -> Header:
    return Header(format=1, vault_id=ID, slots=(header.wrap(RECOVERY, b"secret", KEY, ID),))


GOOD = header.encode(made())


def test_it_reads_back_what_it_wrote() -> None:
    read = header.decode(GOOD)
    assert header.unwrap(read, RECOVERY, b"secret") == KEY
    assert header.unwrap(read, RECOVERY, b"secrets") is None
    assert header.unwrap(read, header.PASSPHRASE, b"secret") is None


@given(st.binary(max_size=400))
def test_any_bytes_are_either_a_header_or_damaged(data: bytes) -> None:
    with pytest.raises((BadData, Refused)):
        header.decode(data)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed_or_changes_nothing(place: int, mask: int) -> None:
    changed = GOOD[:place] + bytes([GOOD[place] ^ mask]) + GOOD[place + 1 :]
    try:
        read = header.decode(changed)
    except (BadData, Refused):
        return
    assert read == header.decode(GOOD)  # white space


@given(st.integers(0, len(GOOD) - 1))
def test_any_cut_is_noticed(length: int) -> None:
    with pytest.raises(BadData):
        header.decode(GOOD[:length].rstrip())


def test_a_huge_file_is_not_even_parsed() -> None:
    with pytest.raises(BadData) as caught:
        header.decode(b"[" * (header.MAX_HEADER_BYTES + 1))
    assert len(caught.value.raw) <= 4096


@pytest.mark.parametrize(
    ("name", "value"),
    [("memory_kib", 8), ("memory_kib", 2**30), ("iterations", 1), ("iterations", 10**6), ("lanes", 99)],
)
def test_prices_outside_the_bounds_are_damage(name: str, value: int) -> None:
    slot = header.wrap(header.PASSPHRASE, b"x", KEY, ID, cost=LOWEST_COST)
    assert isinstance(slot.kdf, header.Cost)
    forged = msgspec.structs.replace(slot, kdf=msgspec.structs.replace(slot.kdf, **{name: value}))
    with pytest.raises(BadData):
        header.decode(header.encode(Header(format=1, vault_id=ID, slots=(forged,))))


def test_a_slot_moved_to_another_vault_does_not_open() -> None:
    moved = Header(format=1, vault_id=bytes(15) + b"\1", slots=made().slots)
    assert header.unwrap(moved, RECOVERY, b"secret") is None


def test_a_key_store_slot_has_its_place_in_the_format() -> None:
    slot_key = bytes(range(32, 64))
    kept = Header(format=1, vault_id=ID, slots=(header.wrap(header.KEYCHAIN, slot_key, KEY, ID),))
    assert header.unwrap(header.decode(header.encode(kept)), header.KEYCHAIN, slot_key) == KEY


def test_the_mark_of_an_unseen_code_is_kept_sealed_and_leaves_headers_without_it_as_they_were() -> None:
    marked = msgspec.structs.replace(made(), is_code_unseen=True)
    written = header.encode(marked)
    assert header.decode(written).is_code_unseen and not header.decode(GOOD).is_code_unseen
    assert b"unseen" not in GOOD
    with pytest.raises(BadData):
        header.decode(written.replace(b"true", b"false"))


def test_a_passphrase_that_is_no_text_is_a_sentence() -> None:
    """A variable of the environment may hold any bytes."""
    with pytest.raises(NeedsPerson, match="no text"):
        header.passphrase_bytes("pass\udcffword")
