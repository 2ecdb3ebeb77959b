"""The tests mirror the package: who changes a file finds its tests by its name."""

from pathlib import Path

from tests.house.files import PACKAGE, ROOT, modules, name_of, project_files

# Files without a test of their own name, each with the reason.
EXEMPT = {
    "ibdesk/__main__.py": "two lines that call another file",
    "ibdesk/assets.py": "tests/house/test_assets.py, with what it leads to",
    "ibdesk/brokers/base.py": "protocols: nothing runs",
    "ibdesk/domain/events.py": "declarations: nothing runs",
    "ibdesk/domain/records.py": "declarations: nothing runs",
    "ibdesk/services/desk.py": "one record: nothing runs",
}


def _tests() -> set[tuple[str, str]]:
    """(room, file name) of every test file; files directly under tests/ have the room "" ."""
    below = (path.relative_to(ROOT / "tests") for path in project_files() if path.is_relative_to(ROOT / "tests"))
    return {(path.parts[0] if len(path.parts) > 1 else "", path.name) for path in below}


def _is_tested(module: Path, tests: set[tuple[str, str]]) -> bool:
    inner = module.relative_to(PACKAGE).parts
    rooms = {inner[0]} if len(inner) > 1 else {"", "journeys"}
    names = {f"test_{module.name}"}
    if len(inner) > 2:  # a folder's name may tell two files apart, or one test may hold a whole small folder
        names |= {f"test_{inner[-2]}_{module.name}", f"test_{inner[-2]}.py"}
    return any((room, name) in tests for room in rooms for name in names)


def test_every_file_has_a_test_of_its_name() -> None:
    tests = _tests()
    lacking = [
        name_of(path) for path in modules()
        if path.name != "__init__.py" and "versions" not in path.parts and not _is_tested(path, tests)
    ]

    assert set(lacking) <= set(EXEMPT), f"without a test: {sorted(set(lacking) - set(EXEMPT))}"


def test_no_exemption_outlives_its_file() -> None:
    assert not [name for name in EXEMPT if not (ROOT / name).exists() and name != "ibdesk/__main__.py"]
