import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused
from ibdesk.domain.records import Credentials, FlexQuery
from ibdesk.store import (
    audit,
    backup,
    cipher,
    flex,
    header,
    keystore,
    records,
    recovery,
    rekey,
    restore,
    secrets,
    vault,
)
from ibdesk.store.files import Paths
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.vault import OpenVault
from tests.store.conftest import PASSPHRASE
from tests.store.examples import NOW
from tests.store.test_keystore import MemoryStore
from tests.store.test_restore import OTHER, fill, paths_of

PAPER = Credentials(
    environment=Environment.PAPER, gateway_url="https://localhost:5000", user_name="ursula",
    account=AccountId("DU1234567"),
)  # fmt: skip


def change_key(home: Path, **options: object) -> str:
    return rekey.rekey(home, PASSPHRASE, now=NOW, cost=LOWEST_COST, **options)  # type: ignore[arg-type]


def save_credentials(home: Path) -> None:
    opened = vault.open(home, PASSPHRASE)
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    with engine.begin() as tx:
        secrets.save_credentials(tx, opened, PAPER, NOW)
        flex.save_query(tx, opened, FlexQuery(label="Daily", query_id="1000001", token="314159265358979"), NOW)
    engine.dispose()
    opened.close()


def raw_key(home: Path, secret: str) -> bytes:
    opened = vault.open(home, secret)
    key = opened.database_key()
    opened.close()
    return key


def test_every_key_is_new_and_every_row_still_there(home: Path) -> None:
    old_code = fill(home, PASSPHRASE, 5)
    save_credentials(home)
    old = raw_key(home, PASSPHRASE)
    stages = []
    code = change_key(home, progress=lambda stage, done: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["backup", "copy", "check", "exchange"]
    assert raw_key(home, PASSPHRASE) == raw_key(home, code) != old
    assert not cipher.is_keyed(Paths(folder=home).database, old)
    with pytest.raises(NeedsPerson):
        vault.open(home, old_code)
    assert paths_of(home, PASSPHRASE)[5:] == ["vault/key"]
    opened = vault.open(home, PASSPHRASE)
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    with engine.begin() as tx:
        assert [each.user_name for each in secrets.load_credentials(tx, opened)] == ["ursula"]
        assert tx.exec_driver_sql("SELECT key_version FROM ibkr_credentials").scalar() == 2
        assert [each.token for each in flex.load_queries(tx, opened)] == ["314159265358979"]
        assert tx.exec_driver_sql("SELECT key_version FROM flex_queries").scalar() == 2
        assert records.load_date(tx, records.KEY_CHANGED) == NOW
        assert audit.find_fault(tx) is None
        secrets.save_credentials(tx, opened, PAPER, NOW)  # and the next change keeps to the new key's version
        assert [each.user_name for each in secrets.load_credentials(tx, opened)] == ["ursula"]
    engine.dispose()
    opened.close()


def test_the_backup_made_before_opens_with_the_old_ways_in(home: Path, tmp_path: Path) -> None:
    old_code = fill(home, PASSPHRASE, 5)
    change_key(home, backups=tmp_path / "b")
    (made,) = (tmp_path / "b").iterdir()
    assert backup.check(made).reason == "before rekey"
    restore.restore(made, tmp_path / "old", old_code, now=NOW)
    assert len(paths_of(tmp_path / "old", PASSPHRASE)) == 6


def test_nothing_but_the_vault_and_the_backup_is_left(home: Path) -> None:
    fill(home, PASSPHRASE, 5)
    change_key(home)
    change_key(home, backups=home / "more")
    assert {path.name for path in home.iterdir()} == {
        "backups", "more", "ibdesk.lock", "ibdesk.vault", "ibdesk.vault.json"
    }  # fmt: skip


def test_a_remembered_vault_stays_remembered_with_another_slot_key(home: Path) -> None:
    fill(home, PASSPHRASE, 1)
    safe = MemoryStore()
    opened = vault.open(home, PASSPHRASE)
    keystore.remember(opened, safe)
    opened.close()
    before = keystore.recall(home, safe)
    change_key(home, key_store=safe)
    slot_key = keystore.recall(home, safe)
    assert slot_key is not None and slot_key != before
    vault.open(home, slot_key).close()


def test_without_the_key_store_the_passphrase_is_asked_for_again(home: Path) -> None:
    fill(home, PASSPHRASE, 1)
    opened = vault.open(home, PASSPHRASE)
    keystore.remember(opened, MemoryStore())
    opened.close()
    change_key(home)
    slots = header.decode(Paths(folder=home).header.read_bytes()).slots
    assert {slot.kind for slot in slots} == {header.PASSPHRASE, header.RECOVERY}


def test_the_recovery_code_does_not_change_the_key(home: Path) -> None:
    code = fill(home, PASSPHRASE, 1)
    with pytest.raises(NeedsPerson, match="only be changed with the passphrase"):
        rekey.rekey(home, code, now=NOW, cost=LOWEST_COST)
    assert raw_key(home, code)


def test_a_wrong_passphrase_and_an_open_desk_change_nothing(home: Path) -> None:
    fill(home, PASSPHRASE, 1)
    before = Paths(folder=home).header.read_bytes()
    with pytest.raises(NeedsPerson):
        rekey.rekey(home, OTHER, now=NOW)
    opened = vault.open(home, PASSPHRASE)
    with pytest.raises(Refused) as caught:
        change_key(home)
    opened.close()
    assert caught.value.cause is Cause.VAULT_IN_USE
    assert Paths(folder=home).header.read_bytes() == before


def test_a_cut_off_log_is_not_healed_by_a_new_key(home: Path) -> None:
    fill(home, PASSPHRASE, 5)
    key = raw_key(home, PASSPHRASE)
    with closing(cipher.connect(Paths(folder=home).database, key)) as connection:
        connection.execute("DROP TRIGGER ibkr_trading_activity_log_no_delete")
        connection.execute("DELETE FROM ibkr_trading_activity_log WHERE seq = 5")
    change_key(home)
    opened = vault.open(home, PASSPHRASE)
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="DEFERRED")
    with engine.begin() as tx:
        fault = audit.find_fault(tx)
    engine.dispose()
    opened.close()
    assert fault is not None and fault.what == "row 5 was removed"


def test_stopped_at_every_stage_the_old_vault_still_stands(home: Path) -> None:
    """What a crash leaves is looked at in `test_vault_faults`; here the stop is an error of ours."""
    code = fill(home, PASSPHRASE, 3)

    class StoppedError(DeskError):
        pass

    for stage in ("backup", "copy", "check", "exchange"):

        def stop(at: str, _done: float, stage: str = stage) -> None:
            if at == stage:
                raise StoppedError("stopped", remedy="", cause=Cause.DISK_FULL)

        with pytest.raises(DeskError):
            change_key(home, progress=stop, backups=home / stage)
        assert len(paths_of(home, code)) == 3
        assert not Paths(folder=home).unfinished_database.exists()


def test_a_code_is_one_that_can_be_typed(home: Path) -> None:
    fill(home, PASSPHRASE, 1)
    assert recovery.looks_like_one(change_key(home))


FULL = """
import resource, sys
from pathlib import Path
from ibdesk.domain.errors import DeskError
from ibdesk.store import rekey
from ibdesk.store.header import LOWEST_COST
from tests.store.examples import NOW
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try: rekey.rekey(Path(sys.argv[1]), sys.argv[2], now=NOW, cost=LOWEST_COST)
except DeskError as error: print(error.cause)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to borrow")
@pytest.mark.parametrize("limit", [20_000, 60_000, 131_000, 140_000])
def test_a_full_disk_leaves_the_old_vault_untouched(home: Path, limit: int, open_vault: OpenVault) -> None:
    open_vault.close()
    before = [path.read_bytes() for path in (Paths(folder=home).header, Paths(folder=home).database)]
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(home), PASSPHRASE, str(limit)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert told.stdout.strip() == "disk_full"
    assert [path.read_bytes() for path in (Paths(folder=home).header, Paths(folder=home).database)] == before
    assert not Paths(folder=home).staged_database.exists()
