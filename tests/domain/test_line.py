from datetime import UTC, datetime, timedelta

from ibdesk.domain.line import Line, LineState

NOW = datetime(2026, 11, 18, 17, 48, tzinfo=UTC)


def test_a_line_keeps_the_beginning_of_its_state_while_it_is_told_again() -> None:
    down = Line().become(LineState.DOWN, NOW, reason="refused")
    again = down.become(LineState.DOWN, NOW + timedelta(seconds=3), reason="timed out")
    assert (again.since, again.reason) == (NOW, "timed out")
    assert again.become(LineState.UP, NOW + timedelta(seconds=9)).since == NOW + timedelta(seconds=9)


def test_a_line_is_alive_while_it_stands_and_while_it_restores() -> None:
    alive = [state for state in LineState if Line(state=state).is_alive]
    assert alive == [LineState.RESTORING, LineState.UP]
