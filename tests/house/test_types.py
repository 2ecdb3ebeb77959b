"""The package is strictly typed."""

import subprocess
import sys

import pytest

from tests.house.files import ROOT


@pytest.mark.timeout(600)
def test_the_package_passes_mypy_strict() -> None:
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Success"), done.stdout
