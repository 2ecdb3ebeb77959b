"""Imports point down: the contracts of pyproject.toml, kept."""

import re
import subprocess
import sys

import pytest

from tests.house.files import ROOT

RUN = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


@pytest.mark.timeout(300)
def test_every_contract_about_imports_is_kept() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    kept = re.search(r"(\d+) kept, 0 broken", done.stdout)
    assert kept, done.stdout
    assert int(kept[1]) >= 7, "a contract has gone missing from pyproject.toml"
