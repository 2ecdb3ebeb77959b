"""The gateway as a process: started, seen, ended; whose it is; and never a stranger's."""

import asyncio
import json
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable
from ibdesk.services import gateway_process as system
from ibdesk.services.gateway_conf import read_conf
from tests.brokers.door import free_port, small
from tests.services.fake_gateway import keeping, make_gateway

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pretended gateway's script is a shell script")

LISTEN = (
    "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); "
    "print(s.getsockname()[1], flush=True); sys.stdin.read()"
)


class Stranger:
    """Another program of this computer that has a port."""

    def __init__(self, folder: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LISTEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)


def test_a_gateway_is_started_seen_and_ended_with_all_it_started(tmp_path: Path) -> None:
    async def scene() -> None:
        port = await free_port()
        folder = make_gateway(tmp_path / "gw", port)
        async with keeping(tmp_path, port, folder) as (keeper, kept):
            assert not (await keeper.look()).is_running
            started = await keeper.start()
            assert (started.is_running, started.ours, started.starting, started.port) == (True, True, False, port)
            assert started.pid is not None and started.since is not None
            assert [each.process.starting for each in kept.told] == [True, False]
            assert (await keeper.start()).pid == started.pid, "what runs already is left as it is"
            family = system.family_of([started.pid])

            stopped = await keeper.stop()

            assert not stopped.is_running
            assert not any(psutil.pid_exists(pid) and system.program_of(pid) for pid in family)
            assert not kept.told[-1].process.is_running
            assert not (kept.home / "gateway.json").exists()

    asyncio.run(scene())


def test_a_later_desk_knows_the_gateway_an_earlier_one_started(tmp_path: Path) -> None:
    async def scene() -> None:
        port = await free_port()
        async with keeping(tmp_path, port, make_gateway(tmp_path / "gw", port)) as (keeper, kept):
            await keeper.start()
            later = kept.keeper()
            assert (await later.look()).ours
            assert not (await later.stop()).is_running

    asyncio.run(scene())


def test_a_gateway_outlives_the_script_that_started_it_and_stays_ours(tmp_path: Path) -> None:
    async def scene() -> None:
        port = await free_port()
        async with keeping(tmp_path, port, make_gateway(tmp_path / "gw", port)) as (keeper, kept):
            await keeper.start()
            noted = json.loads((kept.home / "gateway.json").read_text())
            script, gateway = noted["programs"][0][0], noted["programs"][1][0]
            psutil.Process(script).kill()
            psutil.wait_procs([psutil.Process(script)] if psutil.pid_exists(script) else [], timeout=20)
            seen = await kept.keeper().look()
            assert (seen.ours, seen.pid) == (True, gateway)

    asyncio.run(scene())


def test_a_number_that_was_used_again_is_a_stranger(tmp_path: Path) -> None:
    async def scene() -> None:
        with Stranger() as stranger:
            async with keeping(tmp_path, stranger.port) as (keeper, kept):
                kept.home.mkdir()
                born = psutil.Process(stranger.process.pid).create_time() - 3600
                note = {"programs": [[stranger.process.pid, born]], "port": stranger.port}
                (kept.home / "gateway.json").write_text(json.dumps(note))
                seen = await keeper.look()
                assert (seen.is_running, seen.ours, seen.pid) == (False, False, stranger.process.pid)
                await keeper.stop(confirm=True)
                assert stranger.process.poll() is None, "it was not ended"

    asyncio.run(scene())


def test_a_port_of_another_program_is_named_and_not_taken(tmp_path: Path) -> None:
    async def scene() -> None:
        with Stranger() as stranger:
            folder = make_gateway(tmp_path / "gw", stranger.port)
            async with keeping(tmp_path, stranger.port, folder) as (keeper, _):
                seen = await keeper.look()
                assert not seen.is_running
                assert "python" in seen.owner.lower()
                assert str(stranger.process.pid) in seen.detail
                with pytest.raises(Refused) as refused:
                    await keeper.start()
                assert refused.value.cause is Cause.NOT_A_GATEWAY
                url = await keeper.move_port()
                conf = read_conf(folder / "root" / "conf.yaml")
                assert (conf.listen_port, url) == (int(url.rsplit(":", 1)[1]), conf.url)
                assert conf.listen_port != stranger.port
                assert list((folder / "root").glob("conf.yaml.*.bak"))
                started = await keeper.start()
                assert (started.is_running, started.port) == (True, conf.listen_port)

    asyncio.run(scene())


def test_a_gateway_someone_else_started_is_ended_only_with_a_yes(tmp_path: Path) -> None:
    async def scene() -> None:
        folder = make_gateway(tmp_path / "gw", 5000)
        with Stranger(folder) as other:
            async with keeping(tmp_path, other.port, folder) as (keeper, _):
                seen = await keeper.look()
                assert (seen.is_running, seen.ours) == (True, False)
                with pytest.raises(NeedsPerson):
                    await keeper.stop()
                assert other.process.poll() is None
                assert not (await keeper.stop(confirm=True)).is_running

    asyncio.run(scene())


def test_the_demo_inside_ibdesk_is_never_ended_as_a_process(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small() as server, keeping(tmp_path, int(server.url.rsplit(":", 1)[1])) as (keeper, _):
            assert (await keeper.look()).detail == "The demo gateway runs inside ibdesk."
            with pytest.raises(Refused):
                await keeper.stop(confirm=True)

    asyncio.run(scene())


def test_a_script_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    async def scene() -> None:
        port = await free_port()
        folder = make_gateway(tmp_path / "gw", port, script="echo 'Error: no main class, token=abcdef123456'\nexit 1\n")
        async with keeping(tmp_path, port, folder) as (keeper, kept):
            with pytest.raises(Unavailable) as ended:
                await keeper.start()
            assert "no main class" in ended.value.message or "Java" in ended.value.message
            assert "abcdef123456" not in ended.value.message
            assert not kept.told[-1].process.is_running

    asyncio.run(scene())


def test_without_java_a_script_that_ends_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        port = await free_port()
        folder = make_gateway(tmp_path / "gw", port, script="exit 127\n")
        async with keeping(tmp_path, port, folder) as (keeper, _):
            monkeypatch.setenv("PATH", str(tmp_path))
            with pytest.raises(Unavailable, match="no Java"):
                await keeper.start()

    asyncio.run(scene())


def test_without_a_folder_or_with_a_wrong_one_nothing_is_started(tmp_path: Path) -> None:
    async def scene() -> None:
        async with keeping(tmp_path, await free_port()) as (keeper, kept):
            with pytest.raises(Refused, match="No gateway folder"):
                await keeper.start()
            report = await keeper.choose(tmp_path)
            assert not report.is_gateway and kept.settings.gateway_folder == ""
            assert (await keeper.choose(make_gateway(tmp_path / "gw", 5000))).is_gateway
            assert keeper.folder == tmp_path / "gw"
            (tmp_path / "gw" / "root" / "conf.yaml").unlink()
            with pytest.raises(Refused, match=r"conf\.yaml is missing"):
                await keeper.start()

    asyncio.run(scene())


def test_the_log_is_private_and_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        monkeypatch.setenv("IBDESK_PASSPHRASE", "never to be handed on")
        port = await free_port()
        script = "echo token=abcdef123456 for DU7654321; env | grep PASSPHRASE\n"
        folder = make_gateway(tmp_path / "gw", port, script=script)
        (folder / "logs").mkdir()
        (folder / "logs" / "gw.2026-11-20.log").write_text("old\n" * 1000 + "user_name=alice connected\n")
        async with keeping(tmp_path, port, folder) as (keeper, kept):
            with pytest.raises(DeskError):
                await keeper.start()
            told = "\n".join(keeper.log_tail(100))
            assert stat.S_IMODE((kept.home / "logs" / "gateway.log").stat().st_mode) == 0o600
            assert "DU•••4321" in told and "gw.2026-11-20.log" in told and "connected" in told
            for secret in ("abcdef123456", "DU7654321", "alice", "never to be handed on"):
                assert secret not in told
            assert len(keeper.log_tail(100)) < 120

    asyncio.run(scene())


def test_looking_is_told_when_the_gateway_ended_by_itself(tmp_path: Path) -> None:
    async def scene() -> None:
        port = await free_port()
        async with keeping(tmp_path, port, make_gateway(tmp_path / "gw", port)) as (keeper, kept):
            await keeper.start()
            noted = json.loads((kept.home / "gateway.json").read_text())
            await asyncio.to_thread(system.end, [pid for pid, _ in noted["programs"]])
            assert not (await keeper.look()).is_running
            assert not kept.told[-1].process.is_running

    asyncio.run(scene())
