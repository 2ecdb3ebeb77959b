"""Which rows a table lists and in which order: quick filter, words, grouping and sorting, as pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ibdesk.domain.portfolio import Row, is_in_filter
from ibdesk.ui.models.columns import GROUPINGS, Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What the person asked for. `group` and `sort` are keys, empty for none."""

    quick: str = "All"
    words: str = ""
    group: str = ""
    sort: str = ""
    descending: bool = False
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """The line above a group; `members` are indices into the rows."""

    name: str
    members: tuple[int, ...]
    is_closed: bool


#: A line of the table: a group's line, or the index of a row.
Line = int | GroupLine


def arrange(rows: Sequence[Row], columns: Sequence[Column], wish: Arrangement) -> list[Line]:
    """The table's lines, top to bottom. Rows that sort equal keep the book's order."""
    everything = wish.quick == "All" and not wish.words
    chosen = list(range(len(rows))) if everything else [i for i, row in enumerate(rows) if _is_wanted(row, wish)]
    column = next((each for each in columns if each.key == wish.sort), None)
    if column is not None:
        chosen = _sorted(rows, chosen, column, descending=wish.descending)
    if wish.group not in GROUPINGS:
        return list(chosen)
    return _grouped(rows, chosen, wish)


def _is_wanted(row: Row, wish: Arrangement) -> bool:
    instrument = row.position.instrument
    if not is_in_filter(instrument.asset_class, wish.quick):
        return False
    if not wish.words:
        return True
    about = " ".join((
        instrument.label, instrument.name, instrument.asset_class, instrument.currency, instrument.sector,
        instrument.exchange, str(instrument.conid), row.position.account,
    )).casefold()
    return all(word in about for word in wish.words.casefold().split())


def _sorted(rows: Sequence[Row], chosen: Sequence[int], column: Column, *, descending: bool) -> list[int]:
    """Unknown values come last in both directions."""
    keyed: list[tuple[Any, int]] = []
    unknown: list[int] = []
    for index in chosen:
        value = column.value(rows[index])
        if value is None or value == "":
            unknown.append(index)
        else:
            keyed.append((value.casefold() if isinstance(value, str) else value, index))
    keyed.sort(key=lambda pair: pair[0], reverse=descending)
    return [index for _, index in keyed] + unknown


def _grouped(rows: Sequence[Row], chosen: Sequence[int], wish: Arrangement) -> list[Line]:
    name_of = GROUPINGS[wish.group]
    groups: dict[str, list[int]] = {}
    for index in chosen:
        groups.setdefault(name_of(rows[index]), []).append(index)
    lines: list[Line] = []
    for name in sorted(groups, key=str.casefold):
        closed = name in wish.closed
        lines.append(GroupLine(name=name, members=tuple(groups[name]), is_closed=closed))
        if not closed:
            lines.extend(groups[name])
    return lines
