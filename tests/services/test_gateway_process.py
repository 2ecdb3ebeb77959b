"""Programs and ports as the system tells them."""

import os
import socket
from pathlib import Path

import pytest

from ibdesk.services import gateway_process as system
from ibdesk.services.gateway_process import Program


@pytest.mark.parametrize("name", ["ControlCenter", "ControlCe", "AirPlayXPCHelper"])
def test_airplay_is_called_by_its_name(name: str) -> None:
    assert "AirPlay Receiver" in Program(pid=1, created=0.0, name=name).title


def test_the_gateways_java_is_known_by_its_classes_and_by_its_folder(tmp_path: Path) -> None:
    java = Program(pid=1, created=0.0, name="java", command=("java", "-cp", "x/ibgroup.web.core.iblink.router.jar"))
    assert java.is_gateway(None) and not java.runs_from(tmp_path)
    assert Program(pid=1, created=0.0, name="java", folder=tmp_path / "bin").is_gateway(tmp_path)
    assert not Program(pid=1, created=0.0, name="java", folder=tmp_path.parent).is_gateway(tmp_path)


def test_our_own_port_is_ours_and_a_closed_one_is_free() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        found = system.listener_on(port)
        assert found.program is not None and found.program.pid == os.getpid()
        assert not system.can_listen(port) and system.answers(port)
        assert system.free_port(port - 1) != port
    assert not system.listener_on(port).is_taken
    assert system.can_listen(port) and not system.answers(port)


def test_a_process_is_still_itself_only_with_its_own_birth() -> None:
    me = system.program_of(os.getpid())
    assert me is not None
    assert system.is_still(me.pid, me.created) and not system.is_still(me.pid, me.created - 60)
    assert system.program_of(2**22 + 1) is None


def test_ending_never_ends_ourselves() -> None:
    assert system.end([os.getpid()] if not system.family_of([os.getpid()]) - {os.getpid()} else [])
