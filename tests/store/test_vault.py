import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused
from ibdesk.store import cipher, header, vault
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.vault import OpenVault, Paths
from tests.store.conftest import PASSPHRASE


def create(home: Path) -> str:
    made, code = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    made.close()
    return code


def cause_of_opening(home: Path, secret: str = PASSPHRASE) -> Cause:
    with pytest.raises(DeskError) as caught:
        vault.open(home, secret).close()
    assert caught.value.remedy
    return caught.value.cause


def test_the_passphrase_opens_the_same_keys_again(home: Path) -> None:
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    key, identity = made.database_key(), made.id
    made.close()
    again = vault.open(home, PASSPHRASE)
    assert (again.database_key(), again.id) == (key, identity)
    again.close()


def test_the_recovery_code_opens_it_however_it_is_typed(home: Path) -> None:
    code = create(home)
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("0", "O")):
        vault.open(home, typed).close()


def test_a_slip_in_the_recovery_code_names_its_group(home: Path) -> None:
    code = create(home)
    groups = code.split("-")
    groups[2] = groups[2][:-1] + ("A" if groups[2][-1] != "A" else "B")
    with pytest.raises(NeedsPerson, match="Group 3"):
        vault.open(home, "-".join(groups))


def test_a_wrong_passphrase_says_so_and_opens_nothing(home: Path) -> None:
    create(home)
    assert cause_of_opening(home, "correct horse battery stable") is Cause.WRONG_PASSPHRASE
    vault.open(home, PASSPHRASE).close()


def test_two_ways_to_type_an_umlaut_are_one_passphrase(home: Path) -> None:
    made, _ = vault.create(home, "grüne Äpfel schälen im Keller", cost=LOWEST_COST)
    made.close()
    vault.open(home, "gru\u0308ne A\u0308pfel scha\u0308len im Keller").close()


def test_a_weak_passphrase_creates_nothing(home: Path) -> None:
    with pytest.raises(NeedsPerson) as caught:
        vault.create(home, "password12")
    assert caught.value.cause is Cause.WEAK_PASSPHRASE
    assert not home.exists()


def test_files_are_private_from_birth(home: Path) -> None:
    old = os.umask(0)
    try:
        create(home)
    finally:
        os.umask(old)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}


def test_nothing_readable_is_on_disk(home: Path, open_vault: OpenVault) -> None:
    for path in home.iterdir():
        data = path.read_bytes()
        assert b"SQLite" not in data
        assert b"ibkr_positions" not in data
        assert PASSPHRASE.encode() not in data


def test_a_vault_is_not_created_over_another(home: Path) -> None:
    create(home)
    before = Paths(folder=home).header.read_bytes()
    with pytest.raises(Refused) as caught:
        vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    assert caught.value.cause is Cause.VAULT_EXISTS
    assert Paths(folder=home).header.read_bytes() == before


def test_no_vault_is_a_sentence_of_its_own(home: Path) -> None:
    assert cause_of_opening(home) is Cause.VAULT_MISSING


def test_a_second_desk_is_told_who_has_the_vault(open_vault: OpenVault, home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ibdesk.store import vault\n"
        "from ibdesk.domain.errors import Refused\n"
        "try: vault.open(Path(sys.argv[1]), sys.argv[2])\n"
        "except Refused as error: print(error.cause, error.message)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(home), PASSPHRASE], capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith("vault_in_use")
    assert str(os.getpid()) in told


def test_the_vault_of_a_killed_desk_opens_again(home: Path) -> None:
    create(home)
    script = (
        "import os, sys; from pathlib import Path; from ibdesk.store import vault\n"
        "kept = vault.open(Path(sys.argv[1]), sys.argv[2]); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(home), PASSPHRASE]).returncode != 0
    assert Paths(folder=home).owner.exists()
    vault.open(home, PASSPHRASE).close()
    assert not Paths(folder=home).owner.exists()


def test_a_damaged_header_is_not_called_a_wrong_passphrase(home: Path) -> None:
    create(home)
    path = Paths(folder=home).header
    good = path.read_bytes()
    for broken in (b"", b"{", good[: len(good) // 2], good.replace(b'"format": 1', b'"format": 0'), b"\xff" * 100):
        path.write_bytes(broken)
        assert cause_of_opening(home) is Cause.VAULT_DAMAGED
    path.unlink()
    assert cause_of_opening(home) is Cause.VAULT_DAMAGED


def test_every_changed_character_of_the_header_is_noticed(home: Path) -> None:
    create(home)
    path = Paths(folder=home).header
    good = path.read_bytes()
    for place in range(0, len(good), 37):
        if good[place : place + 1].isspace():
            continue
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert cause_of_opening(home) in (Cause.VAULT_DAMAGED, Cause.VAULT_NEWER)


def test_cheaper_parameters_slipped_into_the_header_do_not_open(home: Path) -> None:
    made, _ = vault.create(home, PASSPHRASE, cost=header.Cost(memory_kib=20 * 1024, iterations=2, lanes=1))
    made.close()
    path = Paths(folder=home).header
    read = header.decode(path.read_bytes())
    kdf = read.slots[0].kdf
    assert isinstance(kdf, header.Cost)
    slot = msgspec.structs.replace(read.slots[0], kdf=msgspec.structs.replace(kdf, memory_kib=19 * 1024))
    path.write_bytes(header.encode(msgspec.structs.replace(read, slots=(slot, read.slots[1]))))
    assert cause_of_opening(home) is Cause.WRONG_PASSPHRASE


def test_a_header_that_asks_for_all_the_memory_is_refused_before_it_gets_it(home: Path) -> None:
    create(home)
    path = Paths(folder=home).header
    path.write_bytes(path.read_bytes().replace(b'"memory_kib": 19456', b'"memory_kib": 1048577'))
    assert cause_of_opening(home) is Cause.VAULT_DAMAGED


def test_the_header_of_another_vault_does_not_fit(home: Path, tmp_path: Path) -> None:
    create(home)
    create(tmp_path / "other")
    shutil.copy(Paths(folder=tmp_path / "other").header, Paths(folder=home).header)
    assert cause_of_opening(home) is Cause.VAULT_DAMAGED


def test_a_newer_format_is_refused_and_left_alone(home: Path) -> None:
    create(home)
    path = Paths(folder=home).header
    newer = path.read_bytes().replace(b'"format": 1', b'"format": 2')
    path.write_bytes(newer)
    assert cause_of_opening(home) is Cause.VAULT_NEWER
    assert path.read_bytes() == newer


@pytest.mark.parametrize("place", [0, 20, 4096 + 100, -200])
def test_a_flipped_byte_in_the_database_is_found_on_opening(open_vault: OpenVault, home: Path, place: int) -> None:
    open_vault.close()
    path = open_vault.paths.database
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)
    assert cause_of_opening(home) is Cause.VAULT_DAMAGED


@pytest.mark.parametrize("kept", [0, 100, 4096, 5000, 5 * 4096, -4096])
def test_a_truncated_database_is_found_on_opening(open_vault: OpenVault, home: Path, kept: int) -> None:
    open_vault.close()
    path = open_vault.paths.database
    path.write_bytes(path.read_bytes()[:kept])
    assert cause_of_opening(home) is Cause.VAULT_DAMAGED


def test_a_missing_database_is_not_replaced_by_an_empty_one(home: Path) -> None:
    create(home)
    Paths(folder=home).database.unlink()
    assert cause_of_opening(home) is Cause.VAULT_DAMAGED
    assert not Paths(folder=home).database.exists()


def test_a_plain_database_in_its_place_is_called_that(home: Path) -> None:
    create(home)
    path = Paths(folder=home).database
    path.unlink()
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE t (a)")
    plain.commit()
    plain.close()
    with pytest.raises(BadData, match="unencrypted"):
        vault.open(home, PASSPHRASE)


def test_a_crash_between_header_and_database_still_leaves_a_vault(home: Path) -> None:
    create(home)
    paths = Paths(folder=home)
    paths.database.rename(paths.staged_database)
    vault.open(home, PASSPHRASE).close()
    assert paths.database.exists()


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("not a folder")
    with pytest.raises(Refused) as caught:
        vault.create(tmp_path / "taken" / "home", PASSPHRASE, cost=LOWEST_COST)
    assert caught.value.cause is Cause.FOLDER_READ_ONLY


def test_closing_forgets_the_keys(open_vault: OpenVault) -> None:
    key = open_vault._data_key
    assert any(key)
    open_vault.close()
    open_vault.close()
    assert not any(key)
    with pytest.raises(Refused) as caught:
        open_vault.database_key()
    assert caught.value.cause is Cause.VAULT_CLOSED


def test_purposes_and_environments_have_keys_of_their_own(open_vault: OpenVault) -> None:
    keys = {open_vault.database_key(), *(vault.credential_key(open_vault, name) for name in ("demo", "paper", "live"))}
    assert len(keys) == 4


def test_a_discarded_vault_leaves_nothing(home: Path) -> None:
    made, _ = vault.create(home, PASSPHRASE, cost=LOWEST_COST)
    vault.discard(made)
    assert list(home.iterdir()) == []


def test_the_lock_screen_can_ask_without_opening_again(open_vault: OpenVault) -> None:
    assert vault.opens(open_vault, PASSPHRASE)
    assert not vault.opens(open_vault, PASSPHRASE + "r")


def test_a_wrong_key_says_nothing_on_standard_error(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    create(home)
    with pytest.raises(BadData), cipher.engine_errors(home):
        cipher.connect(Paths(folder=home).database, bytes(32))
    assert capfd.readouterr().err == ""


def test_a_folder_that_cannot_be_looked_into_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="too long"):
        vault.exists(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as two users")
def test_another_user_s_vault_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(Refused) as refused:
            vault.exists(tmp_path / "theirs")
    finally:
        os.seteuid(0)
    assert refused.value.cause is Cause.FOLDER_READ_ONLY
