"""One crossing: what may be started, caught or waited for, and in which file alone."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.files import ROOT, modules, name_of, project_files, tree

TASKS, BRIDGE, APP, DATABASE, START, CHANNEL = (
    "ibdesk/services/tasks.py", "ibdesk/ui/bridge.py", "ibdesk/app.py", "ibdesk/store/database.py",
    "ibdesk/ui/start.py", "ibdesk/cli/channel_server.py")
# Each of these runs an event loop inside the event loop until a person answers.
NESTED = {
    "exec", "exec_", "getOpenFileName", "getOpenFileNames", "getSaveFileName",
    "getExistingDirectory", "getText", "getItem", "getInt", "getDouble", "getMultiLineText", "getColor", "getFont",
}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
BOXES = {"QMessageBox": {"question", "information", "warning", "critical", "about"}}


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The last name of what is called: create_task for loop.create_task(...)."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def imported(path: Path) -> set[str]:
    """The top names of everything a file imports."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def offenders(is_bad: Callable[[Path], bool], *allowed: str, rooms: tuple[str, ...] = ()) -> list[str]:
    return [name_of(path) for path in modules(*rooms) if name_of(path) not in allowed and is_bad(path)]


def test_only_tasks_starts_tasks() -> None:
    starting = {"create_task", "ensure_future", "TaskGroup", "run_coroutine_threadsafe"}

    assert not offenders(lambda path: any(called(call) in starting for call in calls(path)), TASKS)


def test_only_the_database_and_the_channel_start_threads() -> None:
    starting = {"Thread", "QThread", "ThreadPoolExecutor", "ProcessPoolExecutor", "QThreadPool", "start_new_thread"}

    # The channel: a command is answered even while the window's own thread is busy.
    assert not offenders(lambda path: any(called(call) in starting for call in calls(path)), DATABASE, CHANNEL)


def test_no_dialog_runs_a_loop_inside_the_loop() -> None:
    def waits(call: ast.Call) -> bool:
        function = call.func
        if not isinstance(function, ast.Attribute):
            return False
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        return function.attr in NESTED or function.attr in BOXES.get(owner, ())

    assert not offenders(lambda path: any(waits(call) for call in calls(path)), rooms=("ui", "app.py"))


def test_only_the_start_paints_before_the_loop_runs() -> None:
    assert not offenders(lambda path: any(called(call) == "processEvents" for call in calls(path)), START, APP)


def test_only_two_files_catch_everything() -> None:
    def catches_all(path: Path) -> bool:
        handlers = (node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler))
        return any(names_all(handler) and not tidies_up(handler) for handler in handlers)

    def names_all(handler: ast.ExceptHandler) -> bool:
        caught = ast.walk(handler.type) if handler.type else ()
        return handler.type is None or any(getattr(node, "id", "") in ("Exception", "BaseException") for node in caught)

    def tidies_up(handler: ast.ExceptHandler) -> bool:
        last = handler.body[-1]
        return isinstance(last, ast.Raise) and last.exc is None  # whatever it was, it goes on

    assert not offenders(catches_all, TASKS, APP)


def test_only_the_bridge_and_the_door_know_both_loops() -> None:
    assert not offenders(lambda path: {"asyncio", "PySide6"} <= imported(path), BRIDGE, APP)


def test_the_clock_is_an_argument() -> None:
    def reads_clock(call: ast.Call) -> bool:
        function = call.func
        owner = function.value if isinstance(function, ast.Attribute) else None
        named = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
        return (named, called(call)) in CLOCKS

    assert not offenders(lambda path: any(reads_clock(call) for call in calls(path)),
                         rooms=("domain", "services", "store", "brokers"))


def test_pages_show_amounts_and_never_compute_them() -> None:
    assert not offenders(lambda path: "decimal" in imported(path), rooms=("ui/pages",))


@pytest.mark.parametrize("path", [path for path in project_files()
                                  if path.suffix == ".py" and path.is_relative_to(ROOT / "tests")], ids=name_of)
def test_a_test_neither_sleeps_nor_replaces_our_code(path: Path) -> None:
    for call in calls(path):
        function = call.func
        owner = getattr(getattr(function, "value", None), "id", "")
        assert (owner, called(call)) != ("time", "sleep"), f"line {call.lineno} sleeps"
        first = call.args[0] if call.args else None
        names_ours = isinstance(first, ast.Constant) and str(first.value).startswith("ibdesk.")
        assert not (called(call) in ("setattr", "patch") and names_ours), f"line {call.lineno} replaces our own code"
    assert not [node for node in ast.walk(tree(path))
                if isinstance(node, ast.ImportFrom) and node.module == "unittest" and node.names[0].name == "mock"]
