"""Lines of CSV: text that would run is disarmed, and everything else stays what it is."""

import csv
import io
from decimal import Decimal

import pytest

from ibdesk.services.csv_lines import csv_line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_line((text,)), newline=""))
    assert row == [f"'{text}"]


def test_numbers_commas_and_quotes_survive() -> None:
    (row,) = csv.reader([csv_line((-1, Decimal("-2.50"), None, 'say "a, b"'))])
    assert row == ["-1", "-2.50", "", 'say "a, b"']
    assert csv_line(("a", 1)) == "a,1\r\n"
