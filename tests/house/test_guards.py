"""What every test is guarded against does fail a test: this page runs bad tests and sees them fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.files import ROOT

GOOD = """
import asyncio, logging, os, socket
from pathlib import Path

import pytest

async def rest():
    await asyncio.sleep(0)

def test_waits_for_its_tasks():
    async def main():
        await asyncio.get_running_loop().create_task(rest())
    asyncio.run(main())

def test_talks_to_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

@pytest.mark.logs("kettle")
def test_expects_its_warning():
    logging.getLogger("kitchen").warning("the kettle boils")

def test_has_a_home_of_its_own():
    assert Path.home() == Path(os.environ["XDG_DATA_HOME"])
    assert "ibdesk-tests-" in str(Path.home())
"""
BAD = {
    "leaves a task": """
import asyncio
def test_it():
    async def main():
        asyncio.get_running_loop().create_task(asyncio.sleep(60))
    asyncio.run(main())
""",
    "leaves a task in a loop at rest": """
import asyncio
loop = asyncio.new_event_loop()
def test_it():
    global task
    task = loop.create_task(asyncio.sleep(60))
    loop.run_until_complete(asyncio.sleep(0))
""",
    "connects outside": """
import socket
def test_it():
    try:
        socket.create_connection(("192.0.2.1", 443), timeout=0.1)
    except OSError:
        pass
""",
    "asks for a name outside": """
import socket
def test_it():
    try:
        socket.getaddrinfo("broker.example", 443)
    except OSError:
        pass
""",
    "logs a surprise": """
import logging
def test_it():
    logging.getLogger("kitchen").warning("the kettle boils over")
""",
    "expects a warning that never comes": """
import pytest
@pytest.mark.logs("kettle")
def test_it():
    pass
""",
}


def pytest_of(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_well_behaved_test_passes(tmp_path: Path) -> None:
    done = pytest_of(tmp_path, GOOD)

    assert "4 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("fault", BAD)
def test_a_test_fails_that(fault: str, tmp_path: Path) -> None:
    done = pytest_of(tmp_path, BAD[fault])

    assert "1 error" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
