"""Faults hit the paths they name, as often as they say."""

import re

import pytest

from ibdesk.demo.faults import HTML_PAGE, BadBytes, Faults, Spoiled


@pytest.mark.parametrize(
    ("kind", "bytes_sent"),
    [(BadBytes.HTML, HTML_PAGE), (BadBytes.TRUNCATED, b'{"a'), (BadBytes.EMPTY, b"")],
)
def test_a_spoiled_answer_is_replaced_once(kind: BadBytes, bytes_sent: bytes) -> None:
    faults = Faults(spoiled=[Spoiled(kind, re.compile("ledger"), 1)])
    assert faults.spoil("portfolio/accounts", b'{"a":1}') is None
    spoiled = faults.spoil("portfolio/x/ledger", b'{"a":1}')
    assert spoiled is not None
    assert spoiled[0] == bytes_sent
    assert faults.spoil("portfolio/x/ledger", b'{"a":1}') is None


def test_only_named_paths_are_slow() -> None:
    faults = Faults(seconds=2.0, slow_path=re.compile("history"))
    assert (faults.delay("iserver/marketdata/history"), faults.delay("tickle")) == (2.0, 0.0)


def test_without_a_fault_nobody_is_unauthorized() -> None:
    assert not any(Faults().is_unauthorized() for _ in range(100))
