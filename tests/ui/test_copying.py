"""What other programs get: numbers as numbers, and text that no spreadsheet runs."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest

from ibdesk.ui import format as fmt
from ibdesk.ui.models.columns import FULL, INSTRUMENT, QUANTITY, TREND, UNREALIZED
from ibdesk.ui.models.copying import as_csv, as_tabs, guarded
from tests.ui.sample_book import page


def test_numbers_are_plain_and_exact() -> None:
    row = page().rows[7]
    lines = list(csv.reader(io.StringIO(as_csv([row], [INSTRUMENT, QUANTITY, UNREALIZED]))))
    assert lines[0] == ["Instrument", "Quantity", "Unrealized P&L"]
    assert lines[1] == ["VOD", "9000", "-745.2000"]
    assert Decimal(lines[1][2]) == row.position.unrealized


@pytest.mark.parametrize("bad", ["=1+1", "+SUM(A1)", "-2", "@x", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_is_guarded(bad: str) -> None:
    assert guarded(bad).startswith("'")
    assert "\t" not in guarded(bad)


def test_a_dangerous_name_reaches_the_file_guarded() -> None:
    row = page().rows[0]
    instrument = replace(row.position.instrument, symbol="=HYPERLINK(1)")
    row = replace(row, position=replace(row.position, instrument=instrument))
    assert list(csv.reader(io.StringIO(as_csv([row], [INSTRUMENT]))))[1] == ["'=HYPERLINK(1)"]


def test_what_is_not_known_is_empty() -> None:
    row = page().rows[-1]
    assert as_tabs([row], [QUANTITY, UNREALIZED]).splitlines()[1] == "7\t"


def test_every_column_of_every_class_can_be_copied() -> None:
    rows = page().rows
    lines = as_tabs(rows, FULL).rstrip("\n").split("\n")
    assert len(lines) == len(rows) + 1
    assert {line.count("\t") for line in lines} == {len(FULL) - 1}
    assert fmt.MINUS not in "".join(lines)


def test_the_trend_is_copied_as_words() -> None:
    assert as_tabs([page().rows[0]], [TREND]).splitlines()[1].endswith("to 231.44")
