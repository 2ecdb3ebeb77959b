"""The style of every Python file of the project."""

import ast
import subprocess
import sys

from tests.house.files import ROOT, modules, name_of, tree


def test_every_file_passes_ruff() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_and_every_package_says_first_what_it_knows() -> None:
    silent = [name_of(path) for path in modules() if not ast.get_docstring(tree(path))]

    assert not silent, f"modules without a first sentence: {silent}"


def test_no_module_grows_past_what_one_can_hold_in_mind() -> None:
    # House: at 500 lines a module's docstring argues why; the demo's wire servers may.
    long = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}

    assert not {name: lines for name, lines in long.items() if lines > 500 and "/demo/" not in name}
