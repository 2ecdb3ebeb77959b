"""The day in short on the command line."""

from pathlib import Path

from tests.cli.conftest import PASSPHRASE, Ibdesk
from tests.store.test_restore import fill


def test_a_vault_without_a_synced_account_says_that_nothing_happened(ibdesk: Ibdesk, tmp_path: Path) -> None:
    fill(tmp_path / "home", PASSPHRASE, 1)
    told = ibdesk("--json", "digest")
    assert told.code == 0 and told.json["status"] == "success"
    assert told.json["accounts"] == [] and told.json["blocked"] == 0
    assert "nothing is left open" in ibdesk("digest").out


def test_without_a_vault_there_is_nothing_to_tell(ibdesk: Ibdesk) -> None:
    assert ibdesk("digest").code != 0
