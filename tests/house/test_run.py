"""Set-up heals itself: what is unfinished, moved or made for another Python is made anew, else left alone."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.files import ROOT

LOCK = "requirements.lock"


def copy_to(tmp_path: Path) -> ModuleType:
    shutil.copy(ROOT / "run.py", tmp_path / "run.py")
    for lock in ("requirements.lock", "tests/peers.lock", "tests/ib_async.lock", "benchmarks/requirements.lock"):
        (tmp_path / lock).parent.mkdir(exist_ok=True)
        (tmp_path / lock).write_text("# nothing\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("run_of_a_copy", tmp_path / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def setup(tmp_path: Path) -> ModuleType:
    """run.py in a folder of its own, with empty locks, so that making an environment takes seconds."""
    return copy_to(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The same with its environment already made; shared, so who changes it puts it back."""
    module = copy_to(tmp_path_factory.mktemp("finished"))
    module.set_up([])
    return module


def test_set_up_happens_once_and_heals_what_was_interrupted(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.VENV.mkdir()
    half = setup.VENV / "half-installed"  # and then the power went: no stamp
    half.touch()
    assert not setup.is_ready([])

    setup.set_up([])
    assert setup.is_ready([])
    assert not half.exists()
    told = capsys.readouterr().err
    assert "anew" in told
    assert "requirements.lock" in told

    setup.set_up([])
    assert capsys.readouterr().err == "", "the second run has nothing to do"


@pytest.mark.parametrize(("key", "value"), [("folder", "/elsewhere"), ("python", "cpython-310"), (LOCK, "another")])
def test_an_environment_made_for_something_else_is_not_used(finished: ModuleType, key: str, value: str) -> None:
    written = finished.STAMP.read_text(encoding="utf-8")
    assert finished.is_ready([])
    finished.STAMP.write_text(json.dumps({**finished.stamp(), key: value}), encoding="utf-8")

    assert not finished.is_ready([])
    finished.STAMP.write_text(written, encoding="utf-8")


def test_the_other_library_has_an_environment_of_its_own_that_heals_the_same_way(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    first = setup.VENV
    setup.go_to_other_environment()
    setup.set_up([])

    assert setup.is_ready([]) and first != setup.VENV and not first.exists()
    assert setup.PYTHON.exists() and setup.STAMP.is_relative_to(setup.VENV)
    assert "tests/ib_async.lock" in setup.stamp() and "requirements.lock" not in setup.stamp()
    capsys.readouterr()
    setup.set_up([])
    assert capsys.readouterr().err == "", "the second run has nothing to do"


def test_an_environment_whose_python_is_gone_is_not_used(finished: ModuleType) -> None:
    away = finished.PYTHON.with_name("away")
    finished.PYTHON.rename(away)

    assert not finished.is_ready([])
    away.rename(finished.PYTHON)


def test_a_damaged_stamp_counts_as_none(setup: ModuleType) -> None:
    setup.VENV.mkdir()
    setup.STAMP.write_text("[1", encoding="utf-8")

    assert setup.stamp() == {}
    assert not setup.is_ready([])


def test_one_more_lock_is_added_without_making_the_environment_anew(finished: ModuleType) -> None:
    kept = finished.VENV / "kept"
    kept.touch()

    finished.set_up(["tests/peers.lock"])

    assert kept.exists()
    assert finished.is_ready(["tests/peers.lock"])
    assert not finished.is_ready(["benchmarks/requirements.lock"])


def test_a_failed_installation_is_told_without_addresses_and_healed_later(setup: ModuleType) -> None:
    lock = setup.ROOT / LOCK
    lock.write_text("no-such-package-of-ours==1.0 --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    os.environ["PIP_NO_INDEX"] = "1"
    try:
        with pytest.raises(setup.SetupError, match="run the same command again") as raised:
            setup.set_up([])
    finally:
        del os.environ["PIP_NO_INDEX"]
    assert "://" not in str(raised.value)
    assert not setup.is_ready([])

    lock.write_text("# nothing\n", encoding="utf-8")
    setup.set_up([])
    assert setup.is_ready([])


def test_addresses_of_package_servers_are_not_repeated(setup: ModuleType) -> None:
    talk = ("Looking in indexes: https://name:word@packages.example/index",
            "WARNING: Retrying: HTTPSConnectionPool(host='packages.example', port=443)",
            "ERROR: 404 for https://name:word@packages.example/index/x/")
    program = "import sys; print(*sys.argv[1:], sep=chr(10)); sys.exit(3)"

    code, tail = setup.run_quietly([sys.executable, "-c", program, *talk], dict(os.environ))

    assert code == 3
    assert "example" not in tail
    assert "404 for (address)" in tail


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system packages are looked for on Linux only")
def test_without_root_the_line_to_type_is_shown(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/apt-get")

    with pytest.raises(setup.SetupError, match=r"sudo apt-get install -y --no-install-recommends libgl1 libegl1$"):
        setup.install_packages(["libgl1", "libegl1"])


def test_a_system_without_apt_is_told_the_names(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(setup.SetupError, match="libgl1"):
        setup.install_packages(["libgl1"])


@pytest.mark.parametrize(("version", "ok"), [((3, 9), False), ((3, 10), False), ((3, 11), True), ((3, 14), True),
                                             ((3, 15), False)])
def test_only_the_pythons_of_the_project_are_accepted(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], ok: bool
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 1, "final", 0))

    if ok:
        setup.check_python()
        return
    with pytest.raises(setup.SetupError, match=rf"this is Python {version[0]}\.{version[1]}\."):
        setup.check_python()


def test_the_range_of_pythons_is_the_one_of_the_project(setup: ModuleType) -> None:
    wanted = f'requires-python = ">={setup.OLDEST[0]}.{setup.OLDEST[1]},<{setup.TOO_NEW[0]}.{setup.TOO_NEW[1]}"'

    assert wanted in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("args", "code", "word"), [([], 2, "usage"), (["--help"], 0, "usage"), (["tset"], 2, "tset")])
def test_a_wrong_command_is_answered_with_the_right_ones(args: list[str], code: int, word: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "run.py"), *args], capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert word in done.stdout + done.stderr
    assert "demo --shots" in done.stdout + done.stderr
