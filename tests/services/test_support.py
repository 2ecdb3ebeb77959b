"""The bundle: an allow-list, cleaned, as it was shown; and the log as a person filters it."""

import asyncio
import stat
import zipfile
from pathlib import Path

from ibdesk.domain.settings import defaults
from ibdesk.services.support import BundleFile, Support
from tests.services.doctor.ward import ward
from tests.store.test_audit import CANARIES, SECRETS

LOG = """\
2026-11-21 09:00:00,001 INFO ibdesk.session: The session is ready.
2026-11-21 09:00:01,001 WARNING ibdesk.sync: Page 2 failed for DU7654321.
2026-11-21 09:00:02,001 ERROR ibdesk.tasks: sync failed unexpectedly
Traceback (most recent call last):
  File "sync.py", line 1, in run
ValueError: passphrase=hunter22
"""


def support_in(tmp_path: Path, *user_names: str) -> Support:
    async def names() -> tuple[str, ...]:
        return user_names

    patient = ward(tmp_path, "https://127.0.0.1:9")
    (patient.home / "logs").mkdir()
    (patient.home / "logs" / "ibdesk.log").write_text(LOG)
    (patient.home / "logs" / "ibdesk.log.1").write_text("2026-11-20 09:00:00,001 INFO ibdesk: older\n")
    return Support(
        patient.home, clock=patient.dial, doctor=patient.doctor(), gateway=patient.keeper(), settings=defaults,
        user_names=None if not user_names else names,
    )


def test_the_log_is_read_back_over_its_files_and_filtered_by_text_and_level(tmp_path: Path) -> None:
    support = support_in(tmp_path)
    assert support.log_tail()[0].endswith("older")
    assert len(support.log_tail(2)) == 2
    assert [line[24:31].strip() for line in support.log_tail(level="warning")][:1] == ["WARNING"]
    assert support.log_tail(level="error")[-1].startswith("ValueError"), "a traceback belongs to its record"
    assert len(support.log_tail(text="page 2")) == 1
    assert support.log_tail(text="nowhere") == () == support.log_tail(0)


def test_what_is_written_is_what_was_shown_and_only_this_user_can_read_it(tmp_path: Path) -> None:
    support, path = support_in(tmp_path), tmp_path / "bundle.zip"
    files = asyncio.run(support.preview())
    size = asyncio.run(support.write(path, files[:2]))
    assert path.stat().st_size == size and stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    with zipfile.ZipFile(path) as bundle:
        assert tuple(BundleFile(name=name, text=bundle.read(name).decode()) for name in bundle.namelist()) == files[:2]


def test_no_secret_no_account_and_no_place_reaches_the_bundle(tmp_path: Path) -> None:
    support = support_in(tmp_path)
    log = tmp_path / "home" / "logs" / "ibdesk.log"
    planted = "\n".join(f"2026-11-21 09:00:03,001 INFO x: {told}" for told, _kept in CANARIES.values())
    log.write_text(f"{LOG}{planted}\nin {Path.home()}/x\n")
    files = {file.name: file.text for file in asyncio.run(support.preview())}
    everything = "\n".join(files.values())
    assert "Page 2 failed" in files["ibdesk.log"] and "DU•••4321" in everything
    for canary in ("hunter22", "DU7654321", str(Path.home()), str(tmp_path / "home"), *SECRETS):
        assert canary not in everything
    assert "Python 3" in files["about.txt"] and "gateway_port = 5000" in files["settings.txt"]
    assert "vault is not open" in files["history.txt"] and "examined" in files["doctor.txt"]


def test_the_demos_user_name_is_hidden_where_it_is_one_and_the_word_stays(tmp_path: Path) -> None:
    support = support_in(tmp_path, "demo", "bob.smith")
    log = tmp_path / "home" / "logs" / "ibdesk.log"
    log.write_text(
        "2026-11-21 09:00:00,001 INFO x: The demo gateway runs; environment demo\n"
        "2026-11-21 09:00:00,001 INFO x: user demo signed in, login of demo, user=demo, Bob.Smith left\n"
    )
    files = {file.name: file.text for file in asyncio.run(support.preview())}
    assert "The demo gateway runs; environment demo\n" in files["ibdesk.log"]
    assert "user ••• signed in, login of •••, user=•••, ••• left" in files["ibdesk.log"]


def test_user_names_nobody_entered_and_accounts_in_small_letters_do_not_reach_the_bundle(tmp_path: Path) -> None:
    support = support_in(tmp_path)
    logs = tmp_path / "home" / "logs"
    (logs / "gateway.log").write_text('login=alice7\nuser: alice7\nusername "alice7"\nGET /u7654321, du7654321\n')
    files = {file.name: file.text for file in asyncio.run(support.preview())}
    assert files["gateway.log"].endswith("login=•••\nuser: •••\nusername •••\nGET /U•••4321, DU•••4321\n")
