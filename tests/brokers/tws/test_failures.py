"""Numbers of TWS as errors that say who acts next."""

import pytest

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws import failures
from ibdesk.brokers.tws.ears import TwsError
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable


@pytest.mark.parametrize(("code", "text", "kind", "cause"), [
    (321, "The API interface is currently in Read-Only mode.", Refused, Cause.READ_ONLY),
    (321, "Invalid account code", Refused, Cause.BROKER_ERROR),
    (502, "Couldn't connect", Unavailable, Cause.TWS_GONE),
    (504, "Not connected", Unavailable, Cause.TWS_GONE),
    (1100, "Connectivity has been lost", Unavailable, Cause.BROKERAGE_LOST),
    (2110, "Connectivity between TWS and server is broken", Unavailable, Cause.BROKERAGE_LOST),
    (100, "Max rate of messages", Unavailable, Cause.RATE_LIMITED),
    (322, "Maximum number of account summary requests", Unavailable, Cause.RATE_LIMITED),
    (200, "No security definition", Refused, Cause.NOTHING_FOUND),
    (162, "Historical Market Data Service error message:HMDS query returned no data", Refused, Cause.NOTHING_FOUND),
    (162, "Historical data request pacing violation", Unavailable, Cause.RATE_LIMITED),
    (354, "Requested market data is not subscribed", Refused, Cause.NOTHING_FOUND),
    (10197, "No market data during competing live session", NeedsPerson, Cause.COMPETING_SESSION),
    (10147, "OrderId 1 that needs to be cancelled is not found", Refused, Cause.ORDER_UNKNOWN),
    (10148, "cannot be cancelled, state: Filled.", Refused, Cause.ORDER_REFUSED),
    (201, "Order rejected", Refused, Cause.BROKER_ERROR),
])  # fmt: skip
def test_every_number_has_a_meaning_and_a_next_step(
    code: int, text: str, kind: type[DeskError], cause: Cause
) -> None:
    found = failures.meaning(TwsError(code, text), "the request")
    assert type(found) is kind and found.cause is cause
    assert found.message and found.remedy.endswith(".")


def test_usual_ports_are_named_and_others_are_not() -> None:
    assert failures.where(TwsPlace(port=7496)) == "127.0.0.1:7496 (TWS, live)"
    assert failures.where(TwsPlace(port=5555)) == "127.0.0.1:5555"


def test_without_a_free_number_the_person_chooses() -> None:
    found = failures.taken(TwsPlace(), 1, None)
    assert found.free is None and "Choose another client id" in found.remedy
    assert failures.taken_for_now(TwsPlace(), 1).cause is Cause.CLIENT_ID_IN_USE
