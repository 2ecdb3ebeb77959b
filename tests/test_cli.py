"""The command line end to end, each command in a process of its own, as a script would run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.announced import is_maintenance
from tests.cli.conftest import PASSPHRASE, serve, stop


def test_a_script_connects_syncs_and_reads(tmp_path: Path) -> None:
    served = serve()
    environment = {**os.environ, "IBDESK_PASSPHRASE": PASSPHRASE}

    def ibdesk(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ibdesk", "--home", str(tmp_path / "home"), "--json", *arguments],
            capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip

    try:
        added = ibdesk(
            "account", "add", "--gateway-url", served.url, "--id", "DU7654321", "--environment", "paper",
            "--accept-certificate", served.certificate_sha256,
        )  # fmt: skip
        assert added.returncode == 0, added.stderr
        synced = ibdesk("sync")
        assert (synced.returncode, json.loads(synced.stdout)["status"]) == (0, "success")
    finally:
        assert stop(served) == 0
    listed = ibdesk("account", "list")
    assert [row["id"] for row in json.loads(listed.stdout)["accounts"]] == ["DU7654321", "DU7654322"]
    offline = ibdesk("session", "status")
    because = "maintenance" if is_maintenance() else "gateway_not_running"
    assert (offline.returncode, json.loads(offline.stdout)["cause"]) == (4, because)
    assert PASSPHRASE not in "".join(path.read_text() for path in (tmp_path / "home" / "logs").iterdir())
