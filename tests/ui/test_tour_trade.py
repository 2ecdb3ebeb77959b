"""The tour's Trade room leaves every picture it names; the tour itself is walked in `test_tour`."""

import re

from ibdesk.assets import resource
from ibdesk.ui import tour_trade


def test_every_picture_it_promises_is_taken() -> None:
    source = resource("..", "ibdesk", "ui", "tour_trade.py").read_text("utf-8")
    assert set(re.findall(r'shoot\("([^"]+)"', source)) == set(tour_trade.PICTURES)
