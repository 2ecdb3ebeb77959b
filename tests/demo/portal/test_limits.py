"""The budget counts windows, and too many breaches lead to the penalty box."""

from ibdesk.demo.portal.limits import Budget, Pace
from ibdesk.demo.timings import DemoLimits, DemoTimings
from tests.demo.door import Ticks


def _budget(ticks: Ticks, **limits: int) -> Budget:
    return Budget(DemoLimits(**limits), DemoTimings(), ticks)  # type: ignore[arg-type]


def test_the_eleventh_call_within_a_second_is_too_fast() -> None:
    ticks = Ticks()
    budget = _budget(ticks)
    assert [budget.admit(f"portfolio/x/{number}") for number in range(10)] == [Pace.OK] * 10
    assert budget.admit("portfolio/x/10") is Pace.TOO_FAST
    assert budget.too_fast == 1
    ticks.pass_by(1.0)
    assert budget.admit("portfolio/x/11") is Pace.OK


def test_a_path_of_the_table_has_its_own_window() -> None:
    ticks = Ticks()
    budget = _budget(ticks)
    assert budget.admit("iserver/account/orders") is Pace.OK
    ticks.pass_by(4.9)
    assert budget.admit("iserver/account/orders") is Pace.TOO_FAST
    assert budget.admit("iserver/account/trades") is Pace.OK
    ticks.pass_by(0.2)
    assert budget.admit("iserver/account/orders") is Pace.OK


def test_repeated_breaches_close_the_box_for_ten_minutes() -> None:
    ticks = Ticks()
    budget = _budget(ticks, breaches=2)
    for _ in range(3):
        budget.admit("tickle")
    ticks.pass_by(599.0)
    assert budget.admit("portfolio/accounts") is Pace.IN_BOX
    ticks.pass_by(2.0)
    assert budget.admit("portfolio/accounts") is Pace.OK


def test_without_limits_nothing_is_too_fast() -> None:
    budget = Budget(DemoLimits.off(), DemoTimings(), Ticks())
    assert {budget.admit("tickle") for _ in range(500)} == {Pace.OK}
