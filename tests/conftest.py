"""What holds for every test: a home of its own, loopback only, nothing unexpected in the log, no task left behind."""

import asyncio
import asyncio.runners
import gc
import ipaddress
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# --- before anything of Qt or ours is imported -------------------------------------------------------------------

HOME = Path(tempfile.mkdtemp(prefix="ibdesk-tests-"))
KEPT = {"IBDESK_XVFB", "IBDESK_REAL_GATEWAY"}

for name in [name for name in os.environ if name.startswith(("IBKR_", "IBDESK_", "VITE_")) and name not in KEPT]:
    del os.environ[name]
for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME",
             "XDG_STATE_HOME"):
    os.environ[name] = str(HOME)
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # never the person's own key store
if "IBDESK_XVFB" not in os.environ:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

hypothesis.settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "logs(*patterns): log messages above INFO that this test must provoke")


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


#: What takes longest begins first, so that no processor is left alone with it at the end (.ci/run).
LONGEST = (
    "test_week", "test_tour", "test_types", "test_two_doors", "test_run", "test_canaries", "test_vault_faults",
    "test_vault_care", "test_kill_verbs",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


# --- loopback only -----------------------------------------------------------------------------------------------

_outside: list[str] = []


def _is_local(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    if text in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else ""  # a Unix socket's address is a path
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if not _is_local(host):
        _outside.append(str(host))
        raise ConnectionRefusedError(f"tests stay on this machine; this one asked for {host}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _no_outside_connections() -> Iterator[None]:
    _outside.clear()
    yield
    assert not _outside, f"the test connected outside this machine: {_outside}"


# --- garbage -----------------------------------------------------------------------------------------------------

# As in the window (ibdesk/ui/garbage.py): a worker thread that collects what a test left of Qt crashes the process.
gc.disable()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it each time (60 ms) was a quarter of the window's tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _garbage_in_this_thread() -> Iterator[None]:
    yield
    gc.collect(1)


@pytest.fixture(autouse=True, scope="module")
def _all_garbage_in_this_thread() -> Iterator[None]:
    yield
    gc.collect()
    gc.freeze()  # what is left belongs to modules that were imported meanwhile


# --- the log -----------------------------------------------------------------------------------------------------


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _libraries_speak() -> None:
    """Our adapter hushes the TWS library for good; a test that looks at the library itself wants to hear it."""
    for name in ("ib_insync", "ib_async"):
        logger = logging.getLogger(name)
        logger.propagate = True
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    marker = request.node.get_closest_marker("logs")
    expected = marker.args if marker else ()
    listener = _Listener()
    logging.getLogger().addHandler(listener)
    yield
    logging.getLogger().removeHandler(listener)
    surprising = [text for text in listener.messages if not any(re.search(each, text) for each in expected)]
    assert not surprising, f"logged without @pytest.mark.logs(...): {surprising}"
    unheard = [each for each in expected if not any(re.search(each, text) for text in listener.messages)]
    assert not unheard, f"expected in the log, but not there: {unheard}"


# --- tasks -------------------------------------------------------------------------------------------------------

_left_running: list[str] = []
_cancel_all_tasks = asyncio.runners._cancel_all_tasks  # private, but the one place that sees what a run left


def _record_and_cancel(loop: asyncio.AbstractEventLoop) -> None:
    _left_running.extend(repr(task) for task in asyncio.all_tasks(loop))
    _cancel_all_tasks(loop)


asyncio.runners._cancel_all_tasks = _record_and_cancel


def _idle_tasks() -> set["asyncio.Task[object]"]:
    """The unfinished tasks of loops that nobody runs (Python 3.14 keeps its tasks elsewhere: none are seen there)."""
    known = getattr(asyncio.tasks, "_scheduled_tasks", None) or getattr(asyncio.tasks, "_all_tasks", ())
    return {task for task in list(known) if not task.done() and not task.get_loop().is_running()}


@pytest.fixture(autouse=True)
def _no_leaked_tasks() -> Iterator[None]:
    _left_running.clear()
    before = _idle_tasks()
    yield
    leaked = _left_running + [repr(task) for task in _idle_tasks() - before]
    assert not leaked, f"tasks nobody waited for: {leaked}"
