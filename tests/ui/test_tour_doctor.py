"""The tour's visit to the doctor is walked by tests/ui/test_tour.py; here only what it brings along."""

from pathlib import Path

from ibdesk.domain.diagnosis import Verdict
from ibdesk.services.gateway_conf import lint, parse_conf
from ibdesk.ui import tour_doctor


def test_the_conf_it_shows_has_something_to_mend() -> None:
    found = lint(parse_conf(Path("conf.yaml"), tour_doctor._SHIPPED), port=5000)
    assert [each.verdict for each in found] == [Verdict.WARN]
    assert "192.*, 131.216.*" in found[0].statement
