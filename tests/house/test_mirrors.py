"""The tests mirror the package: who changes a file finds what tests it by its name.

A file's tests are `tests/<room>/test_<file>.py`; a small folder's may be one `tests/<room>/test_<folder>.py`; and a
part that is only reached through another may be tested there, by a test of its room that imports it.
"""

import ast
from functools import cache
from pathlib import Path

from tests.house.files import PACKAGE, ROOT, modules, name_of, project_files, tree

# Files without any, each with the reason.
EXEMPT = {
    "ibdesk/__main__.py": "two lines that call another file",
    "ibdesk/assets.py": "tests/house/test_assets.py, with what it leads to",
    "ibdesk/brokers/base.py": "protocols: nothing runs",
    "ibdesk/domain/calls.py": "declarations: nothing runs",
    "ibdesk/domain/events.py": "declarations: nothing runs",
    "ibdesk/domain/pnl.py": "declarations: nothing runs",
    "ibdesk/domain/receipts.py": "declarations: nothing runs",
    "ibdesk/domain/records.py": "declarations: nothing runs",
    "ibdesk/services/desk.py": "one record: nothing runs",
}


def _room(path: Path, base: Path) -> str:
    parts = path.relative_to(base).parts
    return parts[0] if len(parts) > 1 else ""


@cache
def _tests(room: str) -> tuple[Path, ...]:
    below = (path for path in project_files() if path.suffix == ".py" and path.is_relative_to(ROOT / "tests"))
    return tuple(path for path in below if _room(path, ROOT / "tests") in (room, "journeys"))


@cache
def _imports(test: Path) -> frozenset[str]:
    """What a test imports of ours, as dotted names; `from ibdesk.ui import theme` is ibdesk.ui.theme too."""
    names: set[str] = set()
    for node in ast.walk(tree(test)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return frozenset(names)


def _is_tested(module: Path) -> bool:
    folders = module.relative_to(PACKAGE).parts[1:-1]
    names = {f"test_{module.name}", *(f"test_{folder}.py" for folder in folders),
             *(f"test_{folder}_{module.name}" for folder in folders)}
    dotted = ".".join(module.relative_to(ROOT).with_suffix("").parts)
    return any(test.name in names or dotted in _imports(test) for test in _tests(_room(module, PACKAGE)))


def test_every_file_has_a_test_of_its_name() -> None:
    ours = (path for path in modules() if path.name != "__init__.py" and "migrations" not in path.parts)
    lacking = {name_of(path) for path in ours if not _is_tested(path)}

    assert lacking <= set(EXEMPT), f"without a test: {sorted(lacking - set(EXEMPT))}"


def test_no_exemption_outlives_its_file() -> None:
    assert not [name for name in EXEMPT if not (ROOT / name).exists()]
