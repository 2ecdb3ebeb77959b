"""The verbs that take care of the vault, typed as a person or a script would."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.cli import main
from ibdesk.cli.finishing import Stopped
from ibdesk.domain.errors import NeedsPerson
from ibdesk.store import passphrase, recovery, rekey, vault
from ibdesk.store.header import LOWEST_COST
from tests.cli.conftest import PASSPHRASE, Ran
from tests.store.test_restore import fill

NEW = "walnut kettle orbit plaster"
Typed = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fill(tmp_path / "home", PASSPHRASE, 3)
    return tmp_path / "home"


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run a command with these lines on its standard input."""

    def run(*words: str, lines: tuple[str, ...] = (PASSPHRASE,), at: Path = home) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        capsys.readouterr()
        code = main(["--home", str(at), *words])
        said = capsys.readouterr()
        return Ran(code=code, out=said.out, err=said.err)

    return run


def opens(home: Path, secret: str) -> bool:
    try:
        vault.open(home, secret).close()
    except NeedsPerson:
        return False
    return True


def test_the_passphrase_is_changed_from_two_lines(typed: Typed, home: Path) -> None:
    assert typed("db", "passphrase", lines=(PASSPHRASE, NEW)).code == 0
    assert opens(home, NEW) and not opens(home, PASSPHRASE)


@pytest.mark.parametrize("lines", [("wrong", NEW), (PASSPHRASE, "short"), (PASSPHRASE, NEW, "another"), (PASSPHRASE,)])
def test_a_passphrase_is_not_changed_for_nothing(typed: Typed, home: Path, lines: tuple[str, ...]) -> None:
    assert typed("db", "passphrase", lines=lines).code == 3
    assert opens(home, PASSPHRASE)


def test_the_variable_stands_for_the_old_passphrase(typed: Typed, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBDESK_PASSPHRASE", PASSPHRASE)
    assert typed("db", "passphrase", lines=(NEW,)).code == 0
    assert opens(home, NEW)


def test_a_new_recovery_code_opens(typed: Typed, home: Path) -> None:
    made = typed("--json", "db", "recovery-code")
    assert made.code == 0 and opens(home, made.json["recovery_code"])
    shown = typed("--quiet", "db", "recovery-code").out.split()[-1]
    assert recovery.looks_like_one(shown) and opens(home, shown)
    assert not opens(home, made.json["recovery_code"])


def test_a_backup_travels_to_another_home(typed: Typed, tmp_path: Path) -> None:
    made = typed("--json", "db", "backup", str(tmp_path / "b.ibdesk-backup"))
    assert (made.code, made.json["is_checked"], made.json["reason"]) == (0, True, "person")
    again = typed("db", "backup", str(tmp_path / "b.ibdesk-backup"))
    assert again.code == 5 and "Choose another name" in again.err
    assert typed("db", "restore", str(tmp_path / "b.ibdesk-backup"), lines=("wrong",), at=tmp_path / "new").code == 3
    told = typed("--json", "db", "restore", str(tmp_path / "b.ibdesk-backup"), at=tmp_path / "new")
    assert (told.code, told.json["kept"], told.json["is_checked"]) == (0, "", True)
    assert typed("--json", "db", "check", at=tmp_path / "new").json["findings"] == []


def test_a_restore_says_where_it_kept_what_was_there(typed: Typed, home: Path) -> None:
    made = typed("--json", "db", "backup").json["path"]
    told = typed("db", "restore", made)
    assert told.code == 0 and f"kept in {home}" in told.out
    kept = Path(typed("--json", "db", "restore", made).json["kept"])
    assert opens(kept, PASSPHRASE)


@pytest.mark.parametrize("name", ["mine.ibdesk-backup", "sub/mine.ibdesk-backup"])
def test_a_backup_goes_to_the_folder_it_was_typed_in(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    made = typed("--json", "db", "backup", name)
    assert (made.code, made.json["path"]) == (0, str(tmp_path / name))
    assert typed("--json", "db", "restore", name, at=Path("new")).code == 0
    assert opens(tmp_path / "new", PASSPHRASE)


@pytest.mark.parametrize("verb", [("backup",), ("rekey",)])
@pytest.mark.parametrize("folder", ["kept", "~nobody-known-here/kept"])
def test_a_backup_folder_that_makes_no_sense_is_refused_by_name(
    typed: Typed, home: Path, verb: tuple[str, ...], folder: str
) -> None:
    told = typed("--set", f"backup_folder={folder}", "db", *verb)
    assert told.code == 5 and "Backup folder" in told.err
    assert opens(home, PASSPHRASE) and sorted(each.name for each in home.glob("back*")) == []


def test_a_backup_is_not_put_in_the_place_of_the_vaults_files(typed: Typed, home: Path) -> None:
    for name in ("ibdesk.vault.new", "ibdesk.vault", "settings.toml"):
        told = typed("db", "backup", str(home / name))
        assert told.code == 5 and "belongs to the vault" in told.err
    assert opens(home, PASSPHRASE)


@pytest.mark.parametrize("name", ["none.ibdesk-backup", "home", "home/ibdesk.vault/x", "x" * 300])
def test_a_backup_that_is_none_is_not_called_a_damaged_vault(
    typed: Typed, tmp_path: Path, name: str
) -> None:
    told = typed("db", "restore", str(tmp_path / name), at=tmp_path / "new")
    assert told.code == 5 and "from a backup" not in told.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the folder to its user")
def test_files_that_others_may_read_are_told(typed: Typed, home: Path) -> None:
    assert typed("--json", "db", "check").json["exposed"] == []
    (home / "ibdesk.vault.json").chmod(0o644)
    told = typed("--json", "db", "check")
    assert (told.code, told.json["exposed"]) == (0, [str(home / "ibdesk.vault.json")])
    assert "chmod 600" in typed("db", "check").out


def test_backups_are_listed(typed: Typed) -> None:
    assert typed("db", "backups").out == "No backup yet.\n"
    made = typed("--json", "db", "backup").json["path"]
    assert [each["path"] for each in typed("--json", "db", "backups").json["backups"]] == [made]
    assert made in typed("db", "backups").out


def test_the_key_is_changed_and_the_new_code_shown(typed: Typed, home: Path) -> None:
    told = typed("--json", "db", "rekey")
    assert told.code == 0
    assert opens(home, PASSPHRASE) and opens(home, told.json["recovery_code"])
    assert typed("--json", "db", "check").json["findings"] == []
    assert [each["reason"] for each in typed("--json", "db", "backups").json["backups"]] == ["before rekey"]
    said = typed("db", "rekey").out
    assert "Copying under the new key" in said and recovery.looks_like_one(said.split()[-1])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to one process")
@pytest.mark.parametrize("stage", ["Backing up", "Copying", "Checking", "Exchanging"])
def test_an_interrupted_change_of_the_key_is_either_none_or_whole_with_its_code(home: Path, stage: str) -> None:
    """Whenever Ctrl+C comes, nobody is left with a new key and no code."""
    before = (home / "ibdesk.vault.json").read_bytes()
    running = subprocess.Popen(
        [sys.executable, "-m", "ibdesk", "--home", str(home), "db", "rekey"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "IBDESK_PASSPHRASE": PASSPHRASE})
    assert running.stdout is not None
    while stage not in running.stdout.readline():
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    if running.returncode == 0:
        assert opens(home, out.split()[-1])
    else:
        assert running.returncode == 130 and stage != "Exchanging" and "as it was" in err
        assert (home / "ibdesk.vault.json").read_bytes() == before
    assert opens(home, PASSPHRASE) and "Traceback" not in err
    assert not list(home.glob("*.making*")) + list(home.glob("*.new"))


def test_a_restore_that_is_stopped_before_the_exchange_changes_nothing(
    typed: Typed, home: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "b.ibdesk-backup"
    typed("db", "backup", str(backup))
    before = sorted(each.name for each in home.rglob("*"))

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        asyncio.run(wiring.restore(backup, home, PASSPHRASE, clock=wiring.now, go_on=stop))
    assert sorted(each.name for each in home.rglob("*")) == before and opens(home, PASSPHRASE)


def test_a_code_that_nobody_saw_is_asked_for_anew_at_each_opening(typed: Typed, home: Path) -> None:
    """The command was killed between the exchange and its last word."""
    assert "recovery code" not in typed("db", "check").err
    rekey.rekey(home, PASSPHRASE, now=wiring.now(), cost=LOWEST_COST)
    for _ in range(2):
        assert "Make a new recovery code" in typed("db", "check").err
    assert typed("db", "recovery-code").err == ""
    assert typed("db", "check").err == ""
    assert typed("db", "rekey").code == 0
    assert typed("db", "check").err == ""


@pytest.mark.parametrize("verb", [("rekey",), ("restore", "b.ibdesk-backup")])
def test_a_vault_in_use_is_left_alone(typed: Typed, home: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    backup = tmp_path / "b.ibdesk-backup"
    typed("db", "backup", str(backup))
    opened = vault.open(home, PASSPHRASE)
    try:
        told = typed("db", *(str(backup) if word == backup.name else word for word in verb))
    finally:
        opened.close()
    assert told.code == 5 and "has this vault open" in told.err


def test_a_new_passphrase_is_strong_and_opens_a_vault(typed: Typed, tmp_path: Path) -> None:
    made = typed("db", "new-passphrase", lines=()).out.strip()
    assert passphrase.advise(made).score == 4
    assert typed("--json", "db", "new-passphrase", lines=()).json["passphrase"] != made
    vault.create(tmp_path / "x", made, cost=LOWEST_COST)[0].close()
    assert opens(tmp_path / "x", made)


def test_no_secret_is_an_argument(typed: Typed) -> None:
    for verb in ("passphrase", "rekey", "recovery-code"):
        with pytest.raises(SystemExit) as end:
            typed("db", verb, PASSPHRASE)
        assert end.value.code == 2


def test_what_is_done_to_an_empty_vault_names_the_recovery_code(typed: Typed) -> None:
    assert "ibdesk db recovery-code" in typed("account", "list").out
