"""Ctrl+C and a request to end: heard until the exchange, put off from then on."""

import signal

import pytest

from ibdesk.cli.finishing import ENDINGS, Finishing, Stopped
from ibdesk.cli.talk import Talk

TALK = Talk(json=False, quiet=False)


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_asks_before_the_exchange_stops_the_command(
    ending: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    with Finishing(TALK) as finishing:
        finishing.go_on()
        signal.raise_signal(ending)
        for work in (finishing.go_on, finishing.commit, finishing.go_on):
            with pytest.raises(Stopped):
                work()
    assert "Stopping" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_asks_after_the_exchange_began_waits_for_the_end(
    ending: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    with Finishing(TALK) as finishing:
        finishing.commit()
        signal.raise_signal(ending)
        finishing.go_on()
        finishing.commit()
    assert "Finishing" in capsys.readouterr().err


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(each) for each in ENDINGS]
    with Finishing(TALK):
        assert [signal.getsignal(each) for each in ENDINGS] != before
    assert [signal.getsignal(each) for each in ENDINGS] == before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
