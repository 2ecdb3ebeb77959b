"""The tour is the demo command without a window: it either did everything or says what not."""

import subprocess
import sys
from pathlib import Path

import pytest

from ibdesk.ui.rooms import ROOMS
from ibdesk.ui.tour_troubles import PICTURES
from ibdesk.ui.tour_vault import PICTURES as OF_THE_VAULT


@pytest.mark.timeout(300)
def test_the_demo_does_the_whole_main_job_by_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ibdesk", "demo", "--shots", str(tmp_path / "shots")],
        capture_output=True, text=True, timeout=280, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]  # Qt's, of dialogs offscreen
    assert said == []
    pictures = {path.name for path in (tmp_path / "shots").glob("*.png")}
    pages = (
        "wizard-1-environment", "wizard-3-verify", "wizard-4-acknowledge", "locked", *(room.key for room in ROOMS),
        *PICTURES, *OF_THE_VAULT,
    )
    for page in pages:
        for theme in ("dark", "light"):
            assert any(name.startswith(page) and name.endswith(f"-{theme}.png") for name in pictures), (page, theme)


def test_a_tour_that_cannot_write_its_pictures_fails(tmp_path: Path) -> None:
    (tmp_path / "shots").write_text("a file where the folder should be")
    done = subprocess.run(
        [sys.executable, "-m", "ibdesk", "demo", "--shots", str(tmp_path / "shots")],
        capture_output=True, text=True, timeout=100, check=False,
    )
    assert done.returncode == 1
    assert "no pictures can be written to" in done.stdout
    assert done.stderr == ""
