"""Care of the open vault: ways in, backups and their proof, and what closing waits for."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused
from ibdesk.domain.events import BackupDone
from ibdesk.domain.records import BackupReason
from ibdesk.domain.settings import Settings
from ibdesk.services.hub import Hub
from ibdesk.services.vault_care import VaultCare
from ibdesk.store import audit, backup
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.vault import OpenVault
from tests.services.workshop import NOON, PASSPHRASE, Heard, beside, eventually, open_database_in
from tests.store.examples import call
from tests.store.test_keystore import MemoryStore

NEW = "walnut kettle orbit plaster"


@dataclass(kw_only=True)
class Bench:
    vault: OpenVault
    database: Database
    care: VaultCare
    hub: Hub
    store: MemoryStore | None = None

    async def methods(self) -> list[str]:
        """What the audit says was done, oldest first."""
        return [row.call.method for row in (await self.database.read(audit.load_calls))[::-1]]


def run(home: Path, work: Callable[[Bench], Coroutine[Any, Any, None]], *, store: MemoryStore | None = None,
        settings: Settings | None = None, made: OpenVault | None = None) -> None:
    async def whole() -> None:
        async with open_database_in(home, made=made) as (vault, database):
            hub = Hub()
            care = VaultCare(
                vault, database=database, hub=hub, settings=lambda: settings or Settings(), clock=lambda: NOON,
                key_store=lambda: store, cost=LOWEST_COST,
            )
            try:
                await work(Bench(vault=vault, database=database, care=care, hub=hub, store=store))
            finally:
                await care.close()

    asyncio.run(whole())


def opens(home: Path, secret: str) -> bool:
    try:
        vaults.open(home, secret).close()
    except NeedsPerson:
        return False
    return True


def test_a_new_passphrase_opens_and_the_old_one_does_not(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.database.write(audit.append_calls, [call()])
        await bench.care.change_passphrase(PASSPHRASE, NEW)
        assert bench.care.passphrase_changed_at == NOON
        assert await bench.methods() == ["GET", "PASSPHRASE"]

    run(tmp_path, work)
    assert opens(tmp_path, NEW) and not opens(tmp_path, PASSPHRASE)


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("wrong", NEW, Cause.WRONG_PASSPHRASE),
        (PASSPHRASE, "password12", Cause.WEAK_PASSPHRASE),
        (PASSPHRASE, PASSPHRASE, Cause.WEAK_PASSPHRASE),
    ],
)
def test_a_passphrase_that_may_not_be_changes_nothing(tmp_path: Path, old: str, new: str, cause: Cause) -> None:
    async def work(bench: Bench) -> None:
        before = bench.vault.paths.header.read_bytes()
        with pytest.raises(NeedsPerson) as caught:
            await bench.care.change_passphrase(old, new)
        assert caught.value.cause is cause
        assert bench.vault.paths.header.read_bytes() == before
        assert await bench.methods() == []

    run(tmp_path, work)
    assert opens(tmp_path, PASSPHRASE)


def test_a_lost_passphrase_is_replaced_with_the_recovery_code(tmp_path: Path) -> None:
    codes = []

    async def work(bench: Bench) -> None:
        codes.append(await bench.care.new_recovery_code(PASSPHRASE))
        codes.append(await bench.care.new_recovery_code(codes[0]))
        await bench.care.change_passphrase(codes[1], NEW)

    run(tmp_path, work)
    assert [opens(tmp_path, secret) for secret in (codes[0], codes[1], NEW, PASSPHRASE)] == [False, True, True, False]


def test_a_recovery_code_needs_the_passphrase(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(NeedsPerson):
            await bench.care.new_recovery_code("wrong")

    run(tmp_path, work)


def test_the_key_store_opens_the_vault_until_it_is_forgotten(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.care.look()
        assert (bench.care.can_remember, bench.care.is_remembered) == (True, False)
        await bench.care.remember(True)
        assert bench.care.is_remembered and bench.store and len(bench.store.kept) == 1
        await bench.care.remember(False)
        assert not bench.care.is_remembered and not bench.store.kept
        assert await bench.methods() == ["REMEMBER", "FORGET"]

    run(tmp_path, work, store=MemoryStore())


def test_without_a_key_store_remembering_is_not_offered_and_refused(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.care.look()
        assert not bench.care.can_remember
        with pytest.raises(Refused):
            await bench.care.remember(True)

    run(tmp_path, work)


def test_a_key_that_never_changed_is_as_old_as_the_first_call(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.care.look()
        assert bench.care.key_changed_at is None
        await bench.database.write(audit.append_calls, [call(), call(99)])
        await bench.care.look()
        assert bench.care.key_changed_at == call().at

    run(tmp_path, work)


def test_a_backup_is_made_told_listed_and_proved(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        heard = Heard(bench.hub, BackupDone)
        made = await bench.care.back_up()
        assert made.is_checked and made.reason is BackupReason.PERSON and made.made_at == NOON
        assert Path(made.path).parent == bench.vault.paths.backups
        assert [(event.name, event.error) for event in heard.events] == [(Path(made.path).name, None)]  # type: ignore[union-attr]
        assert [info.path for info in await bench.care.backups()] == [made.path]
        assert (await bench.care.test_restore(Path(made.path), PASSPHRASE)).is_checked
        with pytest.raises(NeedsPerson):
            await bench.care.test_restore(Path(made.path), NEW)
        elsewhere = await bench.care.back_up(tmp_path / "mine.ibdesk-backup")
        assert elsewhere.path == str(tmp_path / "mine.ibdesk-backup")

    run(tmp_path / "home", work)


def test_the_chosen_folder_and_a_named_folder_are_heeded(tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()

    async def work(bench: Bench) -> None:
        assert Path((await bench.care.back_up()).path).parent == tmp_path / "chosen"
        assert Path((await bench.care.back_up(tmp_path / "usb")).path).parent == tmp_path / "usb"

    run(tmp_path / "home", work, settings=Settings(backup_folder=str(tmp_path / "chosen")))


def test_a_backup_that_fails_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("something else")

    async def work(bench: Bench) -> None:
        heard = Heard(bench.hub, BackupDone)
        with pytest.raises(DeskError) as caught:
            await bench.care.back_up(tmp_path / "there")
        assert [event.error for event in heard.events] == [caught.value]  # type: ignore[union-attr]

    run(tmp_path / "home", work)
    assert (tmp_path / "there").read_text() == "something else"


def test_closing_stops_a_backup_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        await bench.database.write(audit.append_calls, [call(n) for n in range(60_000)])
        making = beside(_ended(bench.care.back_up(tmp_path / "x.ibdesk-backup")))
        await eventually((tmp_path / "x.ibdesk-backup.making").exists)
        await bench.care.close()
        assert await making is Cause.VAULT_CLOSED

    run(tmp_path / "home", work)
    assert list(tmp_path.glob("x*")) == []


async def _ended(work: Coroutine[Any, Any, object]) -> Cause | None:
    try:
        await work
    except DeskError as error:
        return error.cause
    return None


def test_other_vaults_backups_in_the_same_folder_are_not_ours(tmp_path: Path) -> None:
    settings = Settings(backup_folder=str(tmp_path / "shared"))

    async def work(bench: Bench) -> None:
        await bench.care.back_up()
        assert len(await bench.care.backups()) == 1

    run(tmp_path / "one", work, settings=settings)
    other, _code = vaults.create(tmp_path / "two", PASSPHRASE, cost=LOWEST_COST)
    run(tmp_path / "two", work, settings=settings, made=other)
    assert len(list((tmp_path / "shared").glob(f"*{backup.SUFFIX}"))) == 2
