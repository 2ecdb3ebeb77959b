"""The tour is the demo command without a window: it either did everything or says what not."""

import subprocess
import sys
from pathlib import Path

import pytest

from ibdesk.ui.rooms import ROOMS
from ibdesk.ui.tour_expiry import PICTURES as OF_THE_EXPIRIES
from ibdesk.ui.tour_live import PICTURES as OF_THE_LIVE_VIEW
from ibdesk.ui.tour_modes import PICTURES as OF_THE_MODES
from ibdesk.ui.tour_orders import PICTURES as OF_ORDERS
from ibdesk.ui.tour_safety import PICTURES as OF_SAFETY
from ibdesk.ui.tour_trade import PICTURES as OF_THE_TRADE
from ibdesk.ui.tour_troubles import PICTURES
from ibdesk.ui.tour_vault import PICTURES as OF_THE_VAULT
from ibdesk.ui.tour_wizard_tws import PICTURES as OF_THE_WIZARD_OVER_TWS


def walk(shots: Path, *options: str, within: float = 100) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ibdesk", "demo", "--shots", str(shots), *options],
        capture_output=True, text=True, timeout=within, check=False,
    )  # fmt: skip


@pytest.mark.timeout(300)
def test_the_demo_does_the_whole_main_job_by_itself(tmp_path: Path) -> None:
    """In one theme: for the other one it walks the same way once more."""
    done = walk(tmp_path / "shots", "--theme", "light", within=280)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]  # Qt's, of dialogs offscreen
    assert said == []
    pictures = {path.name for path in (tmp_path / "shots").iterdir()}
    pages = (
        "wizard-1-environment", "wizard-3-verify", "wizard-4-acknowledge", "locked", *(room.key for room in ROOMS),
        *PICTURES, *OF_THE_TRADE, *OF_THE_VAULT, *OF_ORDERS, *OF_THE_EXPIRIES, *OF_THE_MODES, *OF_SAFETY,
        *OF_THE_LIVE_VIEW, *OF_THE_WIZARD_OVER_TWS,
    )
    for page in pages:
        assert any(name.startswith(page) for name in pictures), page
    assert all(name.endswith("-light.png") for name in pictures)


def test_a_tour_begins_with_the_dark_theme_and_fails_where_it_cannot_picture(tmp_path: Path) -> None:
    in_the_way = tmp_path / "shots" / "wizard-2-gateway-dark.png"
    in_the_way.mkdir(parents=True)
    done = walk(tmp_path / "shots")
    assert done.returncode == 1
    assert "the picture wizard-2-gateway could not be written" in done.stdout
    pictures = {path.name for path in (tmp_path / "shots").glob("wizard-1-*")}
    assert pictures == {"wizard-1-environment-dark.png"}


def test_a_tour_that_cannot_write_its_pictures_fails(tmp_path: Path) -> None:
    (tmp_path / "shots").write_text("a file where the folder should be")
    done = walk(tmp_path / "shots")
    assert done.returncode == 1
    assert "no pictures can be written to" in done.stdout
    assert done.stderr == ""
