from pathlib import Path

import pytest
from keyring.errors import KeyringLocked

from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.store import keystore, vault
from ibdesk.store.vault import OpenVault
from tests.store.conftest import PASSPHRASE


class MemoryStore:
    """Stands for the system's key store, which belongs to the person at this computer."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def test_a_remembered_vault_opens_without_a_passphrase(open_vault: OpenVault, home: Path) -> None:
    store = MemoryStore()
    keystore.remember(open_vault, store)
    key = open_vault.database_key()
    open_vault.close()
    slot_key = keystore.recall(home, store)
    assert slot_key is not None
    again = vault.open(home, slot_key)
    assert again.database_key() == key
    again.close()
    vault.open(home, PASSPHRASE).close()


def test_neither_passphrase_nor_data_key_is_in_the_key_store(open_vault: OpenVault) -> None:
    store = MemoryStore()
    keystore.remember(open_vault, store)
    (kept,) = store.kept.values()
    assert PASSPHRASE not in kept
    assert bytes(open_vault._data_key).hex() != kept


def test_a_forgotten_vault_asks_again(open_vault: OpenVault, home: Path) -> None:
    store = MemoryStore()
    keystore.remember(open_vault, store)
    old = keystore.recall(home, store)
    assert old is not None
    keystore.forget(open_vault, store)
    keystore.forget(open_vault, store)
    open_vault.close()
    assert keystore.recall(home, store) is None
    with pytest.raises(NeedsPerson) as caught:
        vault.open(home, old)
    assert caught.value.cause is Cause.WRONG_PASSPHRASE


def test_remembering_twice_leaves_one_way_in(open_vault: OpenVault, home: Path) -> None:
    store = MemoryStore()
    keystore.remember(open_vault, store)
    first = keystore.recall(home, store)
    keystore.remember(open_vault, store)
    open_vault.close()
    assert first is not None
    with pytest.raises(NeedsPerson):
        vault.open(home, first)


def test_a_store_that_protects_nothing_is_not_offered() -> None:
    assert keystore.system_key_store() is None  # the tests run with keyring's refusing backend


def test_no_vault_is_not_remembered(home: Path) -> None:
    assert keystore.recall(home, MemoryStore()) is None


class LockedStore(MemoryStore):
    """A key store that a person has not unlocked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("locked")


def test_a_locked_key_store_is_a_sentence_and_remembers_nothing(open_vault: OpenVault, home: Path) -> None:
    with pytest.raises(NeedsPerson, match="did not answer"):
        keystore.keep(open_vault.id, b"k" * 32, LockedStore())
    assert keystore.recall(home, LockedStore()) is None


def test_an_entry_of_somebody_else_remembers_nothing(open_vault: OpenVault, home: Path) -> None:
    store = MemoryStore()
    store.set_password(keystore.SERVICE, open_vault.id, "no hex")
    assert keystore.recall(home, store) is None
