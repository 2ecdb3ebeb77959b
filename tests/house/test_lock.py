"""The lock files: complete, hashed, silent about where packages come from, and true to pyproject.toml."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import run
from tests.house.files import ROOT, name_of, text_files

# Names of registries and their mirrors; a folder called "simple" is how an index is laid out.
REGISTRY = re.compile(r"pypi\.|pythonhosted|artifactory|devpi|/simple\b|--(extra-)?index-url|--find-links")
ENVIRONMENTS = [
    {"python_version": python[: python.rindex(".")], "python_full_version": python, "sys_platform": system,
     "platform_python_implementation": "CPython", "implementation_name": "cpython"}
    for python in ("3.11.7", "3.12.1", "3.13.0", "3.14.0")
    for system in ("linux", "win32", "darwin")
]


def pins(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Each pin of a lock with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    return [(Requirement(line.split("--hash=")[0].strip()), re.findall(r"--hash=(\S+)", line)) for line in lines]


def applies(pin: Requirement, environment: dict[str, str]) -> bool:
    return pin.marker is None or pin.marker.evaluate(environment)


@pytest.mark.parametrize("lock", run.LAYERS)
def test_every_pin_is_exact_and_hashed(lock: str) -> None:
    found = pins(lock)

    assert found
    for pin, hashes in found:
        assert re.fullmatch(r"==[^*]+", str(pin.specifier)), pin
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), pin


@pytest.mark.parametrize("lock", run.LAYERS)
def test_no_lock_names_an_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_no_file_names_a_package_registry() -> None:
    others = (path for path in text_files() if path != Path(__file__))

    assert not [name_of(path) for path in others if REGISTRY.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda at: f"{at['python_version']}-{at['sys_platform']}")
def test_the_lock_satisfies_the_project_everywhere(environment: dict[str, str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    locked = {canonicalize_name(pin.name): pin for pin, _ in pins("requirements.lock") if applies(pin, environment)}

    for line in project["dependencies"] + extras["test"]:
        wanted = Requirement(line)
        if not applies(wanted, environment):
            continue
        pin = locked.get(canonicalize_name(wanted.name))
        assert pin is not None, f"{wanted} is not locked"
        assert wanted.specifier.contains(str(pin.specifier).removeprefix("==")), f"{pin} does not satisfy {wanted}"


def test_the_tests_run_on_what_is_locked() -> None:
    here = [pin for pin, _ in pins("requirements.lock") if applies(pin, {})]
    different = [
        f"{pin} but {installed}" for pin in here
        if Version(installed := importlib.metadata.version(pin.name)) not in pin.specifier
    ]

    assert not different, f"run.py would make this environment anew: {different}"
