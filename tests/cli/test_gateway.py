"""The gateway's verbs, on a pretended gateway in a folder of its own."""

import asyncio
import sys
from pathlib import Path

import pytest

from ibdesk.services.gateway_conf import read_conf
from tests.brokers.door import free_port
from tests.cli.conftest import Ibdesk
from tests.services.fake_gateway import make_gateway
from tests.services.test_gateway import Stranger

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pretended gateway's script is a shell script")


def test_it_is_started_seen_and_stopped_without_a_vault(ibdesk: Ibdesk, tmp_path: Path) -> None:
    port = asyncio.run(free_port())
    folder = make_gateway(tmp_path / "gw", 5000)
    try:
        started = ibdesk("--json", "gateway", "start", "--folder", str(folder), "--port", str(port))
        assert (started.code, started.json["status"], started.json["ours"]) == (0, "running", True)
        assert read_conf(folder / "root" / "conf.yaml").listen_port == port
        status = ibdesk("gateway", "status")
        assert status.code == 0 and f"port {port}" in status.out and "started by ibdesk" in status.out
        assert "starting on" in ibdesk("gateway", "log").out
    finally:
        stopped = ibdesk("gateway", "stop")
    assert (stopped.code, stopped.out) == (0, "not running\n")


OPEN = """\
listenPort: {port}
listenSsl: false
ips:
  allow:
    - 127.0.0.1
    - 0.0.0.0
"""


def test_an_open_door_is_said_before_the_gateway_is_started(ibdesk: Ibdesk, tmp_path: Path) -> None:
    folder = make_gateway(tmp_path / "gw", asyncio.run(free_port()), conf=OPEN, script="exit 1\n")
    chosen = ("--quiet", "--set", f"gateway_folder={folder}", "gateway")
    for verb in ("start", "restart"):
        ran = ibdesk(*chosen, verb)
        assert ran.code == 4 and "ended at once" in ran.err
        assert "[bad] listenSsl is off" in ran.out and "[bad] ips.allow holds 0.0.0.0" in ran.out


def test_the_findings_on_an_open_door_are_part_of_the_answer(ibdesk: Ibdesk, tmp_path: Path) -> None:
    folder = make_gateway(tmp_path / "gw", asyncio.run(free_port()), conf=OPEN.replace("listenSsl: false\n", ""))
    try:
        started = ibdesk("--json", "gateway", "start", "--folder", str(folder))
        assert started.json["status"] == "running"
        assert [each["key"] for each in started.json["findings"]] == ["ips.allow"]
    finally:
        assert ibdesk("--json", "gateway", "stop").json["findings"] == []


def test_what_is_missing_is_said(ibdesk: Ibdesk, tmp_path: Path) -> None:
    assert ibdesk("gateway", "start").code == 5
    wrong = ibdesk("gateway", "start", "--folder", str(tmp_path))
    assert wrong.code == 5 and "is missing" in wrong.err
    assert "No gateway folder" in ibdesk("gateway", "conf").err
    assert ibdesk("--set", f"gateway_port={asyncio.run(free_port())}", "gateway", "status").code == 4


def test_a_port_of_another_program_is_no_proof_that_no_gateway_answers_there(ibdesk: Ibdesk) -> None:
    with Stranger() as stranger:
        status = ibdesk("--set", f"gateway_port={stranger.port}", "gateway", "status")
    assert status.code == 4 and "not running" not in status.out
    assert "ibdesk doctor" in status.out and f"Port {stranger.port} belongs to" in status.out


@pytest.mark.parametrize("port", ["0", "65536", "-1", "many"])
def test_a_port_that_cannot_be_written_down_is_refused_with_the_range_that_can(
    ibdesk: Ibdesk, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    for option in (("start", f"--port={port}"), ("conf", f"--listen-port={port}")):
        with pytest.raises(SystemExit):
            ibdesk("gateway", *option)
        said = capsys.readouterr().err
        assert "use 1 to 65535" in said and "any free one" not in said


def test_conf_is_shown_examined_and_changed_with_a_copy(ibdesk: Ibdesk, tmp_path: Path) -> None:
    folder = make_gateway(tmp_path / "gw", 5000)
    chosen = ("--set", f"gateway_folder={folder}")
    shown = ibdesk(*chosen, "gateway", "conf")
    assert shown.code == 0 and "listenPort: 5000" in shown.out and "safe" in shown.out
    opened = ibdesk(*chosen, "--json", "gateway", "conf", "--allow", "127.0.0.1,0.0.0.0", "--listen-ssl", "off")
    assert (opened.code, opened.json["listen_ssl"]) == (3, False)
    assert [each["verdict"] for each in opened.json["findings"]] == ["bad", "bad"]
    assert "listenSsl: true" in Path(opened.json["backup"]).read_text()
    closed = ibdesk(*chosen, "--json", "gateway", "conf", "--allow", "127.0.0.1", "--listen-ssl", "on",
                    "--listen-port", "5055", "--account-ids", "U1234567")  # fmt: skip
    assert closed.code == 0 and closed.json["account_ids"] == ["U1234567"] and closed.json["listen_port"] == 5055
    assert "# where it leads" in (folder / "root" / "conf.yaml").read_text()
    assert ibdesk(*chosen, "gateway", "conf", "--allow", "everyone").code == 5
