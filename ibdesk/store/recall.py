"""Which tables a value was read from and which were written since: so it is known what need not be read again.

The statements themselves say it: every name of a table in one counts. What the driver is told past SQLAlchemy (the
points of a chart) is not seen, so a value is kept only where a table was.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event

from ibdesk.store.tables import metadata

_TABLES = frozenset(metadata.tables)
_WORD = re.compile(r"\w+")
#: Where a transaction's statements are left.
_NOTES = "statements"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A value, the tables it was read from, and how many writes there had been before it was."""

    value: Any
    tables: frozenset[str]
    after: int


class Recalled:
    """What was read, by what was asked. `moved` may be called on the writer's thread, the rest belongs to the loop."""

    def __init__(self) -> None:
        self.moves = 0
        self._moved_at: dict[str, int] = {}
        self._kept: dict[object, _Kept] = {}

    def __contains__(self, asked: object) -> bool:
        """Whether it was read, and none of its tables was written since."""
        return asked in self._kept and self._is_so(self._kept[asked])

    def __getitem__(self, asked: object) -> Any:
        return self._kept[asked].value

    def keep(self, asked: object, value: Any, statements: Iterable[str], after: int) -> None:
        """Keep what these statements read after so many `moves`; what is not so any more goes."""
        self._kept = {other: each for other, each in self._kept.items() if self._is_so(each)}
        named = frozenset[str]().union(*map(tables_in, statements))
        if named:
            self._kept[asked] = _Kept(value, named, after)

    def moved(self, statements: Iterable[str]) -> None:
        """A transaction of these statements is over."""
        self.moves += 1
        for statement in statements:
            if not statement.startswith("SELECT"):
                self._moved_at |= dict.fromkeys(tables_in(statement), self.moves)

    def forget(self) -> None:
        self._kept.clear()

    def _is_so(self, kept: _Kept) -> bool:
        return all(self._moved_at.get(name, 0) <= kept.after for name in kept.tables)


def watch(engine: Engine) -> Engine:
    """Let what the engine's transactions do be noted."""
    event.listen(engine, "before_cursor_execute", _note)
    return engine


@contextmanager
def noted(tx: Connection) -> Iterator[set[str]]:
    """The statements of what follows, as it goes on."""
    statements = tx.info[_NOTES] = set[str]()
    try:
        yield statements
    finally:
        del tx.info[_NOTES]


def _note(tx: Connection, _cursor: object, statement: str, *_: object) -> None:
    if _NOTES in tx.info:
        tx.info[_NOTES].add(statement)


@lru_cache(maxsize=512)
def tables_in(statement: str) -> frozenset[str]:
    """The tables whose names a statement contains."""
    return _TABLES.intersection(_WORD.findall(statement))
