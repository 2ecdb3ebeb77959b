"""How cells become a line of CSV (RFC 4180) that no spreadsheet runs as a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any

#: What makes a spreadsheet run a cell of text as a formula when it comes first.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_line(cells: Iterable[Any]) -> str:
    """One line with its end. Numbers stay numbers; text that a spreadsheet would run gets an apostrophe in front."""
    out = io.StringIO(newline="")
    csv.writer(out).writerow([_guarded(cell) for cell in cells])
    return out.getvalue()


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value
