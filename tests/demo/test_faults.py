"""Faults hit the paths they name, as often as they say."""

import re

import pytest

from ibdesk.demo.faults import HTML_PAGE, BadBytes, Faults, Lost, Spoiled


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


def test_a_call_meets_the_fault_of_its_own_method_and_path_once() -> None:
    every = re.compile("orders$")
    faults = Faults(unavailable=[Lost(every, 1, re.compile("POST"))], doubled=[Lost(every, 2, re.compile(".*"))])
    assert not faults.hides("GET", "x/orders")
    assert not faults.hides("POST", "x/trades")
    assert [faults.hides("POST", "x/orders") for _ in range(2)] == [True, False]
    assert [faults.doubles("GET", "x/orders") for _ in range(3)] == [True, True, False]
    assert faults.death("GET", "x/orders") is None


def test_healing_takes_back_the_faults_of_orders_too() -> None:
    faults = Faults(questions=["o9999"], halved_orders=3, rejections=["no"])
    faults.clear()
    assert faults == Faults()
