"""Addresses and causes: what is an address, what is on this computer, and which button each failure offers."""

import pytest

from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.findings import (
    Action,
    CheckId,
    Outcome,
    action_for,
    address_problem,
    failed,
    in_pairs,
    is_encrypted,
    is_loopback,
    origin,
)


@pytest.mark.parametrize("url", ["https://localhost:5000", "http://127.0.0.1:5001", "https://[::1]:5000", "https://nas"])
def test_scheme_host_and_port_are_an_address(url: str) -> None:
    assert address_problem(url) is None


@pytest.mark.parametrize(
    "url",
    ["", "localhost:5000", "ftp://localhost", "https://", "https://localhost:99999", "https://localhost:x",
     "https://ada:secret@localhost:5000", "https://localhost:5000/v1/api", "https://localhost:5000?token=1"],
)
def test_anything_else_is_refused_with_an_example(url: str) -> None:
    problem = address_problem(url)
    assert problem is not None
    assert problem.cause is Cause.BAD_SETTING
    assert "https://localhost:5000" in problem.remedy


@pytest.mark.parametrize(
    ("url", "local"),
    [("https://localhost:5000", True), ("https://127.8.0.1", True), ("https://[::1]:1", True),
     ("https://192.168.1.2:5000", False), ("https://localhost.example.com", False)],
)
def test_only_this_computer_is_loopback(url: str, local: bool) -> None:
    assert is_loopback(url) is local


def test_an_address_without_https_is_not_encrypted() -> None:
    assert is_encrypted("HTTPS://localhost")
    assert not is_encrypted("http://localhost")


def test_the_origin_of_an_address_leaves_out_names_and_tokens() -> None:
    assert origin("https://ada:secret@localhost:5000/x?token=1") == "https://localhost:5000"


def test_a_fingerprint_reads_the_same_however_it_was_written() -> None:
    assert in_pairs("5f2a") == in_pairs("5F:2A") == "5F:2A"


@pytest.mark.parametrize(
    ("cause", "action"),
    [(Cause.GATEWAY_NOT_RUNNING, Action.START_GATEWAY), (Cause.NOT_A_GATEWAY, Action.CHANGE_ADDRESS),
     (Cause.HOST_NOT_LOOPBACK, Action.ALLOW_REMOTE), (Cause.WRONG_ENVIRONMENT, Action.CHOOSE_ENVIRONMENT),
     (Cause.TIMED_OUT, Action.RETRY)],
)
def test_each_failure_has_one_next_step(cause: Cause, action: Action) -> None:
    assert action_for(cause) is action


def test_what_only_waits_for_the_person_is_no_failure() -> None:
    waiting = failed(CheckId.SIGN_IN, Refused("Sign in.", remedy="", cause=Cause.NOT_AUTHENTICATED))
    broken = failed(CheckId.SIGN_IN, Refused("No.", remedy="", cause=Cause.COMPETING_SESSION))
    assert (waiting.outcome, broken.outcome) == (Outcome.WARNED, Outcome.FAILED)
