"""Rows as text for other programs: what is copied and what a CSV file holds.

Numbers stay numbers: a plain "-" and ".", no separators, no rounding. Text that a spreadsheet would run as a formula
(first character = + - @, tab or return) gets an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from ibdesk.domain.portfolio import Row
from ibdesk.ui.models.columns import Column, Kind, trend_words

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def plain(row: Row, column: Column) -> str:
    """One cell as a program wants it; empty for what is not known."""
    if column.kind is Kind.TREND:
        return trend_words(row)
    value: Any = column.value(row)
    if value is None:
        return ""
    if column.kind in (Kind.NUMBER, Kind.GAIN):
        return str(value) if isinstance(value, int) else format(value, "f")
    return guarded(value.isoformat() if isinstance(value, date) else str(value))


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula, in one line."""
    flat = text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
    return f"'{flat}" if text.startswith(_DANGEROUS) else flat


def as_tabs(rows: Iterable[Row], columns: Sequence[Column]) -> str:
    """Tab separated lines under their headers, for the clipboard."""
    lines = ["\t".join(column.title for column in columns)]
    lines.extend("\t".join(plain(row, column) for column in columns) for row in rows)
    return "\n".join(lines) + "\n"


def as_csv(rows: Iterable[Row], columns: Sequence[Column]) -> str:
    """A CSV document with headers (RFC 4180: commas, CRLF, quotes doubled)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.title for column in columns])
    writer.writerows([plain(row, column) for column in columns] for row in rows)
    return out.getvalue()
